//! `undo-results.csv`: a row for each user that the run made, in the list's order, with what came of its deletion.

use std::io;
use std::path::{Path, PathBuf};

use super::csv_file::{self, CsvEncoding};
use super::results_csv::defused;
use super::{ReportError, in_file};
use crate::ledger::UndoLedger;
use crate::ledger::undo::ToUndo;
use crate::outcome::{Undoing, Undone};

/// The columns, in order.
const COLUMNS: [&str; 5] = ["row", "username", "user_sub", "undone", "error_message"];

/// What is said of a user of whom nothing is known yet.
const OPEN: &str = "open";

/// What a dry run says of a user that an undo would delete.
const WOULD_BE_DELETED: &str = "would be deleted";

/// Which file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoReport {
    /// What came of an undo: `undo-results.csv`.
    Results,
    /// What an undo would do: `undo-dry-run.csv`.
    DryRun,
}

impl UndoReport {
    fn file(self) -> &'static str {
        match self {
            Self::Results => "undo-results.csv",
            Self::DryRun => "undo-dry-run.csv",
        }
    }

    fn said(self, user: &ToUndo) -> String {
        match (self, &user.outcome) {
            (_, None) => OPEN.to_owned(),
            (Self::DryRun, Some(outcome)) if outcome.undone == Undone::Deleted => {
                WOULD_BE_DELETED.to_owned()
            }
            (Self::Results | Self::DryRun, Some(outcome)) => outcome.to_string(),
        }
    }
}

/// Writes it into the run's directory from the ledger of its undo; returns where.
///
/// # Errors
/// The ledger cannot be read, or the file cannot be written.
pub fn write_undo(
    run_directory: &Path,
    ledger: &UndoLedger,
    report: UndoReport,
    encoding: CsvEncoding,
) -> Result<PathBuf, ReportError> {
    let failed = in_file(run_directory, report.file());
    let path = run_directory.join(report.file());
    let mut csv = csv_file::begin(&path, encoding).map_err(&failed)?;
    csv.write_record(COLUMNS)
        .map_err(io::Error::from)
        .map_err(&failed)?;
    ledger.each_user(|user| {
        let outcome = user.outcome.as_ref();
        let message = outcome.and_then(|outcome: &Undoing| outcome.error_message.as_deref());
        csv.write_record([
            user.user.row.to_string().as_bytes(),
            defused(Some(&user.user.username)).as_bytes(),
            defused(user.user.sub.as_deref()).as_bytes(),
            report.said(user).as_bytes(),
            defused(message).as_bytes(),
        ])
        .map_err(io::Error::from)
        .map_err(&failed)
    })?;
    csv_file::finish(csv).map_err(&failed)?;
    Ok(path)
}
