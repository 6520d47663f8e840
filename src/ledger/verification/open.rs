//! Opens the progress of a verification, or begins a new one.

use std::fs;
use std::io::ErrorKind;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{INDEXES, TABLES, VerifyPosition, VerifyProgress, json};
use crate::ledger::directory::{RunDirectory, private_file};
use crate::ledger::run_path::{RunPath, with_suffix};
use crate::ledger::{LedgerError, schema};

/// Names in the table `state`.
const KEY: &str = "key";
const POSITION: &str = "position";
const USERS: &str = "users";
const SAVED: &str = "saved_ms";

/// A verification that was interrupted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPosition {
    pub position: VerifyPosition,
    /// Users of the pool that were read.
    pub users: u64,
}

impl VerifyProgress {
    /// The file in the run's directory.
    pub const FILE: &'static str = "verify.db";

    /// Opens a verification that was interrupted, if it has this key and was saved at `since_ms` or
    /// later. Anything else that is in its place is removed.
    pub fn resume(
        directory: &RunDirectory,
        key: &str,
        since_ms: i64,
    ) -> Result<Option<(Self, SavedPosition)>, LedgerError> {
        let path = directory.location().join(Self::FILE);
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        // Damage is not an error: the pool is read again.
        if let Ok(database) = connect(&path) {
            let progress = Self { path, database };
            if let Ok(Some(saved)) = progress.saved(key, since_ms) {
                progress.begin_transaction()?;
                return Ok(Some((progress, saved)));
            }
            progress.remove()?;
        } else {
            remove(&path)?;
        }
        Ok(None)
    }

    /// Begins a verification. `fill` adds the rows.
    pub fn create(
        directory: &RunDirectory,
        key: &str,
        fill: impl FnOnce(&Self) -> Result<(), LedgerError>,
    ) -> Result<Self, LedgerError> {
        let path = directory.location().join(Self::FILE);
        remove(&path)?;
        // Created here with the right mode, because SQLite would use the umask.
        private_file(&path).map_err(|cause| LedgerError::Directory {
            path: path.shown().to_owned(),
            cause,
        })?;
        let opened = connect(&path);
        let database = opened.map_err(|cause| LedgerError::Verification {
            path: path.shown().to_owned(),
            cause,
        })?;
        let progress = Self { path, database };
        progress.execute(TABLES)?;
        progress.begin_transaction()?;
        fill(&progress)?;
        progress.execute(INDEXES)?;
        progress.put(KEY, key)?;
        Ok(progress)
    }

    /// Forgets what was read, and keeps the rows.
    pub fn start_over(&self) -> Result<(), LedgerError> {
        for table in [
            "users",
            "namesakes",
            "members",
            "missing_groups",
            "lookups",
            "extra",
        ] {
            self.execute(&format!("DELETE FROM {table}"))?;
        }
        Ok(())
    }

    /// Saves what was added since the last time.
    pub fn save(
        &self,
        position: &VerifyPosition,
        users: u64,
        at_ms: i64,
    ) -> Result<(), LedgerError> {
        self.put(POSITION, &json(position)?)?;
        self.put(USERS, &users.to_string())?;
        self.put(SAVED, &at_ms.to_string())?;
        self.execute("COMMIT")?;
        self.begin_transaction()
    }

    /// Removes the file.
    pub fn remove(self) -> Result<(), LedgerError> {
        let Self { path, database } = self;
        drop(database);
        remove(&path)
    }

    fn saved(&self, key: &str, since_ms: i64) -> rusqlite::Result<Option<SavedPosition>> {
        let verdict: String = self
            .database
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        let found_key = self.get(KEY)?;
        let number = |name| -> rusqlite::Result<Option<i64>> {
            Ok(self.get(name)?.and_then(|value| value.parse().ok()))
        };
        let position = self.get(POSITION)?;
        let position = position.and_then(|text| serde_json::from_str(&text).ok());
        Ok(match (position, number(USERS)?, number(SAVED)?) {
            (Some(position), Some(users), Some(saved))
                if verdict == "ok" && found_key.as_deref() == Some(key) && saved >= since_ms =>
            {
                Some(SavedPosition {
                    position,
                    users: users.unsigned_abs(),
                })
            }
            _ => None,
        })
    }

    fn get(&self, name: &str) -> rusqlite::Result<Option<String>> {
        self.database
            .query_row(
                "SELECT value FROM state WHERE name = ?1",
                params![name],
                |row| row.get(0),
            )
            .optional()
    }

    fn put(&self, name: &str, value: &str) -> Result<(), LedgerError> {
        let insert = "INSERT OR REPLACE INTO state VALUES (?1, ?2)";
        self.change(insert, params![name, value])
    }

    fn begin_transaction(&self) -> Result<(), LedgerError> {
        self.execute("BEGIN")
    }

    fn execute(&self, statements: &str) -> Result<(), LedgerError> {
        self.map_error(self.database.execute_batch(statements))
    }
}

/// Opens the database for this process alone.
fn connect(path: &RunPath) -> rusqlite::Result<Connection> {
    let database = schema::connect_alone(path)?;
    database.pragma_update(None, "journal_mode", "TRUNCATE")?;
    database.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(database)
}

fn remove(path: &RunPath) -> Result<(), LedgerError> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        match fs::remove_file(with_suffix(path, suffix)) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                return Err(LedgerError::Directory {
                    path: path.shown().to_owned(),
                    cause,
                });
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
