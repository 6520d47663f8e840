//! Reads how a run differs from its previous run.

use rusqlite::{Connection, Row};

use super::{PreviousRun, VanishedUser};
use crate::ledger::identity::{self, get, name};
use crate::ledger::integrity::seal::{broken_seal, mark_seal, vanished_seal};
use crate::ledger::{Facts, LedgerError, LedgerReader, RunKind};
use crate::outcome::Outcome;

/// Columns of a query that reads a row with its marks, in the order expected by [`read_marks`].
pub(in crate::ledger) const MARK_COLUMNS: &str = "marks.is_new, marks.known, marks.seal";

/// What decides whether a later run can be compared to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOrigin {
    pub run_id: String,
    pub kind: RunKind,
    /// The name of the list.
    pub list: String,
    pub user_pool_id: String,
    /// Milliseconds since the Unix epoch.
    pub started_ms: i64,
    pub finished: bool,
}

impl VanishedUser {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let outcome: String = row.get(2)?;
        Ok(Self {
            row: row.get::<_, i64>(0)?.unsigned_abs(),
            username: row.get(1)?,
            outcome: Outcome::from_name(&outcome).ok_or_else(|| broken_seal("vanished"))?,
            user_sub: row.get(3)?,
        })
    }
}

impl LedgerReader {
    /// Returns the previous run, if there is one.
    pub fn previous(&self) -> Result<Option<PreviousRun>, LedgerError> {
        PreviousRun::read(&self.database).map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns whether the run has been compared to a previous one.
    pub fn is_compared(&self) -> Result<bool, LedgerError> {
        is_compared(&self.database).map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Calls `each` with the users who are only in the previous list, in its order.
    ///
    /// # Errors
    /// See [`LedgerReader::each_row`].
    pub fn each_vanished<E: From<LedgerError>>(
        &self,
        mut each: impl FnMut(&VanishedUser) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |cause| E::from(LedgerError::of(&self.path, cause));
        let expected = get(&self.database, name::VANISHED).map_err(failed)?;
        let expected = expected.unwrap_or_default();
        let mut statement = self
            .database
            .prepare("SELECT row, username, outcome, user_sub, seal FROM vanished ORDER BY row")
            .map_err(failed)?;
        let mut found = statement.query([]).map_err(failed)?;
        let mut count: u64 = 0;
        while let Some(row) = found.next().map_err(failed)? {
            let user = VanishedUser::read(row).map_err(failed)?;
            if row.get::<_, i64>(4).map_err(failed)? != vanished_seal(&user) {
                return Err(failed(broken_seal("vanished")));
            }
            count += 1;
            each(&user)?;
        }
        if expected == count.to_string() {
            Ok(())
        } else {
            Err(failed(broken_seal("vanished")))
        }
    }

    /// Returns what decides whether a later run can be compared to this one.
    pub fn origin(&self) -> Result<RunOrigin, LedgerError> {
        let read = || {
            let text = |name| get(&self.database, name).map(Option::unwrap_or_default);
            Ok(RunOrigin {
                run_id: identity::run_id(&self.database)?,
                kind: identity::kind(&self.database)?,
                list: text("list")?,
                user_pool_id: text("user_pool_id")?,
                started_ms: Facts::read(&self.database)?.started_ms,
                finished: text(name::FINISHED)? == "1",
            })
        };
        read().map_err(|cause| LedgerError::of(&self.path, cause))
    }
}

/// Whether the run has been compared to a previous one.
pub(in crate::ledger) fn is_compared(database: &Connection) -> rusqlite::Result<bool> {
    Ok(get(database, name::VANISHED)?.is_some())
}

/// Reads whether a row is new and whether it is a known problem, from [`MARK_COLUMNS`] starting at
/// `at`.
pub(in crate::ledger) fn read_marks(
    from: &Row<'_>,
    at: usize,
    row: i64,
) -> rusqlite::Result<(bool, bool)> {
    let Some(is_new) = from.get::<_, Option<bool>>(at)? else {
        return Ok((false, false));
    };
    let known: bool = from.get(at + 1)?;
    if from.get::<_, i64>(at + 2)? == mark_seal(row, is_new, known) {
        Ok((is_new, known))
    } else {
        Err(broken_seal("marks"))
    }
}
