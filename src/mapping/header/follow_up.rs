//! Resolves the steps after the sign-ups.

use std::sync::Arc;

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::Target;
use crate::mapping::condition::Condition;
use crate::mapping::follow_up::{FollowUpFrom, StepCondition, VerifiedContact};
use crate::mapping::transform::AttributeSource;
use crate::mapping::update::UpdateFrom;
use crate::user::pool_rules::Contact;

/// The default separator of groups in a cell. A comma would clash with the list's delimiter.
const SEPARATOR: &str = ";";

/// Resolves all steps.
pub(super) fn read(
    columns: &mut ColumnResolver<'_>,
    attributes: &[AttributeSource],
) -> FollowUpFrom {
    let options = &columns.options.follow_up;
    let confirm = if options.confirm {
        StepCondition::Always
    } else {
        step_condition(std::mem::take(&mut columns.confirm_where))
    };
    FollowUpFrom {
        confirm,
        verify: verify(columns, attributes),
        groups: groups(columns),
        groups_column: groups_column(columns),
        create_groups: options.create_groups,
        disable: step_condition(std::mem::take(&mut columns.disable_where)),
        update: update(columns, attributes),
    }
}

fn update(columns: &mut ColumnResolver<'_>, attributes: &[AttributeSource]) -> Option<UpdateFrom> {
    let options = columns.options.follow_up.update.as_ref()?;
    for option in &options.attributes {
        if !attributes
            .iter()
            .any(|source| *source.name == *option.value)
        {
            columns.problems.push(format!(
                "{}: the list does not set this attribute",
                option.origin
            ));
        }
    }
    let dates = columns.dates_of_rows.take();
    Some(UpdateFrom {
        attributes: options
            .attributes
            .iter()
            .map(|option| option.value.clone())
            .collect(),
        dates: dates.map(|column| (column, UpdateFrom::date_formats())),
    })
}

fn step_condition(conditions: Vec<Condition>) -> StepCondition {
    if conditions.is_empty() {
        StepCondition::Never
    } else {
        StepCondition::Where(conditions)
    }
}

fn verify(
    columns: &mut ColumnResolver<'_>,
    attributes: &[AttributeSource],
) -> Vec<VerifiedContact> {
    let mut verified = Vec::new();
    for contact in [Contact::Email, Contact::PhoneNumber] {
        let column = columns.column_of(&Target::Verified(contact));
        if columns.verifies(contact) {
            verified.push(VerifiedContact {
                contact,
                attribute: attributes
                    .iter()
                    .position(|source| *source.name == *contact.attribute()),
                column,
            });
        }
    }
    verified
}

fn groups(columns: &ColumnResolver<'_>) -> Vec<Arc<str>> {
    let mut groups: Vec<Arc<str>> = Vec::new();
    for option in &columns.options.follow_up.groups {
        let name = &*option.value;
        if !groups.iter().any(|group| **group == *name) {
            groups.push(name.into());
        }
    }
    groups
}

fn groups_column(columns: &mut ColumnResolver<'_>) -> Option<(usize, String)> {
    let column = columns.column_of(&Target::Groups);
    let separator = columns.options.follow_up.group_separator.as_ref();
    match (column, separator) {
        (Some(column), separator) => {
            let separator = separator.map_or(SEPARATOR, |option| &option.value);
            Some((column, separator.to_owned()))
        }
        (None, Some(option)) => {
            columns.problems.push(format!(
                "{}: there is no groups column; map one with --map COLUMN=groups",
                option.origin
            ));
            None
        }
        (None, None) => None,
    }
}
