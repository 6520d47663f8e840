//! Asks the pool for its rules, those of its app client, whether users may be looked up, and how fast. The answers also tell the
//! service's time, by which a run later tells its own users from those that were there before (see `import::resolve`).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::sleep;

use super::attempts::{Budget, PreflightCalls};
use super::calls::{Call, Unanswered};
use crate::pace::Category;
use crate::pool::service_clock::LastHeard;
use crate::pool::{Advice, Failure, Sent, Stop, steady_ms};
use crate::user::pool_rules::PoolRules;
use crate::user::{Addresses, FollowUpStep, StepKind};

/// A second of the service's clock, and a little for the clock of this machine. It is also how often limits may be asked for.
const A_SECOND: Duration = Duration::from_millis(1_020);

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// Checks depend on the pool's own description: no file gives its rules.
    pub rules: bool,
    /// What the app client is like.
    pub client: bool,
    /// Whether users may be looked up: one look-up of a name that does not exist, which costs no active user.
    pub look_up: bool,
    /// The kinds of steps that may follow a sign-up: whether each is permitted is asked with a name that does not exist.
    pub steps: Vec<StepKind>,
    /// The categories whose limit is asked for.
    pub limits: Vec<Category>,
    /// The run will write: it begins in a later second of the service's clock than the last answer.
    pub writes: bool,
}

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// What the pool says of itself, and of the app client where that was asked and answered.
    pub rules: Option<PoolRules>,
    /// The calls that were not answered.
    pub unanswered: Vec<Unanswered>,
    /// The second, on the service's clock, that is over now; `None` where the service did not say what time it is.
    pub second_before_run_ms: Option<i64>,
    /// The names of the pool's groups, where that was asked and answered.
    pub groups: Option<BTreeSet<String>>,
    /// Requests a second that the account is granted, where that was asked and answered.
    pub limits: Vec<(Category, u32)>,
}

impl Found {
    /// Requests a second that the account is granted in this category, where it is known.
    #[must_use]
    pub fn limit(&self, category: Category) -> Option<u32> {
        let of = |(there, limit): &(Category, u32)| (*there == category).then_some(*limit);
        self.limits.iter().find_map(of)
    }

    /// The call, where it was not answered.
    #[must_use]
    pub fn unanswered(&self, call: Call) -> Option<&Unanswered> {
        self.unanswered.iter().find(|other| other.call == call)
    }

    /// The call that refuses the run because its answer did not come. Nothing is asked after it.
    #[must_use]
    pub fn refused_by(&self) -> Option<&Unanswered> {
        self.unanswered.iter().find(|call| call.refuses())
    }

    fn keep(&mut self, call: Call, failure: Failure, needed: bool) {
        self.unanswered.push(Unanswered {
            call,
            failure,
            needed,
        });
    }
}

/// Asks, and where the run will write, waits until the second that the service named last is over. A call that is not permitted, or
/// that keeps failing, is no error: [`Found::unanswered`] says so.
///
/// # Errors
/// No connection can be made, pool or client do not exist, or the credentials are wrong or expired.
pub async fn ask(
    preflight: PreflightCalls<'_>,
    questions: &Questions,
) -> Result<Found, Unanswered> {
    let mut asking = Asking {
        preflight,
        budget: preflight.whole(),
        found: Found::default(),
        pool_exists: false,
    };
    asking.all_but_limits(questions).await?;
    let Asking { mut found, .. } = asking;
    if found.refused_by().is_some() {
        return Ok(found);
    }
    let heard = preflight.pool.clock().last();
    limits(preflight, &questions.limits, &mut found).await;
    if let Some(heard) = heard.filter(|_| questions.writes) {
        sleep(rest_of_second(heard, steady_ms())).await;
        found.second_before_run_ms = Some(heard.second_ms);
    }
    Ok(found)
}

/// The time until the second that the service named is certainly over.
fn rest_of_second(heard: LastHeard, now_ms: i64) -> Duration {
    let passed = u64::try_from(now_ms - heard.came_ms).unwrap_or(0);
    A_SECOND.saturating_sub(Duration::from_millis(passed))
}

/// The questions, one after the other.
struct Asking<'a> {
    preflight: PreflightCalls<'a>,
    budget: Budget,
    found: Found,
    /// A call was answered as only a pool that exists answers it.
    pool_exists: bool,
}

impl Asking<'_> {
    /// Ends early once an answer is missing that the run depends on.
    async fn all_but_limits(&mut self, questions: &Questions) -> Result<(), Unanswered> {
        self.rules(questions.rules).await?;
        if questions.client && self.goes_on() {
            self.client().await?;
        }
        if questions.look_up && self.goes_on() {
            self.look_up().await?;
        }
        for kind in &questions.steps {
            if self.goes_on() {
                self.step(*kind).await?;
            }
        }
        if questions.steps.contains(&StepKind::AddToGroup) && self.goes_on() {
            self.groups().await?;
        }
        Ok(())
    }

    fn goes_on(&self) -> bool {
        self.found.refused_by().is_none()
    }

    async fn rules(&mut self, needed: bool) -> Result<(), Unanswered> {
        let call = Call::DescribeUserPool;
        let pool = self.preflight.pool;
        let describe = async |budget| {
            let describe = || pool.describe();
            self.preflight.repeat(call, budget, describe).await
        };
        let answer = if needed {
            describe(self.budget).await
        } else {
            match describe(self.preflight.brief()).await {
                // Without a connection there is no run, whatever is needed.
                Err(failure) if failure.advice == Advice::Unreachable => {
                    describe(self.budget).await
                }
                answer => answer,
            }
        };
        if let Some(rules) = self.kept(call, answer, needed)? {
            self.pool_exists = rules.is_some();
            self.found.rules = rules;
        }
        Ok(())
    }

    async fn client(&mut self) -> Result<(), Unanswered> {
        let call = Call::DescribeUserPoolClient;
        let pool = self.preflight.pool;
        let describe = || pool.describe_client();
        let answer = self.preflight.repeat(call, self.budget, describe).await;
        if let Some(Some(client)) = self.kept(call, answer, true)? {
            self.pool_exists = true;
            if let Some(rules) = &mut self.found.rules {
                rules.client = Some(client);
            }
        }
        Ok(())
    }

    async fn look_up(&mut self) -> Result<(), Unanswered> {
        let (pool, name) = (self.preflight.pool, unused_name());
        let call = Call::AdminGetUser;
        let look_up = || pool.look_up(&name);
        let answer = self.preflight.repeat(call, self.budget, look_up).await;
        if self.kept(call, answer, true)?.is_some() {
            self.pool_exists = true;
        }
        Ok(())
    }

    async fn step(&mut self, kind: StepKind) -> Result<(), Unanswered> {
        let (pool, name, step) = (self.preflight.pool, unused_name(), some_step(kind));
        let pool_exists = self.pool_exists;
        let ask = async || match pool.follow_up(&name, &step).await {
            Err(failure) if permits(&failure, kind, pool_exists) => Ok(()),
            Err(failure) => Err(failure),
            Ok(()) => Err(Failure::unreadable(
                "the answer is a success for a user that does not exist",
            )),
        };
        let call = Call::Step(kind);
        let answer = self.preflight.repeat(call, self.budget, ask).await;
        self.kept(call, answer, true).map(drop)
    }

    async fn groups(&mut self) -> Result<(), Unanswered> {
        let answer = super::groups::all(self.preflight, self.budget).await;
        self.found.groups = self.kept(Call::ListGroups, answer, true)?;
        Ok(())
    }

    /// The answer, or `None` after recording that the call failed. An error decides the whole run.
    fn kept<T>(
        &mut self,
        call: Call,
        answer: Result<T, Failure>,
        needed: bool,
    ) -> Result<Option<T>, Unanswered> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if decides(&failure) => Err(Unanswered {
                call,
                failure,
                needed,
            }),
            Err(failure) => {
                self.found.keep(call, failure, needed);
                Ok(None)
            }
        }
    }
}

/// Asks for limits. They set the pace and nothing else, so whatever comes instead of an answer, the run goes on at the default.
async fn limits(preflight: PreflightCalls<'_>, categories: &[Category], found: &mut Found) {
    let budget = preflight.brief();
    for (number, category) in categories.iter().enumerate() {
        if number > 0 {
            sleep(A_SECOND).await;
        }
        if !limit(preflight, budget, *category, found).await {
            // The next one would not be answered either.
            return;
        }
    }
}

/// Whether it was answered.
async fn limit(
    preflight: PreflightCalls<'_>,
    budget: Budget,
    category: Category,
    found: &mut Found,
) -> bool {
    let call = Call::GetProvisionedLimit;
    let ask = || preflight.pool.provisioned_limit(category);
    match preflight.repeat(call, budget, ask).await {
        Ok(limit) => {
            found.limits.extend(limit.map(|limit| (category, limit)));
            true
        }
        Err(failure) => {
            found.keep(call, failure, false);
            false
        }
    }
}

/// Asks whether the pool may be listed, and with `limit` how fast, where limits may be asked for at all. Put where it is known that it
/// will be listed, and not before. `needed`: the run is refused without the listing.
pub async fn ask_listing(
    preflight: PreflightCalls<'_>,
    limit: bool,
    needed: bool,
    found: &mut Found,
) {
    let budget = if needed {
        preflight.whole()
    } else {
        preflight.brief()
    };
    let ask = || preflight.pool.may_list();
    if let Err(failure) = preflight.repeat(Call::ListUsers, budget, ask).await {
        found.keep(Call::ListUsers, failure, needed);
        return;
    }
    if limit && found.unanswered(Call::GetProvisionedLimit).is_none() {
        self::limit(preflight, preflight.brief(), Category::UserList, found).await;
    }
}

/// A step of this kind.
fn some_step(kind: StepKind) -> FollowUpStep {
    match kind {
        StepKind::Confirm => FollowUpStep::Confirm,
        StepKind::Verify => FollowUpStep::Verify(Addresses::Email),
        // A name like any other; whether there is such a group is not what is asked.
        StepKind::AddToGroup => FollowUpStep::AddToGroup("cognito-import-preflight".into()),
        StepKind::Disable => FollowUpStep::Disable,
    }
}

/// Whether this answer to a step with a name that does not exist shows that the step is permitted.
fn permits(failure: &Failure, kind: StepKind, pool_exists: bool) -> bool {
    let group_missing = match failure.advice {
        Advice::Stop(Stop::GroupMissing) => true,
        // The pool answered an earlier call: what is missing is the group.
        Advice::Stop(Stop::NotFound) => kind == StepKind::AddToGroup && pool_exists,
        Advice::Stop(_)
        | Advice::Again
        | Advice::Unreachable
        | Advice::SlowDown
        | Advice::Firewalled
        | Advice::Exists
        | Advice::LookUp(_)
        | Advice::Undelivered
        | Advice::GiveUp => false,
    };
    group_missing || failure.code == "UserNotFoundException"
}

/// A username that does not exist.
fn unused_name() -> String {
    let mut name = "cognito-import-preflight-".to_owned();
    let _ = write!(name, "{:016x}", fastrand::u64(..));
    name
}

/// Every later request would fail as well. A call that is not permitted is not of this kind.
fn decides(failure: &Failure) -> bool {
    failure.sent == Sent::No
        || match failure.advice {
            Advice::Stop(Stop::NotFound | Stop::ClockSkew) => true,
            Advice::Stop(Stop::Access) => !failure.is_denied(),
            Advice::Stop(
                Stop::SignUpNotPermitted
                | Stop::SecretMissing
                | Stop::SecretRejected
                | Stop::SecretUnwanted
                | Stop::UnwritableAttribute
                | Stop::GroupMissing
                | Stop::DeliveryRole
                | Stop::Firewall
                | Stop::Untrusted
                | Stop::Refused,
            )
            | Advice::Again
            | Advice::Unreachable
            | Advice::SlowDown
            | Advice::Firewalled
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered
            | Advice::GiveUp => false,
        }
}

#[cfg(test)]
mod tests {
    use super::{StepKind, permits, rest_of_second};
    use crate::pool::Failure;
    use crate::pool::failure::Operation;
    use crate::pool::service_clock::LastHeard;
    use std::time::Duration;

    #[test]
    fn a_resource_that_is_missing_is_the_group_once_the_pool_is_known_to_exist() {
        let not_found = |operation| {
            let message = "User pool or crew not found";
            Failure::answered(operation, 400, "ResourceNotFoundException", message)
        };
        let group = not_found(Operation::WriteToGroup);
        let other = not_found(Operation::Write);
        assert!(permits(&group, StepKind::AddToGroup, false));
        assert!(permits(&other, StepKind::AddToGroup, true));
        assert!(!permits(&other, StepKind::AddToGroup, false));
        assert!(!permits(&other, StepKind::Confirm, true));
        let code = "UserNotFoundException";
        let user = Failure::answered(Operation::Write, 400, code, "User does not exist.");
        assert!(permits(&user, StepKind::Disable, false));
    }

    #[test]
    fn a_run_begins_after_the_second_that_the_service_named() {
        let heard = LastHeard {
            second_ms: 0,
            came_ms: 5_000,
        };
        let rest = |now| rest_of_second(heard, now);
        assert_eq!(rest(5_000), Duration::from_millis(1_020));
        assert_eq!(rest(5_700), Duration::from_millis(320));
        assert_eq!(rest(9_000), Duration::ZERO);
    }
}
