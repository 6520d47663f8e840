//! Stage 5: [`Pacer::permit`], the only way to a request.
//!
//! Owns the rate of each quota category. Does not know what is sent. Two things stand between a task and its request: a
//! governor limiter, which spreads permits evenly, and a window that never lets more than the rate through in any one second,
//! whatever the timers do. The first waiter alone watches the limiter; the others queue behind it, in order.

mod adapt;
mod clock;

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::Duration;

use governor::clock::Reference as _;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use adapt::Rest;
use clock::{Moment, TokioClock};

/// Part of the given rate that is used. Requests that leave exactly a second apart arrive a little less or more than that, so
/// at the full rate a server's count of a second would now and then be one too high. 0.6% less keeps 50 requests 1,006 ms
/// long, and still sends 49.7 a second.
const SHARE: f64 = 0.994;

/// Length of the window in which never more than the rate goes out: a second, and what a request may be delayed more than
/// the one a second later.
const WINDOW: Duration = Duration::from_millis(1_005);

/// So many permits may be given together when timers were late: at 50 a second, 40 ms are made up for.
const LATE_TIMERS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

/// Cognito's quota categories that this tool draws on (Cognito's developer guide, "Quotas in Amazon Cognito"). Each is
/// counted over all of an account's pools in a Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// `SignUp` and `AdminConfirmSignUp`. 50 requests a second unless raised.
    UserCreation,
    /// `AdminGetUser`. 120 requests a second unless raised.
    UserRead,
}

impl Category {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::UserCreation, Self::UserRead];

    /// The name that AWS gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreation => "UserCreation",
            Self::UserRead => "UserRead",
        }
    }
}

/// Leave to send one request.
#[derive(Debug)]
#[must_use = "a permit that is not used is a request less"]
pub struct Permit(());

/// Permits, by quota category.
#[derive(Debug)]
pub struct Pacer {
    creation: Lane,
    read: Lane,
}

impl Pacer {
    /// `creation` and `read` are requests a second.
    #[must_use]
    pub fn new(creation: NonZeroU32, read: NonZeroU32) -> Self {
        Self {
            creation: Lane::new(creation),
            read: Lane::new(read),
        }
    }

    /// Waits for leave to send one request. Those who wait are served in order; one that stops waiting loses nothing but
    /// its place.
    pub async fn permit(&self, category: Category) -> Permit {
        self.lane(category).permit().await
    }

    /// The pool answered "too many requests": the whole category rests.
    pub fn throttled(&self, category: Category) {
        self.lane(category)
            .rest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .throttled(Instant::now());
    }

    fn lane(&self, category: Category) -> &Lane {
        match category {
            Category::UserCreation => &self.creation,
            Category::UserRead => &self.read,
        }
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Moment>>;

/// One category.
#[derive(Debug)]
struct Lane {
    gate: Mutex<Gate>,
    rest: StdMutex<Rest>,
}

#[derive(Debug)]
struct Gate {
    limiter: Limiter,
    /// When the last permits were given, at most `rate` of them.
    given: VecDeque<Instant>,
    rate: usize,
}

impl Lane {
    fn new(rate: NonZeroU32) -> Self {
        let period = Duration::from_secs_f64(1.0 / (f64::from(rate.get()) * SHARE));
        // Timers wake up late. A burst of 1 turns that into lost rate; a deep one overruns a shallow bucket at the server.
        let burst = NonZeroU32::new(rate.get() / 100)
            .map_or(LATE_TIMERS, |hundredth| hundredth.max(LATE_TIMERS));
        let quota = Quota::with_period(period)
            .unwrap_or_else(|| Quota::per_second(rate))
            .allow_burst(burst);
        let limiter = RateLimiter::direct_with_clock(quota, TokioClock);
        // A fresh limiter is full: the burst is for late timers, not for a flying start.
        for _ in 1..burst.get() {
            let _ = limiter.check();
        }
        Self {
            gate: Mutex::new(Gate {
                limiter,
                given: VecDeque::new(),
                rate: rate.get() as usize,
            }),
            rest: StdMutex::new(Rest::default()),
        }
    }

    async fn permit(&self) -> Permit {
        let mut gate = self.gate.lock().await;
        while let Some(wait) = self.resting().or_else(|| gate.closed_until()) {
            sleep_until(wait).await;
        }
        gate.given.push_back(Instant::now());
        Permit(())
    }

    fn resting(&self) -> Option<Instant> {
        self.rest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .until(Instant::now())
    }
}

impl Gate {
    /// When to ask again; none: go. The window is asked first, because the limiter's answer takes a cell from it.
    fn closed_until(&mut self) -> Option<Instant> {
        let now = Instant::now();
        while self.given.len() >= self.rate {
            match self.given.front() {
                Some(oldest) if now < *oldest + WINDOW => return Some(*oldest + WINDOW),
                Some(_) | None => self.given.pop_front(),
            };
        }
        self.limiter.check().err().map(|not_until| {
            let wait = not_until.earliest_possible().duration_since(Moment(now));
            now + Duration::from(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Category, Pacer};
    use std::num::NonZeroU32;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    fn pacer(rate: u32) -> Pacer {
        let rate = NonZeroU32::new(rate).unwrap();
        Pacer::new(rate, rate)
    }

    async fn permits(pacer: &Pacer, count: usize) -> Vec<Instant> {
        let mut given = Vec::new();
        for _ in 0..count {
            let _ = pacer.permit(Category::UserCreation).await;
            given.push(Instant::now());
        }
        given
    }

    fn most_in_any_second(given: &[Instant]) -> usize {
        (0..given.len())
            .map(|from| {
                given[from..]
                    .iter()
                    .take_while(|at| **at < given[from] + Duration::from_secs(1))
                    .count()
            })
            .max()
            .unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_held_and_no_second_has_more() {
        for rate in [1, 2, 7, 50, 120, 400, 3_000] {
            let given = permits(&pacer(rate), rate as usize * 20).await;
            let took = *given.last().unwrap() - given[0];
            let reached = (given.len() - 1) as f64 / took.as_secs_f64();
            assert!(reached >= f64::from(rate) * 0.99, "{rate}: {reached}");
            assert!(most_in_any_second(&given) <= rate as usize, "{rate}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn late_wake_ups_and_idle_times_neither_lose_the_rate_nor_overrun_it() {
        let pacer = pacer(50);
        let mut given = Vec::new();
        for turn in 0..2_000_u64 {
            let _ = pacer.permit(Category::UserCreation).await;
            given.push(Instant::now());
            // Up to 12 ms of somebody else's work in each turn, and now and then a long pause.
            let busy = if turn % 500 == 499 {
                3_000
            } else {
                turn * 7 % 13
            };
            advance(Duration::from_millis(busy)).await;
        }
        assert!(most_in_any_second(&given) <= 50);
        let steady = &given[0..499];
        let took = *steady.last().unwrap() - steady[0];
        assert!(498.0 / took.as_secs_f64() >= 49.5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_category_rests_and_the_other_one_does_not() {
        let pacer = pacer(1_000);
        let _ = pacer.permit(Category::UserCreation).await;
        let start = Instant::now();
        pacer.throttled(Category::UserCreation);
        let _ = pacer.permit(Category::UserRead).await;
        assert!(start.elapsed() < Duration::from_millis(10));
        let _ = pacer.permit(Category::UserCreation).await;
        assert!(start.elapsed() >= Duration::from_millis(250));
    }
}
