//! Retries preflight calls after transient failures: internal errors, throttling, lost
//! connections, unreadable answers and timeouts.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::calls::Call;
use crate::pool::failure::{ATTEMPT_TIMED_OUT, FailureKind};
use crate::pool::{Advice, Cognito, Failure, Sent};
use crate::run::RetryPolicy;

/// The budget for calls that the run can do without.
const SHORT_BUDGET: Duration = Duration::from_secs(6);

/// The number of attempts that must fit into the budget even if each one hangs.
const MIN_ATTEMPTS: u32 = 4;

/// The minimum timeout of an attempt, even if the budget is used up.
const MIN_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);

/// The user is notified of a call that keeps failing for longer than this.
const NOTIFY_AFTER: Duration = Duration::from_secs(2);

const MIN_BACKOFF: Duration = Duration::from_millis(200);
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// The pool that receives preflight calls, and the total time they may take.
#[derive(Clone, Copy)]
pub struct PreflightCalls<'a> {
    /// The pool.
    pub pool: &'a Cognito,
    /// How long calls with transient failures are retried.
    pub timeout: Duration,
    /// Notifies the user of retries.
    pub notify: &'a dyn Fn(&str),
}

impl PreflightCalls<'_> {
    /// Returns the time for all calls from now on.
    pub(super) fn full_budget(&self) -> Budget {
        Budget::new(self.timeout)
    }

    /// Returns the time for calls that the run can do without.
    pub(super) fn short_budget(&self) -> Budget {
        Budget::new(self.timeout.min(SHORT_BUDGET))
    }

    /// Retries the call until it succeeds, fails permanently, or the budget is used up. Returns the
    /// last failure.
    pub(super) async fn repeat<T, F>(
        &self,
        call: Call,
        budget: Budget,
        attempt: impl Fn() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let started = Instant::now();
        let mut notified = false;
        let mut retries = CallRetries::new(budget);
        loop {
            let limit = retries.attempt_timeout(Instant::now());
            let answer = match timeout(limit, attempt()).await {
                Ok(answer) => answer,
                Err(_) => Err(timed_out(limit)),
            };
            let failure = match answer {
                Err(failure) if failure.is_transient() => failure,
                answer => return answer,
            };
            let remaining = budget.remaining(Instant::now());
            if !notified && started.elapsed() > NOTIFY_AFTER && remaining.as_secs() > 0 {
                notified = true;
                let limit = humantime::format_duration(Duration::from_secs(remaining.as_secs()));
                (self.notify)(&format!(
                    "{call} failed ({failure}); retrying for up to {limit}"
                ));
            }
            match retries.after_failure(failure, remaining, fastrand::f64()) {
                AfterFailure::Wait(time) => sleep(time).await,
                AfterFailure::GiveUp(failure) => return Err(failure),
            }
        }
    }
}

/// The time for a series of calls, and for one attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    deadline: Instant,
    attempt_timeout: Duration,
}

impl Budget {
    fn new(time: Duration) -> Self {
        Self {
            deadline: Instant::now() + time,
            attempt_timeout: (time / MIN_ATTEMPTS).max(MIN_ATTEMPT_TIMEOUT),
        }
    }

    fn remaining(&self, now: Instant) -> Duration {
        self.deadline.saturating_duration_since(now)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum AfterFailure {
    Wait(Duration),
    GiveUp(Failure),
}

/// The retry decisions for one call. Pure: time and randomness are arguments.
#[derive(Debug)]
struct CallRetries {
    budget: Budget,
    failures: u32,
    previous: Option<Failure>,
}

impl CallRetries {
    fn new(budget: Budget) -> Self {
        Self {
            budget,
            failures: 0,
            previous: None,
        }
    }

    /// Returns the timeout of the next attempt.
    fn attempt_timeout(&self, now: Instant) -> Duration {
        let remaining = self.budget.remaining(now).max(MIN_ATTEMPT_TIMEOUT);
        self.budget.attempt_timeout.min(remaining)
    }

    /// Decides whether to retry with `remaining` of the budget. `chance` is in `0..1`.
    fn after_failure(
        &mut self,
        failure: Failure,
        remaining: Duration,
        chance: f64,
    ) -> AfterFailure {
        self.failures += 1;
        let policy = RetryPolicy {
            base: MIN_BACKOFF,
            cap: MAX_BACKOFF,
            ..RetryPolicy::default()
        };
        if remaining > MIN_BACKOFF {
            self.previous = Some(failure);
            // Leaves time for another attempt before the deadline.
            let wait = policy.backoff(self.failures, chance);
            return AfterFailure::Wait(wait.min(remaining / 2));
        }
        // A real answer is more informative than a timeout at the deadline.
        AfterFailure::GiveUp(match self.previous.take() {
            Some(previous) if failure.kind() == FailureKind::TimedOut => previous,
            _ => failure,
        })
    }
}

fn timed_out(limit: Duration) -> Failure {
    let limit = Duration::from_millis(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
    Failure::new(
        Sent::Maybe,
        Advice::Retry,
        ATTEMPT_TIMED_OUT,
        format!("no answer within {}", humantime::format_duration(limit)),
    )
}

#[cfg(test)]
mod tests {
    use super::{AfterFailure, Budget, CallRetries, timed_out};
    use crate::pool::Failure;
    use std::time::Duration;
    use tokio::time::Instant;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn several_attempts_fit_into_the_budget_even_if_each_hangs() {
        let budget = Budget::new(MINUTE);
        let now = budget.deadline - MINUTE;
        let retries = CallRetries::new(budget);
        assert_eq!(retries.attempt_timeout(now), MINUTE / 4);
        assert_eq!(
            retries.attempt_timeout(budget.deadline - Duration::from_secs(3)),
            Duration::from_secs(3)
        );
        // A call that starts after the deadline still gets one attempt.
        let late = budget.deadline + MINUTE;
        assert_eq!(retries.attempt_timeout(late), Duration::from_secs(1));
        assert!(Budget::new(Duration::from_millis(1)).attempt_timeout >= Duration::from_secs(1));
    }

    #[test]
    fn retries_until_the_budget_is_used_up() {
        let mut retries = CallRetries::new(Budget {
            deadline: Instant::now(),
            attempt_timeout: MINUTE,
        });
        let failure = Failure::unreadable("no pool");
        for _ in 0..100 {
            let next = retries.after_failure(failure.clone(), MINUTE, 1.0);
            assert!(matches!(next, AfterFailure::Wait(wait) if wait <= Duration::from_secs(5)));
        }
        let next = retries.after_failure(failure.clone(), Duration::from_secs(4), 1.0);
        assert_eq!(next, AfterFailure::Wait(Duration::from_secs(2)));
        let next = retries.after_failure(failure.clone(), Duration::from_millis(200), 1.0);
        assert_eq!(next, AfterFailure::GiveUp(failure));
    }

    #[test]
    fn reports_the_last_answer_rather_than_a_timeout_at_the_deadline() {
        let mut retries = CallRetries::new(Budget::new(MINUTE));
        let answer = Failure::unreadable("no pool");
        let timeout = timed_out(Duration::from_secs(1));
        retries.after_failure(answer.clone(), MINUTE, 0.5);
        let next = retries.after_failure(timeout.clone(), Duration::ZERO, 0.5);
        assert_eq!(next, AfterFailure::GiveUp(answer));
        let mut hanging = CallRetries::new(Budget::new(MINUTE));
        let next = hanging.after_failure(timeout.clone(), Duration::ZERO, 0.5);
        assert_eq!(next, AfterFailure::GiveUp(timeout));
    }
}
