//! `report`: writes the reports of a run again, or compares two runs.

use std::path::Path;

use super::compare::compare;
use super::document::RunDocument;
use super::locking::warn_if_exposed;
use super::{CommandError, CommandOutput};
use crate::cli::Printer;
use crate::cli::exit::{Codes, Exit};
use crate::cli::settings::ReportSettings;
use crate::ledger::{
    Durability, Ledger, LedgerError, LedgerReader, RunDirectory, RunKind, UndoLedger,
    refuse_absent_ledger,
};
use crate::outcome::RunState;
use crate::progress::terminal_width;
use crate::report::{ReportOptions, summary_table, write_all};

const INTERRUPTED: &str = "the run was interrupted, or is still running: the command that started it (see report.html) resumes it";

const REHEARSAL_INTERRUPTED: &str = "the rehearsal was interrupted, or is still running: it cannot be resumed, because its pool ends with it";

pub(super) fn report(
    settings: ReportSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    match settings {
        ReportSettings::Run { directory, reports } => write_again(&directory, reports, printer),
        ReportSettings::Comparison(settings) => compare(&settings, printer),
    }
}

fn write_again(
    run_directory: &Path,
    mut reports: ReportOptions,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    reports.undone = refuse_without_ledger(run_directory, printer)?;
    if reports.undone {
        printer.note(
            "this run was undone later: undo-results.csv says which of its users are deleted",
        );
    }
    let ledger = LedgerReader::open(run_directory).map_err(CommandError::refused)?;
    let kind = ledger.about().map_err(CommandError::refused)?.kind;
    let summary = write_all(&ledger, run_directory, &reports).map_err(CommandError::refused)?;
    printer.block(summary_table(&summary, terminal_width()));
    if let Some(why) = &summary.stopped_because {
        printer.info(format_args!("the run was stopped: {why}"));
    }
    if summary.state == RunState::Interrupted && !reports.undone {
        printer.info(match kind {
            RunKind::Import => INTERRUPTED,
            RunKind::Rehearsal => REHEARSAL_INTERRUPTED,
        });
    }
    print_files(run_directory, printer);
    let answer = CommandOutput::from(Exit::of_summary(&summary)).meaning(Codes::of(kind));
    answer.with(&RunDocument::of(run_directory, &summary))
}

/// Prints the paths of the main reports.
pub(super) fn print_files(run_directory: &Path, printer: Printer) {
    for (label, name) in [("results", "results.csv"), ("report", "report.html")] {
        printer.info(format_args!(
            "{label}: {}",
            run_directory.join(name).display()
        ));
    }
}

/// Opens a run's ledger for reading.
pub(super) fn open(run_directory: &Path, printer: Printer) -> Result<LedgerReader, CommandError> {
    refuse_without_ledger(run_directory, printer)?;
    LedgerReader::open(run_directory).map_err(CommandError::refused)
}

/// Whether the run was undone, unless another process is using it.
fn refuse_without_ledger(run_directory: &Path, printer: Printer) -> Result<bool, CommandError> {
    refuse_absent_ledger(run_directory).map_err(CommandError::refused)?;
    // Another process has locked the directory, and keeps the ledger consistent.
    let Ok(directory) = RunDirectory::hold(run_directory) else {
        return Ok(false);
    };
    warn_if_exposed(&directory, printer);
    if !Ledger::is_there(&directory, Durability::Power).map_err(CommandError::refused)? {
        let database = directory.database();
        return Err(CommandError::refused(LedgerError::Missing(database)));
    }
    UndoLedger::is_there(&directory).map_err(CommandError::refused)
}
