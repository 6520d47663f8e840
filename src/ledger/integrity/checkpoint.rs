//! Copies the write-ahead log into the database now and then, and leaves a note there that says whether the log may be missing.
//!
//! A checkpoint has three steps: the note becomes [`NEEDED`]; the log is copied, and the note with it; the note becomes [`INCLUDED`],
//! in the log alone. So the database file says `needed` for as long as newer transactions are only in the log: if the log is
//! removed, that word stays. A program that copies the whole log, as the `sqlite3` shell does on exit, copies `included` too. A process that dies between the first step and the last leaves `needed` and a log with frames: nothing is lost then.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::wal;
use crate::ledger::identity::{get, name, put};

/// The log has transactions that the database file lacks.
const NEEDED: &str = "needed";

/// The database file has everything, once it has this word.
const INCLUDED: &str = "included";

/// Pages (4 KiB each) in the log before it is copied. The last pages of a table are written by several groups: the longer the log, the
/// more of them are copied as one.
const LOG_PAGES: i64 = 8_000;

/// Pages more in the log before a checkpoint is tried again that a reader held up.
const HELD_UP: i64 = 2_000;

/// When the next checkpoint is due.
#[derive(Debug)]
pub(in crate::ledger) struct Checkpoints {
    due_at: i64,
}

impl Checkpoints {
    /// To be called once the database is open for writing, and before anything is sent: what it has is in the file from now on.
    pub(in crate::ledger) fn begin(database: &Connection) -> rusqlite::Result<Self> {
        database.pragma_update(None, "wal_autocheckpoint", 0)?;
        let mut checkpoints = Self { due_at: 0 };
        checkpoints.checkpoint(database)?;
        Ok(checkpoints)
    }

    /// To be called after each transaction.
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

/// Copies all of the log and empties it, so that the database is one file. A reader beside may prevent it: then the log stays.
pub(in crate::ledger) fn merge_log(database: &Connection) -> rusqlite::Result<()> {
    if get(database, name::LOG)?.as_deref() != Some(INCLUDED) {
        put(database, name::LOG, INCLUDED)?;
    }
    run(database, "TRUNCATE")?;
    keep_log(database, false)
}

/// Whether the last connection leaves the log when it closes, which else is copied and removed.
pub(in crate::ledger) fn keep_log(database: &Connection, keep: bool) -> rusqlite::Result<()> {
    database
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)
        .map(drop)
}

/// Whether the log is gone, and the database needs it.
pub(in crate::ledger) fn lacks_its_log(
    database: &Connection,
    log: &Path,
) -> rusqlite::Result<bool> {
    Ok(get(database, name::LOG)?.as_deref() == Some(NEEDED) && !wal::has_frames(log))
}

fn pages_in_log(database: &Connection) -> rusqlite::Result<i64> {
    run(database, "NOOP")
}

/// Runs a checkpoint of this kind, and says how many pages are in the log.
fn run(database: &Connection, kind: &str) -> rusqlite::Result<i64> {
    database
        .prepare_cached(&format!("PRAGMA wal_checkpoint({kind})"))?
        .query_row([], |row| row.get(1))
}

#[cfg(test)]
mod tests;
