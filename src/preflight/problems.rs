//! What stands against a run, worked out before anything is sent. Pure: from the pool's rules, the list's columns and counts, and
//! what the command line allows, to a list of problems, each with its way out.

mod aliases;
mod asked;
mod attributes;
pub(super) mod follow_up;
mod rate;
mod rows;

use serde::Serialize;

use super::calls::Unanswered;
use super::prescan::ExistingUserPolicy;
use super::rates::Rates;
use super::survey::{AliasRepeats, FindingExample, NoteCount, SurveyCounts};
use crate::mapping::HeaderNotice;
use crate::plural::counted;
use crate::pool::Stop;
use crate::sanitize::one_line;
use crate::user::hint::FlagsGiven;
use crate::user::pool_rules::{EmailSendingAccount, PoolRules};
use crate::user::rules::MAX_ATTRIBUTE_NAME;
use attributes::told_all;
pub use follow_up::StepIntent;

/// Mails that Cognito's own sender sends a day, for all pools of an account (developer guide, "Email settings").
pub const COGNITO_MAILS_A_DAY: u64 = 50;

/// What the command line allows, and how it means to work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Messages to real people.
    pub messages: bool,
    /// More mails than Cognito's own sender sends.
    pub message_limit: bool,
    /// An alias may move from one user to another.
    pub alias_moves: bool,
    /// An address that is an alias may be verified for one of several users who have it.
    pub alias_repeats: bool,
    /// No row may be invalid.
    pub strict: bool,
}

/// The run, as it is meant.
#[derive(Debug, Clone, Copy)]
pub struct RunIntent<'a> {
    /// The attributes that the list sets, each with the column it comes from, if it comes from one.
    pub attributes: &'a [(String, Option<String>)],
    /// Whether users get a password.
    pub with_password: bool,
    /// Whether the app client's secret was given.
    pub secret_given: bool,
    /// How users that exist are found.
    pub looks: ExistingUserPolicy,
    /// What the list was found to be; none where it can be read only once.
    pub counts: Option<&'a SurveyCounts>,
    /// Notes on its rows.
    pub notes: &'a [NoteCount],
    /// Addresses under several usernames, where they are aliases.
    pub alias_repeats: &'a [AliasRepeats],
    /// The flags in effect: no hint suggests one of them.
    pub given: &'a FlagsGiven,
    /// How fast it is to go.
    pub rates: &'a Rates,
    /// What follows the sign-ups.
    pub steps: StepIntent<'a>,
    /// What the command line allows.
    pub allowed: Allowed,
    /// It is known which pool the run writes to, though perhaps nothing else of it.
    pub names_pool: bool,
    /// The run has begun already: what its rows are like was weighed then.
    pub begun: bool,
}

/// How much an problem weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The run is refused.
    Refusal,
    /// Good to know.
    Notice,
}

/// A reason to refuse the run, or a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// Whether it prevents the run.
    #[serde(skip)]
    pub weight: Weight,
    /// A stable code for programs.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
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

    /// Something about the list's header.
    #[must_use]
    pub fn of_header(notice: &HeaderNotice) -> Self {
        Self::notice(notice.code, notice.message.as_str(), notice.hint.as_str())
    }

    /// Whether the run is refused for it.
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

/// Everything that stands against the run, refusals first.
#[must_use]
pub fn problems(
    rules: Option<&PoolRules>,
    unanswered: &[Unanswered],
    meant: RunIntent<'_>,
) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Some(rules) = rules {
        sign_up(rules, meant, &mut found);
        attributes::attributes(rules, meant, &mut found);
        messages(rules, meant, &mut found);
        aliases::aliases(rules, meant, &mut found);
    }
    names(meant, &mut found);
    rows::rows(meant, &mut found);
    follow_up::follow_up(meant, &mut found);
    rate::rate(meant, &mut found);
    asked::unanswered(rules, unanswered, meant, &mut found);
    asked::unknown(rules, unanswered, meant, &mut found);
    found.sort_by_key(|problem| !problem.is_refusal());
    found
}

fn sign_up(rules: &PoolRules, meant: RunIntent<'_>, found: &mut Vec<Problem>) {
    if rules.admin_create_user_only {
        found.push(Problem::refusal(
            "sign_up_not_permitted",
            "SignUp is not permitted in this pool: only administrators can create users",
            "set AdminCreateUserConfig.AllowAdminCreateUserOnly to false, at least during the import",
        ));
    }
    match rules.client.as_ref().map(|client| client.has_secret) {
        Some(true) if !meant.secret_given => found.push(Problem::refusal(
            "secret_missing",
            Stop::SecretMissing.meaning(),
            "pass it with --client-secret-file FILE or in COGNITO_CLIENT_SECRET, or use an app client without a secret",
        )),
        Some(false) if meant.secret_given => found.push(Problem::notice(
            "secret_not_shown",
            "DescribeUserPoolClient shows no secret; the given secret is used anyway, because secrets kept in Secrets Manager are not shown",
            "if the app client has no secret, omit --client-secret-file and unset COGNITO_CLIENT_SECRET, or check --client-id",
        )),
        Some(_) | None => {}
    }
    if !meant.with_password && !rules.is_passwordless() {
        found.push(Problem::refusal(
            "password_needed",
            "users without a password cannot sign in to this pool: it allows no first factor other than PASSWORD",
            "take passwords from a column, pass --password generate and let users reset theirs, or allow EMAIL_OTP, SMS_OTP or WEB_AUTHN in the pool's sign-in policy",
        ));
    }
}

/// Rules of the API that hold without a pool.
fn names(meant: RunIntent<'_>, found: &mut Vec<Problem>) {
    let too_long = |name: &str| name.chars().count() > MAX_ATTRIBUTE_NAME;
    if let Some(names) = told_all(meant.attributes.iter().filter(|(name, _)| too_long(name))) {
        found.push(Problem::refusal(
            "attribute_name",
            format!("attribute names have at most {MAX_ATTRIBUTE_NAME} characters: {names}"),
            "map the columns to the pool's attributes with --map COLUMN=ATTRIBUTE, or drop them with --ignore-column",
        ));
    }
}

/// Whether sign-ups send codes to people. A PreSignUp trigger may confirm and verify, and then none goes out: what it does cannot be
/// asked.
fn sends_messages(rules: &PoolRules) -> bool {
    !rules.auto_verified_attributes.is_empty() && !rules.has_trigger("PreSignUp")
}

fn messages(rules: &PoolRules, meant: RunIntent<'_>, found: &mut Vec<Problem>) {
    if rules.auto_verified_attributes.is_empty() {
        return;
    }
    let verified: Vec<&str> = rules
        .auto_verified_attributes
        .iter()
        .map(|contact| contact.attribute())
        .collect();
    let verified = verified.join(" and ");
    if !sends_messages(rules) {
        found.push(Problem::notice(
            "messages_by_trigger",
            format!(
                "the pool verifies {verified}: every user gets a code, unless the pool's PreSignUp trigger confirms and verifies the user"
            ),
            "check what the trigger does, and import a single row first",
        ));
        return;
    }
    let (mails, texts) = meant.counts.map_or((None, None), |counts| {
        let (mails, texts) = counts.messages(rules);
        (Some(mails), Some(texts))
    });
    if mails == Some(0) && texts == Some(0) {
        return;
    }
    if !meant.allowed.messages {
        let how_many = match (mails, texts) {
            (Some(mails), Some(texts)) => {
                format!(
                    "{} and {}",
                    counted(mails, "email", "emails"),
                    counted(texts, "SMS", "SMS")
                )
            }
            (_, _) => "a message per user".to_owned(),
        };
        found.push(Problem::refusal(
            "messages",
            format!("the pool verifies {verified}, so this run sends {how_many} to real people"),
            "pass --allow-messages to send them; or add a PreSignUp trigger that confirms and verifies users, or remove the attribute from AutoVerifiedAttributes during the import",
        ));
    }
    let own_sender = rules.email_sending_account == EmailSendingAccount::Developer
        || rules.has_trigger("CustomEmailSender");
    let too_many = mails.is_none_or(|mails| mails > COGNITO_MAILS_A_DAY);
    if !own_sender && too_many && !meant.allowed.message_limit {
        found.push(Problem::refusal(
            "message_limit",
            format!(
                "Cognito's built-in sender is limited to {COGNITO_MAILS_A_DAY} emails a day for all pools of the account, and this run needs {}: users beyond the limit are created but get no code",
                mails.map_or_else(|| "one per user".to_owned(), |mails| mails.to_string())
            ),
            "let the pool send through Amazon SES (EmailSendingAccount DEVELOPER), or pass --ignore-message-limit",
        ));
    }
}

#[cfg(test)]
mod tests;
