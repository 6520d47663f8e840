//! Row states, read in a single pass, because a ledger may have millions of rows.

use rusqlite::Connection;

use crate::ledger::integrity::seal::{broken_row, row_seal};
use crate::outcome::Outcome;

/// Row counts by state.
#[derive(Debug, Default)]
pub(super) struct RowStates {
    /// Rows with an outcome, by outcome.
    pub(super) settled: Vec<(Outcome, u64)>,
    /// Rows that were begun and have no outcome.
    pub(super) maybe_sent: u64,
    /// Rows without an outcome, begun or not.
    pub(super) open: u64,
    /// The latest time at which a row was begun.
    pub(super) last_begun_ms: Option<i64>,
    /// Whether there is a row that stopped the run.
    pub(super) has_stopping_row: bool,
    /// The first row number without an outcome, whether its row is open or missing.
    pub(super) first_open: i64,
}

impl RowStates {
    /// Verifies the checksum of each row, and passes the username's hash and the number of each row
    /// that was begun to `add_username`.
    pub(super) fn read(
        database: &Connection,
        mut add_username: impl FnMut(i64, i64),
    ) -> rusqlite::Result<Self> {
        let mut states = Self {
            first_open: 1,
            ..Self::default()
        };
        let mut statement = database.prepare(
            "SELECT rows.row, line, username, username_hash, begun_ms, rows.seal, outcome, stopped_the_run FROM rows LEFT JOIN results USING (row) \
             ORDER BY rows.row",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let username = row.get_ref(2)?.as_str_or_null();
            let username_hash = row.get(3)?;
            let begun_ms: Option<i64> = row.get(4)?;
            let seal = row_seal(
                number,
                row.get(1)?,
                username.map_err(rusqlite::Error::from)?,
                username_hash,
                begun_ms,
            );
            if seal != row.get::<_, i64>(5)? {
                return Err(broken_row(number));
            }
            if let Some(username_hash) = username_hash {
                add_username(username_hash, number);
            }
            states.last_begun_ms = states.last_begun_ms.max(begun_ms);
            let Some(name) = row
                .get_ref(6)?
                .as_str_or_null()
                .map_err(rusqlite::Error::from)?
            else {
                states.open += 1;
                states.maybe_sent += u64::from(begun_ms.is_some());
                continue;
            };
            states.has_stopping_row |= row.get::<_, bool>(7)?;
            if number == states.first_open {
                states.first_open += 1;
            }
            states.add_settled(name);
        }
        Ok(states)
    }

    pub(super) fn count_settled(&self) -> u64 {
        self.settled.iter().map(|(_, rows)| rows).sum()
    }

    fn add_settled(&mut self, name: &str) {
        let mut counted = self.settled.iter_mut();
        match counted.find(|(outcome, _)| outcome.name() == name) {
            Some((_, rows)) => *rows += 1,
            None => self
                .settled
                .extend(Outcome::from_name(name).map(|outcome| (outcome, 1))),
        }
    }
}
