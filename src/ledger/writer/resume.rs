//! A run goes on: what is taken back, and how the ledger stands then.

use rusqlite::{Connection, params};

use super::RetryFilter;
use crate::ledger::follow_ups;
use crate::ledger::identity::{self, LedgerStatus, name};
use crate::ledger::integrity::seal::row_seal;
use crate::outcome::{CREATED_DURING_RUN, Outcome};

/// How an old ledger stands, after taking back what is to be tried again.
pub(super) fn take_up(
    transaction: &Connection,
    retry: &[RetryFilter],
) -> rusqlite::Result<LedgerStatus> {
    // What stopped the run was not the row's fault, and nothing was made.
    transaction.execute_batch(
        "UPDATE rows SET username_hash = NULL, begun_ms = NULL, seal = -1 WHERE row IN (SELECT row FROM results WHERE stopped_the_run);
         DELETE FROM results WHERE stopped_the_run;",
    )?;
    for again in retry {
        let outcome = match again {
            RetryFilter::Rows(outcome) => outcome,
            RetryFilter::FailedSteps => {
                follow_ups::retry_failed(transaction)?;
                continue;
            }
        };
        if *outcome == Outcome::InDoubt {
            // No request of the ledger's made these users: a look-up would take the row's own beginning for one. They are asked for again.
            transaction.execute(
                "UPDATE rows SET username_hash = NULL, begun_ms = NULL, seal = -1 WHERE row IN (SELECT row FROM results WHERE outcome = ?1 AND \
                 error_code = ?2)",
                params![outcome.word(), CREATED_DURING_RUN],
            )?;
        } else {
            transaction.execute(
                "UPDATE rows SET username_hash = NULL, begun_ms = NULL, seal = -1 WHERE row IN (SELECT row FROM results WHERE outcome = ?1)",
                params![outcome.word()],
            )?;
        }
        transaction.execute(
            "DELETE FROM results WHERE outcome = ?1",
            params![outcome.word()],
        )?;
    }
    seal_again(transaction)?;
    let finished = identity::get(transaction, name::FINISHED)?.as_deref() == Some("1");
    let open: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM rows LEFT JOIN results USING (row) WHERE results.row IS NULL)",
        [],
        |row| row.get(0),
    )?;
    let to_follow = follow_ups::pending(transaction)?;
    let standing = if finished && !open && to_follow == 0 {
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
    Ok(standing)
}

/// Seals the rows that were just taken back.
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
