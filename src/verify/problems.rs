//! Walks through the rows of a run and what is known about their users.

use super::compare::{compare, missing_groups};
use super::expected::{ExpectedUser, RunGroups};
use crate::ledger::verification::{Presence, RowState, UserLookup, VerifyProgress};
use crate::ledger::{LedgerError, LedgerReader};
use crate::outcome::{Discrepancy, RowResult, UserDiscrepancy};

/// Whether the listing may show an older state than the one the run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    Possible,
    /// The run ended long before the listing.
    Over,
}

/// Adds the rows whose users must be looked up. Listings lag behind, so they cannot show that a
/// user or a member of a group is missing. `attributes_differ` compares a user with the list. It is
/// called in the list's order, and only for users whose attributes the run wrote or compared.
///
/// # Errors
/// The ledger or the progress cannot be read or written, or `attributes_differ` fails.
pub fn collect_lookups<E: From<LedgerError>>(
    ledger: &LedgerReader,
    progress: &VerifyProgress,
    groups: &RunGroups,
    lag: Lag,
    mut attributes_differ: impl FnMut(&RowResult, &RowState) -> Result<bool, E>,
) -> Result<(), E> {
    let not_in_pool = progress.missing_groups()?;
    each_state(ledger, progress, |row, state| {
        let expected = ExpectedUser::of(row, state.restoration);
        let looks_wrong = match (state.presence, &state.user) {
            (Presence::Absent, Some(_)) | (Presence::Present, None) => true,
            (Presence::Present, Some(_)) if lag == Lag::Possible => {
                let was_compared = row.outcome.differs.is_some();
                (expected.changed && differs_in_listing(&expected, &state, groups))
                    || ((expected.changed || was_compared) && attributes_differ(row, &state)?)
            }
            (Presence::Present, Some(_))
            | (Presence::Absent, None)
            | (Presence::Undecided | Presence::Unknown, _) => false,
        };
        let lookup = lookup_of(row, &expected, &state, (groups, &not_in_pool), looks_wrong);
        match lookup {
            Some(lookup) => Ok(progress.add_lookup(row.row, &lookup)?),
            None => Ok(()),
        }
    })
}

/// Returns whether a user differs in what the listing of users shows.
fn differs_in_listing(expected: &ExpectedUser, state: &RowState, groups: &RunGroups) -> bool {
    let problems = compare(expected, state, groups);
    let mut kinds = problems.iter().map(|problem| problem.kind);
    kinds.any(|kind| kind != Discrepancy::MissingGroup)
}

fn lookup_of(
    row: &RowResult,
    expected: &ExpectedUser,
    state: &RowState,
    (groups, not_in_pool): (&RunGroups, &[usize]),
    user: bool,
) -> Option<UserLookup> {
    let groups: Vec<usize> = match state.presence {
        Presence::Present => missing_groups(expected, state, groups)
            .filter_map(|name| groups.index(name))
            .filter(|index| !not_in_pool.contains(index))
            .collect(),
        Presence::Absent | Presence::Undecided | Presence::Unknown => Vec::new(),
    };
    if !user && groups.is_empty() {
        return None;
    }
    Some(UserLookup {
        username: row.username.clone()?,
        sub: expected.sub.clone(),
        listed_as: state.user.as_ref().map(|user| user.username.clone()),
        user,
        groups,
    })
}

/// Calls `each` with every row whose user must exist, or must not, and its problems.
///
/// # Errors
/// The ledger or the progress cannot be read, or `each` fails.
pub fn each_problem<E: From<LedgerError>>(
    ledger: &LedgerReader,
    progress: &VerifyProgress,
    groups: &RunGroups,
    mut each: impl FnMut(&RowResult, &RowState, Vec<UserDiscrepancy>) -> Result<(), E>,
) -> Result<(), E> {
    each_state(ledger, progress, |row, state| match state.presence {
        Presence::Unknown => Ok(()),
        Presence::Present | Presence::Absent | Presence::Undecided => {
            let expected = ExpectedUser::of(row, state.restoration);
            let problems = compare(&expected, &state, groups);
            each(row, &state, problems)
        }
    })
}

fn each_state<E: From<LedgerError>>(
    ledger: &LedgerReader,
    progress: &VerifyProgress,
    mut each: impl FnMut(&RowResult, RowState) -> Result<(), E>,
) -> Result<(), E> {
    ledger.each_row(|row| match progress.row(row.row)? {
        Some(state) => each(row, state),
        None => Ok(()),
    })
}
