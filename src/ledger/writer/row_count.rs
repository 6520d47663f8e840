//! Counts the rows of the ledger and records the number with them, so that a missing row is noticed
//! even if the ledger has only some rows of the list.

use rusqlite::{Connection, params};

use crate::ledger::identity::{self, name};

/// The number of rows in the ledger.
pub(super) struct RowCount {
    rows: u64,
    last_row: i64,
    is_written: bool,
}

impl RowCount {
    pub(super) fn read(database: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            rows: identity::rows(database)?,
            last_row: database
                .query_row("SELECT ifnull(max(row), 0) FROM rows", [], |row| row.get(0))?,
            is_written: true,
        })
    }

    /// Returns whether the ledger has a row. Most rows come after those that it has.
    pub(super) fn has(&self, database: &Connection, row: i64) -> rusqlite::Result<bool> {
        if row > self.last_row {
            return Ok(false);
        }
        database
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM rows WHERE row = ?1)")?
            .query_row(params![row], |found| found.get(0))
    }

    pub(super) fn add(&mut self, row: i64, is_new: bool) {
        if is_new {
            self.rows += 1;
            self.last_row = self.last_row.max(row);
            self.is_written = false;
        }
    }

    pub(super) fn write(&mut self, database: &Connection) -> rusqlite::Result<()> {
        if !self.is_written {
            identity::put(database, name::ROWS, &self.rows.to_string())?;
            self.is_written = true;
        }
        Ok(())
    }
}
