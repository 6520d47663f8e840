//! Builds databases under a temporary name and renames them once complete and synced, so an
//! interrupted process never leaves an incomplete ledger.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::Connection;

use super::directory::{RunDirectory, private_file};
use super::integrity::checkpoint::merge_log;
use super::integrity::wal;
use super::leftovers::UNFINISHED;
use super::run_path::with_suffix;
use super::{Durability, LedgerError, RunPath, schema};

/// A complete database under a temporary name. Removed on drop.
#[derive(Debug)]
pub(super) struct Unplaced {
    path: RunPath,
    unfinished: RunPath,
}

/// Creates and fills a database for this path.
pub(super) fn build<E: From<LedgerError>>(
    path: &RunPath,
    fill: impl FnOnce(&Connection) -> Result<(), E>,
) -> Result<Unplaced, E> {
    let failed = |cause| {
        E::from(LedgerError::Directory {
            path: path.shown().to_owned(),
            cause,
        })
    };
    let made = Unplaced {
        path: path.clone(),
        unfinished: path.with_suffix(UNFINISHED),
    };
    made.remove().map_err(failed)?;
    // Created here with the right mode, because SQLite would use the umask.
    private_file(&made.unfinished).map_err(failed)?;
    let database = schema::connect(&made.unfinished, Durability::Power)?;
    let written =
        |done: rusqlite::Result<()>| done.map_err(|cause| E::from(LedgerError::of(path, cause)));
    written(database.execute_batch("BEGIN"))?;
    fill(&database)?;
    written(database.execute_batch("COMMIT"))?;
    written(merge_log(&database))?;
    written(database.close().map_err(|(_, cause)| cause))?;
    File::open(&made.unfinished)
        .and_then(|file| file.sync_all())
        .map_err(failed)?;
    Ok(made)
}

impl Unplaced {
    /// Renames it, replacing a database that has no log.
    pub(super) fn put_in_place(self, directory: &RunDirectory) -> Result<(), LedgerError> {
        let log = self.path.with_suffix("-wal");
        if wal::has_bytes(&log) {
            return Err(LedgerError::Damaged {
                path: self.path.shown().to_owned(),
                cause: format!(
                    "{} of another database is in its place",
                    log.shown().display()
                ),
            });
        }
        let placed = || {
            for suffix in ["-wal", "-shm"] {
                remove_if_exists(&with_suffix(&self.path, suffix))?;
            }
            fs::rename(&self.unfinished, &self.path)
        };
        placed().map_err(|cause| LedgerError::Directory {
            path: self.path.shown().to_owned(),
            cause,
        })?;
        directory.sync();
        Ok(())
    }

    fn remove(&self) -> io::Result<()> {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            remove_if_exists(&with_suffix(&self.unfinished, suffix))?;
        }
        Ok(())
    }
}

impl Drop for Unplaced {
    fn drop(&mut self) {
        // After `put_in_place`, nothing has this name.
        let _ = self.remove();
    }
}

fn remove_if_exists(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
