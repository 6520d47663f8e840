//! Creates the ledger of an undo from the run's ledger, and reopens it.

use rusqlite::Connection;

use super::{LastingDatabase, TABLES, ToUndo, UndoLedger, write};
use crate::ledger::build::build;
use crate::ledger::identity::{get, put};
use crate::ledger::integrity::anchor::Anchor;
use crate::ledger::integrity::checkpoint::Checkpoints;
use crate::ledger::integrity::presence::{UNDO, undo_is_there};
use crate::ledger::{Durability, LedgerError, LedgerReader, RunDirectory, RunPath, schema};
use crate::outcome::{AffectedUser, AttributeChange, Outcome, RowOutcome, UserUpdate};

/// "cund": distinguishes undo ledgers from other databases.
const APPLICATION: i64 = 0x6375_6e64;

const FORMAT: i64 = 1;

/// The name in the table `run` of the run that is undone.
const OF_RUN: &str = "of_run";

/// The name of the number of users. None is ever removed.
const USERS: &str = "users";

impl UndoLedger {
    /// Opens the ledger of the run's undo, or creates it with all users that the run created.
    pub fn open(directory: &RunDirectory) -> Result<Self, LedgerError> {
        let run = LedgerReader::open(directory.location())?;
        let path = directory.location().join(UNDO);
        let failed = |cause| LedgerError::of_undo(&path, cause);
        if !undo_is_there(directory.location())? {
            build(&path, |database| fill(database, &run, &path))?.put_in_place(directory)?;
        }
        let database = schema::connect(&path, Durability::Power)?;
        let mut undo = Self {
            path: path.clone(),
            database,
            kept: None,
        };
        undo.examine()?;
        undo.compare(&run)?;
        undo.kept = Some(LastingDatabase {
            checkpoints: Checkpoints::begin(&undo.database).map_err(failed)?,
            anchor: Anchor::new(directory, &path)?,
        });
        Ok(undo)
    }

    /// Like [`UndoLedger::open`], but in a temporary database, for a dry run.
    pub fn rehearse(directory: &RunDirectory) -> Result<Self, LedgerError> {
        let path = directory.location().join(UNDO);
        let database = schema::connect_temporary().map_err(LedgerError::Rehearsal)?;
        fill(&database, &LedgerReader::open(directory.location())?, &path)?;
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

fn fill(database: &Connection, run: &LedgerReader, path: &RunPath) -> Result<(), LedgerError> {
    let failed = |cause| LedgerError::of_undo(path, cause);
    let tables = || {
        database.pragma_update(None, "application_id", APPLICATION)?;
        database.pragma_update(None, "user_version", FORMAT)?;
        database.execute_batch(TABLES)
    };
    tables().map_err(failed)?;
    put(database, OF_RUN, &run.mark()?).map_err(failed)?;
    run.each_row::<LedgerError>(|row| {
        let (Some(changes), Some(username)) = (to_undo(&row.outcome), &row.username) else {
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

/// Returns the attributes that the run wrote or may have written; none if it created the user.
/// `None` if there is nothing to undo.
fn to_undo(outcome: &RowOutcome) -> Option<Vec<AttributeChange>> {
    let is_created = outcome.outcome == Outcome::Created;
    let changes = outcome.update.as_ref().map_or(&[][..], UserUpdate::changes);
    (is_created || !changes.is_empty()).then(|| changes.to_vec())
}
