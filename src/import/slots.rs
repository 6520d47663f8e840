//! Concurrency slots: how many requests may be in flight.
//!
//! Enough to sustain the rate (Little's law: rate x latency), and no more: each slot holds a
//! connection and a request, about 54 KB together (peak memory with 16, 64, 256 and 1,024 slots in
//! use: 16, 20, 31 and 72 MB). If a service cannot keep up, its latency grows, and more slots would
//! only make the queue longer. Therefore latency counts only above what local queueing causes.

use std::future::Future;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// The initial slots sustain the rate with this latency in seconds, up to [`AT_ONCE`].
const SECONDS_AT_ONCE: u32 = 3;
/// The minimum of the initial slots.
const AT_LEAST: u32 = 16;
/// The maximum of the initial slots: at 50 a second, enough for a latency of almost two seconds.
const AT_ONCE: u32 = 96;
/// A higher mean latency increases the slots.
const SLOW: Duration = Duration::from_millis(250);
/// Headroom, because single answers take longer than the mean.
const ROOM: f64 = 2.0;
/// The default maximum, which keeps the program below 64 MB.
const AT_MOST: u32 = 600;
/// Keeps the arithmetic in bounds: no machine has more ports for connections.
const MOST_THAT_MAKES_SENSE: f64 = 65_536.0;
/// The weight of one answer in the moving average.
const WEIGHT: f64 = 1.0 / 16.0;

#[derive(Debug, Clone, Copy)]
pub struct Slots {
    rate: f64,
    wanted: usize,
    at_once: usize,
    at_most: usize,
    mean_seconds: f64,
}

impl Slots {
    /// `rate` is sign-ups a second, `cap` the user's limit, and `connections` the limit of open
    /// files.
    #[must_use]
    pub fn new(rate: NonZeroU32, cap: Option<NonZeroU32>, connections: Option<usize>) -> Self {
        let cap = cap.map_or(AT_MOST, NonZeroU32::get);
        let room = connections.and_then(|connections| u32::try_from(connections).ok());
        let wanted = rate
            .get()
            .saturating_mul(SECONDS_AT_ONCE)
            .clamp(AT_LEAST, AT_ONCE)
            .min(cap);
        let cap = cap.min(room.unwrap_or(u32::MAX));
        Self {
            rate: f64::from(rate.get()),
            wanted: wanted as usize,
            at_once: wanted.min(cap) as usize,
            at_most: cap as usize,
            mean_seconds: 0.0,
        }
    }

    /// Returns the slots that the rate needs, if open files allow fewer.
    #[must_use]
    pub fn wanted_beyond_room(&self) -> Option<usize> {
        (self.wanted > self.at_once).then_some(self.wanted)
    }

    /// Records the latency of an answer.
    pub fn answered(&mut self, latency: Duration) {
        self.mean_seconds += (latency.as_secs_f64() - self.mean_seconds) * WEIGHT;
    }

    /// Returns the current number of slots.
    #[must_use]
    pub fn limit(&self) -> usize {
        if self.mean_seconds < SLOW.as_secs_f64() {
            return self.at_once;
        }
        let wanted = (self.rate * self.mean_seconds * ROOM).min(MOST_THAT_MAKES_SENSE);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 65,536"
        )]
        let wanted = wanted as usize;
        wanted.max(self.at_once).min(self.at_most)
    }
}

/// Concurrency slots released by tasks that are only waiting for a permit: such a task holds
/// neither a connection nor a request, so another task may use its slot.
#[derive(Debug, Default)]
pub(super) struct ReleasedSlots {
    count: AtomicUsize,
    freed: Notify,
}

impl ReleasedSlots {
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Releases the caller's slot while it waits for `future`.
    pub(super) async fn release_while<T>(&self, future: impl Future<Output = T>) -> T {
        let _slot = ReleasedSlot::new(&self.count);
        self.freed.notify_one();
        future.await
    }

    /// Waits until another slot is released. The loop needs this signal because the task that
    /// releases the slot does not end.
    pub(super) async fn slot_freed(&self) {
        self.freed.notified().await;
    }
}

/// A released slot. Dropping it takes the slot back.
struct ReleasedSlot<'l>(&'l AtomicUsize);

impl<'l> ReleasedSlot<'l> {
    fn new(count: &'l AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for ReleasedSlot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;
    use std::num::NonZeroU32;
    use std::time::Duration;

    fn after_answers_of(rate: u32, cap: Option<u32>, milliseconds: u64) -> usize {
        let mut slots = Slots::new(
            NonZeroU32::new(rate).unwrap(),
            cap.and_then(NonZeroU32::new),
            None,
        );
        for _ in 0..200 {
            slots.answered(Duration::from_millis(milliseconds));
        }
        slots.limit()
    }

    #[test]
    fn the_rate_is_held_when_an_answer_takes_a_second() {
        for rate in [1, 10, 50, 128, 400, 600] {
            assert!(
                after_answers_of(rate, None, 1_000) >= rate as usize,
                "{rate}"
            );
        }
    }

    #[test]
    fn a_service_that_cannot_keep_up_does_not_fill_the_memory() {
        assert_eq!(after_answers_of(8_000, None, 20), 96);
        assert_eq!(after_answers_of(8_000, None, 3_000), 600);
    }

    #[test]
    fn the_user_s_cap_holds() {
        assert_eq!(after_answers_of(1_000, Some(7), 5_000), 7);
        assert_eq!(after_answers_of(1_000, Some(2_000), 3_000), 2_000);
        assert_eq!(after_answers_of(1, Some(900), 5), 16);
        let few = Slots::new(NonZeroU32::MAX, NonZeroU32::new(900), Some(5));
        assert_eq!(few.limit(), 5);
        assert_eq!(few.wanted_beyond_room(), Some(96));
        let capped = Slots::new(NonZeroU32::MAX, NonZeroU32::new(5), Some(5));
        assert_eq!(capped.wanted_beyond_room(), None, "the user wants no more");
    }
}
