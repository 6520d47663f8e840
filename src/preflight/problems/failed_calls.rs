//! Problems with a pool that was not queried, may not be queried, or did not answer.

use super::super::calls::{Call, FailedCall, remedy};
use super::{Problem, RunIntent};
use crate::user::pool_rules::PoolRules;

const ALLOW: &str = "allow it for this pool (`cognito-import iam-policy` prints the policy)";
const PASS_RULES: &str =
    "pass the pool's rules with --pool pool.toml (`cognito-import describe` writes the file)";

/// Reports failed calls. A missing permission leaves something unknown; any other failure of a call
/// that a check depends on refuses the run.
pub(super) fn failed_calls(
    rules: Option<&PoolRules>,
    failed_calls: &[FailedCall],
    intent: RunIntent<'_>,
    problems: &mut Vec<Problem>,
) {
    for failed in failed_calls {
        if failed.refuses() {
            problems.push(call_failed(failed, intent));
        } else {
            problems.extend(unknown_without(failed, rules));
        }
    }
}

fn call_failed(failed: &FailedCall, intent: RunIntent<'_>) -> Problem {
    let (unknown, alternative) = match failed.call {
        Call::DescribeUserPool => (
            "whether SignUp is permitted, sends messages or moves aliases".to_owned(),
            Some(PASS_RULES.to_owned()),
        ),
        Call::DescribeUserPoolClient => (
            "whether the app client has a secret or what it may write".to_owned(),
            Some(PASS_RULES.to_owned()),
        ),
        Call::AdminGetUser => ("whether existing users can be looked up".to_owned(), None),
        Call::Step(kind) => (
            format!("whether the follow-up step works ({})", kind.requested_by()),
            Some("omit the step".to_owned()),
        ),
        Call::ListGroups if intent.steps.create_groups => {
            ("which groups have to be created".to_owned(), None)
        }
        Call::ListGroups => ("whether the pool has the groups".to_owned(), None),
        Call::ListUsers => (
            "whether the pool's users can be listed".to_owned(),
            Some("omit --prescan always and --lookup list".to_owned()),
        ),
        Call::CreateGroup | Call::GetProvisionedLimit => (String::from("more"), None),
    };
    let remedy = remedy(&failed.failure);
    let refusal = Problem::refusal(
        "call_failed",
        format!("{failed}: cannot tell {unknown}"),
        match alternative {
            Some(alternative) => format!("{remedy}; or {alternative}"),
            None => remedy.to_owned(),
        },
    );
    Problem {
        is_temporary: failed.is_temporary(),
        ..refusal
    }
}

/// Reports what is unknown without this answer, if the run can continue without it or the
/// permission is missing.
fn unknown_without(failed: &FailedCall, rules: Option<&PoolRules>) -> Option<Problem> {
    let call = failed.call;
    let (reason, remedy) = if failed.is_denied() {
        (
            format!("the permission {} is missing", call.action()),
            ALLOW,
        )
    } else {
        (failed.to_string(), remedy(&failed.failure))
    };
    Some(match call {
        Call::AdminGetUser => Problem::refusal(
            "permission_missing",
            format!("{reason}: it is needed to look up existing users and unanswered requests"),
            format!("{ALLOW}, or run with --no-lookup"),
        ),
        Call::Step(kind) => Problem::refusal(
            "permission_missing",
            format!(
                "{reason}: a follow-up step needs it ({})",
                kind.requested_by()
            ),
            format!("{ALLOW}, or omit the step"),
        ),
        Call::ListUsers if failed.needed => Problem::refusal(
            "permission_missing",
            format!("{reason}: --prescan always and --lookup list need it to find existing users"),
            format!("{ALLOW}, or omit both flags"),
        ),
        Call::ListUsers => Problem::notice(
            "prescan",
            format!(
                "{reason}: the pool is not listed first, although that would take fewer requests \
                 than trying every username"
            ),
            format!("{remedy}, or pass --prescan never"),
        ),
        Call::ListGroups => Problem::notice(
            "groups_unknown",
            format!(
                "{reason}: cannot tell whether the pool has the groups; a missing group stops the \
                 run"
            ),
            format!("{ALLOW}, or make sure that the groups exist"),
        ),
        Call::DescribeUserPoolClient if rules.is_none_or(|rules| rules.client.is_none()) => {
            Problem::notice(
                "client_unknown",
                format!(
                    "{reason}: cannot tell whether the app client has a secret or what it may write"
                ),
                format!("{ALLOW}, or {PASS_RULES}"),
            )
        }
        // If the permission is missing, that is often intended, and the plan shows the default.
        Call::GetProvisionedLimit if !failed.is_denied() => Problem::notice(
            "limits_unknown",
            format!("{reason}: rates are based on AWS's default quotas"),
            "if the account has other quotas, set the rates with --rate and --lookup-rate",
        ),
        // Covered by `rules_unknown`, unless the rules come from a file.
        Call::DescribeUserPool
        | Call::DescribeUserPoolClient
        | Call::GetProvisionedLimit
        | Call::CreateGroup => return None,
    })
}

/// Reports unknown rules of the pool or its client, which leave checks undone.
pub(super) fn unknown_pool(
    rules: Option<&PoolRules>,
    failed_calls: &[FailedCall],
    intent: RunIntent<'_>,
    problems: &mut Vec<Problem>,
) {
    let failure_of = |call: Call| failed_calls.iter().find(|failed| failed.call == call);
    match (rules, failure_of(Call::DescribeUserPool)) {
        (None, Some(describe)) if describe.refuses() => {}
        (None, describe) => rules_unknown(describe, intent, problems),
        (Some(rules), _)
            if rules.client.is_none() && failure_of(Call::DescribeUserPoolClient).is_none() =>
        {
            problems.push(Problem::notice(
                "client_unknown",
                "cannot tell whether the app client has a secret or what it may write",
                if intent.given.has("--pool") {
                    "run `cognito-import describe` with --client-id, so that the file passed with \
                     --pool describes the app client"
                } else {
                    "pass --client-id"
                },
            ));
        }
        (Some(_), _) => {}
    }
}

/// Reports that the pool's rules are unknown. `denied` is the DescribeUserPool call if the
/// permission for it is missing.
fn rules_unknown(denied: Option<&FailedCall>, intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    let (reason, remedy) = match denied {
        Some(denied) => (
            format!("the permission {} is missing", denied.call.action()),
            ALLOW,
        ),
        None if intent.pool_known => (
            "nothing is known about the pool".to_owned(),
            "omit --no-lookup so that the pool can be described",
        ),
        None => (
            "nothing is known about the pool".to_owned(),
            "pass --user-pool-id so that the pool can be described",
        ),
    };
    if intent.pool_known && !intent.allowed.messages {
        problems.push(Problem::refusal(
            "messages_unknown",
            format!(
                "{reason}: cannot tell whether sign-ups would send email or SMS to real people"
            ),
            format!("{remedy}, or {PASS_RULES}, or accept such messages with --allow-messages"),
        ));
    }
    problems.push(Problem::notice(
        "rules_unknown",
        format!(
            "{reason}: rows are not checked against the pool's rules, and it is unknown whether \
             SignUp is permitted, sends messages or moves aliases"
        ),
        format!("{remedy}, or {PASS_RULES}"),
    ));
}
