//! Seals: checksums stored with every line of the ledger, because SQLite has none and damaged lines
//! must not be trusted.

use crate::ledger::previous::VanishedUser;
use crate::ledger::rows::signed;
use crate::outcome::{Delivery, Evidence, RateSample, RowOutcome};

/// Most lines are shorter, so one allocation is enough.
const MOST_LINES: usize = 320;

/// A checksum over parts with unambiguous boundaries. The parts are concatenated first: one
/// checksum of many bytes costs less than many checksums of few bytes.
pub(in crate::ledger) struct Seal(Vec<u8>);

impl Default for Seal {
    fn default() -> Self {
        Self(Vec::with_capacity(MOST_LINES))
    }
}

impl Seal {
    pub(in crate::ledger) fn text(&mut self, text: Option<&str>) -> &mut Self {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0
            .extend_from_slice(text.unwrap_or_default().as_bytes());
        self
    }

    pub(in crate::ledger) fn number(&mut self, number: Option<i64>) -> &mut Self {
        self.0.push(u8::from(number.is_some()));
        self.0
            .extend_from_slice(&number.unwrap_or_default().to_le_bytes());
        self
    }

    pub(in crate::ledger) fn value(&self) -> i64 {
        i64::from(crc32fast::hash(&self.0))
    }
}

/// Returns the seal of a line of `run`.
pub(in crate::ledger) fn value_seal(name: &str, value: &str) -> i64 {
    Seal::default().text(Some(name)).text(Some(value)).value()
}

/// Returns the seal of a line of `requests`.
pub(in crate::ledger) fn requests_seal(category: &str, sent: i64, throttled: i64) -> i64 {
    Seal::default()
        .text(Some(category))
        .number(Some(sent))
        .number(Some(throttled))
        .value()
}

/// Returns the seal of a line of `rates`.
pub(in crate::ledger) fn rate_seal(sample: &RateSample) -> i64 {
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

/// Damage that SQLite does not notice, as a database error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::ledger) struct Damage(pub(in crate::ledger) String);

/// Returns the error for a line that does not match its checksum.
pub(in crate::ledger) fn broken_seal(table: &str) -> rusqlite::Error {
    let damage = Damage(format!(
        "a line of its table {table} does not match its checksum"
    ));
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Null, Box::new(damage))
}

/// Returns the error for a row of `rows` that does not match its checksum.
pub(in crate::ledger) fn broken_row(row: i64) -> rusqlite::Error {
    let damage = Damage(format!("row {row} does not match its checksum"));
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Null, Box::new(damage))
}

/// Returns the seal of a row of `rows`.
pub(in crate::ledger) fn row_seal(
    row: i64,
    line: i64,
    username: Option<&str>,
    username_hash: Option<i64>,
    begun_ms: Option<i64>,
) -> i64 {
    Seal::default()
        .number(Some(row))
        .number(Some(line))
        .text(username)
        .number(username_hash)
        .number(begun_ms)
        .value()
}

/// Returns the seal of a row of `kept`.
pub(in crate::ledger) fn kept_seal(row: i64, cells: &str) -> i64 {
    Seal::default().number(Some(row)).text(Some(cells)).value()
}

/// Returns the seal of a line of `follow_ups`.
pub(in crate::ledger) fn steps_seal(row: i64, state: &str, steps: &str) -> i64 {
    Seal::default()
        .number(Some(row))
        .text(Some(state))
        .text(Some(steps))
        .value()
}

/// Returns the seal of a line of `marks`.
pub(in crate::ledger) fn mark_seal(row: i64, is_new: bool, known: bool) -> i64 {
    Seal::default()
        .number(Some(row))
        .number(Some(i64::from(is_new)))
        .number(Some(i64::from(known)))
        .value()
}

/// Returns the seal of a line of `vanished`.
pub(in crate::ledger) fn vanished_seal(user: &VanishedUser) -> i64 {
    Seal::default()
        .number(Some(signed(user.row)))
        .text(Some(&user.username))
        .text(Some(user.outcome.name()))
        .text(user.user_sub.as_deref())
        .value()
}

/// Returns the seal of a row of `results`, with its columns `differs` and `changes`.
pub(in crate::ledger) fn result_seal(
    row: i64,
    outcome: &RowOutcome,
    [differs, changes]: [Option<&str>; 2],
) -> i64 {
    Seal::default()
        .number(Some(row))
        .text(Some(outcome.outcome.name()))
        .text(outcome.evidence.map(Evidence::name))
        .text(outcome.user_sub.as_deref())
        .text(outcome.user_status.as_deref())
        .number(outcome.confirmed.map(i64::from))
        .number(outcome.enabled.map(i64::from))
        .number(outcome.created_at)
        .text(differs)
        .text(changes)
        .text(outcome.delivery.map(Delivery::name))
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
