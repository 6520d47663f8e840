//! Problems with the steps that follow sign-ups.

use std::sync::Arc;

use super::updates::UpdateIntent;
use super::{Problem, RunIntent};
use crate::pool::groups::MAX_GROUPS;
use crate::user::StepKind;

/// The maximum number of names in a message.
const MAX_NAMES: usize = 8;

/// The intended follow-up steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct StepIntent<'a> {
    /// The kinds of steps that may follow a sign-up.
    pub kinds: &'a [StepKind],
    /// The number of different groups.
    pub groups: usize,
    /// Whether the list has a column of groups.
    pub rows_name_groups: bool,
    /// Groups that the pool does not have.
    pub missing_groups: &'a [String],
    /// Groups for all users (`--group`).
    pub for_all_users: &'a [Arc<str>],
    /// Whether missing groups are created.
    pub create_groups: bool,
    /// The update of existing users.
    pub update: Option<UpdateIntent<'a>>,
}

pub(super) fn follow_up(intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    let steps = intent.steps;
    if steps.groups > MAX_GROUPS {
        problems.push(Problem::refusal(
            "groups_too_many",
            format!("the list names more than {MAX_GROUPS} groups, the maximum of a pool"),
            if intent.given.has("--group-separator") {
                "correct the groups column or --group-separator"
            } else {
                "correct the groups column, or set the text between groups with --group-separator"
            },
        ));
    } else if !steps.missing_groups.is_empty() && !steps.create_groups {
        problems.push(Problem::refusal(
            "group_missing",
            format!(
                "these groups do not exist in the pool: {}",
                first_names(steps.missing_groups)
            ),
            format!(
                "pass --create-groups, create them yourself, or correct their names {}",
                group_origin(steps)
            ),
        ));
    }
    if intent.counts.is_none() && steps.rows_name_groups {
        problems.push(Problem::notice(
            "groups_unknown",
            "the list can be read only once, so the groups in its rows are not known in advance: a \
             missing group stops the run",
            "create the groups first, or save the list as a file",
        ));
    }
    steps_without_users(intent, problems);
}

/// Returns where the names of the missing groups come from.
fn group_origin(steps: StepIntent<'_>) -> &'static str {
    let by_flag = |name: &String| steps.for_all_users.iter().any(|other| **other == **name);
    let flags = steps.missing_groups.iter().filter(|name| by_flag(name));
    match flags.count() {
        0 => "in the list's groups column",
        all if all == steps.missing_groups.len() => {
            "in --group (in a mapping file: follow_up.groups)"
        }
        _ => "in --group (in a mapping file: follow_up.groups) and in the list's groups column",
    }
}

/// Reports steps that apply to no row, probably because of a misspelled column or value.
fn steps_without_users(intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    let Some(counts) = intent.counts.filter(|counts| counts.to_send > 0) else {
        return;
    };
    for kind in intent.steps.kinds {
        if counts.steps.of(*kind) > 0 || intent.resumed {
            continue;
        }
        let (message, hint) = match kind {
            // Every row may belong to a user that exists.
            StepKind::Update => continue,
            StepKind::Confirm => (
                "no user would be confirmed",
                "check the column and the value of --confirm-where",
            ),
            StepKind::Verify => (
                "no address would be verified",
                "check that rows have an address and what the columns email_verified and \
                 phone_number_verified say, or omit --verify",
            ),
            StepKind::AddToGroup => (
                "no user would be added to a group",
                "check the groups column, or drop it with --ignore-column groups",
            ),
            StepKind::Disable => (
                "no user would be disabled",
                "check the column and the value of --disable-where",
            ),
        };
        problems.push(Problem::notice("step_without_users", message, hint));
    }
}

/// Lists the first names and how many more there are.
pub(in crate::preflight) fn first_names(names: &[String]) -> String {
    let more = names.len().saturating_sub(MAX_NAMES);
    let first: Vec<&str> = names.iter().take(MAX_NAMES).map(String::as_str).collect();
    if more == 0 {
        first.join(", ")
    } else {
        format!("{} and {more} more", first.join(", "))
    }
}
