//! Problems with a run that can be found before anything is sent. Pure: a function of the pool's
//! rules, the list's columns and counts, and the command line. Each problem comes with a hint.

mod aliases;
mod attributes;
mod brake;
mod failed_calls;
pub(super) mod follow_up;
mod rate;
mod rows;
mod updates;

use serde::Serialize;

use super::calls::FailedCall;
use super::rates::Rates;
use super::survey::{AliasRepeats, FindingExample, NoteCount, SurveyCounts};
use crate::mapping::HeaderNotice;
use crate::plural::counted;
use crate::pool::Stop;
use crate::sanitize::one_line;
use crate::user::hint::FlagsGiven;
use crate::user::pool_rules::{EmailSendingAccount, PoolRules};
use crate::user::rules::MAX_ATTRIBUTE_NAME;
use attributes::list_names;
pub use brake::{BrakeInput, BrakeLimits, brake};
pub use follow_up::StepIntent;
pub use updates::{UpdateIntent, unverified_updates};

/// The daily limit of Cognito's built-in email sender for all pools of an account (developer guide,
/// "Email settings").
pub const COGNITO_EMAILS_PER_DAY: u64 = 50;

/// Risks accepted on the command line, and `--strict`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Messages to real people.
    pub messages: bool,
    /// More emails than Cognito's built-in sender allows.
    pub message_limit: bool,
    /// An alias may move from one user to another.
    pub alias_moves: bool,
    /// An alias that several users share may be verified for one of them.
    pub alias_repeats: bool,
    /// No row may be invalid.
    pub strict: bool,
}

/// The intended run.
#[derive(Debug, Clone, Copy)]
pub struct RunIntent<'a> {
    /// The attributes that the list sets, each with its column, if it has one.
    pub attributes: &'a [(String, Option<String>)],
    /// Whether users get a password.
    pub with_password: bool,
    /// Whether the app client's secret was given.
    pub secret_given: bool,
    /// The survey's counts; `None` if the list can be read only once.
    pub counts: Option<&'a SurveyCounts>,
    /// Notes on the rows.
    pub notes: &'a [NoteCount],
    /// Aliases that several usernames share.
    pub alias_repeats: &'a [AliasRepeats],
    /// The flags in effect, which hints must not suggest.
    pub given: &'a FlagsGiven,
    pub rates: &'a Rates,
    /// The follow-up steps.
    pub steps: StepIntent<'a>,
    pub allowed: Allowed,
    /// Whether the run's pool is known, even if its rules are not.
    pub pool_known: bool,
    /// Whether an earlier session started the run and checked the rows.
    pub resumed: bool,
}

/// How serious a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The run is refused.
    Refusal,
    /// For information only.
    Notice,
}

/// A reason to refuse the run, or a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// Whether it prevents the run.
    #[serde(skip)]
    pub weight: Weight,
    /// Whether it may be gone later, because the pool did not answer.
    #[serde(skip)]
    pub is_temporary: bool,
    /// A stable code for programs.
    pub code: &'static str,
    /// The problem.
    pub message: String,
    /// A hint about how to solve it.
    #[serde(rename = "what_to_do")]
    pub hint: String,
    /// How many cells, rows or names are affected, if they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<FindingExample>,
}

impl Problem {
    fn refusal(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            weight: Weight::Refusal,
            is_temporary: false,
            code,
            message: one_line(&message.into()).into_owned(),
            hint: one_line(&hint.into()).into_owned(),
            count: None,
            examples: Vec::new(),
        }
    }

    fn notice(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            weight: Weight::Notice,
            ..Self::refusal(code, message, hint)
        }
    }

    /// Creates a notice about the list's header.
    #[must_use]
    pub fn of_header(notice: &HeaderNotice) -> Self {
        Self::notice(notice.code, notice.message.as_str(), notice.hint.as_str())
    }

    /// Returns whether the run is refused.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.weight == Weight::Refusal
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)?;
        for FindingExample { row, line, found } in &self.examples {
            write!(f, "\n        row {row}, line {line}: {found}")?;
        }
        write!(f, "\n      {}", self.hint)
    }
}

/// Returns all problems with the run, refusals first.
#[must_use]
pub fn problems(
    rules: Option<&PoolRules>,
    failed_calls: &[FailedCall],
    intent: RunIntent<'_>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(rules) = rules {
        sign_up(rules, intent, &mut problems);
        attributes::attributes(rules, intent, &mut problems);
        messages(rules, intent, &mut problems);
        aliases::aliases(rules, intent, &mut problems);
    }
    attribute_names(intent, &mut problems);
    rows::rows(intent, &mut problems);
    follow_up::follow_up(intent, &mut problems);
    updates::updates(rules, intent, &mut problems);
    rate::rate(intent, &mut problems);
    failed_calls::failed_calls(rules, failed_calls, intent, &mut problems);
    failed_calls::unknown_pool(rules, failed_calls, intent, &mut problems);
    problems.sort_by_key(|problem| !problem.is_refusal());
    problems
}

fn sign_up(rules: &PoolRules, intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    if rules.admin_create_user_only {
        problems.push(Problem::refusal(
            "sign_up_not_permitted",
            "SignUp is not permitted in this pool: only administrators can create users",
            "set AdminCreateUserConfig.AllowAdminCreateUserOnly to false, at least during the \
             import",
        ));
    }
    match rules.client.as_ref().map(|client| client.has_secret) {
        Some(true) if !intent.secret_given => problems.push(Problem::refusal(
            "secret_missing",
            Stop::SecretMissing.meaning(),
            "pass it with --client-secret-file FILE or in COGNITO_CLIENT_SECRET, or use an app \
             client without a secret",
        )),
        Some(false) if intent.secret_given => problems.push(Problem::notice(
            "secret_not_shown",
            "DescribeUserPoolClient shows no secret; the given secret is used anyway, because \
             secrets kept in Secrets Manager are not shown",
            "if the app client has no secret, omit --client-secret-file and unset \
             COGNITO_CLIENT_SECRET, or check --client-id",
        )),
        Some(_) | None => {}
    }
    if !intent.with_password && !rules.is_passwordless() {
        problems.push(Problem::refusal(
            "password_needed",
            "users without a password cannot sign in to this pool: it allows no first factor other \
             than PASSWORD",
            "take passwords from a column, pass --password generate and let users reset theirs, or \
             allow EMAIL_OTP, SMS_OTP or WEB_AUTHN in the pool's sign-in policy",
        ));
    }
}

/// Checks attribute names against the API's limit, which applies to every pool.
fn attribute_names(intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    let too_long = |name: &str| name.chars().count() > MAX_ATTRIBUTE_NAME;
    if let Some(names) = list_names(intent.attributes.iter().filter(|(name, _)| too_long(name))) {
        problems.push(Problem::refusal(
            "attribute_name",
            format!("attribute names have at most {MAX_ATTRIBUTE_NAME} characters: {names}"),
            "map the columns to the pool's attributes with --map COLUMN=ATTRIBUTE, or drop them \
             with --ignore-column",
        ));
    }
}

fn messages(rules: &PoolRules, intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    if rules.auto_verified_attributes.is_empty() {
        return;
    }
    let verified: Vec<&str> = rules
        .auto_verified_attributes
        .iter()
        .map(|contact| contact.attribute())
        .collect();
    let verified = verified.join(" and ");
    // The trigger may confirm and verify users, in which case no code is sent. The API does not
    // say.
    if rules.has_trigger("PreSignUp") {
        problems.push(Problem::notice(
            "messages_by_trigger",
            format!(
                "the pool verifies {verified}: every user gets a code, unless the pool's PreSignUp \
                 trigger confirms and verifies the user"
            ),
            "check what the trigger does, and import a single row first",
        ));
        return;
    }
    let counts = intent.counts.map(|counts| counts.messages(rules));
    if counts == Some((0, 0)) {
        return;
    }
    if !intent.allowed.messages {
        let how_many = match counts {
            Some((emails, sms)) => {
                format!(
                    "{} and {}",
                    counted(emails, "email", "emails"),
                    counted(sms, "SMS", "SMS")
                )
            }
            None => "a message per user".to_owned(),
        };
        problems.push(Problem::refusal(
            "messages",
            format!("the pool verifies {verified}, so this run sends {how_many} to real people"),
            "pass --allow-messages to send them; or add a PreSignUp trigger that confirms and \
             verifies users, or remove the attribute from AutoVerifiedAttributes during the import",
        ));
    }
    let own_sender = rules.email_sending_account == EmailSendingAccount::Developer
        || rules.has_trigger("CustomEmailSender");
    let too_many = counts.is_none_or(|(emails, _)| emails > COGNITO_EMAILS_PER_DAY);
    if !own_sender && too_many && !intent.allowed.message_limit {
        problems.push(Problem::refusal(
            "message_limit",
            format!(
                "Cognito's built-in sender is limited to {COGNITO_EMAILS_PER_DAY} emails a day for \
                 all pools of the account, and this run needs {}: users beyond the limit are \
                 created but get no code",
                counts.map_or_else(
                    || "one per user".to_owned(),
                    |(emails, _)| emails.to_string()
                )
            ),
            "let the pool send through Amazon SES (EmailSendingAccount DEVELOPER), or pass \
             --ignore-message-limit",
        ));
    }
}

#[cfg(test)]
mod tests;
