//! One step after a sign-up. Every step is idempotent, so after an unclear answer it is sent again
//! without a lookup.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::request::{RequestContext, Requested, count, permit_unless_stopped};
use super::run_log;
use crate::outcome::StepState;
use crate::pace::Permit;
use crate::pool::{Advice, Failure, Stop, category_of, operation_of};
use crate::run::{FORBIDDEN_TRIES, RequestCounts, RetryPolicy};
use crate::user::{FollowUpStep, Password};

/// A step to be taken.
#[derive(Debug)]
pub(super) struct StepJob {
    pub(super) row: u64,
    pub(super) username: Arc<str>,
    /// The row's password, if still known, so that it can be removed from answers that repeat it.
    pub(super) password: Option<Arc<Password>>,
    /// The index among the user's steps.
    pub(super) place: usize,
    pub(super) step: FollowUpStep,
}

/// How a step's task ended.
#[derive(Debug)]
pub(super) enum StepEnd {
    /// The step is done or failed permanently.
    Ended(StepState),
    /// No connection could be made.
    Unreachable(Failure),
    /// The run is stopping, and the step stays pending.
    Left,
    /// Every user would fail in the same way.
    StopRun(Stop, Failure),
}

#[derive(Debug)]
pub(super) struct StepDone {
    pub(super) job: StepJob,
    pub(super) end: StepEnd,
    pub(super) requests: RequestCounts,
    /// The latency of the last answer.
    pub(super) latency: Option<Duration>,
}

/// Takes one step. `permit` is for the first request.
pub(super) async fn take_step(
    shared: Arc<RequestContext>,
    job: StepJob,
    permit: Permit,
) -> StepDone {
    let mut sent = Requested::default();
    let end = take(&shared, &job, permit, &mut sent).await;
    StepDone {
        job,
        end,
        requests: sent.requests,
        latency: sent.latency,
    }
}

async fn take(
    shared: &RequestContext,
    job: &StepJob,
    mut permit: Permit,
    requested: &mut Requested,
) -> StepEnd {
    let kind = job.step.kind();
    let mut stopping = shared.stopping.clone();
    let mut taking = Taking::new(shared.rules.retry);
    loop {
        let began = Instant::now();
        let answer = shared
            .pool
            .follow_up_for_row(&job.username, &job.step, job.password.as_deref())
            .await;
        requested.latency = Some(began.elapsed());
        let failure = answer.as_ref().err();
        run_log::answer(&shared.span, job.row, operation_of(kind), failure);
        count(shared, &permit, failure, requested);
        match taking.next(answer, fastrand::f64()) {
            NextStep::End(end) => return end,
            NextStep::Again(wait) => {
                match permit_unless_stopped(shared, category_of(kind), &mut stopping, wait).await {
                    Some(next) => permit = next,
                    None => return StepEnd::Left,
                }
            }
        }
    }
}

#[derive(Debug)]
enum NextStep {
    Again(Duration),
    End(StepEnd),
}

/// The decisions of a step. Pure: the random number is an argument.
#[derive(Debug)]
struct Taking {
    retry: RetryPolicy,
    tries: u32,
    forbidden: u32,
}

impl Taking {
    fn new(retry: RetryPolicy) -> Self {
        Self {
            retry,
            tries: 0,
            forbidden: 0,
        }
    }

    /// `chance` is in 0.0..=1.0.
    fn next(&mut self, answer: Result<(), Failure>, chance: f64) -> NextStep {
        let failure = match answer {
            Ok(()) => return NextStep::End(StepEnd::Ended(StepState::Done)),
            Err(failure) => failure,
        };
        match failure.advice {
            Advice::SlowDown => NextStep::Again(self.retry.backoff(1, chance)),
            Advice::Firewalled => {
                self.forbidden += 1;
                if self.forbidden >= FORBIDDEN_TRIES {
                    return NextStep::End(StepEnd::StopRun(Stop::Firewall, failure));
                }
                NextStep::Again(self.retry.backoff(1, chance))
            }
            Advice::Retry | Advice::Unreachable | Advice::LookUp(_) | Advice::Undelivered => {
                self.tries += 1;
                if self.tries < self.retry.tries {
                    return NextStep::Again(self.retry.backoff(self.tries, chance));
                }
                NextStep::End(if failure.advice == Advice::Unreachable {
                    StepEnd::Unreachable(failure)
                } else {
                    failed(failure)
                })
            }
            Advice::GiveUp | Advice::Exists => NextStep::End(failed(failure)),
            Advice::Stop(stop) => NextStep::End(StepEnd::StopRun(stop, failure)),
        }
    }
}

fn failed(failure: Failure) -> StepEnd {
    StepEnd::Ended(StepState::Failed {
        code: failure.code,
        message: failure.message,
    })
}

#[cfg(test)]
mod tests {
    use super::{NextStep, StepEnd, Taking};
    use crate::outcome::StepState;
    use crate::pool::failure::{BLOCKED_BY_FIREWALL, CONNECT_FAILED, CONNECTION_LOST};
    use crate::pool::{Advice, Failure, Sent, Stop};
    use crate::run::{FORBIDDEN_TRIES, RetryPolicy};

    fn failure(code: &str, advice: Advice) -> Result<(), Failure> {
        Err(Failure::new(Sent::Answered, advice, code, "reason"))
    }

    /// Returns how a step ends that always gets this answer, and after how many requests.
    fn end_of(code: &str, advice: Advice) -> (u32, StepEnd) {
        let mut taking = Taking::new(RetryPolicy::default());
        for asked in 1..100 {
            if let NextStep::End(end) = taking.next(failure(code, advice), 0.5) {
                return (asked, end);
            }
        }
        panic!("{code} is asked for ever");
    }

    #[test]
    fn unclear_answers_are_retried_until_the_tries_are_used_up() {
        let (asked, end) = end_of(CONNECTION_LOST, Advice::Retry);
        assert_eq!(asked, RetryPolicy::default().tries);
        assert!(
            matches!(end, StepEnd::Ended(StepState::Failed { code, .. }) if code == CONNECTION_LOST)
        );
        let mut taking = Taking::new(RetryPolicy::default());
        assert!(matches!(
            taking.next(failure(CONNECTION_LOST, Advice::Retry), 0.5),
            NextStep::Again(_)
        ));
        assert!(matches!(
            taking.next(Ok(()), 0.5),
            NextStep::End(StepEnd::Ended(StepState::Done))
        ));
    }

    #[test]
    fn a_missing_connection_is_not_a_failed_step() {
        let (_, end) = end_of(CONNECT_FAILED, Advice::Unreachable);
        assert!(matches!(end, StepEnd::Unreachable(_)));
    }

    #[test]
    fn throttling_is_retried_forever_and_a_firewall_only_a_few_times() {
        let mut taking = Taking::new(RetryPolicy::default());
        for _ in 0..1_000 {
            let answer = failure("TooManyRequestsException", Advice::SlowDown);
            assert!(matches!(taking.next(answer, 0.5), NextStep::Again(_)));
        }
        let (asked, end) = end_of(BLOCKED_BY_FIREWALL, Advice::Firewalled);
        assert_eq!(asked, FORBIDDEN_TRIES);
        assert!(matches!(end, StepEnd::StopRun(Stop::Firewall, _)));
    }

    #[test]
    fn a_refusal_ends_the_step_or_the_run() {
        let (asked, end) = end_of("AliasExistsException", Advice::GiveUp);
        assert_eq!(asked, 1);
        assert!(matches!(
            end,
            StepEnd::Ended(StepState::Failed { code, message }) if code == "AliasExistsException" && message == "reason"
        ));
        let (asked, end) = end_of("ExpiredTokenException", Advice::Stop(Stop::Access));
        assert_eq!(asked, 1);
        assert!(matches!(end, StepEnd::StopRun(Stop::Access, _)));
    }
}
