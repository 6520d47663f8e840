//! The ledger of an undo: the users that the run created or updated, the deletions and
//! restorations that were begun, and their outcomes. It is a separate database, `undo.db` in the
//! run's directory, so the run's ledger stays unchanged.
//!
//! It is created in one transaction from the run's ledger, so every later session works on the same
//! users. A deletion is recorded as begun before its request is sent. Every line is sealed, as in
//! the run's ledger.

mod open;
mod progress;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::identity::put;
use super::integrity::anchor::Anchor;
use super::integrity::checkpoint::Checkpoints;
use super::integrity::seal::{Seal, broken_seal};
use super::rows::signed;
use super::{LedgerError, RunPath};
use crate::outcome::{AffectedUser, KeptReason, UndoOutcome, Undone};
pub use open::IsRefusal;
pub use progress::UndoEffects;
pub(super) use progress::UndoProgress;

const TABLES: &str = "
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE users (
    row INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    user_sub TEXT,
    created_ms INTEGER,
    changes TEXT,
    begun_ms INTEGER,
    undone TEXT,
    error_code TEXT,
    error_message TEXT,
    seal INTEGER NOT NULL
);
";

/// The name in the table `run` that says whether the last session deletes users that were used.
const EVEN_IF_USED: &str = "even_if_used";

const COLUMNS: &str = "row, username, user_sub, created_ms, changes, begun_ms, undone, error_code, error_message, seal";

/// A user to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToUndo {
    pub user: AffectedUser,
    /// When its deletion was first begun, in milliseconds since the Unix epoch.
    pub begun_ms: Option<i64>,
    /// The outcome, once it is known.
    pub outcome: Option<UndoOutcome>,
}

impl ToUndo {
    fn seal(&self, changes: Option<&str>) -> i64 {
        let outcome = self.outcome.as_ref();
        let mut seal = Seal::default();
        seal.number(Some(signed(self.user.row)))
            .text(Some(&self.user.username))
            .text(self.user.sub.as_deref())
            .number(self.user.created_ms)
            .text(changes)
            .number(self.begun_ms)
            .text(outcome.map(|outcome| outcome.undone.name()))
            .text(outcome.and_then(|outcome| outcome.error_code.as_deref()))
            .text(outcome.and_then(|outcome| outcome.error_message.as_deref()));
        seal.value()
    }

    /// Reads a line of [`COLUMNS`].
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let word: Option<String> = row.get(6)?;
        let outcome = match word {
            None => None,
            Some(word) => Some(UndoOutcome {
                undone: Undone::from_name(&word).ok_or_else(|| broken_seal("users"))?,
                error_code: row.get(7)?,
                error_message: row.get(8)?,
            }),
        };
        let changes: Option<String> = row.get(4)?;
        let user = Self {
            user: AffectedUser {
                row: row.get::<_, i64>(0)?.unsigned_abs(),
                username: row.get(1)?,
                sub: row.get(2)?,
                created_ms: row.get(3)?,
                changes: match &changes {
                    Some(text) => serde_json::from_str(text).map_err(|_| broken_seal("users"))?,
                    None => Vec::new(),
                },
            },
            begun_ms: row.get(5)?,
            outcome,
        };
        if user.seal(changes.as_deref()) == row.get::<_, i64>(9)? {
            Ok(user)
        } else {
            Err(broken_seal("users"))
        }
    }
}

/// A change to a user's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoRecord {
    /// Its deletion may be sent.
    Begun,
    /// It was begun in this session, but nothing was sent.
    NotSent,
    /// Its outcome.
    Settled(UndoOutcome),
}

/// The users that an undo would process at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsersToUndo {
    /// Users that the run created.
    pub to_delete: u64,
    /// Users that the run updated.
    pub to_restore: u64,
}

impl UsersToUndo {
    #[must_use]
    pub fn all(self) -> u64 {
        self.to_delete + self.to_restore
    }
}

/// The settled users that are processed again, besides those that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetriedUsers {
    /// Those that were kept because they were or may have been used.
    pub used: bool,
    /// Those that were kept because restoring them could send messages.
    pub messages: bool,
}

impl RetriedUsers {
    fn include(self, undone: Undone) -> bool {
        match undone {
            Undone::Failed => true,
            Undone::Kept(KeptReason::Used | KeptReason::MaybeUsed) => self.used,
            Undone::Kept(KeptReason::Messages) => self.messages,
            Undone::Kept(
                KeptReason::AnotherUser
                | KeptReason::NotIdentified
                | KeptReason::OutsideRun
                | KeptReason::Changed,
            )
            | Undone::Deleted
            | Undone::Restored
            | Undone::RestoredInPart
            | Undone::Gone => false,
        }
    }
}

/// The ledger of an undo, open for writing.
#[derive(Debug)]
pub struct UndoLedger {
    path: RunPath,
    database: Connection,
    /// `None` for the temporary database of a dry run.
    kept: Option<LastingDatabase>,
}

/// The state of a database that outlives the process.
#[derive(Debug)]
struct LastingDatabase {
    checkpoints: Checkpoints,
    anchor: Anchor,
}

impl UndoLedger {
    /// Removes the outcomes of these users, and remembers whether they include those that were
    /// used.
    pub fn reset_for_retry(&mut self, retried: RetriedUsers) -> Result<(), LedgerError> {
        let again = Undone::all().filter(|undone| retried.include(*undone));
        let change = || -> rusqlite::Result<()> {
            let transaction = self.database.unchecked_transaction()?;
            let used = if retried.used { "1" } else { "0" };
            put(&transaction, EVEN_IF_USED, used)?;
            for word in again.map(Undone::name) {
                let query = format!("SELECT {COLUMNS} FROM users WHERE undone = ?1");
                let mut statement = transaction.prepare(&query)?;
                let mut found = statement.query(params![word])?;
                // Collect the numbers first (8 bytes each): rows changed during a query may be
                // visited twice.
                let mut rows = Vec::new();
                while let Some(row) = found.next()? {
                    rows.push(row.get::<_, i64>(0)?);
                }
                for row in rows {
                    change(&transaction, row, |user| user.outcome = None)?;
                }
            }
            transaction.commit()
        };
        self.map_error(change())?;
        self.after_commit()
    }

    /// Returns the next users without an outcome after this row, up to a limit.
    pub fn open_users(&self, after_row: u64, limit: usize) -> Result<Vec<ToUndo>, LedgerError> {
        let read = || {
            let query = format!(
                "SELECT {COLUMNS} FROM users WHERE undone IS NULL AND row > ?1 ORDER BY row LIMIT ?2"
            );
            let mut statement = self.database.prepare_cached(&query)?;
            let rows = statement.query_map(
                params![signed(after_row), signed(limit as u64)],
                ToUndo::read,
            )?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        self.map_error(read())
    }

    /// Writes changes in one transaction, which is on the disk when this returns.
    pub fn write(&mut self, records: &[(u64, UndoRecord)], at_ms: i64) -> Result<(), LedgerError> {
        let written = || {
            let transaction = self.database.unchecked_transaction()?;
            for (row, note) in records {
                change(&transaction, signed(*row), |user| match note {
                    UndoRecord::Begun => user.begun_ms = user.begun_ms.or(Some(at_ms)),
                    UndoRecord::NotSent => user.begun_ms = None,
                    UndoRecord::Settled(outcome) => user.outcome = Some(outcome.clone()),
                })?;
            }
            transaction.commit()
        };
        self.map_error(written())?;
        self.after_commit()
    }

    /// Calls `each` with every user, in the list's order.
    pub fn each_user<E: From<LedgerError>>(
        &self,
        mut each: impl FnMut(&ToUndo) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |cause| E::from(LedgerError::of_undo(&self.path, cause));
        let query = format!("SELECT {COLUMNS} FROM users ORDER BY row");
        let mut statement = self.database.prepare(&query).map_err(failed)?;
        let mut found = statement.query([]).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            each(&ToUndo::read(row).map_err(failed)?)?;
        }
        Ok(())
    }

    /// Returns the number of users by outcome; `None` for those without one.
    pub fn counts(&self) -> Result<Vec<(Option<Undone>, u64)>, LedgerError> {
        let mut counts: BTreeMap<Option<Undone>, u64> = BTreeMap::new();
        for (undone, _, users) in self.groups()? {
            *counts.entry(undone).or_default() += users;
        }
        Ok(counts.into_iter().collect())
    }

    /// Returns the users without an outcome, and those that are processed again.
    pub fn left(&self, retried: RetriedUsers) -> Result<UsersToUndo, LedgerError> {
        let mut left = UsersToUndo::default();
        for (undone, is_update, users) in self.groups()? {
            if undone.is_some_and(|undone| !retried.include(undone)) {
                continue;
            }
            if is_update {
                left.to_restore += users;
            } else {
                left.to_delete += users;
            }
        }
        Ok(left)
    }

    /// Returns the number of users by outcome, and by whether the run updated them.
    fn groups(&self) -> Result<Vec<(Option<Undone>, bool, u64)>, LedgerError> {
        let read = || {
            let mut statement = self
                .database
                .prepare("SELECT undone, changes IS NOT NULL, count(*) FROM users GROUP BY 1, 2")?;
            let rows = statement.query_map([], |row| {
                let undone = match row.get::<_, Option<String>>(0)? {
                    None => None,
                    Some(word) => {
                        Some(Undone::from_name(&word).ok_or_else(|| broken_seal("users"))?)
                    }
                };
                Ok((undone, row.get(1)?, row.get::<_, i64>(2)?.unsigned_abs()))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        self.map_error(read())
    }

    /// Returns when the last deletion or restoration was begun, in milliseconds since the Unix
    /// epoch.
    pub fn last_begun_ms(&self) -> Result<Option<i64>, LedgerError> {
        let query = "SELECT max(begun_ms) FROM users";
        self.map_error(self.database.query_row(query, [], |row| row.get(0)))
    }

    fn after_commit(&mut self) -> Result<(), LedgerError> {
        let Some(kept) = &mut self.kept else {
            return Ok(());
        };
        if let Some(what) = kept.anchor.displaced() {
            return Err(LedgerError::DisplacedUndo {
                path: self.path.shown().to_owned(),
                what,
            });
        }
        kept.checkpoints
            .after_commit(&self.database)
            .map_err(|cause| LedgerError::of_undo(&self.path, cause))
    }

    fn map_error<T>(&self, result: rusqlite::Result<T>) -> Result<T, LedgerError> {
        result.map_err(|cause| LedgerError::of_undo(&self.path, cause))
    }
}

fn change(
    database: &Connection,
    row: i64,
    change: impl FnOnce(&mut ToUndo),
) -> rusqlite::Result<()> {
    let query = format!("SELECT {COLUMNS} FROM users WHERE row = ?1");
    let found = database
        .prepare_cached(&query)?
        .query_row(params![row], ToUndo::read)
        .optional()?;
    let Some(mut user) = found else {
        return Err(broken_seal("users"));
    };
    change(&mut user);
    write(database, &user)
}

fn write(database: &Connection, user: &ToUndo) -> rusqlite::Result<()> {
    let outcome = user.outcome.as_ref();
    let changes = &user.user.changes;
    let changes = (!changes.is_empty()).then(|| serde_json::json!(changes).to_string());
    database
        .prepare_cached(
            "INSERT OR REPLACE INTO users VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            signed(user.user.row),
            user.user.username,
            user.user.sub,
            user.user.created_ms,
            changes,
            user.begun_ms,
            outcome.map(|outcome| outcome.undone.name()),
            outcome.and_then(|outcome| outcome.error_code.as_deref()),
            outcome.and_then(|outcome| outcome.error_message.as_deref()),
            user.seal(changes.as_deref()),
        ])
        .map(drop)
}

#[cfg(test)]
mod tests;
