//! What stands against a run because the pool could not be asked, or was not.

use super::super::ask::{LIMITS_ACTION, LIST_ACTION, Unanswered};
use super::{Meant, Objection};
use crate::pool::action_of;
use crate::pool::groups::LIST_GROUPS_ACTION;
use crate::user::StepKind;
use crate::user::pool_rules::PoolRules;

/// What was asked and not answered.
pub(super) fn permissions(
    rules: Option<&PoolRules>,
    unanswered: &[Unanswered],
    meant: Meant<'_>,
    found: &mut Vec<Objection>,
) {
    for question in unanswered {
        let Unanswered { action, failure } = question;
        let why = if question.is_denied() {
            format!("the permission {action} is missing")
        } else {
            format!("{action} was not answered ({})", failure.code)
        };
        found.push(match *action {
            "cognito-idp:AdminGetUser" if meant.looks.look_ups.any() && question.is_denied() => Objection::refusal(
                "permission_missing",
                format!("{why}: users that exist, and requests without an answer, are looked up with it"),
                "allow it for this pool (`cognito-import iam-policy` prints the policy), or run with --no-lookup",
            ),
            "cognito-idp:AdminGetUser" => {
                Objection::notice("look_ups", why, "--no-lookup does without, and leaves more rows in doubt")
            }
            "cognito-idp:DescribeUserPool" if rules.is_none() => Objection::notice(
                "rules_unknown",
                format!("{why}: rows are not held to the pool's rules, and nothing is known of messages, aliases and triggers"),
                "allow it (`cognito-import iam-policy` prints the policy), or give the rules with --pool pool.toml (`cognito-import describe` writes one)",
            ),
            LIST_ACTION if meant.looks.needs_listing() => Objection::refusal(
                "permission_missing",
                format!("{why}: --prescan always and --lookup list find users that exist with it"),
                "allow it for this pool (`cognito-import iam-policy` prints the policy), or leave the two out",
            ),
            LIST_ACTION => Objection::notice(
                "prescan",
                format!("{why}: the pool is not read first, though it would take fewer requests than to try every name"),
                "allow it for this pool (`cognito-import iam-policy` prints the policy), or --prescan never",
            ),
            LIST_GROUPS_ACTION => Objection::notice(
                "groups_unknown",
                format!("{why}: whether the pool has the groups that users are put into is not known, and one that it does not have stops the run"),
                "allow it for this pool (`cognito-import iam-policy` prints the policy), or see that the groups are there",
            ),
            action if let Some(kind) = step_of(action) => {
                let needed = format!("{why}: what follows the sign-ups needs it ({})", kind.asked_by());
                if question.is_denied() {
                    Objection::refusal(
                        "permission_missing",
                        needed,
                        "allow it for this pool (`cognito-import iam-policy` prints the policy), or leave the step out",
                    )
                } else {
                    Objection::notice("steps", needed, "look at the answer: users may be made whose steps fail")
                }
            }
            // What is documented is taken instead, and the plan says so.
            LIMITS_ACTION => continue,
            // The rules come from a file.
            "cognito-idp:DescribeUserPool" => continue,
            _ if rules.is_some_and(|rules| rules.client.is_some()) => continue,
            _ => Objection::notice(
                "rules_unknown",
                format!("{why}: whether the app client has a secret and what it may write is not known"),
                "allow it, or give the rules with --pool pool.toml",
            ),
        });
    }
}

/// The kind of step that needs this permission.
fn step_of(action: &str) -> Option<StepKind> {
    StepKind::ALL
        .into_iter()
        .find(|kind| action_of(*kind) == action)
}

/// What nobody asked: that nothing stands against a run then says little.
pub(super) fn unknown(
    rules: Option<&PoolRules>,
    unanswered: &[Unanswered],
    found: &mut Vec<Objection>,
) {
    let in_vain = |asked: &str| unanswered.iter().any(|question| question.action == asked);
    match rules {
        None if !in_vain("cognito-idp:DescribeUserPool") => found.push(Objection::notice(
            "rules_unknown",
            "nothing is known of the pool: rows are not held to its rules, and messages, aliases and triggers are not looked at",
            "let it be asked (--user-pool-id, without --no-lookup), or give its rules with --pool pool.toml (`cognito-import describe` writes one)",
        )),
        Some(rules) if rules.client.is_none() && !in_vain("cognito-idp:DescribeUserPoolClient") => {
            found.push(Objection::notice(
                "client_unknown",
                "whether the app client has a secret and what it may write is not known",
                "name it with --client-id, also where `cognito-import describe` writes the rules for --pool",
            ));
        }
        Some(_) | None => {}
    }
}
