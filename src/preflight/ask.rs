//! What the pool is asked: its rules, those of its app client, whether users may be looked up, and how fast. What comes with the answers: the
//! service's time, by which a run later tells its own users from those that were there before (see `import::resolve`).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::sleep;

use crate::pace::Category;
use crate::pool::groups::LIST_GROUPS_ACTION;
use crate::pool::{Advice, Cognito, Failure, Sent, Stop, action_of, steady_ms};
use crate::user::pool_rules::PoolRules;
use crate::user::{Addresses, Step, StepKind};

/// A second of the service's clock, and a little for the clock of this machine. Limits may be asked for once in it, too.
const A_SECOND: Duration = Duration::from_millis(1_020);

/// A question that meets a passing fault is asked this often.
const TRIES: u32 = 5;

/// Time between two tries: the describing operations have quotas of their own, counted by the second.
const BETWEEN_TRIES: Duration = Duration::from_millis(400);

/// Which questions are put.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// What the app client is like.
    pub client: bool,
    /// Whether users may be looked up: one look-up of a name that nobody has, which costs no active user.
    pub look_up: bool,
    /// The kinds of steps that may follow a sign-up: whether each may be taken is asked with a name that nobody has.
    pub steps: Vec<StepKind>,
    /// The categories whose limit is asked for.
    pub limits: Vec<Category>,
}

/// The permission that asking for a limit needs.
pub const LIMITS_ACTION: &str = "cognito-idp:GetProvisionedLimit";

/// The permission that the pool's listing needs.
pub const LIST_ACTION: &str = "cognito-idp:ListUsers";

/// A question that may not be asked, or not of this service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// The permission that it needs, as IAM names it.
    pub action: &'static str,
    /// What came instead of an answer.
    pub failure: Failure,
}

impl Unanswered {
    /// Whether a permission is what is missing.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        is_denial(&self.failure)
    }
}

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// What the pool says of itself, and of the app client where that was asked and answered.
    pub rules: Option<PoolRules>,
    /// What stayed unanswered.
    pub unanswered: Vec<Unanswered>,
    /// The second, on the service's clock, that is over now; none where the service did not say what time it is.
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

    /// The question that needs this permission, where it stayed unanswered.
    #[must_use]
    pub fn question(&self, action: &str) -> Option<&Unanswered> {
        self.unanswered
            .iter()
            .find(|question| question.action == action)
    }
}

/// Asks, and waits until the second that the service named last is over. That something may not be asked, or not of this service, is
/// no error: [`Found::unanswered`] says so.
///
/// # Errors
/// No connection can be made, pool or client are not there, the credentials are wrong or expired, or a fault does not pass.
pub async fn ask(pool: &Cognito, questions: Questions) -> Result<Found, Failure> {
    let mut unanswered = Vec::new();
    let mut keep = |action, answer| match answer {
        Ok(()) => {}
        Err(failure) => unanswered.push(Unanswered { action, failure }),
    };
    let mut rules = match answered(|| pool.describe()).await? {
        Ok(rules) => rules,
        Err(failure) => {
            keep("cognito-idp:DescribeUserPool", Err(failure));
            None
        }
    };
    if questions.client {
        match answered(|| pool.describe_client()).await? {
            Ok(client) => {
                if let Some(rules) = &mut rules {
                    rules.client = client;
                }
            }
            Err(failure) => keep("cognito-idp:DescribeUserPoolClient", Err(failure)),
        }
    }
    if questions.look_up {
        let nobody = nobody();
        let answer = answered(|| pool.look_up(&nobody)).await?;
        keep("cognito-idp:AdminGetUser", answer.map(drop));
    }
    for kind in &questions.steps {
        let (nobody, step) = (nobody(), some_step(*kind));
        match answered(|| pool.follow_up(&nobody, &step)).await? {
            // It may be asked for, and there is nobody.
            Err(failure) if is_about_nobody(&failure) => {}
            answer => keep(action_of(*kind), answer),
        }
    }
    let mut groups = None;
    if questions.steps.contains(&StepKind::AddToGroup) {
        match super::groups::all(pool).await? {
            Ok(names) => groups = Some(names),
            Err(failure) => keep(LIST_GROUPS_ACTION, Err(failure)),
        }
    }
    let heard = pool.clock().last();
    let mut limits = Vec::new();
    for (number, category) in questions.limits.iter().enumerate() {
        if number > 0 {
            sleep(A_SECOND).await;
        }
        match answered(|| pool.provisioned_limit(*category)).await? {
            Ok(limit) => limits.extend(limit.map(|limit| (*category, limit))),
            Err(failure) => {
                // The next one would not be answered either.
                keep(LIMITS_ACTION, Err(failure));
                break;
            }
        }
    }
    if let Some(heard) = heard {
        let passed = u64::try_from(steady_ms() - heard.came_ms).unwrap_or(0);
        sleep(A_SECOND.saturating_sub(Duration::from_millis(passed))).await;
    }
    Ok(Found {
        rules,
        unanswered,
        second_before_run_ms: heard.map(|heard| heard.second_ms),
        groups,
        limits,
    })
}

/// Asks whether the pool may be listed, and with `limit` how fast, where limits may be asked for at all. Put where it is known that it
/// will be listed, and not before. Whatever comes instead of an answer is [`Found::unanswered`]: there is a way without the listing.
pub async fn ask_listing(pool: &Cognito, limit: bool, found: &mut Found) {
    if let Err(failure) = answered(|| pool.may_list()).await.flatten() {
        found.unanswered.push(Unanswered {
            action: LIST_ACTION,
            failure,
        });
        return;
    }
    if !limit || found.question(LIMITS_ACTION).is_some() {
        return;
    }
    match answered(|| pool.provisioned_limit(Category::UserList))
        .await
        .flatten()
    {
        Ok(limit) => found
            .limits
            .extend(limit.map(|limit| (Category::UserList, limit))),
        Err(failure) => found.unanswered.push(Unanswered {
            action: LIMITS_ACTION,
            failure,
        }),
    }
}

/// One question, put until it is answered: the answer, or the refusal to answer it; an error decides the whole run.
pub(super) async fn answered<T, F>(question: impl Fn() -> F) -> Result<Result<T, Failure>, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        match question().await {
            Err(failure) if decides(&failure) => return Err(failure),
            Err(failure) if passes(&failure) && tries < TRIES => sleep(BETWEEN_TRIES).await,
            Err(failure) if passes(&failure) => return Err(failure),
            answer => return Ok(answer),
        }
    }
}

/// A step of this kind.
fn some_step(kind: StepKind) -> Step {
    match kind {
        StepKind::Confirm => Step::Confirm,
        StepKind::Verify => Step::Verify(Addresses::Email),
        // A name like any other; whether there is such a group is not what is asked.
        StepKind::AddToGroup => Step::AddToGroup("cognito-import-preflight".into()),
        StepKind::Disable => Step::Disable,
    }
}

/// The answer to a step with a name that nobody has, where the step may be taken.
fn is_about_nobody(failure: &Failure) -> bool {
    failure.code == "UserNotFoundException" || failure.advice == Advice::Stop(Stop::GroupMissing)
}

/// A username that nobody has.
fn nobody() -> String {
    let mut name = "cognito-import-preflight-".to_owned();
    let _ = write!(name, "{:016x}", fastrand::u64(..));
    name
}

/// Every later request would fail as well. Not being allowed to ask is not of this kind.
fn decides(failure: &Failure) -> bool {
    failure.sent == Sent::No
        || match failure.advice {
            Advice::Stop(Stop::NotFound | Stop::ClockSkew) => true,
            Advice::Stop(Stop::Access) => !is_denial(failure),
            Advice::Stop(
                Stop::SignUpNotPermitted
                | Stop::SecretMissing
                | Stop::SecretRejected
                | Stop::SecretUnwanted
                | Stop::UnwritableAttribute
                | Stop::GroupMissing
                | Stop::DeliveryRole
                | Stop::Firewall
                | Stop::Refused,
            )
            | Advice::Again
            | Advice::SlowDown
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered
            | Advice::GiveUp => false,
        }
}

fn is_denial(failure: &Failure) -> bool {
    [
        "AccessDeniedException",
        "AccessDenied",
        "NotAuthorizedException",
    ]
    .contains(&failure.code.as_str())
}

/// The same question may be answered in a moment.
fn passes(failure: &Failure) -> bool {
    failure.advice == Advice::SlowDown || failure.sent == Sent::Maybe
}
