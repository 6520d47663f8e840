//! What stands against a run because of what follows its sign-ups.

use std::sync::Arc;

use super::{Problem, RunIntent};
use crate::pool::groups::MOST_GROUPS;
use crate::user::StepKind;

/// Names that are told of many.
const NAMES_TOLD: usize = 8;

/// What follows the sign-ups, as it is meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct StepIntent<'a> {
    /// The kinds of steps that may follow a sign-up.
    pub kinds: &'a [StepKind],
    /// How many groups are named.
    pub groups: usize,
    /// Rows name groups of their own.
    pub rows_name_groups: bool,
    /// Groups that are named, and the pool does not have.
    pub missing_groups: &'a [String],
    /// Groups that every user is put into, whatever the list says.
    pub of_everybody: &'a [Arc<str>],
    /// They are made.
    pub create_groups: bool,
}

/// All of it.
pub(super) fn follow_up(meant: RunIntent<'_>, found: &mut Vec<Problem>) {
    let steps = meant.steps;
    if steps.groups > MOST_GROUPS {
        found.push(Problem::refusal(
            "groups_too_many",
            format!("the list names more than {MOST_GROUPS} groups, the maximum of a pool"),
            if meant.given.has("--group-separator") {
                "correct the column groups or --group-separator"
            } else {
                "correct the column groups, or set the text between groups with --group-separator"
            },
        ));
    } else if !steps.missing_groups.is_empty() && !steps.create_groups {
        found.push(Problem::refusal(
            "group_missing",
            format!(
                "these groups do not exist in the pool: {}",
                told(steps.missing_groups)
            ),
            format!(
                "pass --create-groups, create them yourself, or correct their names {}",
                where_named(steps)
            ),
        ));
    }
    if meant.counts.is_none() && steps.rows_name_groups {
        found.push(Problem::notice(
            "groups_unknown",
            "the list can be read only once, so the groups in its rows are not known in advance: a missing group stops the run",
            "create the groups first, or save the list as a file",
        ));
    }
    nobody(meant, found);
}

/// Where the missing groups are named.
fn where_named(steps: StepIntent<'_>) -> &'static str {
    let by_flag = |name: &String| steps.of_everybody.iter().any(|other| **other == **name);
    let flags = steps.missing_groups.iter().filter(|name| by_flag(name));
    match flags.count() {
        0 => "in the list's column groups",
        all if all == steps.missing_groups.len() => {
            "in --group (in a mapping file: follow_up.groups)"
        }
        _ => "in --group (in a mapping file: follow_up.groups) and in the list's column groups",
    }
}

/// Steps that no row would have: probably a name or a value that is not in the list.
fn nobody(meant: RunIntent<'_>, found: &mut Vec<Problem>) {
    let Some(counts) = meant.counts.filter(|counts| counts.to_send > 0) else {
        return;
    };
    for kind in meant.steps.kinds {
        if counts.steps.of(*kind) > 0 || meant.begun {
            continue;
        }
        let (what, hint) = match kind {
            StepKind::Confirm => (
                "no user would be confirmed",
                "check the column and the value of --confirm-where",
            ),
            StepKind::Verify => (
                "no address would be verified",
                "check that rows have an address and what the columns email_verified and phone_number_verified say, or omit --verify",
            ),
            StepKind::AddToGroup => (
                "no user would be added to a group",
                "check the column groups, or drop it with --ignore-column groups",
            ),
            StepKind::Disable => (
                "no user would be disabled",
                "check the column and the value of --disable-where",
            ),
        };
        found.push(Problem::notice("step_without_users", what, hint));
    }
}

/// The first names of many.
pub(in crate::preflight) fn told(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES_TOLD);
    let first: Vec<&str> = names.iter().take(NAMES_TOLD).map(String::as_str).collect();
    if more == 0 {
        first.join(", ")
    } else {
        format!("{} and {more} more", first.join(", "))
    }
}
