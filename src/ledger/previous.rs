//! The previous run of a list, to which a run is compared when it finishes: new rows, known
//! problems, and users who vanished from the list.
//!
//! The users of the previous run are in a temporary database in constant memory. The result is in
//! the ledger of the later run, so that its reports do not need the previous run.

mod marks;
mod of_part;

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, Row, params};

use super::identity::{get, name, put};
use super::integrity::seal::{broken_seal, mark_seal, vanished_seal};
use super::rows::signed;
use super::{LedgerError, LedgerReader, schema};
use crate::outcome::{Outcome, RowResult};
pub use marks::RunOrigin;
pub(super) use marks::{MARK_COLUMNS, is_compared, read_marks};

/// `marks` has the rows that are new or a known problem. `vanished` has the users who are only in
/// the previous list, by their row there.
pub(super) const TABLES: &str = "
CREATE TABLE marks (row INTEGER PRIMARY KEY, is_new INTEGER NOT NULL, known INTEGER NOT NULL, seal INTEGER NOT NULL);
CREATE TABLE vanished (row INTEGER PRIMARY KEY, username TEXT NOT NULL, outcome TEXT NOT NULL, user_sub TEXT, seal INTEGER NOT NULL);
";

const TEMPORARY: &str = "
CREATE TABLE users (name TEXT NOT NULL, run INTEGER NOT NULL, row INTEGER NOT NULL, username TEXT, outcome TEXT, reason TEXT, user_sub TEXT, in_pool INTEGER);
CREATE TABLE marks (row INTEGER NOT NULL, is_new INTEGER NOT NULL, known INTEGER NOT NULL);
CREATE TABLE vanished (row INTEGER NOT NULL, username TEXT NOT NULL, outcome TEXT NOT NULL, user_sub TEXT);
";

const INSERT: &str = "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// The previous run.
const BEFORE: i64 = 0;

/// The later run, or its list before the run.
const AFTER: i64 = 1;

/// Identifies the previous run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousRun {
    /// The path or address of its directory.
    pub directory: String,
    pub run_id: String,
    pub list: String,
    /// Milliseconds since the Unix epoch.
    pub started_ms: i64,
    /// The number of rows in its list.
    pub rows: u64,
}

/// A user who is only in the previous list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VanishedUser {
    /// The row in the previous list.
    pub row: u64,
    pub username: String,
    /// The outcome of that row.
    pub outcome: Outcome,
    pub user_sub: Option<String>,
}

/// The users of the previous run.
#[derive(Debug)]
pub struct PreviousUsers {
    pub run: PreviousRun,
    case_insensitive: bool,
    users: Connection,
}

impl PreviousRun {
    fn write(&self, database: &Connection) -> rusqlite::Result<()> {
        put(database, name::PREVIOUS_DIRECTORY, &self.directory)?;
        put(database, name::PREVIOUS_RUN_ID, &self.run_id)?;
        put(database, name::PREVIOUS_LIST, &self.list)?;
        put(
            database,
            name::PREVIOUS_STARTED,
            &self.started_ms.to_string(),
        )?;
        put(database, name::PREVIOUS_ROWS, &self.rows.to_string())
    }

    pub(super) fn read(database: &Connection) -> rusqlite::Result<Option<Self>> {
        let Some(directory) = get(database, name::PREVIOUS_DIRECTORY)? else {
            return Ok(None);
        };
        let text = |name| get(database, name)?.ok_or_else(|| broken_seal("run"));
        let number = |name| text(name)?.parse::<i64>().map_err(|_| broken_seal("run"));
        Ok(Some(Self {
            directory,
            run_id: text(name::PREVIOUS_RUN_ID)?,
            list: text(name::PREVIOUS_LIST)?,
            started_ms: number(name::PREVIOUS_STARTED)?,
            rows: number(name::PREVIOUS_ROWS)?.unsigned_abs(),
        }))
    }
}

impl PreviousUsers {
    /// Reads the users of a run. `directory` is its path or address.
    ///
    /// # Errors
    /// The ledger cannot be read, a row does not match its checksum, or there is no room for a
    /// temporary file.
    pub fn read(run: &LedgerReader, directory: &Path) -> Result<Self, LedgerError> {
        let case_insensitive = run.case_insensitive()?;
        let users = schema::create_temporary(TEMPORARY).map_err(LedgerError::Comparison)?;
        let mut insert = users.prepare(INSERT).map_err(LedgerError::Comparison)?;
        let mut rows = 0;
        run.each_row(|row: &RowResult| {
            rows += 1;
            let Some(username) = &row.username else {
                return Ok(());
            };
            let outcome = &row.outcome;
            let in_pool = matches!(outcome.outcome, Outcome::Created | Outcome::Existed);
            let reason = reason(
                Some(outcome.outcome),
                outcome.error_code.as_deref(),
                outcome.error_message.as_deref(),
            );
            insert
                .execute(params![
                    compared_as(username, case_insensitive),
                    BEFORE,
                    signed(row.row),
                    username,
                    outcome.outcome.name(),
                    reason,
                    outcome.user_sub,
                    in_pool || row.known
                ])
                .map(drop)
                .map_err(LedgerError::Comparison)
        })?;
        drop(insert);
        let RunOrigin {
            run_id,
            list,
            started_ms,
            ..
        } = run.origin()?;
        Ok(Self {
            run: PreviousRun {
                directory: directory.display().to_string(),
                run_id,
                list,
                started_ms,
                rows,
            },
            case_insensitive,
            users,
        })
    }

    /// Counts the users that are in a list and not in the previous one. `next` returns the next
    /// username of the list.
    ///
    /// # Errors
    /// `next` fails, or there is no room for a temporary file.
    pub fn count_new<E: From<LedgerError>>(
        &self,
        mut next: impl FnMut() -> Result<Option<String>, E>,
    ) -> Result<u64, E> {
        let temporary_error = |cause| E::from(LedgerError::Comparison(cause));
        let mut insert = self.users.prepare(INSERT).map_err(temporary_error)?;
        while let Some(username) = next()? {
            let name = compared_as(&username, self.case_insensitive);
            let unknown = None::<&str>;
            let row = params![name, AFTER, 0, unknown, unknown, unknown, unknown, false];
            insert.execute(row).map_err(temporary_error)?;
        }
        drop(insert);
        let count = || {
            let new: i64 = self.users.query_row(
                "SELECT count(*) FROM (SELECT 1 FROM users GROUP BY name HAVING min(run) = ?1)",
                params![AFTER],
                |row| row.get(0),
            )?;
            self.users
                .execute("DELETE FROM users WHERE run = ?1", params![AFTER])?;
            Ok(new.unsigned_abs())
        };
        count().map_err(temporary_error)
    }

    /// Remembers the previous run, unless the run has one.
    pub(super) fn write(&self, ledger: &Connection) -> rusqlite::Result<()> {
        match PreviousRun::read(ledger)? {
            Some(_) => Ok(()),
            None => self.run.write(ledger),
        }
    }

    /// Compares the rows of a finished run, and writes the result to its ledger.
    pub(super) fn compare(&self, ledger: &Connection) -> Result<(), MarkError> {
        self.load_users(ledger)?;
        self.mark().map_err(MarkError::Temporary)?;
        self.write_marks(ledger)
    }

    /// Adds the rows of the later run.
    fn load_users(&self, ledger: &Connection) -> Result<(), MarkError> {
        let mut rows = ledger.prepare(
            "SELECT rows.row, username, outcome, error_code, error_message FROM rows LEFT JOIN results USING (row) WHERE username IS NOT NULL",
        )?;
        let mut insert = self.users.prepare(INSERT).map_err(MarkError::Temporary)?;
        let mut found = rows.query([])?;
        while let Some(row) = found.next()? {
            let (number, username): (i64, String) = (row.get(0)?, row.get(1)?);
            let text = |column| row.get::<_, Option<String>>(column);
            let (outcome, code, message) = (text(2)?, text(3)?, text(4)?);
            let settled = outcome.as_deref().and_then(Outcome::from_name);
            let reason = reason(settled, code.as_deref(), message.as_deref());
            let name = compared_as(&username, self.case_insensitive);
            let unknown = None::<&str>;
            insert
                .execute(params![
                    name, AFTER, number, unknown, outcome, reason, unknown, false
                ])
                .map_err(MarkError::Temporary)?;
        }
        Ok(())
    }

    /// Finds new rows, known problems and vanished users, name by name.
    fn mark(&self) -> rusqlite::Result<()> {
        let users = &self.users;
        let mut mark = users.prepare("INSERT INTO marks VALUES (?1, ?2, ?3)")?;
        let mut vanish = users.prepare("INSERT INTO vanished VALUES (?1, ?2, ?3, ?4)")?;
        let mut sorted = users.prepare(
            "SELECT name, run, row, username, outcome, reason, user_sub, in_pool FROM users ORDER BY name, run, row",
        )?;
        let mut vanish = |before: &mut SameName| match before.vanished() {
            None => Ok(()),
            Some(user) => {
                let (row, outcome) = (signed(user.row), user.outcome.name());
                vanish
                    .execute(params![row, user.username, outcome, user.user_sub])
                    .map(drop)
            }
        };
        let mut same_name = SameName::default();
        let mut found = sorted.query([])?;
        while let Some(row) = found.next()? {
            let name: String = row.get(0)?;
            if name != same_name.name {
                vanish(&mut same_name)?;
                same_name = SameName {
                    name,
                    ..SameName::default()
                };
            }
            let outcome = row.get::<_, Option<String>>(4)?;
            let outcome = outcome.as_deref().and_then(Outcome::from_name);
            let reason: Option<String> = row.get(5)?;
            if row.get::<_, i64>(1)? == BEFORE {
                same_name.before(row, outcome, reason)?;
                continue;
            }
            same_name.is_listed = true;
            let is_new = same_name.is_new(outcome);
            let known = reason.is_some_and(|reason| same_name.problems.contains(&reason));
            if is_new || known {
                mark.execute(params![row.get::<_, i64>(2)?, is_new, known])?;
            }
        }
        vanish(&mut same_name)
    }

    fn write_marks(&self, ledger: &Connection) -> Result<(), MarkError> {
        ledger.execute("DELETE FROM marks", [])?;
        ledger.execute("DELETE FROM vanished", [])?;
        let mut insert = ledger.prepare("INSERT INTO marks VALUES (?1, ?2, ?3, ?4)")?;
        let temporary_error = MarkError::Temporary;
        let mut marks = self
            .users
            .prepare("SELECT row, is_new, known FROM marks ORDER BY row")
            .map_err(temporary_error)?;
        let mut found = marks.query([]).map_err(temporary_error)?;
        while let Some(mark) = found.next().map_err(temporary_error)? {
            let read = || Ok((mark.get(0)?, mark.get(1)?, mark.get(2)?));
            let (row, is_new, known): (i64, bool, bool) = read().map_err(temporary_error)?;
            insert.execute(params![row, is_new, known, mark_seal(row, is_new, known)])?;
        }
        let mut insert = ledger.prepare("INSERT INTO vanished VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut vanished = self
            .users
            .prepare("SELECT row, username, outcome, user_sub FROM vanished ORDER BY row")
            .map_err(temporary_error)?;
        let mut found = vanished.query([]).map_err(temporary_error)?;
        let mut count: u64 = 0;
        while let Some(user) = found.next().map_err(temporary_error)? {
            let user = VanishedUser::read(user).map_err(temporary_error)?;
            let (row, seal) = (signed(user.row), vanished_seal(&user));
            insert.execute(params![
                row,
                user.username,
                user.outcome.name(),
                user.user_sub,
                seal
            ])?;
            count += 1;
        }
        put(ledger, name::VANISHED, &count.to_string())?;
        Ok(())
    }
}

/// A ledger or the temporary file cannot be used.
#[derive(Debug)]
pub(super) enum MarkError {
    Ledger(rusqlite::Error),
    Temporary(rusqlite::Error),
}

impl From<rusqlite::Error> for MarkError {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Ledger(cause)
    }
}

/// The rows with one username: first those of the previous run, then those of the later one.
#[derive(Default)]
struct SameName {
    name: String,
    was_listed: bool,
    /// The previous row that says that the user is in the pool, or was a known problem.
    in_pool: Option<VanishedUser>,
    /// Why previous rows were invalid or rejected.
    problems: BTreeSet<String>,
    is_listed: bool,
}

impl SameName {
    fn before(
        &mut self,
        row: &Row<'_>,
        outcome: Option<Outcome>,
        reason: Option<String>,
    ) -> rusqlite::Result<()> {
        self.was_listed = true;
        self.problems.extend(reason);
        if row.get(7)? && self.in_pool.is_none() {
            self.in_pool = Some(VanishedUser {
                row: row.get::<_, i64>(2)?.unsigned_abs(),
                username: row.get(3)?,
                outcome: outcome.unwrap_or(Outcome::InDoubt),
                user_sub: row.get(6)?,
            });
        }
        Ok(())
    }

    fn is_new(&self, outcome: Option<Outcome>) -> bool {
        !self.was_listed && !matches!(outcome, Some(Outcome::Duplicate | Outcome::Skipped))
    }

    fn vanished(&mut self) -> Option<VanishedUser> {
        self.in_pool.take().filter(|_| !self.is_listed)
    }
}

/// Returns why a row is invalid or rejected. A rule's code is a reason, and its message may quote
/// the cell. A code of Cognito has several reasons.
fn reason(outcome: Option<Outcome>, code: Option<&str>, message: Option<&str>) -> Option<String> {
    match outcome? {
        Outcome::Invalid => code.map(str::to_owned),
        Outcome::Rejected => Some(format!("{}\n{}", code?, message.unwrap_or_default())),
        Outcome::Created
        | Outcome::Existed
        | Outcome::Duplicate
        | Outcome::Skipped
        | Outcome::Failed
        | Outcome::InDoubt
        | Outcome::Unsent => None,
    }
}

fn compared_as(username: &str, case_insensitive: bool) -> std::borrow::Cow<'_, str> {
    if case_insensitive {
        username.to_lowercase().into()
    } else {
        username.into()
    }
}
