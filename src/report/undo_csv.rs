//! `undo-results.csv`: a row for each user that the run created or updated, in the order of the
//! list.

use std::io;

use super::csv_file::{self, CsvEncoding, safe_cell};
use super::{ReportError, in_file};
use crate::ledger::undo::ToUndo;
use crate::ledger::{RunPath, UndoLedger};
use crate::outcome::{UndoOutcome, Undone};

/// The columns, in order.
const COLUMNS: [&str; 5] = ["row", "username", "user_sub", "undone", "error_message"];

/// The outcome of a user that was not checked yet.
pub(super) const OPEN: &str = "open";

/// The outcome in a dry run of a user that `undo` would delete.
pub(super) const WOULD_BE_DELETED: &str = "would be deleted";

/// The outcome in a dry run of a user that `undo` would restore.
pub(super) const WOULD_BE_RESTORED: &str = "would be restored";

/// The outcome in a dry run of a user that `undo` would restore in part.
pub(super) const WOULD_BE_RESTORED_IN_PART: &str = "would be restored in part";

/// The report of an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoReport {
    /// The result of an undo: `undo-results.csv`.
    Results,
    /// The plan of an undo: `undo-dry-run.csv`.
    DryRun,
}

impl UndoReport {
    /// Returns the name of the file in the run directory.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Results => "undo-results.csv",
            Self::DryRun => "undo-dry-run.csv",
        }
    }

    fn outcome(self, user: &ToUndo) -> String {
        match (self, &user.outcome) {
            (_, None) => OPEN.to_owned(),
            (Self::DryRun, Some(outcome)) if outcome.undone == Undone::Deleted => {
                WOULD_BE_DELETED.to_owned()
            }
            (Self::DryRun, Some(outcome)) if outcome.undone == Undone::Restored => {
                WOULD_BE_RESTORED.to_owned()
            }
            (Self::DryRun, Some(outcome)) if outcome.undone == Undone::RestoredInPart => {
                WOULD_BE_RESTORED_IN_PART.to_owned()
            }
            (Self::Results | Self::DryRun, Some(outcome)) => outcome.to_string(),
        }
    }
}

/// Writes the report from the undo ledger into the run directory.
///
/// # Errors
/// The ledger cannot be read, or the file cannot be written.
pub fn write_undo(
    run_directory: &RunPath,
    ledger: &UndoLedger,
    report: UndoReport,
    encoding: CsvEncoding,
) -> Result<(), ReportError> {
    let write_error = in_file(run_directory, report.file());
    let path = run_directory.join(report.file());
    let mut csv = csv_file::create(&path, encoding).map_err(&write_error)?;
    csv.write_record(COLUMNS)
        .map_err(io::Error::from)
        .map_err(&write_error)?;
    ledger.each_user(|user| {
        let outcome = user.outcome.as_ref();
        let message = outcome.and_then(|outcome: &UndoOutcome| outcome.error_message.as_deref());
        csv.write_record([
            user.user.row.to_string().as_bytes(),
            safe_cell(Some(&user.user.username)).as_bytes(),
            safe_cell(user.user.sub.as_deref()).as_bytes(),
            report.outcome(user).as_bytes(),
            safe_cell(message).as_bytes(),
        ])
        .map_err(io::Error::from)
        .map_err(&write_error)
    })?;
    csv_file::finish(csv).map_err(&write_error)?;
    Ok(())
}
