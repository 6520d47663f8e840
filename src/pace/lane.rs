//! One category: who waits for a permit, and when the next one is given.

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

/// Part of the given rate that is used. Requests that leave exactly a second apart arrive a little less or more than that, so
/// at the full rate a server's count of a second would now and then be one too high. 0.6% less keeps 50 requests 1,006 ms
/// long, and still sends 49.7 a second.
const SHARE: f64 = 0.994;

/// Length of the window in which never more than the rate goes out: a second, and what a request may be delayed more than
/// the one a second later.
const WINDOW: Duration = Duration::from_millis(1_005);

/// So many permits, and a hundredth of the rate (the nearest whole), may be given together when timers were late. So at 50 a second, 40 ms
/// without a permit lose nothing, however late the last one was by an uneven pace; at 1,000 a second, 12 ms. A server's bucket has to be as
/// deep, and two deep where no timer is late.
const LATE_TIMERS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

/// A time without a permit that is longer than late timers explain: nobody wanted one, so none is owed.
const REST: Duration = Duration::from_millis(100);

/// Its multiples, without their whole parts, are spread over everything between 0 and 1, each far from the ones before it.
const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;

/// The longest time between two permits: keeps the arithmetic in bounds.
const LONGEST_PERIOD: Duration = Duration::from_secs(60);

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Moment>>;

/// See the module's words.
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

    /// The first who waits watches the limiter; the others queue behind it, in order.
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

    /// A permit, where one can be had at once and nobody waits for it.
    pub(super) fn permit_at_once(&self) -> Option<Permit> {
        // Whoever waits holds the gate, or is next to hold it.
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

/// Counts one who waits, for as long as it does.
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

/// Two things stand between a task and its request: a governor limiter, which gives a permit each period, and a window that never
/// lets more than the rate through in any one second, whatever the timers do.
///
/// Whoever waits for the limiter waits a part of a period longer, and each time another part. At an even pace, somebody else whose
/// requests are as evenly spaced, and come a moment later, would be throttled again and again, and we not once: nothing would
/// tell us that there is too little for both. The limiter counts from when a permit could be had, so the rate stays what it is.
#[derive(Debug)]
struct Gate {
    limiter: Limiter,
    rate: f64,
    /// The limiter is a new one: the old one's last permit still counts.
    not_before: Option<Instant>,
    /// When the last permits were given, at most as many as a second may have.
    given: VecDeque<Instant>,
    /// Permits given so far.
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

    /// A limiter's rate is fixed when it is made, so another rate needs another limiter.
    fn follow(&mut self, rate: f64) {
        #[expect(clippy::float_cmp, reason = "the same number, copied")]
        if rate == self.rate {
            return;
        }
        self.limiter = limiter(rate);
        self.rate = rate;
        self.not_before = self.given.back().map(|last| *last + period(rate));
    }

    /// When to ask again; none: go. The limiter is asked last, because its answer takes a cell from it.
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

    /// What the next permit is late: the same as the one a second's permits before. So these two are as far apart as at an even pace, and
    /// the window, which is a millisecond less, has nothing to hold back.
    fn later(&self) -> Duration {
        let in_its_second = self.turn % in_a_second(self.rate);
        period(self.rate).mul_f64((in_its_second as f64 * GOLDEN_RATIO).fract())
    }
}

/// Whole requests that a second may have.
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

/// Timers wake up late. A burst of 1 turns that into lost rate; a deep one overruns a shallow bucket at the server.
fn burst(rate: f64) -> NonZeroU32 {
    let hundredth = u32::try_from((in_a_second(rate) + 49) / 100).unwrap_or(u32::MAX);
    LATE_TIMERS.saturating_add(hundredth)
}

/// A limiter that gives one permit at once, and the next ones at the rate.
fn limiter(rate: f64) -> Limiter {
    let burst = burst(rate);
    let quota = Quota::with_period(period(rate))
        .unwrap_or_else(|| Quota::per_second(NonZeroU32::MAX))
        .allow_burst(burst);
    let limiter = RateLimiter::direct_with_clock(quota, TokioClock);
    // A fresh limiter is full: the burst is for late timers, not for a flying start.
    for _ in 1..burst.get() {
        let _ = limiter.check();
    }
    limiter
}
