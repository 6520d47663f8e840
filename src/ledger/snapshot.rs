//! Copies a ledger into one file while a run writes to it.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::directory::{database_in, private_file};
use super::integrity::checkpoint::merge_log;
use super::{LedgerError, RunPath, schema};

/// Pages copied in one step: all of them are those of one transaction.
const ALL_PAGES: i32 = i32::MAX;

/// The pause before trying again while a writer holds the database.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Copies the ledger in this run directory, which this process has verified, to a new file. The
/// copy is the ledger after some transaction of the run, complete without a write-ahead log.
///
/// # Errors
/// The ledger cannot be read, or the file cannot be written.
pub fn snapshot(run_directory: &RunPath, to: &Path) -> Result<(), LedgerError> {
    let path = database_in(run_directory);
    let unwritable = |cause| LedgerError::Directory {
        path: run_directory.shown().to_owned(),
        cause,
    };
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(unwritable(error));
        }
        Ok(()) | Err(_) => {}
    }
    private_file(to).map_err(unwritable)?;
    let source = schema::connect_to_read(&path)?;
    let copied = || {
        let mut copy = Connection::open(to)?;
        let backup = Backup::new(&source, &mut copy)?;
        backup.run_to_completion(ALL_PAGES, RETRY_INTERVAL, None)?;
        drop(backup);
        merge_log(&copy)
    };
    copied().map_err(|cause| LedgerError::of(&path, cause))
}
