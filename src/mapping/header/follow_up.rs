//! What follows the sign-ups, from the columns and what was asked for.

use std::sync::Arc;

use super::meanings::Meanings;
use crate::mapping::attribution::Attribution;
use crate::mapping::columns::Target;
use crate::mapping::condition::Condition;
use crate::mapping::follow_up::{FollowUpFrom, Verified, Whom};
use crate::user::pool_rules::Contact;

/// What separates groups in a cell, where nobody says otherwise: a comma would be taken for the list's own.
const SEPARATOR: &str = ";";

/// All of it.
pub(super) fn read(meanings: &mut Meanings<'_>, attributes: &[Attribution]) -> FollowUpFrom {
    let asked = &meanings.options.follow_up;
    let confirm = if asked.confirm {
        Whom::Everybody
    } else {
        whom(std::mem::take(&mut meanings.confirm_where))
    };
    FollowUpFrom {
        confirm,
        verify: verify(meanings, attributes),
        groups: groups(meanings),
        groups_column: groups_column(meanings),
        disable: whom(std::mem::take(&mut meanings.disable_where)),
    }
}

fn whom(conditions: Vec<Condition>) -> Whom {
    if conditions.is_empty() {
        Whom::Nobody
    } else {
        Whom::Where(conditions)
    }
}

fn verify(meanings: &mut Meanings<'_>, attributes: &[Attribution]) -> Vec<Verified> {
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

fn groups(meanings: &Meanings<'_>) -> Vec<Arc<str>> {
    let mut groups: Vec<Arc<str>> = Vec::new();
    for asked in &meanings.options.follow_up.groups {
        let name = &*asked.what;
        if !groups.iter().any(|there| **there == *name) {
            groups.push(name.into());
        }
    }
    groups
}

fn groups_column(meanings: &mut Meanings<'_>) -> Option<(usize, String)> {
    let column = meanings.only(&Target::Groups);
    let separator = meanings.options.follow_up.group_separator.as_ref();
    match (column, separator) {
        (Some(column), separator) => {
            let separator = separator.map_or(SEPARATOR, |asked| &asked.what);
            Some((column, separator.to_owned()))
        }
        (None, Some(asked)) => {
            meanings.problems.push(format!(
                "{}: there is no column groups; --map COLUMN=groups says which one it is",
                asked.by
            ));
            None
        }
        (None, None) => None,
    }
}
