//! The states of all rows, read in one pass over a ledger that may have millions of them.

use rusqlite::Connection;

use super::WriterError;
use super::username_index::UsernameIndex;
use crate::outcome::Outcome;

/// How many rows are in which state.
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
    pub(super) has_stopped_row: bool,
    /// The first row that has no outcome, or is missing from the ledger.
    pub(super) first_open: i64,
}

impl RowStates {
    /// Adds the usernames of rows that were begun to the index, if there is one.
    pub(super) fn read(
        database: &Connection,
        mut usernames: Option<&mut UsernameIndex>,
    ) -> Result<Self, WriterError> {
        let mut states = Self {
            first_open: 1,
            ..Self::default()
        };
        let mut statement = database.prepare(
            "SELECT rows.row, username_hash, begun_ms, outcome, stopped_the_run FROM rows LEFT JOIN results USING (row) ORDER BY rows.row",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            if let Some(usernames) = &mut usernames
                && let Some(username_hash) = row.get(1)?
            {
                let added = usernames.add(username_hash, number);
                added.map_err(WriterError::Usernames)?;
            }
            let begun_ms: Option<i64> = row.get(2)?;
            states.last_begun_ms = states.last_begun_ms.max(begun_ms);
            let Some(name) = row
                .get_ref(3)?
                .as_str_or_null()
                .map_err(rusqlite::Error::from)?
            else {
                states.open += 1;
                states.maybe_sent += u64::from(begun_ms.is_some());
                continue;
            };
            states.has_stopped_row |= row.get::<_, bool>(4)?;
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
        let counted = self.settled.iter_mut();
        match counted
            .into_iter()
            .find(|(outcome, _)| outcome.name() == name)
        {
            Some((_, rows)) => *rows += 1,
            None => self
                .settled
                .extend(Outcome::from_name(name).map(|outcome| (outcome, 1))),
        }
    }
}
