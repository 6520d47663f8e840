//! Objections to a run whose pool was not asked, may not be asked, or did not answer.

use super::super::calls::{Call, Unanswered, remedy};
use super::{Problem, RunIntent};
use crate::user::pool_rules::PoolRules;

const ALLOW_IT: &str = "allow it for this pool (`cognito-import iam-policy` prints the policy)";
const GIVE_RULES: &str =
    "pass the pool's rules with --pool pool.toml (`cognito-import describe` writes the file)";

/// The calls that were made and not answered. A missing permission leaves something unknown; any other failure of a call that a check
/// depends on refuses the run.
pub(super) fn unanswered(
    rules: Option<&PoolRules>,
    unanswered: &[Unanswered],
    meant: RunIntent<'_>,
    found: &mut Vec<Problem>,
) {
    for call in unanswered {
        if call.refuses() {
            found.push(call_failed(call, meant));
        } else {
            found.extend(unknown_for(call, rules));
        }
    }
}

fn call_failed(unanswered: &Unanswered, meant: RunIntent<'_>) -> Problem {
    let (unknown, instead) = match unanswered.call {
        Call::DescribeUserPool => (
            "whether SignUp is permitted, sends messages or moves aliases".to_owned(),
            Some(GIVE_RULES.to_owned()),
        ),
        Call::DescribeUserPoolClient => (
            "whether the app client has a secret or what it may write".to_owned(),
            Some(GIVE_RULES.to_owned()),
        ),
        Call::AdminGetUser => ("whether existing users can be looked up".to_owned(), None),
        Call::Step(kind) => (
            format!("whether the follow-up step works ({})", kind.asked_by()),
            Some("omit the step".to_owned()),
        ),
        Call::ListGroups if meant.steps.create_groups => {
            ("which groups have to be created".to_owned(), None)
        }
        Call::ListGroups => ("whether the pool has the groups".to_owned(), None),
        Call::ListUsers => (
            "whether the pool's users can be listed".to_owned(),
            Some("omit --prescan always and --lookup list".to_owned()),
        ),
        Call::CreateGroup | Call::GetProvisionedLimit => (String::from("more"), None),
    };
    let remedy = remedy(&unanswered.failure);
    Problem::refusal(
        "call_failed",
        format!("{unanswered}: cannot tell {unknown}"),
        match instead {
            Some(instead) => format!("{remedy}; or {instead}"),
            None => remedy.to_owned(),
        },
    )
}

/// What is not known without this answer, and may stay so.
fn unknown_for(unanswered: &Unanswered, rules: Option<&PoolRules>) -> Option<Problem> {
    let call = unanswered.call;
    let why = if unanswered.is_denied() {
        format!("the permission {} is missing", call.action())
    } else {
        unanswered.to_string()
    };
    let remedy = if unanswered.is_denied() {
        ALLOW_IT
    } else {
        remedy(&unanswered.failure)
    };
    Some(match call {
        Call::AdminGetUser => Problem::refusal(
            "permission_missing",
            format!("{why}: it is needed to look up existing users and unanswered requests"),
            format!("{ALLOW_IT}, or run with --no-lookup"),
        ),
        Call::Step(kind) => Problem::refusal(
            "permission_missing",
            format!("{why}: a follow-up step needs it ({})", kind.asked_by()),
            format!("{ALLOW_IT}, or omit the step"),
        ),
        Call::ListUsers if unanswered.needed => Problem::refusal(
            "permission_missing",
            format!("{why}: --prescan always and --lookup list need it to find existing users"),
            format!("{ALLOW_IT}, or omit both flags"),
        ),
        Call::ListUsers => Problem::notice(
            "prescan",
            format!(
                "{why}: the pool is not read first, although that would take fewer requests than trying every username"
            ),
            format!("{remedy}, or pass --prescan never"),
        ),
        Call::ListGroups => Problem::notice(
            "groups_unknown",
            format!(
                "{why}: cannot tell whether the pool has the groups; a missing group stops the run"
            ),
            format!("{ALLOW_IT}, or make sure that the groups exist"),
        ),
        Call::DescribeUserPoolClient if rules.is_none_or(|rules| rules.client.is_none()) => {
            Problem::notice(
                "client_unknown",
                format!(
                    "{why}: cannot tell whether the app client has a secret or what it may write"
                ),
                format!("{ALLOW_IT}, or {GIVE_RULES}"),
            )
        }
        // The plan names the default that is used instead; that the permission is missing is often intended.
        Call::GetProvisionedLimit if !unanswered.is_denied() => Problem::notice(
            "limits_unknown",
            format!("{why}: rates are based on AWS's default quotas"),
            "if the account has other quotas, set the rates with --rate and --lookup-rate",
        ),
        // Without rules from a file, `rules_unknown` says it all.
        Call::DescribeUserPool
        | Call::DescribeUserPoolClient
        | Call::GetProvisionedLimit
        | Call::CreateGroup => return None,
    })
}

/// What is not known of the pool: that there are no problems then says little.
pub(super) fn unknown(
    rules: Option<&PoolRules>,
    unanswered: &[Unanswered],
    meant: RunIntent<'_>,
    found: &mut Vec<Problem>,
) {
    let not_answered = |asked: Call| unanswered.iter().find(|other| other.call == asked);
    match (rules, not_answered(Call::DescribeUserPool)) {
        (None, Some(describe)) if describe.refuses() => {}
        (None, describe) => rules_unknown(describe, meant, found),
        (Some(rules), _)
            if rules.client.is_none() && not_answered(Call::DescribeUserPoolClient).is_none() =>
        {
            found.push(Problem::notice(
                "client_unknown",
                "cannot tell whether the app client has a secret or what it may write",
                if meant.given.has("--pool") {
                    "run `cognito-import describe` with --client-id, so that the file passed with --pool describes the app client"
                } else {
                    "pass --client-id"
                },
            ));
        }
        (Some(_), _) => {}
    }
}

/// `describe`: the call, where it was made and is not permitted.
fn rules_unknown(describe: Option<&Unanswered>, meant: RunIntent<'_>, found: &mut Vec<Problem>) {
    let (why, ask) = match describe {
        Some(describe) => (
            format!("the permission {} is missing", describe.call.action()),
            ALLOW_IT,
        ),
        None if meant.names_pool => (
            "nothing is known about the pool".to_owned(),
            "omit --no-lookup so that the pool can be described",
        ),
        None => (
            "nothing is known about the pool".to_owned(),
            "pass --user-pool-id so that the pool can be described",
        ),
    };
    if meant.names_pool && !meant.allowed.messages {
        found.push(Problem::refusal(
            "messages_unknown",
            format!("{why}: cannot tell whether sign-ups would send email or SMS to real people"),
            format!("{ask}, or {GIVE_RULES}, or accept such messages with --allow-messages"),
        ));
    }
    found.push(Problem::notice(
        "rules_unknown",
        format!(
            "{why}: rows are not checked against the pool's rules, and it is unknown whether SignUp is permitted, sends messages or moves aliases"
        ),
        format!("{ask}, or {GIVE_RULES}"),
    ));
}
