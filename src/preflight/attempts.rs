//! Repeats a preflight call while it fails in a way that may pass: an internal error, throttling, a lost connection, an answer that
//! cannot be read, or none at all.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::calls::Call;
use crate::pool::failure::ATTEMPT_TIMED_OUT;
use crate::pool::{Advice, Cognito, Failure, Sent};
use crate::run::RetryPolicy;

/// Calls whose answer a run can do without are repeated for no longer than this.
const BRIEFLY: Duration = Duration::from_secs(6);

/// Attempts that have to fit into the time, so that one that hangs is not the only one.
const ATTEMPTS: u32 = 4;

/// An attempt is given at least this long, however little time is left.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

/// The user hears of a call that keeps failing after this time.
const SILENT_FOR: Duration = Duration::from_secs(2);

const BACK_OFF: Duration = Duration::from_millis(200);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(5);

/// The pool that preflight calls go to, and how long they may take together.
#[derive(Clone, Copy)]
pub struct PreflightCalls<'a> {
    /// The pool.
    pub pool: &'a Cognito,
    /// How long calls are repeated that fail in a way that may pass.
    pub time: Duration,
    /// Tells the user why nothing happens.
    pub notify: &'a dyn Fn(&str),
}

impl PreflightCalls<'_> {
    /// The time for all calls from now on.
    pub(super) fn whole(&self) -> Budget {
        Budget::of(self.time)
    }

    /// The time for calls whose answer the run can do without.
    pub(super) fn brief(&self) -> Budget {
        Budget::of(self.time.min(BRIEFLY))
    }

    /// Makes the call until it is answered, refused for good, or the time is over: then its last failure is returned.
    pub(super) async fn repeat<T, F>(
        &self,
        call: Call,
        budget: Budget,
        attempt: impl Fn() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let began = Instant::now();
        let mut told = false;
        let mut tries = Tries::new(budget);
        loop {
            let allowed = tries.allowed(Instant::now());
            let answer = match timeout(allowed, attempt()).await {
                Ok(answer) => answer,
                Err(_) => Err(no_answer(allowed)),
            };
            let failure = match answer {
                Err(failure) if failure.may_pass() => failure,
                answer => return answer,
            };
            let left = budget.left(Instant::now());
            if !told && began.elapsed() > SILENT_FOR && left.as_secs() > 0 {
                told = true;
                let left = humantime::format_duration(Duration::from_secs(left.as_secs()));
                (self.notify)(&format!(
                    "{call} failed ({failure}); retrying for up to {left}"
                ));
            }
            match tries.failed(failure, left, fastrand::f64()) {
                AfterFailure::Wait(time) => sleep(time).await,
                AfterFailure::GiveUp(failure) => return Err(failure),
            }
        }
    }
}

/// The time for a number of calls, and for one attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    ends: Instant,
    attempt: Duration,
}

impl Budget {
    fn of(time: Duration) -> Self {
        Self {
            ends: Instant::now() + time,
            attempt: (time / ATTEMPTS).max(SHORTEST_ATTEMPT),
        }
    }

    fn left(&self, now: Instant) -> Duration {
        self.ends.saturating_duration_since(now)
    }
}

/// What to do after a failure.
#[derive(Debug, PartialEq, Eq)]
enum AfterFailure {
    Wait(Duration),
    GiveUp(Failure),
}

/// The decisions about one call. Pure: the time and the random number are arguments.
#[derive(Debug)]
struct Tries {
    budget: Budget,
    count: u32,
    /// The failure before the last one.
    before: Option<Failure>,
}

impl Tries {
    fn new(budget: Budget) -> Self {
        Self {
            budget,
            count: 0,
            before: None,
        }
    }

    /// How long the next attempt may take.
    fn allowed(&self, now: Instant) -> Duration {
        let left = self.budget.left(now).max(SHORTEST_ATTEMPT);
        self.budget.attempt.min(left)
    }

    /// `left`: of the budget. `chance` is from 0 up to 1.
    fn failed(&mut self, failure: Failure, left: Duration, chance: f64) -> AfterFailure {
        self.count += 1;
        let policy = RetryPolicy {
            base: BACK_OFF,
            cap: LONGEST_BACK_OFF,
            ..RetryPolicy::default()
        };
        if left > BACK_OFF {
            self.before = Some(failure);
            // The last attempts come before the end of the time, however long the waits have become.
            let wait = policy.backoff(self.count, chance);
            return AfterFailure::Wait(wait.min(left / 2));
        }
        // An attempt that the end of the time cut short says less than the answer before it.
        AfterFailure::GiveUp(match self.before.take() {
            Some(before) if failure.code == ATTEMPT_TIMED_OUT => before,
            _ => failure,
        })
    }
}

fn no_answer(within: Duration) -> Failure {
    let within = Duration::from_millis(u64::try_from(within.as_millis()).unwrap_or(u64::MAX));
    Failure {
        sent: Sent::Maybe,
        advice: Advice::Again,
        code: ATTEMPT_TIMED_OUT.to_owned(),
        message: format!("no answer within {}", humantime::format_duration(within)),
    }
}

#[cfg(test)]
mod tests {
    use super::{AfterFailure, Budget, Tries, no_answer};
    use crate::pool::Failure;
    use std::time::Duration;
    use tokio::time::Instant;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn several_attempts_fit_into_the_time_even_when_each_hangs() {
        let budget = Budget::of(MINUTE);
        let now = budget.ends - MINUTE;
        let tries = Tries::new(budget);
        assert_eq!(tries.allowed(now), MINUTE / 4);
        assert_eq!(
            tries.allowed(budget.ends - Duration::from_secs(3)),
            Duration::from_secs(3)
        );
        // A call that comes after the time is over is still made once.
        let late = budget.ends + MINUTE;
        assert_eq!(tries.allowed(late), Duration::from_secs(1));
        assert!(Budget::of(Duration::from_millis(1)).attempt >= Duration::from_secs(1));
    }

    #[test]
    fn a_call_is_given_up_when_the_time_is_over_and_not_before() {
        let mut tries = Tries::new(Budget {
            ends: Instant::now(),
            attempt: MINUTE,
        });
        let failure = Failure::unreadable("no pool");
        for _ in 0..100 {
            let next = tries.failed(failure.clone(), MINUTE, 1.0);
            assert!(matches!(next, AfterFailure::Wait(wait) if wait <= Duration::from_secs(5)));
        }
        let next = tries.failed(failure.clone(), Duration::from_secs(4), 1.0);
        assert_eq!(next, AfterFailure::Wait(Duration::from_secs(2)));
        let next = tries.failed(failure.clone(), Duration::from_millis(200), 1.0);
        assert_eq!(next, AfterFailure::GiveUp(failure));
    }

    #[test]
    fn an_answer_says_more_than_the_attempt_that_the_end_of_the_time_cut_short() {
        let mut tries = Tries::new(Budget::of(MINUTE));
        let answer = Failure::unreadable("no pool");
        let cut_short = no_answer(Duration::from_secs(1));
        tries.failed(answer.clone(), MINUTE, 0.5);
        let next = tries.failed(cut_short.clone(), Duration::ZERO, 0.5);
        assert_eq!(next, AfterFailure::GiveUp(answer));
        let mut hanging = Tries::new(Budget::of(MINUTE));
        let next = hanging.failed(cut_short.clone(), Duration::ZERO, 0.5);
        assert_eq!(next, AfterFailure::GiveUp(cut_short));
    }
}
