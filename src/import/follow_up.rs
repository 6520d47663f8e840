//! One step after a sign-up. Steps are idempotent, so after an unclear response a step is sent
//! again without a lookup. An update is prepared by a lookup first, see [`update`](super::update).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::request::{RequestContext, Requested, count, permit_unless_stopped};
use super::run_log;
use super::update::{PreparedUpdate, UserToUpdate};
use crate::outcome::UserUpdate;
use crate::pace::Permit;
use crate::pool::{Advice, Failure, Stop, category_of, operation_of};
use crate::run::{FORBIDDEN_TRIES, RequestCounts, RetryPolicy};
use crate::user::{FollowUpStep, Password};

/// A step to be sent.
#[derive(Debug)]
pub(super) struct StepJob {
    pub(super) row: u64,
    pub(super) username: Arc<str>,
    /// The row's password, if still known, so that it can be removed from responses.
    pub(super) password: Option<Arc<Password>>,
    /// The index among the user's steps.
    pub(super) index: usize,
    pub(super) step: FollowUpStep,
    /// What [`FollowUpStep::Update`] needs.
    pub(super) update: Option<UserToUpdate>,
}

/// How a step's task ended.
#[derive(Debug)]
pub(super) enum StepEnd {
    Done,
    /// Permanently.
    Failed(Failure),
    /// The update may be sent once it is in the ledger.
    Prepared(PreparedUpdate),
    /// There is nothing to write. This replaces the update in the ledger.
    NothingToWrite(Option<UserUpdate>),
    /// No connection could be made.
    Unreachable(Failure),
    /// The run is stopping; the step stays pending.
    LeftPending,
    /// Every user would fail in the same way.
    StopRun(Stop, Failure),
}

#[derive(Debug)]
pub(super) struct StepDone {
    pub(super) job: StepJob,
    pub(super) end: StepEnd,
    pub(super) requests: RequestCounts,
    /// The latency of the last response.
    pub(super) latency: Option<Duration>,
}

/// Sends one step until it ends. `permit` is for the first request.
pub(super) async fn send_step(
    shared: Arc<RequestContext>,
    job: StepJob,
    permit: Permit,
) -> StepDone {
    let mut sent = Requested::default();
    let end = drive(&shared, &job, permit, &mut sent).await;
    StepDone {
        job,
        end,
        requests: sent.requests,
        latency: sent.latency,
    }
}

async fn drive(
    shared: &RequestContext,
    job: &StepJob,
    mut permit: Permit,
    requested: &mut Requested,
) -> StepEnd {
    let kind = job.step.kind();
    let mut stopping = shared.stopping.clone();
    let mut attempts = StepAttempts::new(shared.rules.retry);
    loop {
        let began = Instant::now();
        let result = send(shared, job).await;
        requested.latency = Some(began.elapsed());
        let failure = result.as_ref().err();
        run_log::response(&shared.span, job.row, operation_of(kind), failure);
        count(shared, &permit, failure, requested);
        match attempts.next(result, fastrand::f64()) {
            NextAttempt::End(end) => return end,
            NextAttempt::Retry(wait) => {
                match permit_unless_stopped(shared, category_of(kind), &mut stopping, wait).await {
                    Some(next) => permit = next,
                    None => return StepEnd::LeftPending,
                }
            }
        }
    }
}

async fn send(shared: &RequestContext, job: &StepJob) -> Result<(), Failure> {
    let password = job.password.as_deref();
    if job.step == FollowUpStep::Update {
        let prepared = job.update.as_ref().and_then(|user| user.prepared.as_ref());
        let attributes: Vec<(&str, &str)> = prepared
            .iter()
            .flat_map(|prepared| &prepared.to_write)
            .map(|change| (change.name.as_str(), change.value.as_str()))
            .collect();
        let update = shared
            .pool
            .update_attributes(&job.username, &attributes, password);
        return update.await;
    }
    let step = shared
        .pool
        .follow_up_for_row(&job.username, &job.step, password);
    step.await
}

#[derive(Debug)]
pub(super) enum NextAttempt {
    Retry(Duration),
    End(StepEnd),
}

/// Decides whether to retry a step. The random number is an argument.
#[derive(Debug)]
pub(super) struct StepAttempts {
    retry: RetryPolicy,
    tries: u32,
    forbidden: u32,
}

impl StepAttempts {
    pub(super) fn new(retry: RetryPolicy) -> Self {
        Self {
            retry,
            tries: 0,
            forbidden: 0,
        }
    }

    /// Decides what to do after a result. `chance` is in 0.0..=1.0.
    pub(super) fn next(&mut self, result: Result<(), Failure>, chance: f64) -> NextAttempt {
        let failure = match result {
            Ok(()) => return NextAttempt::End(StepEnd::Done),
            Err(failure) => failure,
        };
        match failure.advice {
            Advice::SlowDown => NextAttempt::Retry(self.retry.backoff(1, chance)),
            Advice::Firewalled => {
                self.forbidden += 1;
                if self.forbidden >= FORBIDDEN_TRIES {
                    return NextAttempt::End(StepEnd::StopRun(Stop::Firewall, failure));
                }
                NextAttempt::Retry(self.retry.backoff(1, chance))
            }
            Advice::Retry | Advice::Unreachable | Advice::LookUp(_) | Advice::Undelivered => {
                self.tries += 1;
                if self.tries < self.retry.tries {
                    return NextAttempt::Retry(self.retry.backoff(self.tries, chance));
                }
                NextAttempt::End(if failure.advice == Advice::Unreachable {
                    StepEnd::Unreachable(failure)
                } else {
                    StepEnd::Failed(failure)
                })
            }
            Advice::GiveUp | Advice::Exists => NextAttempt::End(StepEnd::Failed(failure)),
            Advice::Stop(stop) => NextAttempt::End(StepEnd::StopRun(stop, failure)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NextAttempt, StepAttempts, StepEnd};
    use crate::pool::failure::{BLOCKED_BY_FIREWALL, CONNECT_FAILED, CONNECTION_LOST};
    use crate::pool::{Advice, Failure, Sent, Stop};
    use crate::run::{FORBIDDEN_TRIES, RetryPolicy};

    fn failure(code: &str, advice: Advice) -> Result<(), Failure> {
        Err(Failure::new(Sent::Answered, advice, code, "reason"))
    }

    /// Returns the number of requests and the end of a step that always gets this response.
    fn end_of(code: &str, advice: Advice) -> (u32, StepEnd) {
        let mut attempts = StepAttempts::new(RetryPolicy::default());
        for requests in 1..100 {
            if let NextAttempt::End(end) = attempts.next(failure(code, advice), 0.5) {
                return (requests, end);
            }
        }
        panic!("{code} is retried forever");
    }

    #[test]
    fn retries_unclear_responses_a_limited_number_of_times() {
        let (requests, end) = end_of(CONNECTION_LOST, Advice::Retry);
        assert_eq!(requests, RetryPolicy::default().tries);
        assert!(matches!(end, StepEnd::Failed(failure) if failure.code == CONNECTION_LOST));
        let mut attempts = StepAttempts::new(RetryPolicy::default());
        assert!(matches!(
            attempts.next(failure(CONNECTION_LOST, Advice::Retry), 0.5),
            NextAttempt::Retry(_)
        ));
        assert!(matches!(
            attempts.next(Ok(()), 0.5),
            NextAttempt::End(StepEnd::Done)
        ));
    }

    #[test]
    fn missing_connection_is_not_a_failed_step() {
        let (_, end) = end_of(CONNECT_FAILED, Advice::Unreachable);
        assert!(matches!(end, StepEnd::Unreachable(_)));
    }

    #[test]
    fn retries_throttling_forever_but_a_firewall_only_a_few_times() {
        let mut attempts = StepAttempts::new(RetryPolicy::default());
        for _ in 0..1_000 {
            let result = failure("TooManyRequestsException", Advice::SlowDown);
            assert!(matches!(attempts.next(result, 0.5), NextAttempt::Retry(_)));
        }
        let (requests, end) = end_of(BLOCKED_BY_FIREWALL, Advice::Firewalled);
        assert_eq!(requests, FORBIDDEN_TRIES);
        assert!(matches!(end, StepEnd::StopRun(Stop::Firewall, _)));
    }

    #[test]
    fn refusal_ends_the_step_or_the_run() {
        let (requests, end) = end_of("AliasExistsException", Advice::GiveUp);
        assert_eq!(requests, 1);
        assert!(matches!(
            end,
            StepEnd::Failed(failure) if failure.code == "AliasExistsException" && failure.message == "reason"
        ));
        let (requests, end) = end_of("ExpiredTokenException", Advice::Stop(Stop::Access));
        assert_eq!(requests, 1);
        assert!(matches!(end, StepEnd::StopRun(Stop::Access, _)));
    }
}
