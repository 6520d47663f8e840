//! Copies the write-ahead log into the database from time to time, with a note on whether the
//! database needs its log.
//!
//! A checkpoint has three steps. The note becomes [`NEEDED`]. The log is copied into the database,
//! the note included. The note becomes [`INCLUDED`], in the log only. So the database file says
//! `needed` as long as newer transactions are only in the log, even after the log is
//! removed. A program that copies the whole log, like the `sqlite3` shell on exit, copies
//! `included`, too. If the process dies between the first step and the last, the file says
//! `needed`, the log has frames, and nothing is lost.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::wal;
use crate::ledger::identity::{get, name, put};

/// The log has transactions that are not in the database file.
const NEEDED: &str = "needed";

/// The database file is complete if it says this.
const INCLUDED: &str = "included";

/// Pages (4 KiB each) in the log before it is copied. Successive transactions write the same last
/// pages of a table, so a longer log needs fewer page copies.
const LOG_PAGES: i64 = 8_000;

/// Additional pages in the log before a checkpoint that a reader blocked is tried again.
const HELD_UP: i64 = 2_000;

/// When the next checkpoint is due.
#[derive(Debug)]
pub(in crate::ledger) struct Checkpoints {
    due_at: i64,
}

impl Checkpoints {
    /// Call this after opening the database for writing and before sending anything: it copies
    /// existing content into the file.
    pub(in crate::ledger) fn begin(database: &Connection) -> rusqlite::Result<Self> {
        database.pragma_update(None, "wal_autocheckpoint", 0)?;
        let mut checkpoints = Self { due_at: 0 };
        checkpoints.checkpoint(database)?;
        Ok(checkpoints)
    }

    /// Call this after each transaction.
    pub(in crate::ledger) fn after_commit(
        &mut self,
        database: &Connection,
    ) -> rusqlite::Result<()> {
        if pages_in_log(database)? >= self.due_at {
            self.checkpoint(database)?;
        }
        Ok(())
    }

    fn checkpoint(&mut self, database: &Connection) -> rusqlite::Result<()> {
        keep_log(database, true)?;
        put(database, name::LOG, NEEDED)?;
        run(database, "PASSIVE")?;
        put(database, name::LOG, INCLUDED)?;
        keep_log(database, false)?;
        self.due_at = LOG_PAGES.max(pages_in_log(database)? + HELD_UP);
        Ok(())
    }
}

/// Copies the whole log and truncates it, so that the database is a single file. If a reader blocks
/// that, the log stays.
pub(in crate::ledger) fn merge_log(database: &Connection) -> rusqlite::Result<()> {
    if get(database, name::LOG)?.as_deref() != Some(INCLUDED) {
        put(database, name::LOG, INCLUDED)?;
    }
    run(database, "TRUNCATE")?;
    keep_log(database, false)
}

/// Returns whether the last connection keeps the log when it closes. By default SQLite copies and
/// removes it.
pub(in crate::ledger) fn keep_log(database: &Connection, keep: bool) -> rusqlite::Result<()> {
    database
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)
        .map(drop)
}

/// Returns whether the database needs its log and the log is missing.
pub(in crate::ledger) fn lacks_its_log(
    database: &Connection,
    log: &Path,
) -> rusqlite::Result<bool> {
    Ok(get(database, name::LOG)?.as_deref() == Some(NEEDED) && !wal::has_frames(log))
}

fn pages_in_log(database: &Connection) -> rusqlite::Result<i64> {
    run(database, "NOOP")
}

/// Runs a checkpoint of this kind and returns the number of pages in the log.
fn run(database: &Connection, kind: &str) -> rusqlite::Result<i64> {
    database
        .prepare_cached(&format!("PRAGMA wal_checkpoint({kind})"))?
        .query_row([], |row| row.get(1))
}

#[cfg(test)]
mod tests;
