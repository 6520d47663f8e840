//! The queue of one category.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Reference as _;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::adapt::Adapt;
use super::clock::{Moment, TokioClock};
use super::{Category, PaceReading, Permit};

/// The fraction of the rate that is used. Network jitter would sometimes put one request too many
/// into the server's second at the full rate. 0.6% less spreads 50 requests over 1,006 ms and still
/// sends 49.7 a second.
const SHARE: f64 = 0.994;

/// The length of the window that never has more requests than the rate: a second plus the network
/// jitter.
const WINDOW: Duration = Duration::from_millis(1_005);

/// This many permits, plus a hundredth of the rate, may be granted together after late timers. At
/// 50 a second, 40 ms without a permit lose nothing; at 1,000 a second, 12 ms. The server's bucket
/// has to be as deep, and two deep if no timer is late.
const LATE_TIMERS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

/// A gap longer than late timers explain: no permit was requested, so none is owed.
const REST: Duration = Duration::from_millis(100);

/// The fractional parts of its multiples are a low-discrepancy sequence.
const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;

/// The longest time between two permits, which keeps the arithmetic in bounds.
const LONGEST_PERIOD: Duration = Duration::from_secs(60);

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Moment>>;

#[derive(Debug)]
pub(super) struct Lane {
    category: Category,
    gate: Mutex<Gate>,
    state: StdMutex<LaneState>,
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct LaneState {
    adapt: Adapt,
    reading: PaceReading,
}

impl Lane {
    pub(super) fn new(category: Category, ceiling: NonZeroU32) -> Self {
        let ceiling = f64::from(ceiling.get());
        Self {
            category,
            gate: Mutex::new(Gate::new(ceiling)),
            state: StdMutex::new(LaneState {
                adapt: Adapt::new(ceiling, Instant::now()),
                reading: PaceReading::default(),
            }),
            waiting: AtomicUsize::new(0),
        }
    }

    /// The first waiter polls the limiter; the others queue here in order.
    pub(super) async fn permit(&self) -> Permit {
        let _waits = Waits::begin(&self.waiting);
        let mut gate = self.gate.lock().await;
        loop {
            gate.follow(self.state().adapt.rate());
            match gate.closed_until() {
                Some(until) => sleep_until(until).await,
                None => break,
            }
        }
        self.give(&mut gate)
    }

    /// Returns a permit if one is available and no task waits for it.
    pub(super) fn permit_at_once(&self) -> Option<Permit> {
        // A waiting task holds the gate or is queued for it.
        let mut gate = self.gate.try_lock().ok()?;
        gate.follow(self.state().adapt.rate());
        match gate.closed_until() {
            Some(_) => None,
            None => Some(self.give(&mut gate)),
        }
    }

    fn give(&self, gate: &mut Gate) -> Permit {
        let given = Instant::now();
        gate.given.push_back(given);
        gate.turn += 1;
        let mut state = self.state();
        state.adapt.gave(given);
        state.reading.sent += 1;
        Permit {
            category: self.category,
            given,
        }
    }

    pub(super) fn answered(&self, permit: &Permit, throttled: bool) {
        let mut state = self.state();
        if throttled {
            state.adapt.throttled(permit.given, Instant::now());
            state.reading.throttled += 1;
        } else {
            state.adapt.accepted();
            state.reading.accepted += 1;
        }
    }

    pub(super) fn reading(&self) -> PaceReading {
        let state = self.state();
        PaceReading {
            ceiling: state.adapt.ceiling(),
            allowed: state.adapt.rate(),
            ..state.reading
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a waiting task while it exists.
struct Waits<'l>(&'l AtomicUsize);

impl<'l> Waits<'l> {
    fn begin(waiting: &'l AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A governor limiter, which grants a permit each period, and a window that never exceeds the rate
/// in any one second, whatever the timers do.
///
/// Each permit is delayed by a different fraction of a period. With an even pace, another client
/// with evenly spaced requests just after ours would be throttled every time and we never, so we
/// would not learn that the quota is shared. The limiter counts from when a permit was available,
/// so the rate does not change.
#[derive(Debug)]
struct Gate {
    limiter: Limiter,
    rate: f64,
    /// The limiter was replaced: the last permit of the old one still counts.
    not_before: Option<Instant>,
    /// When the last permits were granted, at most a second's worth.
    given: VecDeque<Instant>,
    /// Permits granted so far.
    turn: usize,
}

impl Gate {
    fn new(rate: f64) -> Self {
        Self {
            limiter: limiter(rate),
            rate,
            not_before: None,
            given: VecDeque::new(),
            turn: 0,
        }
    }

    /// A limiter's rate is fixed, so another rate needs a new limiter.
    fn follow(&mut self, rate: f64) {
        #[expect(clippy::float_cmp, reason = "the same number, copied")]
        if rate == self.rate {
            return;
        }
        self.limiter = limiter(rate);
        self.rate = rate;
        self.not_before = self.given.back().map(|last| *last + period(rate));
    }

    /// Returns when to try again, or `None` to go ahead. The limiter is tried last, because success
    /// takes a cell from it.
    fn closed_until(&mut self) -> Option<Instant> {
        let now = Instant::now();
        if let Some(then) = self.not_before.filter(|then| now < *then) {
            return Some(then);
        }
        let at_rest = |last: &Instant| {
            *last + REST + period(self.rate).saturating_mul(burst(self.rate).get()) < now
        };
        if self.given.back().is_none_or(at_rest) {
            self.limiter = limiter(self.rate);
        }
        while self.given.len() >= in_a_second(self.rate) {
            match self.given.front() {
                Some(oldest) if now < *oldest + WINDOW => return Some(*oldest + WINDOW),
                Some(_) | None => self.given.pop_front(),
            };
        }
        self.limiter.check().err().map(|not_until| {
            let wait = not_until.earliest_possible().duration_since(Moment(now));
            now + Duration::from(wait) + self.later()
        })
    }

    /// Returns what the next permit is late: the same as the one a second's permits before. So
    /// these two are as far apart as at an even pace, and the window, which is a millisecond
    /// less, has nothing to hold back.
    fn later(&self) -> Duration {
        let in_its_second = self.turn % in_a_second(self.rate);
        period(self.rate).mul_f64((in_its_second as f64 * GOLDEN_RATIO).fract())
    }
}

/// Returns the whole requests in a second.
fn in_a_second(rate: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is between 0 and u32::MAX"
    )]
    let whole = rate.ceil() as usize;
    whole.max(1)
}

fn period(rate: f64) -> Duration {
    Duration::try_from_secs_f64(1.0 / (rate * SHARE)).map_or(LONGEST_PERIOD, |period| {
        period.clamp(Duration::from_nanos(1), LONGEST_PERIOD)
    })
}

/// Timers are late. With a burst of 1 that loses rate; a large burst overruns a shallow bucket of
/// the server.
fn burst(rate: f64) -> NonZeroU32 {
    let hundredth = u32::try_from((in_a_second(rate) + 49) / 100).unwrap_or(u32::MAX);
    LATE_TIMERS.saturating_add(hundredth)
}

/// Returns a limiter that grants one permit at once and the next ones at the rate.
fn limiter(rate: f64) -> Limiter {
    let burst = burst(rate);
    let quota = Quota::with_period(period(rate))
        .unwrap_or_else(|| Quota::per_second(NonZeroU32::MAX))
        .allow_burst(burst);
    let limiter = RateLimiter::direct_with_clock(quota, TokioClock);
    // A new limiter is full, but the burst is for late timers, not for the start.
    for _ in 1..burst.get() {
        let _ = limiter.check();
    }
    limiter
}
