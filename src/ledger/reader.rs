//! Reads a ledger for reports: every row in the list's order, and the totals. Works while a run
//! writes to the ledger.

mod sums;

use std::time::{Duration, UNIX_EPOCH};

use rusqlite::Connection;

use super::facts::Facts;
use super::identity::{self, ListIdentity, RunKind, RunMetadata, name};
use super::integrity::seal::row_seal;

use super::previous::{MARK_COLUMNS, is_compared, read_marks};
use super::rows::{RESULT_COLUMN_COUNT, RESULT_COLUMNS, read_kept, read_outcome};
use super::{LedgerError, RunPath, RunTimes, directory, follow_ups, schema, times};
use crate::outcome::{Outcome, RateSample, RowOutcome, RowResult, Summary};

pub use sums::RowSums;

/// The error code of a row that was begun but has no outcome.
pub const INTERRUPTED: &str = "Interrupted";

/// Rows that failed and that the run will not retry by itself. It retries the row that stopped it
/// and rows in doubt or unsent.
const REJECTS: &str = "results.outcome IN ('duplicate', 'invalid', 'rejected', 'failed') AND NOT results.stopped_the_run";

pub struct LedgerReader {
    pub(super) path: RunPath,
    pub(super) database: Connection,
}

impl LedgerReader {
    /// Opens the ledger in a run's directory.
    pub fn open(run_directory: impl Into<RunPath>) -> Result<Self, LedgerError> {
        let path = directory::database_in(&run_directory.into());
        let database = schema::open_to_read(&path)?;
        Self::begin(path, database)
    }

    /// Reads a ledger that this process has verified.
    pub(super) fn of_verified(path: RunPath) -> Result<Self, LedgerError> {
        let database = schema::connect_to_read(&path)?;
        Self::begin(path, database)
    }

    fn begin(path: RunPath, database: Connection) -> Result<Self, LedgerError> {
        // A snapshot: concurrent writes of a run stay invisible.
        database
            .execute_batch("BEGIN")
            .map_err(|cause| LedgerError::of(&path, cause))?;
        Ok(Self { path, database })
    }

    /// Returns the columns that the run copies into its results.
    pub fn kept_columns(&self) -> Result<Vec<String>, LedgerError> {
        identity::kept(&self.database).map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns whether the run compares usernames without case.
    pub fn case_insensitive(&self) -> Result<bool, LedgerError> {
        Facts::read(&self.database)
            .map(|facts| facts.case_insensitive)
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns the endpoint of the first session: empty for AWS.
    pub fn endpoint(&self) -> Result<Option<String>, LedgerError> {
        Facts::read(&self.database)
            .map(|facts| facts.endpoint)
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns the part whose rows this ledger has, like `0/4`. `None` if it has all rows.
    pub fn part(&self) -> Result<Option<String>, LedgerError> {
        identity::get(&self.database, name::PART)
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns `import` or `rehearsal`.
    pub fn kind(&self) -> Result<String, LedgerError> {
        identity::get(&self.database, name::KIND)
            .map(Option::unwrap_or_default)
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns what identifies the list and the meaning of its columns.
    pub fn list_identity(&self) -> Result<ListIdentity, LedgerError> {
        let value = |name| {
            let value = identity::get(&self.database, name);
            value.map_err(|cause| LedgerError::of(&self.path, cause))
        };
        Ok(ListIdentity {
            fingerprint: value(name::FINGERPRINT)?.filter(|text| !text.is_empty()),
            mapping: value(name::MAPPING)?.unwrap_or_default(),
        })
    }

    /// Calls `each` with every row, in the list's order. A row without an outcome is in doubt if it
    /// was begun, otherwise unsent.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read, a row does not match its checksum, or `each` fails.
    pub fn each_row<E: From<LedgerError>>(
        &self,
        each: impl FnMut(&RowResult) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_row_of("", each)
    }

    /// Calls `each` with every row that failed and that the run will not retry by itself, in the
    /// list's order.
    ///
    /// # Errors
    /// See [`LedgerReader::each_row`].
    pub fn each_reject<E: From<LedgerError>>(
        &self,
        each: impl FnMut(&RowResult) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_row_of(&format!("WHERE {REJECTS}"), each)
    }

    /// Returns the number of rows that [`LedgerReader::each_reject`] visits.
    pub fn rejects(&self) -> Result<u64, LedgerError> {
        let query = format!("SELECT count(*) FROM results WHERE {REJECTS}");
        let count: i64 = self
            .database
            .query_row(&query, [], |row| row.get(0))
            .map_err(|cause| LedgerError::of(&self.path, cause))?;
        Ok(count.unsigned_abs())
    }

    fn each_row_of<E: From<LedgerError>>(
        &self,
        which: &str,
        mut each: impl FnMut(&RowResult) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |cause| E::from(LedgerError::of(&self.path, cause));
        let keeps = !self.kept_columns().map_err(E::from)?.is_empty();
        let (kept_columns, kept_table) = if keeps {
            (", kept.cells, kept.seal", "LEFT JOIN kept USING (row)")
        } else {
            ("", "")
        };
        let follows_up = identity::follows_up(&self.database).map_err(failed)?;
        let (steps_columns, steps_table) = if follows_up {
            (
                format!(", {}", follow_ups::COLUMNS),
                "LEFT JOIN follow_ups USING (row)",
            )
        } else {
            (String::new(), "")
        };
        let compared = is_compared(&self.database).map_err(failed)?;
        let (mark_columns, mark_table) = if compared {
            (format!(", {MARK_COLUMNS}"), "LEFT JOIN marks USING (row)")
        } else {
            (String::new(), "")
        };
        let shape = RowParts {
            keeps,
            follows_up,
            compared,
            resumes: !self.is_of_rehearsal().map_err(E::from)?,
        };
        let query = format!(
            "SELECT rows.row, line, username, username_hash, begun_ms, rows.seal, results.row IS NOT NULL, {RESULT_COLUMNS}{kept_columns}{steps_columns}{mark_columns} \
             FROM rows LEFT JOIN results USING (row) {kept_table} {steps_table} {mark_table} {which} ORDER BY rows.row"
        );
        let mut statement = self.database.prepare(&query).map_err(failed)?;
        let mut found = statement.query([]).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            let number: i64 = row.get(0).map_err(failed)?;
            let result = row_result(row, number, shape)
                .map_err(failed)?
                .ok_or_else(|| {
                    E::from(LedgerError::Damaged {
                        path: self.path.shown().to_owned(),
                        cause: format!("row {number} does not match its checksum"),
                    })
                })?;
            each(&result)?;
        }
        Ok(())
    }

    pub fn is_of_rehearsal(&self) -> Result<bool, LedgerError> {
        identity::get(&self.database, name::KIND)
            .map(|kind| kind.as_deref() == Some(RunKind::Rehearsal.name()))
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns a text that identifies the run by start, list, pool and client.
    pub fn mark(&self) -> Result<String, LedgerError> {
        let read = || {
            let run = identity::all(&self.database)?;
            let parts = [name::STARTED, "fingerprint", "user_pool_id", "client_id"];
            let parts = parts.map(|name| run.get(name).cloned().unwrap_or_default());
            Ok(parts.join(" "))
        };
        read().map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns the summary of the run.
    ///
    /// # Errors
    /// See [`LedgerReader::each_row`].
    pub fn summary(&self) -> Result<Summary, LedgerError> {
        let mut rows = RowSums::default();
        self.each_row(|row| {
            rows.row(row);
            Ok::<(), LedgerError>(())
        })?;
        self.summary_of(rows)
    }

    /// Like [`LedgerReader::summary`], for callers that have already visited every row.
    pub fn summary_of(&self, rows: RowSums) -> Result<Summary, LedgerError> {
        self.sums(rows)
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    pub fn about(&self) -> Result<RunMetadata, LedgerError> {
        identity::metadata(&self.database).map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns when the sessions of the run took place, on the service's clock.
    pub fn times(&self) -> Result<RunTimes, LedgerError> {
        times::read(&self.database).map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns the recorded rates, by category and in order of time.
    pub fn rate_samples(&self) -> Result<Vec<RateSample>, LedgerError> {
        self.samples()
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }
}

/// Returns the number of rows with each outcome.
pub(super) fn settled(database: &Connection) -> rusqlite::Result<Vec<(Outcome, u64)>> {
    let mut statement = database.prepare("SELECT outcome, count(*) FROM results GROUP BY 1")?;
    let rows = statement.query_map([], |row| {
        let outcome = Outcome::from_name(&row.get::<_, String>(0)?);
        Ok(outcome.map(|outcome| (outcome, row.get::<_, i64>(1).unwrap_or(0).unsigned_abs())))
    })?;
    let counts = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(counts.into_iter().flatten().collect())
}

/// The first column of `results` in the query.
const RESULTS_AT: usize = 7;

const KEPT_COLUMN_COUNT: usize = 2;

/// The optional columns of the query, and whether the run can be resumed.
#[derive(Debug, Clone, Copy)]
struct RowParts {
    keeps: bool,
    follows_up: bool,
    /// The run has been compared to its previous run.
    compared: bool,
    resumes: bool,
}

/// Reads a row. `None` if it does not match its checksum.
fn row_result(
    row: &rusqlite::Row<'_>,
    number: i64,
    shape: RowParts,
) -> rusqlite::Result<Option<RowResult>> {
    let line: i64 = row.get(1)?;
    let username: Option<String> = row.get(2)?;
    let username_hash: Option<i64> = row.get(3)?;
    let begun_ms: Option<i64> = row.get(4)?;
    let seal: i64 = row.get(5)?;
    if row_seal(number, line, username.as_deref(), username_hash, begun_ms) != seal {
        return Ok(None);
    }
    let mut next_column = RESULTS_AT + RESULT_COLUMN_COUNT;
    let kept = if shape.keeps {
        let at = next_column;
        next_column += KEPT_COLUMN_COUNT;
        match read_kept(row, at, number)? {
            Some(kept) => kept,
            None => return Ok(None),
        }
    } else {
        Vec::new()
    };
    let follow_up = if shape.follows_up {
        let at = next_column;
        next_column += follow_ups::COLUMN_COUNT;
        follow_ups::read(row, at, number)?
    } else {
        None
    };
    let (is_new, known) = if shape.compared {
        read_marks(row, next_column, number)?
    } else {
        (false, false)
    };
    let settled: bool = row.get(6)?;
    let outcome = match (settled, begun_ms) {
        (true, _) => read_outcome(row, RESULTS_AT, number)?,
        (false, Some(_)) => Some(RowOutcome::of(Outcome::InDoubt).with_error(
            INTERRUPTED,
            if shape.resumes {
                "the run ended before this row was settled; run the same command again to settle it"
            } else {
                "the rehearsal ended before this row was settled"
            },
        )),
        (false, None) => Some(RowOutcome::of(Outcome::Unsent)),
    };
    Ok(outcome.map(|outcome| RowResult {
        row: number.unsigned_abs(),
        line: line.unsigned_abs(),
        username,
        kept,
        is_new,
        // A retry may have settled the row otherwise.
        known: known && matches!(outcome.outcome, Outcome::Invalid | Outcome::Rejected),
        outcome,
        follow_up,
    }))
}

/// Formats milliseconds since the Unix epoch as RFC 3339 in UTC. Clamps times before 1970 or after
/// 9999.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    const LAST_MS: u64 = 253_402_300_799_999;
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or(0).min(LAST_MS));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}
