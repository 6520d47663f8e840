//! Compares the expected state of a user with the pool.

use super::expected::{ExpectedUser, RunGroups};
use crate::ledger::verification::{Presence, RowState, SeenUser, UnknownPart};
use crate::outcome::{Discrepancy, UserDiscrepancy};
use crate::user::pool_rules::Contact;

const CONFIRMED: &str = "CONFIRMED";

/// Returns the differences between a row's user and the pool, without those of attributes.
pub(super) fn compare(
    expected: &ExpectedUser,
    state: &RowState,
    groups: &RunGroups,
) -> Vec<UserDiscrepancy> {
    let sub = expected.sub.as_deref();
    let mut found = match &state.failure {
        Some(failure) if failure.unknown == UnknownPart::User => Vec::new(),
        Some(_) | None => known_differences(expected, state, groups),
    };
    if let Some(failure) = &state.failure {
        let problem = UserDiscrepancy::of(Discrepancy::NotChecked);
        found.push(problem.with_values(sub, Some(&failure.reason)));
    }
    found
}

fn known_differences(
    expected: &ExpectedUser,
    state: &RowState,
    groups: &RunGroups,
) -> Vec<UserDiscrepancy> {
    let sub = expected.sub.as_deref();
    match (state.presence, &state.user, &state.namesake) {
        (Presence::Unknown, ..) | (Presence::Absent, None, _) => Vec::new(),
        (Presence::Undecided, ..) => vec![UserDiscrepancy::of(Discrepancy::NotUndone)],
        (Presence::Absent, Some(user), _) => {
            let problem = UserDiscrepancy::of(Discrepancy::NotDeleted);
            vec![problem.with_values(None, user.sub.as_deref())]
        }
        (Presence::Present, Some(user), _) => differences(expected, user, state, groups),
        (Presence::Present, None, Some(namesake)) => {
            let problem = UserDiscrepancy::of(Discrepancy::OtherSub);
            vec![problem.with_values(sub, namesake.sub.as_deref())]
        }
        (Presence::Present, None, None) => {
            let problem = UserDiscrepancy::of(Discrepancy::Missing);
            vec![problem.with_values(sub, None)]
        }
    }
}

fn differences(
    expected: &ExpectedUser,
    user: &SeenUser,
    state: &RowState,
    groups: &RunGroups,
) -> Vec<UserDiscrepancy> {
    let mut found = Vec::new();
    if let Some(enabled) = expected.enabled
        && enabled != user.enabled
    {
        found.push(UserDiscrepancy::of(if enabled {
            Discrepancy::Disabled
        } else {
            Discrepancy::Enabled
        }));
    }
    let status = user.status.as_deref();
    if expected.confirmed && status.is_some_and(|status| status != CONFIRMED) {
        let problem = UserDiscrepancy::of(Discrepancy::NotConfirmed);
        found.push(problem.with_values(Some(CONFIRMED), status));
    }
    for contact in &expected.verified {
        if !is_verified(user, *contact) {
            let problem = UserDiscrepancy::of(Discrepancy::NotVerified);
            found.push(problem.with_item(contact.attribute()));
        }
    }
    let is_unknown = |name: &str| match state.failure.as_ref().map(|failure| &failure.unknown) {
        Some(UnknownPart::Groups(unknown)) => {
            let index = groups.index(name);
            index.is_some_and(|index| unknown.contains(&index))
        }
        Some(UnknownPart::User) | None => false,
    };
    for name in missing_groups(expected, state, groups).filter(|name| !is_unknown(name)) {
        found.push(UserDiscrepancy::of(Discrepancy::MissingGroup).with_item(name));
    }
    found
}

/// Returns the groups that do not have the user.
pub(super) fn missing_groups<'e>(
    expected: &'e ExpectedUser,
    state: &RowState,
    groups: &RunGroups,
) -> impl Iterator<Item = &'e str> {
    let is_member = |name: &String| {
        let index = groups.index(name);
        index.is_some_and(|index| state.groups.contains(&index))
    };
    let names = expected.groups.iter().filter(move |name| !is_member(name));
    names.map(String::as_str)
}

fn is_verified(user: &SeenUser, contact: Contact) -> bool {
    let flag = match contact {
        Contact::Email => "email_verified",
        Contact::PhoneNumber => "phone_number_verified",
    };
    user.attributes
        .get(flag)
        .is_some_and(|value| value == "true")
}

#[cfg(test)]
mod tests;
