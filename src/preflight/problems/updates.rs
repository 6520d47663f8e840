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
    problems.extend(unverified_updates(attributes, update.verified));
    for contact in addresses(attributes) {
        address(contact, update, rules, intent, problems);
    }
}

/// Returns the updated attributes that are addresses.
fn addresses(attributes: &AttributesToUpdate) -> impl Iterator<Item = Contact> {
    let contacts = [Contact::Email, Contact::PhoneNumber].into_iter();
    contacts.filter(|contact| {
        let mut names = attributes.updated.iter();
        names.any(|name| name == contact.attribute())
    })
}

/// Refuses to update addresses if the run does not say whether they are verified: without its flag,
/// Cognito marks a new address as unverified. Needs no answer from the pool.
#[must_use]
pub fn unverified_updates(
    attributes: &AttributesToUpdate,
    verified: &[Contact],
) -> Option<Problem> {
    let contact = addresses(attributes).find(|contact| !verified.contains(contact))?;
    let (name, flag) = (contact.attribute(), contact.verified_attribute());
    Some(Problem::refusal(
        "update_unverified",
        format!("--update-existing: a changed {name} would become unverified"),
        format!(
            "pass --verify {name} (a column {flag} decides for each row), or name the attributes \
             to update, without {name}"
        ),
    ))
}

/// Checks that messages are allowed if a new address may be unverified.
fn address(
    contact: Contact,
    update: UpdateIntent<'_>,
    rules: Option<&PoolRules>,
    intent: RunIntent<'_>,
    problems: &mut Vec<Problem>,
) {
    let (name, flag) = (contact.attribute(), contact.verified_attribute());
    let sends = rules.is_some_and(|rules| rules.auto_verified_attributes.contains(&contact));
    if sends && update.verified_by_column.contains(&contact) && !intent.allowed.messages {
        problems.push(Problem::refusal(
            "update_messages",
            format!(
                "--update-existing: the pool sends a code to every new {name} marked unverified, \
                 and the column {flag} may mark it so"
            ),
            "pass --allow-messages, or leave the column out and verify every address",
        ));
    }
}
