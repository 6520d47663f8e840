//! Creates the ledger of an undo from the run's ledger, and reopens it.

use rusqlite::Connection;

use super::{LastingDatabase, TABLES, ToUndo, UndoLedger, UsersToUndo, write};
use crate::ledger::build::build;
use crate::ledger::identity::{get, put};
use crate::ledger::integrity::anchor::Anchor;
use crate::ledger::integrity::checkpoint::Checkpoints;
use crate::ledger::integrity::presence::{UNDO, undo_is_there};
use crate::ledger::{Durability, LedgerError, LedgerReader, RunDirectory, RunPath, schema};
use crate::outcome::{AffectedUser, AttributeChange, FollowUp, Outcome, RowResult};

/// Whether an update that failed with this error code certainly wrote nothing.
pub type IsRefusal = fn(&str) -> bool;

/// "cund": distinguishes undo ledgers from other databases.
const APPLICATION: i64 = 0x6375_6e64;

const FORMAT: i64 = 1;

/// The name in the table `run` of the run that is undone.
const OF_RUN: &str = "of_run";

/// The name of the number of users. None is ever removed.
const USERS: &str = "users";

impl UndoLedger {
    /// Opens the ledger of the run's undo, or creates it with all users that the run created or
    /// updated.
    pub fn begin(directory: &RunDirectory, is_refusal: IsRefusal) -> Result<Self, LedgerError> {
        if !undo_is_there(directory.location())? {
            let run = LedgerReader::open(directory.location())?;
            let path = directory.location().join(UNDO);
            build(&path, |database| fill(database, &run, &path, is_refusal))?
                .put_in_place(directory)?;
        }
        Self::open(directory)
    }

    /// Opens the ledger of an undo that has begun.
    pub fn open(directory: &RunDirectory) -> Result<Self, LedgerError> {
        let run = LedgerReader::open(directory.location())?;
        let path = directory.location().join(UNDO);
        let failed = |cause| LedgerError::of_undo(&path, cause);
        let database = schema::connect(&path, Durability::Power)?;
        let mut undo = Self {
            path: path.clone(),
            database,
            kept: None,
        };
        undo.examine()?;
        undo.compare(&run)?;
        // A damaged ledger is refused unchanged, so every line is checked before the first write.
        undo.each_user::<LedgerError>(|_| Ok(()))?;
        undo.kept = Some(LastingDatabase {
            checkpoints: Checkpoints::begin(&undo.database).map_err(failed)?,
            anchor: Anchor::new(directory, &path)?,
        });
        Ok(undo)
    }

    /// Like [`UndoLedger::begin`], but in a temporary database, for a dry run. Users that an
    /// earlier undo deleted or restored are left out.
    pub fn rehearse(directory: &RunDirectory, is_refusal: IsRefusal) -> Result<Self, LedgerError> {
        let path = directory.location().join(UNDO);
        let failed = |cause| LedgerError::of_undo(&path, cause);
        let database = schema::connect_temporary().map_err(LedgerError::Rehearsal)?;
        if Self::is_there(directory)? {
            let earlier = Self::open(directory)?;
            database.execute_batch(TABLES).map_err(failed)?;
            earlier.each_user::<LedgerError>(|user| match &user.outcome {
                Some(outcome) if outcome.undone.is_complete() => Ok(()),
                Some(_) | None => write(&database, user).map_err(failed),
            })?;
        } else {
            let run = LedgerReader::open(directory.location())?;
            fill(&database, &run, &path, is_refusal)?;
        }
        Ok(Self {
            path,
            database,
            kept: None,
        })
    }

    /// Returns whether the run was undone, or its undo has begun.
    pub fn is_there(directory: &RunDirectory) -> Result<bool, LedgerError> {
        undo_is_there(directory.location())
    }

    fn examine(&self) -> Result<(), LedgerError> {
        let damaged = |cause: String| LedgerError::DamagedUndo {
            path: self.path.shown().to_owned(),
            cause,
        };
        let number = |pragma: &str| {
            let read = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
            self.map_error(self.database.pragma_query_value(None, pragma, read))
        };
        if number("application_id")? != APPLICATION {
            return Err(damaged("it is not marked as an undo's ledger".to_owned()));
        }
        let found = number("user_version")?;
        if found > FORMAT {
            return Err(LedgerError::Newer {
                path: self.path.shown().to_owned(),
                found,
                known: FORMAT,
            });
        }
        if found < FORMAT {
            return Err(damaged(format!("its format version is {found}")));
        }
        let verdict: String = self.map_error(self.database.query_row(
            "PRAGMA quick_check(1)",
            [],
            |row| row.get(0),
        ))?;
        if verdict != "ok" {
            return Err(damaged(verdict));
        }
        let users = self.map_error(users(&self.database))?;
        let listed = self.map_error(get(&self.database, USERS))?;
        if listed.as_deref() == Some(users.as_str()) {
            Ok(())
        } else {
            let listed = listed.unwrap_or_default();
            Err(damaged(format!("it has {users} of {listed} users")))
        }
    }

    /// Rejects the undo of another run, whose ledger was replaced manually.
    fn compare(&self, run: &LedgerReader) -> Result<(), LedgerError> {
        let (found, here) = (self.map_error(get(&self.database, OF_RUN))?, run.mark()?);
        if found.as_deref() == Some(here.as_str()) {
            return Ok(());
        }
        Err(LedgerError::DamagedUndo {
            path: self.path.shown().to_owned(),
            cause: "it belongs to another run".to_owned(),
        })
    }
}

fn users(database: &Connection) -> rusqlite::Result<String> {
    let read = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let count = database.query_row("SELECT count(*) FROM users", [], read)?;
    Ok(count.to_string())
}

fn fill(
    database: &Connection,
    run: &LedgerReader,
    path: &RunPath,
    is_refusal: IsRefusal,
) -> Result<(), LedgerError> {
    let failed = |cause| LedgerError::of_undo(path, cause);
    let tables = || {
        database.pragma_update(None, "application_id", APPLICATION)?;
        database.pragma_update(None, "user_version", FORMAT)?;
        database.execute_batch(TABLES)
    };
    tables().map_err(failed)?;
    put(database, OF_RUN, &run.mark()?).map_err(failed)?;
    run.each_row::<LedgerError>(|row| {
        let (Some(changes), Some(username)) = (to_undo(row, is_refusal), &row.username) else {
            return Ok(());
        };
        let user = ToUndo {
            user: AffectedUser {
                row: row.row,
                username: username.clone(),
                sub: row.outcome.user_sub.clone(),
                created_ms: row.outcome.created_at,
                changes,
            },
            begun_ms: None,
            outcome: None,
        };
        write(database, &user).map_err(failed)
    })?;
    users(database)
        .and_then(|users| put(database, USERS, &users))
        .map_err(failed)
}

impl UsersToUndo {
    /// Counts the user of a row, if there is something to undo.
    pub fn add(&mut self, row: &RowResult, is_refusal: IsRefusal) {
        match to_undo(row, is_refusal) {
            Some(changes) if changes.is_empty() => self.to_delete += 1,
            Some(_) => self.to_restore += 1,
            None => {}
        }
    }
}

/// Returns the attributes that the run wrote or may have written; none if it created the user.
/// `None` if there is nothing to undo.
fn to_undo(row: &RowResult, is_refusal: IsRefusal) -> Option<Vec<AttributeChange>> {
    let outcome = &row.outcome;
    if outcome.outcome == Outcome::Created {
        return Some(Vec::new());
    }
    let update = outcome.update.as_ref()?;
    let failed_update = row.follow_up.as_ref().and_then(FollowUp::failed_update);
    if failed_update.is_some_and(is_refusal) || update.changes().is_empty() {
        return None;
    }
    Some(update.changes().to_vec())
}
