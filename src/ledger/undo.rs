//! The ledger of an undo: which users the run made, which deletions were begun, and what came of each. A database of its own
//! in the run's directory, `undo.db`: the run's ledger stays as it was.
//!
//! It is made in one transaction, from the run's ledger, and lists its users from then on: whatever happens to the process, the same
//! ones are meant. A deletion is written down as begun before its request leaves. Every line is sealed, as in the run's ledger.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::identity::{get, put};
use super::rows::{Seal, broken_seal, signed};
use super::schema;
use super::{Durability, LedgerError, Reader, RunDirectory, directory};
use crate::outcome::{MadeUser, Outcome, Undoing, Undone};

/// "cund": tells our databases from other programs'.
const APPLICATION: i64 = 0x6375_6e64;

/// The format that is written.
const FORMAT: i64 = 1;

/// The file's name in the run's directory.
pub(super) const FILE: &str = "undo.db";

/// Whose undo it is, by this name in the table `run`.
const OF_RUN: &str = "of_run";

const TABLES: &str = "
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL, seal INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE users (
    row INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    user_sub TEXT,
    created_ms INTEGER,
    begun_ms INTEGER,
    undone TEXT,
    error_code TEXT,
    error_message TEXT,
    seal INTEGER NOT NULL
);
";

const COLUMNS: &str =
    "row, username, user_sub, created_ms, begun_ms, undone, error_code, error_message, seal";

/// How a user stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToUndo {
    /// The user.
    pub user: MadeUser,
    /// When its deletion was first begun; none: it never was. Milliseconds since the Unix epoch.
    pub begun_ms: Option<i64>,
    /// What came of it; none: nothing yet.
    pub came: Option<Undoing>,
}

impl ToUndo {
    fn seal(&self) -> i64 {
        let came = self.came.as_ref();
        let mut seal = Seal::default();
        seal.number(Some(signed(self.user.row)))
            .text(Some(&self.user.username))
            .text(self.user.sub.as_deref())
            .number(self.user.created_ms)
            .number(self.begun_ms)
            .text(came.map(|came| came.undone.word()))
            .text(came.and_then(|came| came.error_code.as_deref()))
            .text(came.and_then(|came| came.error_message.as_deref()));
        seal.value()
    }

    /// Reads a line of [`COLUMNS`].
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let word: Option<String> = row.get(5)?;
        let came = match word {
            None => None,
            Some(word) => Some(Undoing {
                undone: Undone::from_word(&word).ok_or_else(|| broken_seal("users"))?,
                error_code: row.get(6)?,
                error_message: row.get(7)?,
            }),
        };
        let user = Self {
            user: MadeUser {
                row: row.get::<_, i64>(0)?.unsigned_abs(),
                username: row.get(1)?,
                sub: row.get(2)?,
                created_ms: row.get(3)?,
            },
            begun_ms: row.get(4)?,
            came,
        };
        if user.seal() == row.get::<_, i64>(8)? {
            Ok(user)
        } else {
            Err(broken_seal("users"))
        }
    }
}

/// What is written down of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Its deletion may be sent from now on.
    Begun,
    /// It was begun in this session, and nothing was sent.
    NotSent,
    /// What came of it.
    Came(Undoing),
}

/// See the module's words.
#[derive(Debug)]
pub struct UndoLedger {
    path: PathBuf,
    database: Connection,
}

/// Whether a run was undone, or its undo has begun.
pub(super) fn is_undone(directory: &RunDirectory) -> Result<bool, LedgerError> {
    is_there(&directory.path().join(FILE))
}

fn is_there(path: &Path) -> Result<bool, LedgerError> {
    match schema::is_there(path, Durability::Power) {
        Err(LedgerError::Damaged { path, cause }) => Err(LedgerError::DamagedUndo { path, cause }),
        other @ (Ok(_) | Err(_)) => other,
    }
}

impl UndoLedger {
    /// Opens the ledger of the run's undo, or makes it with all users that the run made.
    ///
    /// # Errors
    /// It cannot be made, is damaged, of a later format, or another run's; or the run's ledger cannot be read.
    pub fn open(directory: &RunDirectory) -> Result<Self, LedgerError> {
        let run = Reader::open(directory.path())?;
        let path = directory.path().join(FILE);
        if is_there(&path)? {
            let undo = Self {
                database: schema::connect(&path, Durability::Power)?,
                path,
            };
            undo.examine()?;
            undo.compare(&run)?;
            return Ok(undo);
        }
        Self::make(path, &run)
    }

    /// The same in a file that nobody goes on with: for those who only want to know what an undo would do.
    ///
    /// # Errors
    /// As for [`UndoLedger::open`].
    pub fn rehearse(directory: &RunDirectory, path: &Path) -> Result<Self, LedgerError> {
        Self::make(path.to_owned(), &Reader::open(directory.path())?)
    }

    /// Whether the run was undone, or its undo has begun.
    ///
    /// # Errors
    /// What is there cannot be opened.
    pub fn is_there(directory: &RunDirectory) -> Result<bool, LedgerError> {
        is_undone(directory)
    }

    fn make(path: PathBuf, run: &Reader) -> Result<Self, LedgerError> {
        directory::private_file(&path).map_err(|cause| LedgerError::Directory {
            path: path.clone(),
            cause,
        })?;
        let mut database = schema::connect(&path, Durability::Power)?;
        let failed = |cause| LedgerError::of_undo(&path, cause);
        let transaction = database.transaction().map_err(failed)?;
        let tables = || {
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
            transaction.execute_batch(TABLES)
        };
        tables().map_err(failed)?;
        put(&transaction, OF_RUN, &run.mark()?).map_err(failed)?;
        run.each_row::<LedgerError>(|row| {
            let (Outcome::Created, Some(username)) = (row.came.outcome, &row.username) else {
                return Ok(());
            };
            let user = ToUndo {
                user: MadeUser {
                    row: row.row,
                    username: username.clone(),
                    sub: row.came.user_sub.clone(),
                    created_ms: row.came.created_at,
                },
                begun_ms: None,
                came: None,
            };
            write(&transaction, &user).map_err(failed)
        })?;
        transaction.commit().map_err(failed)?;
        Ok(Self { path, database })
    }

    fn examine(&self) -> Result<(), LedgerError> {
        let damaged = |cause: &str| LedgerError::DamagedUndo {
            path: self.path.clone(),
            cause: cause.to_owned(),
        };
        let number = |pragma: &str| {
            self.database
                .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
                .map_err(|cause| damaged(&cause.to_string()))
        };
        if number("application_id")? != APPLICATION {
            return Err(damaged("it has not the mark of an undo's ledger"));
        }
        let found = number("user_version")?;
        if found > FORMAT {
            return Err(LedgerError::Newer {
                path: self.path.clone(),
                found,
                known: FORMAT,
            });
        }
        let verdict: String = self
            .database
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|cause| damaged(&cause.to_string()))?;
        if verdict == "ok" {
            Ok(())
        } else {
            Err(damaged(&verdict))
        }
    }

    /// Refuses the undo of another run: its ledger was replaced by hand.
    fn compare(&self, run: &Reader) -> Result<(), LedgerError> {
        let (found, here) = (self.failed(get(&self.database, OF_RUN))?, run.mark()?);
        if found.as_deref() == Some(here.as_str()) {
            return Ok(());
        }
        Err(LedgerError::DamagedUndo {
            path: self.path.clone(),
            cause: "it belongs to another run".to_owned(),
        })
    }

    /// Takes up again those that failed, and, where `used` says so, those that were left alone because they were used or may have been.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn take_up(&mut self, used: bool) -> Result<(), LedgerError> {
        use crate::outcome::Kept::{MaybeUsed, Used};
        let mut again = vec![Undone::Failed];
        if used {
            again.extend([Undone::Kept(Used), Undone::Kept(MaybeUsed)]);
        }
        let words: Vec<&str> = again.into_iter().map(Undone::word).collect();
        let change = || -> rusqlite::Result<()> {
            let transaction = self.database.unchecked_transaction()?;
            for word in words {
                let query = format!("SELECT {COLUMNS} FROM users WHERE undone = ?1");
                let mut statement = transaction.prepare(&query)?;
                let mut found = statement.query(params![word])?;
                // Numbers first: what is changed while it is read may be met twice. Eight bytes each.
                let mut rows = Vec::new();
                while let Some(row) = found.next()? {
                    rows.push(row.get::<_, i64>(0)?);
                }
                for row in rows {
                    change(&transaction, row, |user| user.came = None)?;
                }
            }
            transaction.commit()
        };
        self.failed(change())
    }

    /// Users of whom nothing is known yet, behind this row, in the order of their rows: so many at most.
    ///
    /// # Errors
    /// It cannot be read, or a line does not match its checksum.
    pub fn open_users(&self, behind: u64, most: usize) -> Result<Vec<ToUndo>, LedgerError> {
        let read = || {
            let query = format!(
                "SELECT {COLUMNS} FROM users WHERE undone IS NULL AND row > ?1 ORDER BY row LIMIT ?2"
            );
            let mut statement = self.database.prepare_cached(&query)?;
            let rows =
                statement.query_map(params![signed(behind), signed(most as u64)], ToUndo::read)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        self.failed(read())
    }

    /// Writes down what became of users, all of it or nothing. When it returns, it is on the disk.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&mut self, notes: &[(u64, Note)], at_ms: i64) -> Result<(), LedgerError> {
        let written = || {
            let transaction = self.database.unchecked_transaction()?;
            for (row, note) in notes {
                change(&transaction, signed(*row), |user| match note {
                    Note::Begun => user.begun_ms = user.begun_ms.or(Some(at_ms)),
                    Note::NotSent => user.begun_ms = None,
                    Note::Came(came) => user.came = Some(came.clone()),
                })?;
            }
            transaction.commit()
        };
        self.failed(written())
    }

    /// Calls `each` with every user, in the order of their rows.
    ///
    /// # Errors
    /// It cannot be read, a line does not match its checksum, or `each` fails.
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

    /// Users by what came of them; none: nothing yet.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn counts(&self) -> Result<Vec<(Option<Undone>, u64)>, LedgerError> {
        let read = || {
            let mut statement = self
                .database
                .prepare("SELECT undone, count(*) FROM users GROUP BY 1")?;
            let rows = statement.query_map([], |row| {
                let undone = match row.get::<_, Option<String>>(0)? {
                    None => None,
                    Some(word) => {
                        Some(Undone::from_word(&word).ok_or_else(|| broken_seal("users"))?)
                    }
                };
                Ok((undone, row.get::<_, i64>(1)?.unsigned_abs()))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        self.failed(read())
    }

    fn failed<T>(&self, done: rusqlite::Result<T>) -> Result<T, LedgerError> {
        done.map_err(|cause| LedgerError::of_undo(&self.path, cause))
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
    let came = user.came.as_ref();
    database
        .prepare_cached("INSERT OR REPLACE INTO users VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
        .execute(params![
            signed(user.user.row),
            user.user.username,
            user.user.sub,
            user.user.created_ms,
            user.begun_ms,
            came.map(|came| came.undone.word()),
            came.and_then(|came| came.error_code.as_deref()),
            came.and_then(|came| came.error_message.as_deref()),
            user.seal(),
        ])
        .map(drop)
}

#[cfg(test)]
mod tests;
