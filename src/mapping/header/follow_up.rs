//! What follows the sign-ups, from the columns and what was asked for.

use std::sync::Arc;

use super::meanings::ColumnResolver;
use crate::mapping::attribution::AttributeSource;
use crate::mapping::columns::Target;
use crate::mapping::condition::Condition;
use crate::mapping::follow_up::{FollowUpFrom, StepCondition, Verified};
use crate::user::pool_rules::Contact;

/// What separates groups in a cell, where nobody says otherwise: a comma would be taken for the list's own.
const SEPARATOR: &str = ";";

/// All of it.
pub(super) fn read(
    meanings: &mut ColumnResolver<'_>,
    attributes: &[AttributeSource],
) -> FollowUpFrom {
    let asked = &meanings.options.follow_up;
    let confirm = if asked.confirm {
        StepCondition::Everybody
    } else {
        whom(std::mem::take(&mut meanings.confirm_where))
    };
    FollowUpFrom {
        confirm,
        verify: verify(meanings, attributes),
        groups: groups(meanings),
        groups_column: groups_column(meanings),
        create_groups: meanings.options.follow_up.create_groups,
        disable: whom(std::mem::take(&mut meanings.disable_where)),
    }
}

fn whom(conditions: Vec<Condition>) -> StepCondition {
    if conditions.is_empty() {
        StepCondition::Nobody
    } else {
        StepCondition::Where(conditions)
    }
}

fn verify(meanings: &mut ColumnResolver<'_>, attributes: &[AttributeSource]) -> Vec<Verified> {
    let mut verified = Vec::new();
    for contact in [Contact::Email, Contact::PhoneNumber] {
        let column = meanings.only(&Target::Verified(contact));
        if meanings.verifies(contact) {
            verified.push(Verified {
                contact,
                place: attributes
                    .iter()
                    .position(|attribution| *attribution.name == *contact.attribute()),
                column,
            });
        }
    }
    verified
}

fn groups(meanings: &ColumnResolver<'_>) -> Vec<Arc<str>> {
    let mut groups: Vec<Arc<str>> = Vec::new();
    for asked in &meanings.options.follow_up.groups {
        let name = &*asked.what;
        if !groups.iter().any(|there| **there == *name) {
            groups.push(name.into());
        }
    }
    groups
}

fn groups_column(meanings: &mut ColumnResolver<'_>) -> Option<(usize, String)> {
    let column = meanings.only(&Target::Groups);
    let separator = meanings.options.follow_up.group_separator.as_ref();
    match (column, separator) {
        (Some(column), separator) => {
            let separator = separator.map_or(SEPARATOR, |asked| &asked.what);
            Some((column, separator.to_owned()))
        }
        (None, Some(asked)) => {
            meanings.problems.push(format!(
                "{}: there is no column groups; map one with --map COLUMN=groups",
                asked.by
            ));
            None
        }
        (None, None) => None,
    }
}
