//! The time from which a ledger may lack requests.
//!
//! Every row is begun before it is sent, so an intact ledger knows all rows that were sent. An
//! older copy of it does not know those that were begun after the copy, and looks like the ledger
//! of a session that was killed.

use rusqlite::Connection;

use crate::ledger::facts::Facts;
use crate::ledger::identity::{self, name};
use crate::ledger::{LedgerError, LedgerReader};

/// Returns the earliest time of requests that this ledger may not know, in milliseconds since the
/// Unix epoch on the service's clock. `None` if the last session ended normally.
pub(super) fn lost_since(
    database: &Connection,
    facts: &Facts,
    last_begun_ms: Option<i64>,
) -> rusqlite::Result<Option<i64>> {
    let stored = identity::get(database, name::LOST_SINCE)?.and_then(|ms| ms.parse().ok());
    if stored.is_some() || identity::get(database, name::ENDED)?.is_some() {
        return Ok(stored);
    }
    // Rows begun later than the last known one have a later time.
    Ok(Some(
        last_begun_ms.unwrap_or_else(|| facts.before_first_request_ms()),
    ))
}

/// Keeps the time for later sessions, until a session finds that no more rows are lost.
pub(super) fn write_lost_since(
    database: &Connection,
    lost_since_ms: Option<i64>,
) -> rusqlite::Result<()> {
    match lost_since_ms {
        Some(ms) => identity::put(database, name::LOST_SINCE, &ms.to_string()),
        None => Ok(()),
    }
}

impl LedgerReader {
    /// Returns the time after which rows may have been sent that a copy of this ledger, or a
    /// rebuilt one, does not have, in milliseconds since the Unix epoch. `None` if it has every
    /// row: the run is finished, or no session ended abnormally.
    pub fn lost_since_ms(&self) -> Result<Option<i64>, LedgerError> {
        let read = || {
            if identity::get(&self.database, name::FINISHED)?.as_deref() == Some("1") {
                return Ok(None);
            }
            let facts = Facts::read(&self.database)?;
            let last_begun_ms: Option<i64> =
                self.database
                    .query_row("SELECT max(begun_ms) FROM rows", [], |row| row.get(0))?;
            let lost_since_ms = lost_since(&self.database, &facts, last_begun_ms)?;
            // The service's time is unknown.
            Ok(lost_since_ms.map(|ms| if ms == 0 { facts.started_ms } else { ms }))
        };
        read().map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Returns whether this ledger was begun again after a loss and may still lack rows.
    pub fn is_rebuilt(&self) -> Result<bool, LedgerError> {
        let rebuilt = identity::get(&self.database, name::REBUILT);
        let rebuilt = rebuilt.map_err(|cause| LedgerError::of(&self.path, cause))?;
        Ok(rebuilt.as_deref() == Some("1"))
    }
}
