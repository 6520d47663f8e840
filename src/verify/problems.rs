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

/// Adds the rows whose users have to be looked up. Listings lag behind, so they cannot show that a
/// user or a member of a group is missing.
///
/// # Errors
/// The ledger or the progress cannot be read or written.
pub fn collect_lookups(
    ledger: &LedgerReader,
    progress: &VerifyProgress,
    groups: &RunGroups,
    lag: Lag,
) -> Result<(), LedgerError> {
    let not_in_pool = progress.missing_groups()?;
    each_state(ledger, progress, |row, state| {
        let expected = ExpectedUser::of(row);
        let lookup = lookup_of(row, &expected, &state, (groups, &not_in_pool), lag);
        match lookup {
            Some(lookup) => progress.add_lookup(row.row, &lookup),
            None => Ok(()),
        }
    })
}

fn lookup_of(
    row: &RowResult,
    expected: &ExpectedUser,
    state: &RowState,
    (groups, not_in_pool): (&RunGroups, &[usize]),
    lag: Lag,
) -> Option<UserLookup> {
    let user = match (state.presence, &state.user) {
        (Presence::Unknown, _) | (Presence::Absent, None) => return None,
        (Presence::Absent, Some(_)) | (Presence::Present, None) => true,
        (Presence::Present, Some(_)) => {
            lag == Lag::Possible
                && expected.changed_by_run
                && compare(expected, state, groups)
                    .iter()
                    .any(|problem| problem.kind != Discrepancy::MissingGroup)
        }
    };
    let groups: Vec<usize> = match state.presence {
        Presence::Present => missing_groups(expected, state, groups)
            .filter_map(|name| groups.index(name))
            .filter(|index| !not_in_pool.contains(index))
            .collect(),
        Presence::Absent | Presence::Unknown => Vec::new(),
    };
    if !user && groups.is_empty() {
        return None;
    }
    Some(UserLookup {
        username: row.username.clone()?,
        sub: expected.sub.clone(),
        user,
        groups,
    })
}

/// Calls `each` with every row whose user has to exist, or must not, and its problems.
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
        Presence::Present | Presence::Absent => {
            let problems = compare(&ExpectedUser::of(row), &state, groups);
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
