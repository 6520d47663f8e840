//! Resumes a run: resets rows that are retried, and determines the ledger's status.

use rusqlite::{Connection, params};

use super::RetryFilter;
use super::row_states::RowStates;
use crate::ledger::follow_ups;
use crate::ledger::identity::{self, LedgerStatus, name};
use crate::ledger::integrity::seal::row_seal;
use crate::outcome::{CREATED_DURING_RUN, Outcome};

/// A filter, and how many rows, or users with failed steps, it selected.
pub(super) type Retried = (RetryFilter, u64);

/// Resets the rows to retry and the row that stopped the run, if any. Returns what each filter
/// selected, and whether anything changed.
pub(super) fn reset_for_retry(
    transaction: &Connection,
    retry: &[RetryFilter],
    has_stopping_row: bool,
) -> rusqlite::Result<(Vec<Retried>, bool)> {
    if has_stopping_row {
        // The row was not the cause, and no user was created.
        transaction.execute_batch(
            "UPDATE rows SET username_hash = NULL, begun_ms = NULL, seal = -1 WHERE row IN (SELECT row FROM results WHERE stopped_the_run);
             DELETE FROM results WHERE stopped_the_run;",
        )?;
    }
    let mut retried = Vec::new();
    for again in retry {
        let selected = match again {
            RetryFilter::Rows(outcome) => reset_rows(transaction, *outcome)?,
            RetryFilter::FailedSteps => follow_ups::retry_failed(transaction)?,
        };
        retried.push((*again, selected));
    }
    let has_changed = has_stopping_row || retried.iter().any(|(_, selected)| *selected > 0);
    if has_changed {
        seal_again(transaction)?;
    }
    Ok((retried, has_changed))
}

/// Resets the rows with this outcome. Returns how many there are.
fn reset_rows(transaction: &Connection, outcome: Outcome) -> rusqlite::Result<u64> {
    if outcome == Outcome::InDoubt {
        // The run sent no request for these rows, so a lookup must not credit it with the users.
        // They are processed like new rows.
        transaction.execute(
            "UPDATE rows SET username_hash = NULL, begun_ms = NULL, seal = -1 WHERE row IN (SELECT row FROM results WHERE outcome = ?1 AND \
             error_code = ?2)",
            params![outcome.name(), CREATED_DURING_RUN],
        )?;
    } else {
        transaction.execute(
            "UPDATE rows SET username_hash = NULL, begun_ms = NULL, seal = -1 WHERE row IN (SELECT row FROM results WHERE outcome = ?1)",
            params![outcome.name()],
        )?;
    }
    let rows = transaction.execute(
        "DELETE FROM results WHERE outcome = ?1",
        params![outcome.name()],
    )?;
    Ok(rows as u64)
}

/// Returns the ledger's status, and removes the recorded end of an unfinished run, because it
/// resumes.
pub(super) fn status(
    transaction: &Connection,
    states: &RowStates,
) -> rusqlite::Result<LedgerStatus> {
    let finished = identity::get(transaction, name::FINISHED)?.as_deref() == Some("1");
    let to_follow = follow_ups::pending(transaction)?.unsigned_abs();
    if finished && states.open == 0 && to_follow == 0 {
        return Ok(LedgerStatus::Finished);
    }
    identity::remove(transaction, name::FINISHED)?;
    identity::remove(transaction, name::STOPPED_BECAUSE)?;
    identity::remove(transaction, name::ENDED)?;
    Ok(LedgerStatus::Unfinished {
        settled: states.count_settled(),
        maybe_sent: states.maybe_sent,
        to_follow,
    })
}

/// Seals the rows that were just reset.
fn seal_again(database: &Connection) -> rusqlite::Result<()> {
    let mut open = database.prepare("SELECT row, line, username FROM rows WHERE seal = -1")?;
    let mut seal = database.prepare("UPDATE rows SET seal = ?2 WHERE row = ?1")?;
    let mut found = open.query([])?;
    while let Some(row) = found.next()? {
        let (number, line): (i64, i64) = (row.get(0)?, row.get(1)?);
        let username: Option<String> = row.get(2)?;
        seal.execute(params![
            number,
            row_seal(number, line, username.as_deref(), None, None)
        ])?;
    }
    Ok(())
}
