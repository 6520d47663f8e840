//! Reads and writes the columns of one row, and checks their seals.

use std::borrow::Cow;

use rusqlite::{Connection, Row, Statement, params};
use serde::Serialize;

use super::integrity::seal::{broken_seal, kept_seal, result_seal};
use crate::outcome::{Delivery, Difference, Evidence, Outcome, RowOutcome, UserUpdate};

/// The columns of `results`, in the order expected by [`read_outcome`].
pub(super) const RESULT_COLUMNS: &str = "results.outcome, results.evidence, results.user_sub, results.user_status, \
     results.confirmed, results.enabled, results.created_ms, results.differs, results.changes, results.delivery, results.delivery_medium, \
     results.delivery_destination, results.error_code, results.error_message, results.attempts, results.duration_ms, \
     results.same_as_row, results.stopped_the_run, results.seal";

/// The column `differs` of most users that existed.
const NO_DIFFERENCES: &str = "[]";

/// The number of columns in [`RESULT_COLUMNS`].
pub(super) const RESULT_COLUMN_COUNT: usize = 19;

pub(super) const INSERT_KEPT: &str = "INSERT OR REPLACE INTO kept VALUES (?1, ?2, ?3)";

/// Writes the kept cells of a row with a prepared [`INSERT_KEPT`].
pub(super) fn write_kept(
    insert: &mut Statement<'_>,
    row: u64,
    kept: &[Option<String>],
) -> rusqlite::Result<()> {
    let row = signed(row);
    let cells = serde_json::to_string(kept)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    insert
        .execute(params![row, cells, kept_seal(row, &cells)])
        .map(drop)
}

/// Reads the kept cells of a row from the columns `cells` and `seal` starting at `at`. `None` if
/// the seal is broken or they are missing.
pub(super) fn read_kept(
    from: &Row<'_>,
    at: usize,
    row: i64,
) -> rusqlite::Result<Option<Vec<Option<String>>>> {
    let (Some(cells), Some(seal)) = (
        from.get::<_, Option<String>>(at)?,
        from.get::<_, Option<i64>>(at + 1)?,
    ) else {
        return Ok(None);
    };
    if kept_seal(row, &cells) != seal {
        return Ok(None);
    }
    Ok(serde_json::from_str(&cells).ok())
}

/// Converts a row number to SQLite's signed integers. No list has 2^63 rows.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The statement for [`write_outcome`].
pub(super) const INSERT_RESULT: &str = "INSERT OR REPLACE INTO results VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
     ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";

/// Writes the outcome of a row with a prepared [`INSERT_RESULT`].
pub(super) fn write_outcome(
    insert: &mut Statement<'_>,
    row: u64,
    outcome: &RowOutcome,
) -> rusqlite::Result<()> {
    let row = signed(row);
    let differs = differs_text(outcome)?;
    let changes = outcome.update.as_ref().map(json).transpose()?;
    insert
        .execute(params![
            row,
            outcome.outcome.name(),
            outcome.evidence.map(Evidence::name),
            outcome.user_sub,
            outcome.user_status,
            outcome.confirmed,
            outcome.enabled,
            outcome.created_at,
            differs,
            changes,
            outcome.delivery.map(Delivery::name),
            outcome.delivery_medium,
            outcome.delivery_destination,
            outcome.error_code,
            outcome.error_message,
            outcome.attempts,
            signed(outcome.duration_ms),
            outcome.same_as_row.map(signed),
            outcome.stopped_the_run,
            result_seal(row, outcome, [differs.as_deref(), changes.as_deref()]),
        ])
        .map(drop)
}

/// Returns the column `differs`: a JSON array.
fn differs_text(outcome: &RowOutcome) -> rusqlite::Result<Option<Cow<'static, str>>> {
    match outcome.differs.as_deref() {
        None => Ok(None),
        Some([]) => Ok(Some(NO_DIFFERENCES.into())),
        Some(differences) => json(&differences).map(|text| Some(text.into())),
    }
}

fn json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn differences(text: &str) -> rusqlite::Result<Vec<Difference>> {
    if text == NO_DIFFERENCES {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|_| broken_seal("results"))
}

fn update(text: &str) -> rusqlite::Result<UserUpdate> {
    serde_json::from_str(text).map_err(|_| broken_seal("results"))
}

/// Returns the outcome of a settled row.
pub(super) fn outcome_of(database: &Connection, row: i64) -> rusqlite::Result<RowOutcome> {
    let query = format!("SELECT {RESULT_COLUMNS} FROM results WHERE row = ?1");
    database
        .prepare_cached(&query)?
        .query_row(params![row], |found| read_outcome(found, 0, row))?
        .ok_or_else(|| broken_seal("results"))
}

/// Reads the outcome of a row from the columns starting at `at`. `None` if the seal is broken or an
/// outcome is unknown.
pub(super) fn read_outcome(
    from: &Row<'_>,
    at: usize,
    row: i64,
) -> rusqlite::Result<Option<RowOutcome>> {
    let word = |place: usize| {
        from.get_ref(at + place)
            .map(|value| value.as_str_or_null().ok().flatten())
    };
    let Some(outcome) = word(0)?.and_then(Outcome::from_name) else {
        return Ok(None);
    };
    let evidence = match word(1)? {
        None => None,
        Some(word) => Evidence::ALL
            .into_iter()
            .find(|evidence| evidence.name() == word),
    };
    let delivery = word(9)?.and_then(Delivery::from_name);
    let (differs, changes) = (word(7)?, word(8)?);
    let outcome = RowOutcome {
        outcome,
        evidence,
        user_sub: from.get(at + 2)?,
        user_status: from.get(at + 3)?,
        confirmed: from.get(at + 4)?,
        enabled: from.get(at + 5)?,
        created_at: from.get(at + 6)?,
        differs: differs.map(differences).transpose()?,
        update: changes.map(update).transpose()?,
        delivery,
        delivery_medium: from.get(at + 10)?,
        delivery_destination: from.get(at + 11)?,
        error_code: from.get(at + 12)?,
        error_message: from.get(at + 13)?,
        attempts: from.get(at + 14)?,
        duration_ms: from.get::<_, i64>(at + 15)?.unsigned_abs(),
        same_as_row: from.get::<_, Option<i64>>(at + 16)?.map(i64::unsigned_abs),
        stopped_the_run: from.get(at + 17)?,
    };
    let seal: i64 = from.get(at + 18)?;
    let sealed = |outcome: &RowOutcome| result_seal(row, outcome, [differs, changes]);
    Ok(Some(outcome).filter(|outcome| sealed(outcome) == seal))
}
