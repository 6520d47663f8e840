//! One row of the ledger, to and from the database, with the seal that shows damage.

use rusqlite::{Row, Statement, params};

use crate::outcome::{Delivery, Evidence, Outcome, RateSample, RowOutcome};

/// The columns of `results`, in the order in which [`read_outcome`] takes them.
pub(super) const RESULT_COLUMNS: &str = "results.outcome, results.evidence, results.user_sub, results.user_status, \
     results.confirmed, results.enabled, results.created_ms, results.delivery, results.delivery_medium, \
     results.delivery_destination, results.error_code, results.error_message, results.attempts, results.duration_ms, \
     results.same_as_row, results.stopped_the_run, results.seal";

/// How many columns [`RESULT_COLUMNS`] has.
pub(super) const RESULT_COLUMN_COUNT: usize = 17;

/// Bytes of most lines: one allocation holds them.
const MOST_LINES: usize = 320;

/// A checksum over parts, none of which can run into the next one. They are put behind one another first: a checksum of many bytes
/// at once costs less than one of few bytes many times.
pub(super) struct Seal(Vec<u8>);

impl Default for Seal {
    fn default() -> Self {
        Self(Vec::with_capacity(MOST_LINES))
    }
}

impl Seal {
    pub(super) fn text(&mut self, text: Option<&str>) -> &mut Self {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0
            .extend_from_slice(text.unwrap_or_default().as_bytes());
        self
    }

    pub(super) fn number(&mut self, number: Option<i64>) -> &mut Self {
        self.0.push(u8::from(number.is_some()));
        self.0
            .extend_from_slice(&number.unwrap_or_default().to_le_bytes());
        self
    }

    pub(super) fn value(&self) -> i64 {
        i64::from(crc32fast::hash(&self.0))
    }
}

/// The seal of a line of `run`.
pub(super) fn value_seal(name: &str, value: &str) -> i64 {
    Seal::default().text(Some(name)).text(Some(value)).value()
}

/// The seal of a line of `requests`.
pub(super) fn requests_seal(category: &str, sent: i64, throttled: i64) -> i64 {
    Seal::default()
        .text(Some(category))
        .number(Some(sent))
        .number(Some(throttled))
        .value()
}

/// The seal of a line of `rates`.
pub(super) fn rate_seal(sample: &RateSample) -> i64 {
    let numbers = [
        sample.at_ms,
        sample.span_ms,
        signed(sample.sent),
        signed(sample.accepted),
        signed(sample.throttled),
        signed(sample.room_milli),
        signed(sample.allowed_milli),
        sample.slowed_ms,
    ];
    let mut seal = Seal::default();
    seal.text(Some(&sample.category));
    for number in numbers {
        seal.number(Some(number));
    }
    seal.value()
}

/// Damage that SQLite cannot see, as an error of the database.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Damage(pub(super) String);

/// A line of the ledger does not match its checksum.
pub(super) fn broken_seal(table: &str) -> rusqlite::Error {
    let damage = Damage(format!(
        "a line of its table {table} does not match its checksum"
    ));
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Null, Box::new(damage))
}

/// The seal of a row of `rows`.
pub(super) fn row_seal(
    row: i64,
    line: i64,
    username: Option<&str>,
    claim: Option<i64>,
    begun_ms: Option<i64>,
) -> i64 {
    Seal::default()
        .number(Some(row))
        .number(Some(line))
        .text(username)
        .number(claim)
        .number(begun_ms)
        .value()
}

/// The seal of a row of `kept`.
fn kept_seal(row: i64, cells: &str) -> i64 {
    Seal::default().number(Some(row)).text(Some(cells)).value()
}

/// The seal of a line of `follow_ups`.
pub(super) fn steps_seal(row: i64, state: &str, steps: &str) -> i64 {
    Seal::default()
        .number(Some(row))
        .text(Some(state))
        .text(Some(steps))
        .value()
}

/// Writes the kept cells of a row.
pub(super) const INSERT_KEPT: &str = "INSERT OR REPLACE INTO kept VALUES (?1, ?2, ?3)";

/// Writes the kept cells of a row by a statement of [`INSERT_KEPT`].
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

/// Reads the kept cells of a row from the columns `cells` and `seal` that begin at `at`. None: the seal is broken, or they are not
/// there.
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

fn result_seal(row: i64, outcome: &RowOutcome) -> i64 {
    Seal::default()
        .number(Some(row))
        .text(Some(outcome.outcome.word()))
        .text(outcome.evidence.map(Evidence::word))
        .text(outcome.user_sub.as_deref())
        .text(outcome.user_status.as_deref())
        .number(outcome.confirmed.map(i64::from))
        .number(outcome.enabled.map(i64::from))
        .number(outcome.created_at)
        .text(outcome.delivery.map(Delivery::word))
        .text(outcome.delivery_medium.as_deref())
        .text(outcome.delivery_destination.as_deref())
        .text(outcome.error_code.as_deref())
        .text(outcome.error_message.as_deref())
        .number(Some(i64::from(outcome.attempts)))
        .number(Some(signed(outcome.duration_ms)))
        .number(outcome.same_as_row.map(signed))
        .number(Some(i64::from(outcome.stopped_the_run)))
        .value()
}

/// SQLite's integers have a sign. No list has 2^63 rows.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Writes what came of a row; takes the parameters of [`write_outcome`].
pub(super) const INSERT_RESULT: &str = "INSERT OR REPLACE INTO results VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
     ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

/// Writes what came of a row by a statement of [`INSERT_RESULT`].
pub(super) fn write_outcome(
    insert: &mut Statement<'_>,
    row: u64,
    outcome: &RowOutcome,
) -> rusqlite::Result<()> {
    let row = signed(row);
    insert
        .execute(params![
            row,
            outcome.outcome.word(),
            outcome.evidence.map(Evidence::word),
            outcome.user_sub,
            outcome.user_status,
            outcome.confirmed,
            outcome.enabled,
            outcome.created_at,
            outcome.delivery.map(Delivery::word),
            outcome.delivery_medium,
            outcome.delivery_destination,
            outcome.error_code,
            outcome.error_message,
            outcome.attempts,
            signed(outcome.duration_ms),
            outcome.same_as_row.map(signed),
            outcome.stopped_the_run,
            result_seal(row, outcome),
        ])
        .map(drop)
}

/// Reads what came of a row from the columns that begin at `at`. None: the seal is broken or a word is unknown.
pub(super) fn read_outcome(
    from: &Row<'_>,
    at: usize,
    row: i64,
) -> rusqlite::Result<Option<RowOutcome>> {
    let word = |place: usize| {
        from.get_ref(at + place)
            .map(|value| value.as_str_or_null().ok().flatten())
    };
    let Some(outcome) = word(0)?.and_then(Outcome::from_word) else {
        return Ok(None);
    };
    let evidence = match word(1)? {
        None => None,
        Some(word) => Evidence::ALL
            .into_iter()
            .find(|evidence| evidence.word() == word),
    };
    let delivery = word(7)?.and_then(Delivery::from_word);
    let outcome = RowOutcome {
        outcome,
        evidence,
        user_sub: from.get(at + 2)?,
        user_status: from.get(at + 3)?,
        confirmed: from.get(at + 4)?,
        enabled: from.get(at + 5)?,
        created_at: from.get(at + 6)?,
        delivery,
        delivery_medium: from.get(at + 8)?,
        delivery_destination: from.get(at + 9)?,
        error_code: from.get(at + 10)?,
        error_message: from.get(at + 11)?,
        attempts: from.get(at + 12)?,
        duration_ms: from.get::<_, i64>(at + 13)?.unsigned_abs(),
        same_as_row: from.get::<_, Option<i64>>(at + 14)?.map(i64::unsigned_abs),
        stopped_the_run: from.get(at + 15)?,
    };
    let seal: i64 = from.get(at + 16)?;
    Ok(Some(outcome).filter(|outcome| result_seal(row, outcome) == seal))
}
