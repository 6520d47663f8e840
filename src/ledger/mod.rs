//! The ledger: a SQLite database in the run's directory that records the run's identity, the rows
//! that were begun, and their outcomes.
//!
//! A row is recorded as begun before its first request is sent, and its outcome as soon as it is
//! known. In between, the row may have been sent, even if the process dies. Follow-up steps are
//! recorded with the outcome and again as each step ends. The ledger contains no passwords and no
//! hashes of them. Results are projections of it.
//!
//! [`directory`] is the run's directory and its lock. [`identity`] identifies the run. [`writer`]
//! writes on a background thread, [`reader`] reads for reports, and [`resume_cursor`] tells a
//! resumed run the state of each row. [`certificate`] outlives a lost ledger. `integrity` detects
//! damage. [`undo`] is the separate ledger of an undo. [`comparison`] compares two runs, and
//! [`overview`] lists them. [`previous`] compares a run to that of the night before. [`listing`]
//! and [`verification`] are not part of the ledger: they hold the pool's users while the process
//! runs, and while a verification is unfinished.

mod build;
pub mod certificate;
pub mod comparison;
pub mod directory;
mod exposure;
mod facts;
mod follow_ups;
pub mod identity;
mod integrity;
pub mod leftovers;
pub mod listing;
mod lock;
pub mod merge;
pub mod overview;
pub mod previous;
mod rates;
pub mod reader;
pub mod resume_cursor;
mod rows;
mod run_path;
mod s3_hints;
mod schema;
pub mod snapshot;
pub mod times;
pub mod undo;
pub mod verification;
pub mod writer;

use std::path::{Path, PathBuf};

pub use certificate::{RunCertificate, RunOutline};
use clap::ValueEnum;
pub use directory::RunDirectory;
pub use exposure::Exposure;
pub use facts::{Facts, Session};
pub use identity::{Identity, Invocation, LedgerStatus, RunKind, RunMetadata};
pub use integrity::anchor::{Displaced, refuse_if_saved};
pub use integrity::presence::refuse_absent_ledger;
pub use lock::LedgerLock;
pub use reader::{LedgerReader, RowSums};
pub use run_path::RunPath;
pub use schema::use_temporary_directory;
pub use times::{RunTimes, Span};
pub use undo::{UndoEffects, UndoLedger};
pub use writer::{
    BeginResult, FoundLedger, Ledger, LedgerBatch, NewLedger, NewRow, RetryFilter, ToBegin,
};

use crate::hints::Hint;
use certificate::CERTIFICATE;
use identity::NUMBER_OF_PARTS;

/// The failures that a committed transaction survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Durability {
    /// A power failure
    #[default]
    Power,
    /// A crash of this process, but not a power failure
    Process,
}

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The directory cannot be created or read.
    #[error("run directory {path}: {cause}")]
    Directory {
        path: PathBuf,
        cause: std::io::Error,
    },
    /// Other users can change the ledger of a run that is to be undone.
    #[error("{0}; an undo deletes the users that the ledger names, so nothing was deleted")]
    Exposed(Exposure),
    /// Another process has locked the run's directory.
    #[error("run directory {0}: another process is using it")]
    Busy(PathBuf),
    /// Another process has locked the database.
    #[error("{0}: another process has locked it")]
    InUse(PathBuf),
    /// There is no ledger.
    #[error("{0}: no ledger found")]
    Missing(PathBuf),
    /// The file is damaged or not a ledger.
    #[error("{path}: damaged, or not a ledger ({cause})")]
    Damaged { path: PathBuf, cause: String },
    /// The ledger is missing, but other files of the run exist.
    #[error("{path}: the ledger is missing, but other files of the run exist ({found})")]
    Lost {
        path: PathBuf,
        /// The existing files.
        found: String,
    },
    /// The run has parts, and their ledgers are not merged.
    #[error("{0}: the parts of this run are not merged")]
    Unmerged(PathBuf),
    /// The ledger of an undo is missing, but other files of the undo exist.
    #[error(
        "{path}: the ledger of this run's undo is missing, but other files of the undo exist ({found})"
    )]
    LostUndo {
        path: PathBuf,
        /// The existing files of the undo.
        found: String,
    },
    /// The run was undone.
    #[error("{path}: {effects}")]
    Undone {
        path: PathBuf,
        /// What happened to its users so far.
        effects: UndoEffects,
    },
    /// The file is damaged or not the ledger of an undo.
    #[error("{path}: damaged, or not the ledger of this run's undo ({cause})")]
    DamagedUndo { path: PathBuf, cause: String },
    /// The certificate cannot be parsed.
    #[error("{path}: damaged, or not the certificate of a run ({cause})")]
    DamagedCertificate {
        path: PathBuf,
        cause: String,
        /// Whether the run has a ledger.
        has_ledger: bool,
    },
    /// A newer version wrote it.
    #[error(
        "{path}: was written by a newer version (format {found}; this version supports {known})"
    )]
    Newer {
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest supported format.
        known: i64,
    },
    /// The ledger belongs to another run.
    #[error("{path}: belongs to another run: its {what} is `{found}` instead of `{here}`")]
    OtherRun {
        path: PathBuf,
        /// The property that differs.
        what: &'static str,
        /// The value in the ledger.
        found: String,
        /// The value of this command.
        here: String,
    },
    /// The certificate does not belong to the ledger next to it.
    #[error(
        "{path}: does not belong to the ledger next to it: its {what} is `{found}`, and the ledger's is `{here}`"
    )]
    OtherCertificate {
        path: PathBuf,
        /// The property that differs.
        what: &'static str,
        /// The value in the certificate.
        found: String,
        /// The value in the ledger.
        here: String,
    },
    /// A row of the list differs from the one in the ledger.
    #[error(
        "row {row}: the username is `{found}` in the ledger, but `{here}` in the list: another \
         list needs its own --run-dir"
    )]
    OtherRow {
        row: u64,
        /// The ledger's username.
        found: String,
        /// The list's username.
        here: String,
    },
    /// SQLite failed.
    #[error("{path}: {cause}")]
    Database {
        path: PathBuf,
        cause: rusqlite::Error,
    },
    /// The temporary file of the username index cannot be written or read.
    #[error(
        "nothing more was sent, because the temporary file of the username index cannot be used: {0}"
    )]
    Usernames(std::io::Error),
    /// The temporary file of the listing cannot be written or read.
    #[error("the temporary file with the pool's users cannot be used: {}", temporary_cause(.0))]
    Listing(rusqlite::Error),
    /// The temporary file of a comparison cannot be written or read.
    #[error("the temporary file with the users of both runs cannot be used: {}", temporary_cause(.0))]
    Comparison(rusqlite::Error),
    /// The temporary file of an undo's dry run cannot be written or read.
    #[error("the temporary file with the run's users cannot be used: {}", temporary_cause(.0))]
    Rehearsal(rusqlite::Error),
    /// The progress of a verification cannot be written or read.
    #[error("{path}: cannot be used: {cause}")]
    Verification {
        path: PathBuf,
        cause: rusqlite::Error,
    },
    /// The run's directory or its ledger was moved, removed or replaced during the run.
    #[error("{what} while the run was active")]
    Displaced {
        /// The ledger.
        path: PathBuf,
        what: Displaced,
        /// The directory to which the ledger was saved, if it could be.
        saved: Option<PathBuf>,
    },
    /// The ledger was removed during an earlier session and saved to another directory.
    #[error(
        "{path}: the ledger of this run was removed while the run was active, and saved to {saved}"
    )]
    Saved {
        /// The run's directory.
        path: PathBuf,
        /// The directory that contains the ledger.
        saved: PathBuf,
    },
    /// The run's directory or its ledger was moved, removed or replaced during an undo.
    #[error("{what} while the run was being undone")]
    DisplacedUndo {
        /// The ledger of the undo.
        path: PathBuf,
        what: Displaced,
    },
    /// The writer thread panicked.
    #[error("the ledger's thread ended unexpectedly")]
    Gone,
}

impl Hint for LedgerError {
    fn hint(&self) -> Option<String> {
        if let Some(hint) = s3_hints::hint(self) {
            return Some(hint);
        }
        Some(match self {
            Self::Directory { .. } => "use --run-dir with a directory that can be created and written".to_owned(),
            Self::Exposed(..) => "remove the permission (chmod go-w), or copy the run directory to a place that only you can write to and undo it there".to_owned(),
            Self::Busy(..) => "wait until that process ends (--wait-for-lock TIME does), or stop it".to_owned(),
            Self::InUse(..) => "wait until that process ends: on a network file system, and with --ledger-lock exclusive, one process at a time can open the ledger of a run".to_owned(),
            Self::Missing(..) => "name the directory of a run (import prints it)".to_owned(),
            Self::Damaged { .. } => "restore it from a backup; or, if the run has a run.json, move the ledger and its -wal file away and run the same import again, which sends every row and looks up the users that exist; `import --restart` instead starts a new run, which reports users of this one as existing".to_owned(),
            Self::Lost { found, .. } if found.contains(CERTIFICATE) => "restore it from a backup; or run the same import again, which sends every row and looks up the users that exist".to_owned(),
            Self::Lost { .. } => "restore it from a backup, or start over with `import --restart`, which keeps these files aside: users that the run already created will then be reported as existing".to_owned(),
            Self::Unmerged(path) => format!("when all parts are finished, merge them with `cognito-import report --merge {}`", path.display()),
            Self::DamagedCertificate { has_ledger: true, .. } | Self::OtherCertificate { .. } => "restore it from a backup; or, if the ledger is the right one, move this file away and run the same import again".to_owned(),
            Self::DamagedCertificate { .. } => "restore it from a backup, or start over with `import --restart`, which keeps the files of this run: without a certificate and a ledger, the users that it created are reported as existing".to_owned(),
            Self::LostUndo { .. } => "restore it from a backup, or move these files away and start the undo over: users that are already deleted will then be reported as gone".to_owned(),
            Self::Undone { .. } => "start over with --restart, which keeps its files aside".to_owned(),
            Self::DamagedUndo { .. } => "restore it from a backup, or move it away, with undo-results.csv, and start the undo over: users that are already deleted will then be reported as gone".to_owned(),
            Self::Newer { .. } => "use that version".to_owned(),
            Self::OtherRun { what: NUMBER_OF_PARTS, found, .. } if found == "1" => "its run has no parts: leave --part out, or use another --run-dir".to_owned(),
            Self::OtherRun { what: NUMBER_OF_PARTS, found, .. } => format!("its run has {found} parts: pass --part I/{found}, or use another --run-dir"),
            Self::OtherRun { .. } => "use another --run-dir, or start over with `import --restart`, which keeps the files of the other run".to_owned(),
            Self::Database { .. } => "nothing more was sent: check that the disk has free space and the directory can be written, then run the same command again".to_owned(),
            Self::Usernames(..) => "free up space there, or set TMPDIR to another directory, then run the same command again".to_owned(),
            Self::Listing(..) => "free up space there, set TMPDIR to another directory, or skip the scan (--prescan never)".to_owned(),
            Self::Comparison(..) => "free up space there, or set TMPDIR to another directory".to_owned(),
            Self::Rehearsal(..) => "free up space there, or set TMPDIR to another directory".to_owned(),
            Self::Verification { .. } => "free up space there, or remove the file, then run the same command again".to_owned(),
            Self::Displaced { what, saved, .. } => format!("nothing more was sent, and there are no reports: {}", how_to_resume(what, saved.as_deref())),
            Self::Saved { saved, .. } => format!("resume with --run-dir {}, or start over with `import --restart`: users that the run already created will then be reported as existing", saved.display()),
            Self::DisplacedUndo { .. } => "nothing more was deleted: put it back and run the same command again".to_owned(),
            Self::Gone => "run the same command again to resume".to_owned(),
            Self::OtherRow { .. } => return None,
        })
    }

    fn is_busy(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::InUse(_))
    }
}

impl LedgerError {
    /// Distinguishes damage, and a database that another process has locked, from other errors.
    fn of(path: &RunPath, cause: rusqlite::Error) -> Self {
        let path = path.shown().to_owned();
        if cause.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) {
            return Self::InUse(path);
        }
        match damage(&cause) {
            Some(cause) => Self::Damaged { path, cause },
            None => Self::Database { path, cause },
        }
    }

    /// Like [`LedgerError::of`], for the ledger of an undo.
    fn of_undo(path: &RunPath, cause: rusqlite::Error) -> Self {
        match damage(&cause) {
            Some(cause) => Self::DamagedUndo {
                path: path.shown().to_owned(),
                cause,
            },
            None => Self::of(path, cause),
        }
    }
}

/// Returns how to resume a run whose directory or ledger was displaced.
fn how_to_resume(what: &Displaced, saved: Option<&Path>) -> String {
    match (what, saved) {
        (Displaced::Moved { to, .. }, _) => {
            format!("resume with --run-dir {}", to.display())
        }
        (_, Some(saved)) => format!(
            "the ledger was saved; resume with --run-dir {}",
            saved.display()
        ),
        (_, None) => {
            "the ledger is lost, so a new run will report the users that this run created \
                      as existing"
                .to_owned()
        }
    }
}

/// Explains why a temporary database cannot be used. SQLite calls a missing directory a disk error.
fn temporary_cause(cause: &rusqlite::Error) -> String {
    let code = cause.sqlite_error().map(|error| error.extended_code);
    if code == Some(rusqlite::ffi::SQLITE_IOERR_GETTEMPPATH) {
        return "no directory for temporary files can be written".to_owned();
    }
    cause.to_string()
}

/// Returns the damage that this error reports, if it does.
fn damage(cause: &rusqlite::Error) -> Option<String> {
    if let rusqlite::Error::FromSqlConversionFailure(_, _, error) = cause
        && let Some(damage) = error.downcast_ref::<integrity::seal::Damage>()
    {
        return Some(damage.to_string());
    }
    is_damage(cause).then(|| cause.to_string())
}

fn is_damage(cause: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, TypeMismatch};
    let code = cause.sqlite_error_code();
    matches!(code, Some(DatabaseCorrupt | NotADatabase | TypeMismatch))
        || matches!(
            cause,
            rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
        )
        || cause.to_string().contains("no such table")
}

#[cfg(test)]
mod tests;
