//! Reads a ledger for reports: every row in the list's order, and the sums. Works beside the one who writes, and without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rusqlite::Connection;

use super::identity::{self, Facts, Kind, name};
use super::invocation::{self, About};
use super::rows::{
    RESULT_COLUMN_COUNT, RESULT_COLUMNS, broken_seal, read_came, read_kept, requests_seal, row_seal,
};
use super::{LedgerError, directory, follow_ups, rates, schema};
use crate::outcome::{Came, Delivery, Outcome, RateSample, Requests, RowResult, RunState, Summary};

/// The code of a row that was begun and has no outcome yet.
pub const INTERRUPTED: &str = "Interrupted";

/// Rows that did not make it, but for those that the run takes up again: the one that stopped it, and those that are in doubt or unsent.
const REJECTS: &str = "results.outcome IN ('duplicate', 'invalid', 'rejected', 'failed') AND NOT results.stopped_the_run";

/// See the module's words.
pub struct Reader {
    path: PathBuf,
    database: Connection,
}

impl Reader {
    /// Opens the ledger in a run's directory.
    ///
    /// # Errors
    /// There is none, or it is damaged or of a later format.
    pub fn open(run_directory: &Path) -> Result<Self, LedgerError> {
        let path = directory::database_in(run_directory);
        let database = schema::open_to_read(&path)?;
        // All that is read is of one moment, also while a run is at work.
        database
            .execute_batch("BEGIN")
            .map_err(|cause| LedgerError::of(&path, cause))?;
        Ok(Self { path, database })
    }

    /// The names of the columns that the run copies into its results.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn kept_columns(&self) -> Result<Vec<String>, LedgerError> {
        identity::kept(&self.database).map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Whether the run compares usernames without case.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn folds(&self) -> Result<bool, LedgerError> {
        Facts::read(&self.database)
            .map(|facts| facts.folds)
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// What kind of run it is: `import` or `rehearsal`.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn kind(&self) -> Result<String, LedgerError> {
        identity::get(&self.database, name::KIND)
            .map(Option::unwrap_or_default)
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Calls `each` with every row, in the list's order. A row that was begun and has no outcome is in doubt; one that was
    /// not begun is unsent.
    ///
    /// # Errors
    /// The ledger cannot be read, a row does not match its checksum, or `each` fails.
    pub fn each_row<E: From<LedgerError>>(
        &self,
        each: impl FnMut(&RowResult) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_row_of("", each)
    }

    /// Calls `each` with every row that did not make it and that the run will not take up again, in the list's order.
    ///
    /// # Errors
    /// As for [`Reader::each_row`].
    pub fn each_reject<E: From<LedgerError>>(
        &self,
        each: impl FnMut(&RowResult) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_row_of(&format!("WHERE {REJECTS}"), each)
    }

    /// How many of these rows there are.
    ///
    /// # Errors
    /// The ledger cannot be read.
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
        let shape = Shape { keeps, follows_up };
        let query = format!(
            "SELECT rows.row, line, username, claim, begun_ms, rows.seal, results.row IS NOT NULL, {RESULT_COLUMNS}{kept_columns}{steps_columns} \
             FROM rows LEFT JOIN results USING (row) {kept_table} {steps_table} {which} ORDER BY rows.row"
        );
        let mut statement = self.database.prepare(&query).map_err(failed)?;
        let mut found = statement.query([]).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            let number: i64 = row.get(0).map_err(failed)?;
            let result = row_result(row, number, shape)
                .map_err(failed)?
                .ok_or_else(|| {
                    E::from(LedgerError::Damaged {
                        path: self.path.clone(),
                        cause: format!("row {number} does not match its checksum"),
                    })
                })?;
            each(&result)?;
        }
        Ok(())
    }

    /// Whether it is the ledger of a rehearsal.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn is_of_rehearsal(&self) -> Result<bool, LedgerError> {
        identity::get(&self.database, name::KIND)
            .map(|kind| kind.as_deref() == Some(Kind::Rehearsal.word()))
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// What tells this run from every other one: when it began, on which list and pool.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn mark(&self) -> Result<String, LedgerError> {
        let read = || {
            let run = identity::all(&self.database)?;
            let parts = [name::STARTED, "fingerprint", "user_pool_id", "client_id"];
            let parts = parts.map(|name| run.get(name).cloned().unwrap_or_default());
            Ok(parts.join(" "))
        };
        read().map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// The run summed up.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn summary(&self) -> Result<Summary, LedgerError> {
        self.sums()
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Rows that have an outcome, by outcome.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn settled(&self) -> Result<Vec<(Outcome, u64)>, LedgerError> {
        let counted = || {
            let mut statement = self
                .database
                .prepare("SELECT outcome, count(*) FROM results GROUP BY 1")?;
            let rows = statement.query_map([], |row| {
                let outcome = Outcome::from_word(&row.get::<_, String>(0)?);
                Ok(outcome
                    .map(|outcome| (outcome, row.get::<_, i64>(1).unwrap_or(0).unsigned_abs())))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let counts = counted().map_err(|cause| LedgerError::of(&self.path, cause))?;
        Ok(counts.into_iter().flatten().collect())
    }

    /// What the ledger knows of the run besides its rows.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn about(&self) -> Result<About, LedgerError> {
        invocation::about(&self.database).map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// How fast it went, by category and in order of time; nothing where the run left no record of it.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn rate_samples(&self) -> Result<Vec<RateSample>, LedgerError> {
        self.samples()
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    fn samples(&self) -> rusqlite::Result<Vec<RateSample>> {
        // A run that ended before there was such a record has none.
        if schema::records_rates(&self.database)? {
            rates::all(&self.database)
        } else {
            Ok(Vec::new())
        }
    }

    fn sums(&self) -> rusqlite::Result<Summary> {
        let run = identity::all(&self.database)?;
        let text = |name: &str| run.get(name).cloned().unwrap_or_default();
        let number = |name: &str| run.get(name).and_then(|value| value.parse::<i64>().ok());
        let flag = |name: &str| run.get(name).is_some_and(|value| value == "1");
        let outcomes = self.outcomes()?;
        let requests = self.requests()?;
        let active = number(name::ACTIVE).unwrap_or(0);
        let active_seconds = Duration::from_millis(active.unsigned_abs()).as_secs_f64();
        let requests_a_second = requests
            .iter()
            .filter(|_| active > 0)
            .map(|(category, requests)| {
                (
                    category.clone(),
                    per_second(requests.sent.saturating_sub(1), active_seconds),
                )
            })
            .collect();
        let stopped_because = run.get(name::STOPPED_BECAUSE).cloned();
        let state = match (flag(name::FINISHED), &stopped_because) {
            (true, _) => RunState::Finished,
            (false, Some(_)) => RunState::Stopped,
            (false, None) => RunState::Interrupted,
        };
        let (steps, failed_steps) = if identity::follows_up(&self.database)? {
            follow_ups::sums(&self.database)?
        } else {
            (BTreeMap::new(), BTreeMap::new())
        };
        Ok(Summary {
            run_id: run.get(name::RUN_ID).cloned(),
            sessions: number(name::SESSIONS).map_or(1, i64::unsigned_abs),
            state,
            stopped_because,
            list: text("list"),
            fingerprint: run
                .get("fingerprint")
                .filter(|print| !print.is_empty())
                .cloned(),
            user_pool_id: text("user_pool_id"),
            client_id: text("client_id"),
            started: number(name::STARTED).map(rfc3339).unwrap_or_default(),
            finished: number(name::ENDED).map(rfc3339),
            active_seconds,
            rows: outcomes.values().sum(),
            read_to_end: flag(name::READ_TO_END),
            outcomes,
            errors: self.errors()?,
            deliveries: self.deliveries()?,
            follow_up: steps,
            follow_up_errors: failed_steps,
            requests,
            rates: requests_a_second,
            pace: rates::pace(&self.samples()?),
        })
    }

    fn outcomes(&self) -> rusqlite::Result<BTreeMap<&'static str, u64>> {
        let mut counts: BTreeMap<&'static str, u64> = Outcome::ALL
            .iter()
            .map(|outcome| (outcome.word(), 0))
            .collect();
        let mut statement = self.database.prepare(
            "SELECT coalesce(outcome, CASE WHEN begun_ms IS NULL THEN 'unsent' ELSE 'in_doubt' END), count(*) FROM rows LEFT JOIN \
             results USING (row) GROUP BY 1",
        )?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let word: String = row.get(0)?;
            let Some(outcome) = Outcome::from_word(&word) else {
                return Err(rusqlite::Error::InvalidColumnType(
                    0,
                    word,
                    rusqlite::types::Type::Text,
                ));
            };
            let count: i64 = row.get(1)?;
            *counts.entry(outcome.word()).or_default() += count.unsigned_abs();
        }
        Ok(counts)
    }

    fn errors(&self) -> rusqlite::Result<BTreeMap<String, u64>> {
        let mut statement = self.database.prepare(
            "SELECT coalesce(error_code, ?1), count(*) FROM rows LEFT JOIN results USING (row) WHERE error_code IS NOT NULL OR \
             (results.row IS NULL AND begun_ms IS NOT NULL) GROUP BY 1",
        )?;
        let rows = statement.query_map([INTERRUPTED], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
        rows.collect()
    }

    fn deliveries(&self) -> rusqlite::Result<BTreeMap<&'static str, u64>> {
        let mut statement = self.database.prepare(
            "SELECT delivery, count(*) FROM results WHERE delivery IS NOT NULL GROUP BY 1",
        )?;
        let mut counts = BTreeMap::new();
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let word: String = row.get(0)?;
            if let Some(delivery) = Delivery::from_word(&word) {
                counts.insert(delivery.word(), row.get::<_, i64>(1)?.unsigned_abs());
            }
        }
        Ok(counts)
    }

    fn requests(&self) -> rusqlite::Result<BTreeMap<String, Requests>> {
        let mut statement = self
            .database
            .prepare("SELECT category, sent, throttled, seal FROM requests")?;
        let rows = statement.query_map([], |row| {
            let category: String = row.get(0)?;
            let (sent, throttled): (i64, i64) = (row.get(1)?, row.get(2)?);
            if requests_seal(&category, sent, throttled) != row.get::<_, i64>(3)? {
                return Err(broken_seal("requests"));
            }
            let requests = Requests {
                sent: sent.unsigned_abs(),
                throttled: throttled.unsigned_abs(),
            };
            Ok((category, requests))
        })?;
        rows.collect()
    }
}

/// How many columns kept cells take.
const KEPT_COLUMN_COUNT: usize = 2;

/// Where the columns of `results` begin in a row that is read.
const RESULTS_AT: usize = 7;

/// What a row that is read has beside its result.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// Kept cells.
    keeps: bool,
    /// Steps.
    follows_up: bool,
}

/// None: it does not match its checksum.
fn row_result(
    row: &rusqlite::Row<'_>,
    number: i64,
    shape: Shape,
) -> rusqlite::Result<Option<RowResult>> {
    let line: i64 = row.get(1)?;
    let username: Option<String> = row.get(2)?;
    let claim: Option<i64> = row.get(3)?;
    let begun_ms: Option<i64> = row.get(4)?;
    let seal: i64 = row.get(5)?;
    if row_seal(number, line, username.as_deref(), claim, begun_ms) != seal {
        return Ok(None);
    }
    let mut behind_results = RESULTS_AT + RESULT_COLUMN_COUNT;
    let kept = if shape.keeps {
        let at = behind_results;
        behind_results += KEPT_COLUMN_COUNT;
        match read_kept(row, at, number)? {
            Some(kept) => kept,
            None => return Ok(None),
        }
    } else {
        Vec::new()
    };
    let follow_up = if shape.follows_up {
        follow_ups::read(row, behind_results, number)?
    } else {
        None
    };
    let settled: bool = row.get(6)?;
    let came = match (settled, begun_ms) {
        (true, _) => read_came(row, RESULTS_AT, number)?,
        (false, Some(_)) => Some(Came::of(Outcome::InDoubt).because(
            INTERRUPTED,
            "the run ended before this row was settled; the same command again settles it",
        )),
        (false, None) => Some(Came::of(Outcome::Unsent)),
    };
    Ok(came.map(|came| RowResult {
        row: number.unsigned_abs(),
        line: line.unsigned_abs(),
        username,
        kept,
        came,
        follow_up,
    }))
}

/// Milliseconds since the Unix epoch as RFC 3339, UTC.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

/// Between the first and the last of them, so one less than there were. Rounded to two places: more would be noise.
fn per_second(intervals: u64, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let rate = intervals as f64 / seconds;
    (rate * 100.0).round() / 100.0
}
