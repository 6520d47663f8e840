//! Merges what the ledgers say about the run as a whole: its identity, sessions, requests and
//! rates.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::rates::merged_rates;
use super::{MergeError, PartLedger};
use crate::ledger::identity::{self, name, put};
use crate::ledger::integrity::seal::requests_seal;
use crate::ledger::rows::signed;
use crate::ledger::times::{self, Span};
use crate::ledger::{LedgerReader, RunPath, rates};
use crate::outcome::CategoryRequests;

/// Values that all parts must have in common.
const COMMON: [(&str, &str); 18] = [
    (name::RUN_ID, "run ID"),
    (name::KIND, "kind of run"),
    (name::FINGERPRINT, "list (SHA-256)"),
    (name::MAPPING, "mapping of columns"),
    (name::SELECTION, "selection of rows"),
    ("user_pool_id", "user pool"),
    ("client_id", "app client"),
    (name::KEPT, "set of kept columns"),
    (name::FOLLOW_UP, "list of steps after a sign-up"),
    (name::TOLD_TRIGGERS, "data for triggers"),
    (name::PARTS, "number of parts"),
    (name::STARTED, "start"),
    (name::CASE_INSENSITIVE, "case sensitivity"),
    (name::SECOND_BEFORE, "second before the run"),
    (name::LIST_ROWS, "number of rows in the list"),
    (name::PREVIOUS_RUN_ID, "previous run"),
    (name::PREVIOUS_STARTED, "start of the previous run"),
    (name::PREVIOUS_ROWS, "number of rows in the previous list"),
];

/// Values that may differ, because they depend on the machine: those of the first part are used.
const OF_FIRST_PART: [&str; 5] = [
    "list",
    name::ENDPOINT,
    name::VERSION,
    name::PREVIOUS_DIRECTORY,
    name::PREVIOUS_LIST,
];

type Values = BTreeMap<String, String>;

pub(super) fn merge(
    into: &Connection,
    path: &RunPath,
    parts: &[PartLedger],
    command: Option<&[String]>,
    rows: u64,
) -> Result<(), MergeError> {
    let mut of_parts = Vec::with_capacity(parts.len());
    for part in parts {
        let values = identity::all(&part.database).map_err(MergeError::of(&part.path))?;
        of_parts.push(values);
    }
    let Some(first) = of_parts.first() else {
        return Ok(());
    };
    for (part, values) in parts.iter().zip(&of_parts) {
        refuse_other_run(part, values, first)?;
    }
    if let Some(expected) = number(first, name::LIST_ROWS)
        && expected != rows
    {
        return Err(MergeError::RowsMissing {
            found: rows,
            expected,
        });
    }
    let copied = COMMON.iter().map(|(name, _)| *name).chain(OF_FIRST_PART);
    let written = || {
        for name in copied {
            if let Some(value) = first.get(name) {
                put(into, name, value)?;
            }
        }
        if let Some(command) = command {
            put(into, name::COMMAND, &serde_json::json!(command).to_string())?;
        }
        let ends: Vec<Option<&String>> = of_parts
            .iter()
            .map(|values| values.get(name::ENDED))
            .collect();
        put(
            into,
            name::MERGED_ENDS,
            &serde_json::json!(ends).to_string(),
        )?;
        write_sums(into, &of_parts, rows)
    };
    written().map_err(MergeError::of(path))?;
    let elapsed = number(first, name::STARTED).map_or(i64::MIN, |started| {
        let ended = of_parts
            .iter()
            .filter_map(|values| number(values, name::ENDED));
        signed(ended.max().unwrap_or(0)) - signed(started)
    });
    merge_activity(into, path, parts, elapsed)
}

fn refuse_other_run(
    part: &PartLedger,
    values: &Values,
    of_first_part: &Values,
) -> Result<(), MergeError> {
    let differs = |(name, _): &&(&str, &str)| values.get(*name) != of_first_part.get(*name);
    match COMMON.iter().find(differs) {
        None => Ok(()),
        Some((_, what)) => Err(MergeError::OtherRun {
            path: part.path.shown().to_owned(),
            what,
        }),
    }
}

fn number(values: &Values, name: &str) -> Option<u64> {
    values.get(name)?.parse().ok()
}

fn write_sums(into: &Connection, parts: &[Values], rows: u64) -> rusqlite::Result<()> {
    let numbers = |name| parts.iter().filter_map(move |part| number(part, name));
    // 1, plus 1 for each time that a part was resumed.
    let sessions = 1 + numbers(name::SESSIONS)
        .map(|number| number.saturating_sub(1))
        .sum::<u64>();
    put(into, name::SESSIONS, &sessions.to_string())?;
    if let Some(ended) = numbers(name::ENDED).max() {
        put(into, name::ENDED, &ended.to_string())?;
    }
    if numbers(name::VANISHED).next().is_some() {
        let vanished: u64 = numbers(name::VANISHED).sum();
        put(into, name::VANISHED, &vanished.to_string())?;
    }
    put(into, name::ROWS, &rows.to_string())?;
    for flag in [name::FINISHED, name::READ_TO_END, name::MERGED] {
        put(into, flag, "1")?;
    }
    Ok(())
}

/// Merges the times of the sessions, their requests and rates.
fn merge_activity(
    into: &Connection,
    path: &RunPath,
    parts: &[PartLedger],
    elapsed_ms: i64,
) -> Result<(), MergeError> {
    let mut requests: BTreeMap<String, CategoryRequests> = BTreeMap::new();
    let (mut spans, mut samples, mut active) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        let mut read = || {
            for (category, more) in LedgerReader::requests_in(&part.database)? {
                let sum = requests.entry(category).or_default();
                sum.sent += more.sent;
                sum.throttled += more.throttled;
            }
            spans.extend(times::read(&part.database)?.sessions);
            samples.push(rates::all(&part.database)?);
            let values = identity::all(&part.database)?;
            active.push(number(&values, name::ACTIVE).map_or(0, signed));
            Ok(())
        };
        read().map_err(MergeError::of(&part.path))?;
    }
    let write = || {
        let mut insert = into.prepare(times::INSERT)?;
        for (number, span) in (1..).zip(&spans) {
            times::write(&mut insert, number, *span)?;
        }
        for (category, CategoryRequests { sent, throttled }) in &requests {
            let (sent, throttled) = (signed(*sent), signed(*throttled));
            let seal = requests_seal(category, sent, throttled);
            into.execute(
                "INSERT INTO requests VALUES (?1, ?2, ?3, ?4)",
                params![category, sent, throttled, seal],
            )?;
        }
        rates::write(into, &merged_rates(&samples))?;
        let active = active_ms(&active, &spans).min(elapsed_ms.max(0));
        put(into, name::ACTIVE, &active.to_string())
    };
    write().map_err(MergeError::of(path))
}

/// Returns how long at least one part was active: no less than the longest of them, and no more
/// than their sum.
fn active_ms(parts: &[i64], spans: &[Span]) -> i64 {
    let longest = parts.iter().copied().max().unwrap_or(0);
    let mut spans: Vec<(i64, i64)> = spans
        .iter()
        .map(|span| (span.from_ms, span.until_ms))
        .collect();
    spans.sort_unstable();
    let (mut union, mut end) = (0, i64::MIN);
    for (from, until) in spans {
        union += until.saturating_sub(from.max(end)).max(0);
        end = end.max(until);
    }
    union.clamp(longest, parts.iter().sum::<i64>().max(longest))
}

#[cfg(test)]
mod tests {
    use super::active_ms;
    use crate::ledger::times::Span;

    #[test]
    fn time_in_which_parts_overlap_counts_once() {
        let span = |from_ms, until_ms| Span { from_ms, until_ms };
        let at_once = [span(0, 1_000), span(100, 900), span(500, 1_200)];
        assert_eq!(active_ms(&[1_000, 800, 700], &at_once), 1_200);
        let one_by_one = [span(0, 1_000), span(5_000, 6_000)];
        assert_eq!(active_ms(&[900, 900], &one_by_one), 1_800);
        assert_eq!(active_ms(&[900, 200], &[span(0, 10)]), 900);
        assert_eq!(active_ms(&[], &[]), 0);
    }
}
