//! Concurrency slots: how many requests may be in flight.
//!
//! There are enough slots to sustain the rate (Little's law: rate x latency), but no more: each
//! holds a connection and a request, about 54 KB together (peak memory with 16, 64, 256 and 1,024
//! slots in use: 16, 20, 31 and 72 MB). If a service cannot keep up, its latency grows, and more
//! slots would only make the queue longer. Therefore latency counts only above what local queueing
//! causes.

use std::future::Future;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// The initial slots sustain the rate with this latency in seconds, up to [`MAX_INITIAL`].
const INITIAL_SECONDS: u32 = 3;
/// The minimum of the initial slots.
const MIN_INITIAL: u32 = 16;
/// The maximum of the initial slots: at 50 per second, enough for a latency of almost two seconds.
const MAX_INITIAL: u32 = 96;
/// A higher mean latency increases the slots.
const SLOW_LATENCY: Duration = Duration::from_millis(250);
/// Headroom, because single responses take longer than the mean.
const HEADROOM: f64 = 2.0;
/// The default maximum, which keeps the program below 64 MB.
const DEFAULT_MAX: u32 = 600;
/// Keeps the arithmetic in bounds: no machine has more ports for connections.
const UPPER_BOUND: f64 = 65_536.0;
/// The weight of one response in the moving average.
const WEIGHT: f64 = 1.0 / 16.0;

#[derive(Debug, Clone, Copy)]
pub struct Slots {
    rate: f64,
    wanted: usize,
    initial: usize,
    max: usize,
    mean_seconds: f64,
}

impl Slots {
    /// Creates the slots. `rate` is sign-ups per second, `cap` the user's limit, and `connections`
    /// the limit of open files.
    #[must_use]
    pub fn new(rate: NonZeroU32, cap: Option<NonZeroU32>, connections: Option<usize>) -> Self {
        let cap = cap.map_or(DEFAULT_MAX, NonZeroU32::get);
        let connections = connections.and_then(|connections| u32::try_from(connections).ok());
        let wanted = rate
            .get()
            .saturating_mul(INITIAL_SECONDS)
            .clamp(MIN_INITIAL, MAX_INITIAL)
            .min(cap);
        let cap = cap.min(connections.unwrap_or(u32::MAX));
        Self {
            rate: f64::from(rate.get()),
            wanted: wanted as usize,
            initial: wanted.min(cap) as usize,
            max: cap as usize,
            mean_seconds: 0.0,
        }
    }

    /// Returns the slots that the rate needs, if open files allow fewer.
    #[must_use]
    pub fn wanted_beyond_open_files(&self) -> Option<usize> {
        (self.wanted > self.initial).then_some(self.wanted)
    }

    /// Records the latency of a response.
    pub fn record_latency(&mut self, latency: Duration) {
        self.mean_seconds += (latency.as_secs_f64() - self.mean_seconds) * WEIGHT;
    }

    /// Returns the current number of slots.
    #[must_use]
    pub fn limit(&self) -> usize {
        if self.mean_seconds < SLOW_LATENCY.as_secs_f64() {
            return self.initial;
        }
        let wanted = (self.rate * self.mean_seconds * HEADROOM).min(UPPER_BOUND);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 65,536"
        )]
        let wanted = wanted as usize;
        wanted.max(self.initial).min(self.max)
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

    fn limit_after_latency(rate: u32, cap: Option<u32>, milliseconds: u64) -> usize {
        let mut slots = Slots::new(
            NonZeroU32::new(rate).unwrap(),
            cap.and_then(NonZeroU32::new),
            None,
        );
        for _ in 0..200 {
            slots.record_latency(Duration::from_millis(milliseconds));
        }
        slots.limit()
    }

    #[test]
    fn sustains_the_rate_at_a_latency_of_one_second() {
        for rate in [1, 10, 50, 128, 400, 600] {
            assert!(
                limit_after_latency(rate, None, 1_000) >= rate as usize,
                "{rate}"
            );
        }
    }

    #[test]
    fn limits_slots_for_an_overloaded_service() {
        assert_eq!(limit_after_latency(8_000, None, 20), 96);
        assert_eq!(limit_after_latency(8_000, None, 3_000), 600);
    }

    #[test]
    fn respects_the_given_cap() {
        assert_eq!(limit_after_latency(1_000, Some(7), 5_000), 7);
        assert_eq!(limit_after_latency(1_000, Some(2_000), 3_000), 2_000);
        assert_eq!(limit_after_latency(1, Some(900), 5), 16);
        let few = Slots::new(NonZeroU32::MAX, NonZeroU32::new(900), Some(5));
        assert_eq!(few.limit(), 5);
        assert_eq!(few.wanted_beyond_open_files(), Some(96));
        let capped = Slots::new(NonZeroU32::MAX, NonZeroU32::new(5), Some(5));
        assert_eq!(
            capped.wanted_beyond_open_files(),
            None,
            "no more are wanted"
        );
    }
}
