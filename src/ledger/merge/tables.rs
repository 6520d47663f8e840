//! Merges tables whose lines belong to rows, in the order of the rows.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, Rows, Statement, params_from_iter};

use super::{MergeError, PartLedger};
use crate::ledger::RunPath;

/// The tables with at most one line for each row, apart from `rows`. The rows of `vanished` are
/// those of the previous list.
pub(super) const PER_ROW: [&str; 5] = ["results", "kept", "follow_ups", "marks", "vanished"];

/// The column of the username in `rows`.
const USERNAME: usize = 2;

/// Merges the rows, and returns their number.
pub(super) fn merge_rows(
    into: &Connection,
    path: &RunPath,
    parts: &[PartLedger],
) -> Result<u64, MergeError> {
    let mut count = 0;
    merge(into, path, parts, "rows", |part, row, line| {
        count += 1;
        let username = match line.get(USERNAME) {
            Some(Value::Text(username)) => Some(username.as_str()),
            Some(_) | None => None,
        };
        if part.part.contains(username, row.unsigned_abs()) {
            return Ok(());
        }
        Err(MergeError::ForeignRow {
            path: part.path.shown().to_owned(),
            row,
        })
    })?;
    Ok(count)
}

pub(super) fn merge_table(
    into: &Connection,
    path: &RunPath,
    parts: &[PartLedger],
    table: &str,
) -> Result<(), MergeError> {
    merge(into, path, parts, table, |_, _, _| Ok(()))
}

/// The lines of a table in one ledger, the next one read ahead.
struct Lines<'p, 's> {
    part: &'p PartLedger,
    rows: Rows<'s>,
    next: Vec<Value>,
}

impl Lines<'_, '_> {
    /// Reads the next line, and returns its row.
    fn advance(&mut self) -> Result<Option<i64>, MergeError> {
        let mut read = || {
            let Some(line) = self.rows.next()? else {
                return Ok(None);
            };
            self.next = values(line)?;
            line.get(0).map(Some)
        };
        read().map_err(MergeError::of(&self.part.path))
    }
}

fn values(line: &Row<'_>) -> rusqlite::Result<Vec<Value>> {
    let columns = line.as_ref().column_count();
    (0..columns).map(|column| line.get(column)).collect()
}

/// Calls `check` with each line before it is copied.
fn merge(
    into: &Connection,
    path: &RunPath,
    parts: &[PartLedger],
    table: &str,
    mut check: impl FnMut(&PartLedger, i64, &[Value]) -> Result<(), MergeError>,
) -> Result<(), MergeError> {
    let mut statements = Vec::with_capacity(parts.len());
    for part in parts {
        let lines = format!("SELECT * FROM {table} ORDER BY row");
        let statement = part.database.prepare(&lines);
        statements.push((part, statement.map_err(MergeError::of(&part.path))?));
    }
    let mut lines = Vec::with_capacity(parts.len());
    let mut next_rows = BinaryHeap::with_capacity(parts.len());
    for (part, statement) in &mut statements {
        let rows = statement.query([]).map_err(MergeError::of(&part.path))?;
        let mut first = Lines {
            part,
            rows,
            next: Vec::new(),
        };
        if let Some(row) = first.advance()? {
            next_rows.push(Reverse((row, lines.len())));
        }
        lines.push(first);
    }
    let mut insert: Option<Statement<'_>> = None;
    let mut last_row = None;
    while let Some(Reverse((row, index))) = next_rows.pop() {
        if last_row.replace(row) == Some(row) {
            return Err(MergeError::RowTwice(row));
        }
        let Some(from) = lines.get_mut(index) else {
            break;
        };
        check(from.part, row, &from.next)?;
        let copied = match &mut insert {
            Some(insert) => insert.execute(params_from_iter(&from.next)),
            None => {
                let places = vec!["?"; from.next.len()].join(", ");
                let statement = into.prepare(&format!("INSERT INTO {table} VALUES ({places})"));
                let statement = insert.insert(statement.map_err(MergeError::of(path))?);
                statement.execute(params_from_iter(&from.next))
            }
        };
        copied.map_err(MergeError::of(path))?;
        if let Some(row) = from.advance()? {
            next_rows.push(Reverse((row, index)));
        }
    }
    Ok(())
}
