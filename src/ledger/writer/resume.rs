//! Resumes a run: resets rows that are retried, and determines the ledger's status.

use rusqlite::{Connection, params};

use super::RetryFilter;
use crate::ledger::follow_ups;
use crate::ledger::identity::{self, LedgerStatus, name};
use crate::ledger::integrity::seal::row_seal;
use crate::outcome::{CREATED_DURING_RUN, Outcome};

/// Resets the rows to retry. Returns the status of the ledger, and for each filter how many rows,
/// or users with failed steps, are retried.
pub(super) fn reset_for_retry(
    transaction: &Connection,
    retry: &[RetryFilter],
) -> rusqlite::Result<(LedgerStatus, Vec<(RetryFilter, u64)>)> {
    // The row that stopped the run was not the cause, and no user was created.
    transaction.execute_batch(
        "UPDATE rows SET username_hash = NULL, begun_ms = NULL, seal = -1 WHERE row IN (SELECT row FROM results WHERE stopped_the_run);
         DELETE FROM results WHERE stopped_the_run;",
    )?;
    let mut retried = Vec::new();
    for again in retry {
        let outcome = match again {
            RetryFilter::Rows(outcome) => outcome,
            RetryFilter::FailedSteps => {
                retried.push((*again, follow_ups::retry_failed(transaction)?));
                continue;
            }
        };
        if *outcome == Outcome::InDoubt {
            // The run sent no request for these rows, so a lookup must not credit it with the
            // users. They are processed like new rows.
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
        retried.push((*again, rows as u64));
    }
    seal_again(transaction)?;
    let finished = identity::get(transaction, name::FINISHED)?.as_deref() == Some("1");
    let open: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM rows LEFT JOIN results USING (row) WHERE results.row IS NULL)",
        [],
        |row| row.get(0),
    )?;
    let to_follow = follow_ups::pending(transaction)?;
    let status = if finished && !open && to_follow == 0 {
        LedgerStatus::Finished
    } else {
        identity::remove(transaction, name::FINISHED)?;
        identity::remove(transaction, name::STOPPED_BECAUSE)?;
        identity::remove(transaction, name::ENDED)?;
        let settled: i64 =
            transaction.query_row("SELECT count(*) FROM results", [], |row| row.get(0))?;
        let maybe_sent: i64 = transaction.query_row(
            "SELECT count(*) FROM rows LEFT JOIN results USING (row) WHERE results.row IS NULL AND begun_ms IS NOT NULL",
            [],
            |row| row.get(0),
        )?;
        LedgerStatus::Unfinished {
            settled: settled.unsigned_abs(),
            maybe_sent: maybe_sent.unsigned_abs(),
            to_follow: to_follow.unsigned_abs(),
        }
    };
    Ok((status, retried))
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
