//! Problems with the update of users that existed.

use super::{Problem, RunIntent};
use crate::mapping::AttributesToUpdate;
use crate::user::pool_rules::{Contact, PoolRules};

/// The intended update of existing users.
#[derive(Debug, Clone, Copy)]
pub struct UpdateIntent<'a> {
    pub attributes: &'a AttributesToUpdate,
    /// The addresses whose flag `--verify` sets.
    pub verified: &'a [Contact],
    /// Those of them that a column decides for each row.
    pub verified_by_column: &'a [Contact],
}

pub(super) fn updates(
    rules: Option<&PoolRules>,
    intent: RunIntent<'_>,
    problems: &mut Vec<Problem>,
) {
    let Some(update) = intent.steps.update else {
        return;
    };
    let attributes = update.attributes;
    if !attributes.immutable.is_empty() {
        problems.push(Problem::refusal(
            "update_immutable",
            format!(
                "--update-existing: immutable in the pool: {}",
                attributes.immutable.join(", ")
            ),
            "leave them out of --update-existing; results.csv still names users whose value differs",
        ));
    }
    if !attributes.left_out.is_empty() {
        problems.push(Problem::notice(
            "update_left_out",
            format!(
                "not updated, because they are immutable in the pool: {}",
                attributes.left_out.join(", ")
            ),
            "results.csv names the users whose value differs",
        ));
    }
    let contacts = [Contact::Email, Contact::PhoneNumber].into_iter();
    let updated = contacts.filter(|contact| {
        let mut names = attributes.updated.iter();
        names.any(|name| name == contact.attribute())
    });
    for contact in updated {
        address(contact, update, rules, intent, problems);
    }
}

/// Checks that the run says whether a new address is verified, and that messages are allowed.
fn address(
    contact: Contact,
    update: UpdateIntent<'_>,
    rules: Option<&PoolRules>,
    intent: RunIntent<'_>,
    problems: &mut Vec<Problem>,
) {
    let (name, flag) = (contact.attribute(), contact.verified_attribute());
    if !update.verified.contains(&contact) {
        problems.push(Problem::refusal(
            "update_unverified",
            format!("--update-existing: nothing says whether a new {name} is verified"),
            format!(
                "pass --verify {name} (a column {flag} decides for each row), or name the \
                 attributes to update, without {name}"
            ),
        ));
        return;
    }
    let sends = rules.is_some_and(|rules| rules.auto_verified_attributes.contains(&contact));
    if sends && update.verified_by_column.contains(&contact) && !intent.allowed.messages {
        problems.push(Problem::refusal(
            "update_messages",
            format!(
                "--update-existing: the pool sends a code to a new {name} that is not verified, \
                 and the column {flag} can say so"
            ),
            "pass --allow-messages, or leave the column out and verify every address",
        ));
    }
}
