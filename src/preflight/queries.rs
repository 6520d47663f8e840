//! Queries the pool for its rules, its app client, permissions and quotas. The responses also carry
//! the service's time, from which a run later tells its own users from older ones
//! (see `import::resolve`).

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::sleep;

use super::attempts::{Budget, PreflightCalls};
use super::calls::{Call, FailedCall};
use super::probes::{probe_step, unused_username};
use crate::pace::Category;
use crate::pool::service_clock::LastHeard;
use crate::pool::{Advice, Failure, Sent, Stop, monotonic_ms, operation_of};
use crate::user::StepKind;
use crate::user::pool_rules::PoolRules;

/// A second of the service's clock, plus a margin for the local clock. GetProvisionedLimit allows
/// one request in this time.
const SECOND_WITH_MARGIN: Duration = Duration::from_millis(1_020);

/// The queries to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolQueries {
    /// Checks need the pool's own description, because no file provides its rules.
    pub rules: bool,
    /// Describe the app client.
    pub client: bool,
    /// Check that users may be looked up, with one lookup of a name that does not exist. That
    /// costs no active user.
    pub look_up: bool,
    /// The kinds of follow-up steps to probe for permission.
    pub steps: Vec<StepKind>,
    /// The quota categories whose limits are requested.
    pub limits: Vec<Category>,
    /// The run will write, so it has to start in a later second of the service's clock than the
    /// last response.
    pub writes: bool,
}

/// The answers to [`PoolQueries`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolAnswers {
    /// The rules of the pool, with those of the app client if it was described.
    pub rules: Option<PoolRules>,
    /// The calls that failed.
    pub failed_calls: Vec<FailedCall>,
    /// The last full second of the service's clock before the run; `None` if the service sent no
    /// date.
    pub second_before_run_ms: Option<i64>,
    /// The names of the pool's groups, if they were listed.
    pub groups: Option<BTreeSet<String>>,
    /// The account's quotas in requests per second.
    pub limits: Vec<(Category, u32)>,
}

impl PoolAnswers {
    /// Returns the account's quota for this category in requests per second, if it is known.
    #[must_use]
    pub fn limit(&self, category: Category) -> Option<u32> {
        let mut limits = self.limits.iter();
        limits.find_map(|(other, limit)| (*other == category).then_some(*limit))
    }

    /// Returns the failure of this call, if it failed.
    #[must_use]
    pub fn failure_of(&self, call: Call) -> Option<&FailedCall> {
        self.failed_calls.iter().find(|failed| failed.call == call)
    }

    /// Returns the failed call that refuses the run. No query follows it.
    #[must_use]
    pub fn refused_by(&self) -> Option<&FailedCall> {
        self.failed_calls.iter().find(|call| call.refuses())
    }

    fn add_failure(&mut self, call: Call, failure: Failure, needed: bool) {
        self.failed_calls.push(FailedCall {
            call,
            failure,
            needed,
        });
    }
}

/// Queries the pool. If the run will write, also waits until the service's last known second is
/// over. A call that is not permitted or keeps failing is not an error, but one of
/// [`PoolAnswers::failed_calls`].
///
/// # Errors
/// The pool cannot be reached, the pool or the client does not exist, or the credentials are
/// invalid or expired.
pub async fn query_pool(
    preflight: PreflightCalls<'_>,
    queries: &PoolQueries,
) -> Result<PoolAnswers, FailedCall> {
    let mut session = QuerySession {
        preflight,
        budget: preflight.full_budget(),
        answers: PoolAnswers::default(),
        pool_exists: false,
    };
    session.all_but_limits(queries).await?;
    let QuerySession { mut answers, .. } = session;
    if answers.refused_by().is_some() {
        return Ok(answers);
    }
    let last_heard = preflight.pool.clock().last();
    query_limits(preflight, &queries.limits, &mut answers).await;
    if let Some(heard) = last_heard.filter(|_| queries.writes) {
        sleep(rest_of_second(heard, monotonic_ms())).await;
        answers.second_before_run_ms = Some(heard.second_ms);
    }
    Ok(answers)
}

/// Returns the time until the service's last known second is certainly over.
fn rest_of_second(heard: LastHeard, now_ms: i64) -> Duration {
    let passed = u64::try_from(now_ms - heard.received_ms).unwrap_or(0);
    SECOND_WITH_MARGIN.saturating_sub(Duration::from_millis(passed))
}

/// Sends the queries one after the other.
struct QuerySession<'a> {
    preflight: PreflightCalls<'a>,
    budget: Budget,
    answers: PoolAnswers,
    /// A response has shown that the pool exists.
    pool_exists: bool,
}

impl QuerySession<'_> {
    /// Ends early after a failure that refuses the run.
    async fn all_but_limits(&mut self, queries: &PoolQueries) -> Result<(), FailedCall> {
        self.rules(queries.rules).await?;
        if queries.client && self.continues() {
            self.client().await?;
        }
        if queries.look_up && self.continues() {
            self.look_up().await?;
        }
        let mut probed = Vec::new();
        for kind in &queries.steps {
            // Kinds that share an operation share its permission.
            let operation = operation_of(*kind);
            if self.continues() && !probed.contains(&operation) {
                probed.push(operation);
                self.step(*kind).await?;
            }
        }
        if queries.steps.contains(&StepKind::AddToGroup) && self.continues() {
            self.groups().await?;
        }
        Ok(())
    }

    fn continues(&self) -> bool {
        self.answers.refused_by().is_none()
    }

    async fn rules(&mut self, needed: bool) -> Result<(), FailedCall> {
        let call = Call::DescribeUserPool;
        let pool = self.preflight.pool;
        let describe = async |budget| {
            let describe = || pool.describe();
            self.preflight.repeat(call, budget, describe).await
        };
        let answer = if needed {
            describe(self.budget).await
        } else {
            match describe(self.preflight.short_budget()).await {
                // No run is possible without a connection, so use the full budget after all.
                Err(failure) if failure.advice == Advice::Unreachable => {
                    describe(self.budget).await
                }
                answer => answer,
            }
        };
        if let Some(rules) = self.answer_of(call, answer, needed)? {
            self.pool_exists = rules.is_some();
            self.answers.rules = rules;
        }
        Ok(())
    }

    async fn client(&mut self) -> Result<(), FailedCall> {
        let call = Call::DescribeUserPoolClient;
        let pool = self.preflight.pool;
        let describe = || pool.describe_client();
        let answer = self.preflight.repeat(call, self.budget, describe).await;
        if let Some(Some(client)) = self.answer_of(call, answer, true)? {
            self.pool_exists = true;
            if let Some(rules) = &mut self.answers.rules {
                rules.client = Some(client);
            }
        }
        Ok(())
    }

    async fn look_up(&mut self) -> Result<(), FailedCall> {
        let (pool, name) = (self.preflight.pool, unused_username());
        let call = Call::AdminGetUser;
        let look_up = || pool.look_up(&name);
        let answer = self.preflight.repeat(call, self.budget, look_up).await;
        if self.answer_of(call, answer, true)?.is_some() {
            self.pool_exists = true;
        }
        Ok(())
    }

    async fn step(&mut self, kind: StepKind) -> Result<(), FailedCall> {
        let call = Call::Step(kind);
        let probe = || probe_step(self.preflight.pool, kind, self.pool_exists);
        let answer = self.preflight.repeat(call, self.budget, probe).await;
        self.answer_of(call, answer, true).map(drop)
    }

    async fn groups(&mut self) -> Result<(), FailedCall> {
        let answer = super::groups::list_groups(self.preflight, self.budget).await;
        self.answers.groups = self.answer_of(Call::ListGroups, answer, true)?;
        Ok(())
    }

    /// Returns the answer, or `None` after recording the failure. A fatal failure is an error.
    fn answer_of<T>(
        &mut self,
        call: Call,
        answer: Result<T, Failure>,
        needed: bool,
    ) -> Result<Option<T>, FailedCall> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if is_fatal(&failure) => Err(FailedCall {
                call,
                failure,
                needed,
            }),
            Err(failure) => {
                self.answers.add_failure(call, failure, needed);
                Ok(None)
            }
        }
    }
}

/// Requests the limits of these categories. If that fails, the run uses the default quotas.
async fn query_limits(
    preflight: PreflightCalls<'_>,
    categories: &[Category],
    answers: &mut PoolAnswers,
) {
    let budget = preflight.short_budget();
    for (index, category) in categories.iter().enumerate() {
        if index > 0 {
            sleep(SECOND_WITH_MARGIN).await;
        }
        if !query_limit(preflight, budget, *category, answers).await {
            // The next request would fail too.
            return;
        }
    }
}

/// Returns whether the request succeeded.
async fn query_limit(
    preflight: PreflightCalls<'_>,
    budget: Budget,
    category: Category,
    answers: &mut PoolAnswers,
) -> bool {
    let call = Call::GetProvisionedLimit;
    let request = || preflight.pool.provisioned_limit(category);
    match preflight.repeat(call, budget, request).await {
        Ok(limit) => {
            answers.limits.extend(limit.map(|limit| (category, limit)));
            true
        }
        Err(failure) => {
            answers.add_failure(call, failure, false);
            false
        }
    }
}

/// Queries whether the pool may be listed and, with `limit`, how fast. Called only once it is known
/// that the run will list the pool. With `needed`, a failure refuses the run.
pub async fn query_listing(
    preflight: PreflightCalls<'_>,
    limit: bool,
    needed: bool,
    answers: &mut PoolAnswers,
) {
    let budget = if needed {
        preflight.full_budget()
    } else {
        preflight.short_budget()
    };
    let request = || preflight.pool.check_listing();
    if let Err(failure) = preflight.repeat(Call::ListUsers, budget, request).await {
        answers.add_failure(Call::ListUsers, failure, needed);
        return;
    }
    if limit && answers.failure_of(Call::GetProvisionedLimit).is_none() {
        let budget = preflight.short_budget();
        query_limit(preflight, budget, Category::UserList, answers).await;
    }
}

/// Returns whether every later request would fail too, unlike after the denial of a single call.
fn is_fatal(failure: &Failure) -> bool {
    let pool_or_clock = matches!(
        failure.advice,
        Advice::Stop(Stop::NotFound | Stop::ClockSkew)
    );
    let no_credentials = failure.advice == Advice::Stop(Stop::Access) && !failure.is_denied();
    failure.sent == Sent::No || pool_or_clock || no_credentials
}

#[cfg(test)]
mod tests {
    use super::rest_of_second;
    use crate::pool::service_clock::LastHeard;
    use std::time::Duration;

    #[test]
    fn waits_until_the_last_second_of_the_service_is_over() {
        let heard = LastHeard {
            second_ms: 0,
            received_ms: 5_000,
        };
        let rest = |now| rest_of_second(heard, now);
        assert_eq!(rest(5_000), Duration::from_millis(1_020));
        assert_eq!(rest(5_700), Duration::from_millis(320));
        assert_eq!(rest(9_000), Duration::ZERO);
    }
}
