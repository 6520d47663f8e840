//! Stage 4: the ledger, a SQLite database in the run's directory. It records the run's identity,
//! the rows that were begun, and their outcomes.
//!
//! A row is recorded as begun before its first request is sent, and its outcome as soon as it is
//! known. Between the two the row may have been sent, whatever happens to the process. Follow-up
//! steps are recorded with the outcome and again as each step ends. The ledger holds no password
//! and no hash of one. Results are projections of it.
//!
//! [`directory`] is the run's directory and its lock. [`identity`] is what a run is bound to.
//! [`writer`] writes on a background thread, [`reader`] reads for reports, and [`resume_cursor`]
//! tells a resumed run the state of each row. `integrity` detects damage. [`undo`] is the separate
//! ledger of an undo. [`comparison`] compares two runs. [`listing`] is not part of the ledger: it
//! holds the pool's users while the process runs.

mod build;
pub mod comparison;
pub mod directory;
mod exposure;
mod follow_ups;
pub mod identity;
mod integrity;
pub mod invocation;
pub mod leftovers;
pub mod listing;
mod rates;
pub mod reader;
pub mod resume_cursor;
mod rows;
mod schema;
mod temp_db;
pub mod times;
pub mod undo;
pub mod writer;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
pub use directory::RunDirectory;
pub use exposure::Exposure;
pub use identity::{Facts, Identity, LedgerStatus, RunKind, Session};
pub use integrity::anchor::{Displaced, refuse_if_saved};
pub use integrity::presence::refuse_absent_ledger;
pub use invocation::{Invocation, RunMetadata};
pub use reader::{LedgerReader, RowSums};
pub use times::{RunTimes, Span};
pub use undo::UndoLedger;
pub use writer::{
    BeginResult, FoundLedger, Ledger, LedgerBatch, NewLedger, NewRow, RetryFilter, ToBegin,
};

use crate::hints::Hint;

/// What a committed transaction survives.
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
        /// The directory.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Other users can change the ledger of a run that is to be undone.
    #[error("{0}; an undo deletes the users that the ledger names, so nothing was deleted")]
    Exposed(Exposure),
    /// Another process holds the run.
    #[error("run directory {0}: another process is using it")]
    Busy(PathBuf),
    /// There is no ledger.
    #[error("{0}: there is no ledger here")]
    Missing(PathBuf),
    /// The file is damaged or not a ledger.
    #[error("{path}: is damaged or is not a ledger ({cause})")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        cause: String,
    },
    /// The ledger is missing, and other files of the run are there.
    #[error("{path}: the ledger is missing, and files of its run are here ({found})")]
    Lost {
        /// The database.
        path: PathBuf,
        /// The files that are there.
        found: String,
    },
    /// The same for an undo.
    #[error(
        "{path}: the ledger of this run's undo is missing, and files of the undo are here ({found})"
    )]
    LostUndo {
        /// The database.
        path: PathBuf,
        /// The files of the undo that are there.
        found: String,
    },
    /// The run was undone.
    #[error("{0}: this run was undone: users that it created were deleted (see undo-results.csv)")]
    Undone(PathBuf),
    /// The file is damaged or not the ledger of an undo.
    #[error("{path}: is damaged or is not the ledger of this run's undo ({cause})")]
    DamagedUndo {
        /// The database.
        path: PathBuf,
        /// What was found.
        cause: String,
    },
    /// A later version wrote it.
    #[error("{path}: was written by a later version (format {found}, this one knows {known})")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this version knows.
        known: i64,
    },
    /// The ledger belongs to another run.
    #[error("{path}: belongs to another run: its {what} is `{found}`, and here it is `{here}`")]
    OtherRun {
        /// The database.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What it is in the ledger.
        found: String,
        /// What it is here.
        here: String,
    },
    /// A row of the list differs from the one in the ledger.
    #[error(
        "row {row}: the ledger has the username `{found}` for it, and the list has `{here}`: this is not the list that the run began with, which needs a --run-dir of its own"
    )]
    OtherRow {
        /// Number of the row.
        row: u64,
        /// The ledger's username.
        found: String,
        /// The list's username.
        here: String,
    },
    /// SQLite failed.
    #[error("{path}: {cause}")]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// The temporary file of the username index cannot be written or read.
    #[error(
        "nothing more was sent, because the index of usernames cannot be kept in a temporary file: {0}"
    )]
    Usernames(std::io::Error),
    /// The temporary file of the listing cannot be written or read.
    #[error("the names of the pool's users cannot be kept in a temporary file: {0}")]
    Listing(rusqlite::Error),
    /// The temporary file of a comparison cannot be written or read.
    #[error("the users of two runs cannot be kept in a temporary file: {0}")]
    Comparison(rusqlite::Error),
    /// The temporary file of an undo's dry run cannot be written or read.
    #[error("the users of the run cannot be kept in a temporary file: {0}")]
    Rehearsal(rusqlite::Error),
    /// The run's directory or its ledger was moved, removed or replaced during the run.
    #[error("{what} while the run was at work")]
    Displaced {
        /// What.
        what: Displaced,
        /// The directory to which the ledger was saved, if it could be.
        saved: Option<PathBuf>,
    },
    /// The ledger was removed during an earlier session and saved to another directory.
    #[error(
        "{path}: the ledger of this run was taken away while it was at work, and saved to {saved}"
    )]
    Saved {
        /// The run's directory.
        path: PathBuf,
        /// Where its ledger is.
        saved: PathBuf,
    },
    /// The same during an undo.
    #[error("{what} while the run was being undone")]
    DisplacedUndo {
        /// What.
        what: Displaced,
    },
    /// The writer thread panicked.
    #[error("the ledger's thread ended unexpectedly")]
    Gone,
}

impl Hint for LedgerError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Directory { .. } => "name one with --run-dir that can be made and written".to_owned(),
            Self::Exposed(..) => "take the permission away (chmod go-w), or copy the run directory to a place that is yours alone and undo it there".to_owned(),
            Self::Busy(..) => "wait until that process ends (--wait-for-lock TIME does), or stop it".to_owned(),
            Self::Missing(..) => "name the directory of a run (import prints it)".to_owned(),
            Self::Damaged { .. } => "restore it from a backup, or start over with `import --restart`, which keeps it aside: users that this run already created will then be reported as existing".to_owned(),
            Self::Lost { .. } => "restore it from a backup, or start over with `import --restart`, which keeps these files aside: users that the run already created will then be reported as existing".to_owned(),
            Self::LostUndo { .. } => "restore it from a backup, or move these files away and start the undo over: users that are already deleted will then be reported as gone".to_owned(),
            Self::Undone(..) => "start over with --restart, which keeps its files aside".to_owned(),
            Self::DamagedUndo { .. } => "restore it from a backup, or move it away, with undo-results.csv, and start the undo over: users that are already deleted will then be reported as gone".to_owned(),
            Self::Newer { .. } => "run that version".to_owned(),
            Self::OtherRun { .. } => "use another --run-dir, or start an import over with --restart (the old ledger is kept)".to_owned(),
            Self::Database { .. } => "nothing more was sent: see that the disk has room and the directory can be written, then run the same command again".to_owned(),
            Self::Usernames(..) => "free up space there or set TMPDIR to another folder, then run the same command again".to_owned(),
            Self::Listing(..) => "make room there, name another folder in TMPDIR, or do without (--prescan never)".to_owned(),
            Self::Comparison(..) => "make room there, or name another folder in TMPDIR".to_owned(),
            Self::Rehearsal(..) => "make room there, or name another folder in TMPDIR".to_owned(),
            Self::Displaced { what, saved } => format!("nothing more was sent, and there are no reports: {}", go_on(what, saved.as_deref())),
            Self::Saved { saved, .. } => format!("go on with --run-dir {}, or start over with `import --restart`: users that the run already created will then be reported as existing", saved.display()),
            Self::DisplacedUndo { .. } => "nothing more is deleted: put it back and run the same command again".to_owned(),
            Self::Gone => "run the same command again to go on".to_owned(),
            Self::OtherRow { .. } => return None,
        })
    }
}

impl LedgerError {
    /// Tells damage from other errors of the database.
    fn of(path: &Path, cause: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match damage(&cause) {
            Some(cause) => Self::Damaged { path, cause },
            None => Self::Database { path, cause },
        }
    }

    /// The same for the ledger of an undo.
    fn of_undo(path: &Path, cause: rusqlite::Error) -> Self {
        match damage(&cause) {
            Some(cause) => Self::DamagedUndo {
                path: path.to_owned(),
                cause,
            },
            None => Self::of(path, cause),
        }
    }
}

/// Returns how to resume a run whose directory or ledger was displaced.
fn go_on(what: &Displaced, saved: Option<&Path>) -> String {
    match (what, saved) {
        (Displaced::Moved { to, .. }, _) => {
            format!("the same command goes on with --run-dir {}", to.display())
        }
        (_, Some(saved)) => format!(
            "the ledger was saved, and the same command goes on with --run-dir {}",
            saved.display()
        ),
        (_, None) => "the ledger is lost, and a new run will report the users that this one created as existing".to_owned(),
    }
}

/// Returns the damage that this error reports, if it does.
fn damage(cause: &rusqlite::Error) -> Option<String> {
    if let rusqlite::Error::FromSqlConversionFailure(_, _, why) = cause
        && let Some(damage) = why.downcast_ref::<integrity::seal::Damage>()
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
