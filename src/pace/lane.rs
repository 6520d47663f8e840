//! The queue of one category.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::adapt::Adapt;
use super::{Category, PaceReading, Permit};

/// The fraction of the rate that is used. Network jitter would sometimes put one request too many
/// into the server's second at the full rate. With 0.6% less, 50 requests take 1,006 ms, which is
/// still 49.7 per second.
const RATE_FRACTION: f64 = 0.994;

/// The length of the window that never has more requests than the rate: a second plus the network
/// jitter.
const WINDOW: Duration = Duration::from_millis(1_005);

/// This many permits, plus a hundredth of the rate, may be granted together after late timers. A
/// delay of 40 ms at 50 per second, or of 12 ms at 1,000 per second, therefore loses nothing. The
/// server's bucket must be as large, or hold two requests if no timer is late.
const LATE_TIMERS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

/// A gap longer than late timers explain: no permit was requested, so none is owed.
const IDLE: Duration = Duration::from_millis(100);

/// The fractional parts of its multiples are a low-discrepancy sequence.
const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;

/// The longest time between two permits, which keeps the arithmetic in bounds.
const MAX_PERIOD: Duration = Duration::from_secs(60);

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

    /// Waits for a permit. The first waiter polls the limiter; the others queue for the gate in
    /// order.
    pub(super) async fn permit(&self) -> Permit {
        let _waiter = Waiter::new(&self.waiting);
        let mut gate = self.gate.lock().await;
        loop {
            gate.set_rate(self.state().adapt.rate());
            match gate.closed_until() {
                Some(until) => sleep_until(until).await,
                None => break,
            }
        }
        self.grant(&mut gate)
    }

    /// Returns a permit if one is available and no task waits for it.
    pub(super) fn try_permit(&self) -> Option<Permit> {
        // A waiting task holds the gate or is queued for it.
        let mut gate = self.gate.try_lock().ok()?;
        gate.set_rate(self.state().adapt.rate());
        match gate.closed_until() {
            Some(_) => None,
            None => Some(self.grant(&mut gate)),
        }
    }

    fn grant(&self, gate: &mut Gate) -> Permit {
        let granted_at = Instant::now();
        gate.grants.push_back(granted_at);
        gate.count += 1;
        let mut state = self.state();
        state.adapt.permitted(granted_at);
        state.reading.sent += 1;
        Permit {
            category: self.category,
            granted_at,
        }
    }

    pub(super) fn record_response(&self, permit: &Permit, throttled: bool) {
        let mut state = self.state();
        if throttled {
            state.adapt.throttled(permit.granted_at, Instant::now());
            state.reading.throttled += 1;
        } else {
            state.adapt.accepted(permit.granted_at);
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
struct Waiter<'l>(&'l AtomicUsize);

impl<'l> Waiter<'l> {
    fn new(waiting: &'l AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A governor limiter, which grants a permit each period, and a window that never exceeds the rate
/// in any one second, whatever the timers do.
///
/// Each permit is delayed by a different fraction of a period. At an even pace, another client with
/// evenly spaced requests just after ours would always be throttled and we never, so we would not
/// notice that the quota is shared. The limiter counts from when a permit was available, so the
/// rate does not change.
#[derive(Debug)]
struct Gate {
    limiter: Limiter,
    rate: f64,
    /// If the limiter was replaced, when the last permit of the old one no longer matters.
    not_before: Option<Instant>,
    /// When the last permits were granted, at most a second's worth.
    grants: VecDeque<Instant>,
    /// Permits granted so far.
    count: usize,
}

impl Gate {
    fn new(rate: f64) -> Self {
        Self {
            limiter: limiter(rate),
            rate,
            not_before: None,
            grants: VecDeque::new(),
            count: 0,
        }
    }

    /// Changes the rate. A limiter's rate is fixed, so this needs a new limiter.
    fn set_rate(&mut self, rate: f64) {
        #[expect(clippy::float_cmp, reason = "the same number, copied")]
        if rate == self.rate {
            return;
        }
        self.limiter = limiter(rate);
        self.rate = rate;
        self.not_before = self.grants.back().map(|last| *last + period(rate));
    }

    /// Returns when to try again, or `None` to go ahead. The limiter is tried last, because success
    /// takes a cell from it.
    fn closed_until(&mut self) -> Option<Instant> {
        let now = Instant::now();
        if let Some(then) = self.not_before.filter(|then| now < *then) {
            return Some(then);
        }
        let is_idle = |last: &Instant| {
            *last + IDLE + period(self.rate).saturating_mul(burst(self.rate).get()) < now
        };
        if self.grants.back().is_none_or(is_idle) {
            self.limiter = limiter(self.rate);
        }
        while self.grants.len() >= per_second(self.rate) {
            match self.grants.front() {
                Some(oldest) if now < *oldest + WINDOW => return Some(*oldest + WINDOW),
                Some(_) | None => self.grants.pop_front(),
            };
        }
        self.limiter.check().err().map(|not_until| {
            let wait = not_until.earliest_possible().duration_since(Moment(now));
            now + Duration::from(wait) + self.jitter()
        })
    }

    /// Returns the delay of the next permit: the same as that of the permit a second before. These
    /// two are therefore as far apart as at an even pace, so the slightly shorter window never
    /// holds a permit back.
    fn jitter(&self) -> Duration {
        let index_in_second = self.count % per_second(self.rate);
        period(self.rate).mul_f64((index_in_second as f64 * GOLDEN_RATIO).fract())
    }
}

/// Returns the number of requests per second, rounded up.
fn per_second(rate: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is between 0 and u32::MAX"
    )]
    let whole = rate.ceil() as usize;
    whole.max(1)
}

fn period(rate: f64) -> Duration {
    Duration::try_from_secs_f64(1.0 / (rate * RATE_FRACTION)).map_or(MAX_PERIOD, |period| {
        period.clamp(Duration::from_nanos(1), MAX_PERIOD)
    })
}

/// Returns the burst. With a burst of 1, late timers would lower the rate; a large burst would
/// exceed a small bucket of the server.
fn burst(rate: f64) -> NonZeroU32 {
    let hundredth = u32::try_from((per_second(rate) + 49) / 100).unwrap_or(u32::MAX);
    LATE_TIMERS.saturating_add(hundredth)
}

/// Returns a limiter that grants one permit at once and the next ones at the rate.
fn limiter(rate: f64) -> Limiter {
    let burst = burst(rate);
    let quota = Quota::with_period(period(rate))
        .unwrap_or_else(|| Quota::per_second(NonZeroU32::MAX))
        .allow_burst(burst);
    let limiter = RateLimiter::direct_with_clock(quota, TokioClock);
    // A new limiter is full, but the burst is meant for late timers, not for the start.
    if let Some(rest) = NonZeroU32::new(burst.get() - 1) {
        let _ = limiter.check_n(rest);
    }
    limiter
}

/// Governor's clock on tokio's time, so that tests can pause it.
#[derive(Debug, Clone, Copy, Default)]
struct TokioClock;

/// An instant of [`TokioClock`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(Instant);

impl Clock for TokioClock {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(Instant::now())
    }
}

impl Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, later: Nanos) -> Self {
        Self(self.0 + Duration::from(later))
    }
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}
