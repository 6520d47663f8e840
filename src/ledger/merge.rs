//! Merges the ledgers of a run's parts into a ledger of the whole run, which all commands accept.
//!
//! Lines are copied with their checksums, which readers of the merged ledger verify.

mod changed;
mod incomplete;
mod rates;
mod run_values;
mod tables;

use std::path::PathBuf;

use rusqlite::Connection;

use super::build::build;
use super::identity::{self, name};
use super::integrity::presence::{ledger_is_there, part_is_absent};
use super::{Durability, LedgerError, RunDirectory, RunPath, directory, schema};
use crate::hints::Hint;
use crate::part::Part;
pub use changed::changed_parts;
pub use incomplete::{IncompleteParts, part_list};
use tables::{PER_ROW, merge_rows, merge_table};

/// The ledgers of some parts cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("{path}: {parts}", path = .0.display(), parts = .1)]
    Incomplete(PathBuf, IncompleteParts),
    /// A value that all parts have in common.
    #[error("{path}: does not belong to the same run as the other parts: its {what} differs")]
    OtherRun { path: PathBuf, what: &'static str },
    #[error("{path}: has row {row}, which belongs to another part")]
    ForeignRow { path: PathBuf, row: i64 },
    #[error("row {0} is in the ledgers of two parts")]
    RowTwice(i64),
    #[error("the parts have {found} rows, but the list has {expected}")]
    RowsMissing { found: u64, expected: u64 },
    #[error("the merged ledger cannot be read: {0}")]
    Unreadable(LedgerError),
    /// Merging would replace a ledger with outcomes of its own.
    #[error("{0}: was not merged from parts, and would be replaced")]
    NotMerged(PathBuf),
}

impl Hint for MergeError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            // A part cannot be started over.
            Self::Ledger(LedgerError::Lost { .. } | LedgerError::Damaged { .. }) => {
                "restore the directory of the part, or remove it and run that part again, then merge again".to_owned()
            }
            Self::Ledger(LedgerError::DamagedCertificate { .. }) => {
                "restore it from a backup".to_owned()
            }
            Self::Ledger(LedgerError::Undone { .. }) => {
                "use another --run-dir for a new run".to_owned()
            }
            Self::Ledger(error) => return error.hint(),
            Self::Incomplete(_, parts) => parts.hint(),
            Self::OtherRun { .. }
            | Self::ForeignRow { .. }
            | Self::RowTwice(_)
            | Self::RowsMissing { .. } => {
                "restore the directories of the parts as the imports left them".to_owned()
            }
            Self::Unreadable(error) if error.is_busy() => return error.hint(),
            Self::Unreadable(_) => {
                "move ledger.db and ledger.db-wal away, then merge again; the ledgers of the parts are unchanged".to_owned()
            }
            Self::NotMerged(_) => "move it away, or merge the parts of another run".to_owned(),
        })
    }

    fn is_temporary(&self) -> bool {
        matches!(self, Self::Incomplete(..))
    }

    fn is_busy(&self) -> bool {
        matches!(self, Self::Ledger(error) | Self::Unreadable(error) if error.is_busy())
    }
}

impl MergeError {
    fn of(path: &RunPath) -> impl Fn(rusqlite::Error) -> Self {
        |cause| Self::Ledger(LedgerError::of(path, cause))
    }
}

/// The verified ledger of a finished part.
#[derive(Debug)]
pub struct PartLedger {
    part: Part,
    path: RunPath,
    database: Connection,
}

/// What was found in the directory of a part.
enum FoundPart {
    Finished(PartLedger),
    Unfinished,
    Missing,
}

impl PartLedger {
    /// Opens and verifies the ledgers of all parts of the run in this directory, given with theirs.
    ///
    /// # Errors
    /// A part has no ledger, is not finished, or belongs to another run.
    pub fn open_all(
        run_directory: &RunPath,
        parts: &[(Part, RunPath)],
        run_id: &str,
    ) -> Result<Vec<Self>, MergeError> {
        let mut ledgers = Vec::with_capacity(parts.len());
        let mut incomplete = IncompleteParts::default();
        for (part, directory) in parts {
            match Self::open(directory, *part, run_id)? {
                FoundPart::Finished(ledger) => ledgers.push(ledger),
                FoundPart::Unfinished => incomplete.unfinished.push(*part),
                FoundPart::Missing => incomplete.missing.push(*part),
            }
        }
        if incomplete == IncompleteParts::default() {
            Ok(ledgers)
        } else {
            let shown = run_directory.shown().to_owned();
            Err(MergeError::Incomplete(shown, incomplete))
        }
    }

    fn open(run_directory: &RunPath, part: Part, run_id: &str) -> Result<FoundPart, MergeError> {
        if part_is_absent(run_directory) {
            return Ok(FoundPart::Missing);
        }
        ledger_is_there(run_directory, Durability::Power)?;
        let path = directory::database_in(run_directory);
        let database = schema::open_to_read(&path)?;
        let read = |name| identity::get(&database, name).map_err(MergeError::of(&path));
        database
            .execute_batch("BEGIN")
            .map_err(MergeError::of(&path))?;
        for (name, value, what) in [
            (name::RUN_ID, run_id, "run ID"),
            (name::PART, &part.to_string(), "part"),
        ] {
            if read(name)?.as_deref() != Some(value) {
                return Err(MergeError::OtherRun {
                    path: path.shown().to_owned(),
                    what,
                });
            }
        }
        if read(name::FINISHED)?.as_deref() != Some("1") {
            return Ok(FoundPart::Unfinished);
        }
        Ok(FoundPart::Finished(Self {
            part,
            path,
            database,
        }))
    }

    /// Returns the words of the command that resumes the part.
    pub fn command(&self) -> Result<Option<Vec<String>>, LedgerError> {
        identity::metadata(&self.database)
            .map(|about| about.command)
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }
}

/// Writes the ledger of the whole run, replacing one that was merged earlier. `command` is the
/// command of the run without its part.
///
/// # Errors
/// The parts do not belong together, or a ledger cannot be read or written. Nothing is replaced.
pub fn merge_parts(
    directory: &RunDirectory,
    parts: &[PartLedger],
    command: Option<&[String]>,
) -> Result<(), MergeError> {
    let path = directory.database();
    if has_own_ledger(directory.location())? {
        return Err(MergeError::NotMerged(path.shown().to_owned()));
    }
    let unplaced = build(&path, |database| {
        schema::fill(database).map_err(MergeError::of(&path))?;
        let rows = merge_rows(database, &path, parts)?;
        for table in PER_ROW {
            merge_table(database, &path, parts, table)?;
        }
        run_values::merge(database, &path, parts, command, rows)
    })?;
    directory.make_ledger_replaceable();
    unplaced.put_in_place(directory)?;
    Ok(())
}

/// Returns whether the directory has a ledger that was not merged from parts.
pub fn has_own_ledger(run_directory: &RunPath) -> Result<bool, MergeError> {
    let path = directory::database_in(run_directory);
    if path.symlink_metadata().is_err() {
        return Ok(false);
    }
    // SQLite would delete the log of an empty database.
    let is_merged = ledger_is_there(run_directory, Durability::Power).and_then(|_| {
        let ledger = schema::open_to_list(&path)?;
        identity::get(&ledger, name::MERGED).map_err(|cause| LedgerError::of(&path, cause))
    });
    is_merged
        .map(|merged| merged.is_none())
        .map_err(MergeError::Unreadable)
}
