//! What follows the sign-ups, from the columns and what was asked for.

use std::sync::Arc;

use super::column_resolver::ColumnResolver;
use crate::mapping::attribute_source::AttributeSource;
use crate::mapping::columns::Target;
use crate::mapping::condition::Condition;
use crate::mapping::follow_up::{FollowUpFrom, StepCondition, Verified};
use crate::user::pool_rules::Contact;

/// What separates groups in a cell, where nobody says otherwise: a comma would be taken for the list's own.
const SEPARATOR: &str = ";";

/// All of it.
pub(super) fn read(
    columns: &mut ColumnResolver<'_>,
    attributes: &[AttributeSource],
) -> FollowUpFrom {
    let asked = &columns.options.follow_up;
    let confirm = if asked.confirm {
        StepCondition::Everybody
    } else {
        whom(std::mem::take(&mut columns.confirm_where))
    };
    FollowUpFrom {
        confirm,
        verify: verify(columns, attributes),
        groups: groups(columns),
        groups_column: groups_column(columns),
        create_groups: columns.options.follow_up.create_groups,
        disable: whom(std::mem::take(&mut columns.disable_where)),
    }
}

fn whom(conditions: Vec<Condition>) -> StepCondition {
    if conditions.is_empty() {
        StepCondition::Nobody
    } else {
        StepCondition::Where(conditions)
    }
}

fn verify(columns: &mut ColumnResolver<'_>, attributes: &[AttributeSource]) -> Vec<Verified> {
    let mut verified = Vec::new();
    for contact in [Contact::Email, Contact::PhoneNumber] {
        let column = columns.only(&Target::Verified(contact));
        if columns.verifies(contact) {
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

fn groups(columns: &ColumnResolver<'_>) -> Vec<Arc<str>> {
    let mut groups: Vec<Arc<str>> = Vec::new();
    for asked in &columns.options.follow_up.groups {
        let name = &*asked.value;
        if !groups.iter().any(|there| **there == *name) {
            groups.push(name.into());
        }
    }
    groups
}

fn groups_column(columns: &mut ColumnResolver<'_>) -> Option<(usize, String)> {
    let column = columns.only(&Target::Groups);
    let separator = columns.options.follow_up.group_separator.as_ref();
    match (column, separator) {
        (Some(column), separator) => {
            let separator = separator.map_or(SEPARATOR, |asked| &asked.value);
            Some((column, separator.to_owned()))
        }
        (None, Some(asked)) => {
            columns.problems.push(format!(
                "{}: there is no column groups; map one with --map COLUMN=groups",
                asked.origin
            ));
            None
        }
        (None, None) => None,
    }
}
