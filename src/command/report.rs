//! `report`: writes the reports of a run again, or compares two runs.

use std::path::Path;

use super::compare::compare;
use super::document::RunDocument;
use super::latest::{AcceptedRuns, resolve_latest};
use super::locking::warn_if_exposed;
use super::stored_run::StoredRun;
use super::{CommandError, CommandOutput, block_on};
use crate::cli::Printer;
use crate::cli::exit::{Codes, Exit};
use crate::cli::settings::{ReportSettings, RunPlace};
use crate::ledger::{
    Durability, Ledger, LedgerError, LedgerReader, RunDirectory, RunKind, UndoLedger,
    refuse_absent_ledger,
};
use crate::outcome::RunState;
use crate::progress::terminal_width;
use crate::report::{ReportOptions, files_in, summary_table, write_all};
use crate::s3::S3Access;

const INTERRUPTED: &str = "the run was interrupted, or is still running: the command that started it (see report.html) resumes it";

const REHEARSAL_INTERRUPTED: &str = "the rehearsal was interrupted, or is still running: it cannot be resumed, because its pool ends with it";

pub(super) fn report(
    settings: ReportSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    match settings {
        ReportSettings::Run { run, reports } => block_on(write_again(&run, reports, printer)),
        ReportSettings::Comparison(settings) => compare(&settings, printer),
    }
}

async fn write_again(
    run: &RunPlace,
    mut reports: ReportOptions,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let run = resolve_latest(run, AcceptedRuns::All, printer)?;
    let mut stored = StoredRun::open(&run, &S3Access::default()).await?;
    let run_directory = stored.path();
    reports.undone = refuse_without_ledger(run_directory, printer)?;
    if reports.undone {
        printer.note(
            "this run was undone later: undo-results.csv says which of its users are deleted",
        );
    }
    let ledger = LedgerReader::open(run_directory).map_err(CommandError::refused)?;
    let kind = ledger.about().map_err(CommandError::refused)?.kind;
    let summary = write_all(&ledger, run_directory, &reports).map_err(CommandError::refused)?;
    let names: Vec<&str> = files_in(run_directory).into_keys().collect();
    stored.publish(&names).await?;
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
    print_files(stored.shown(), printer);
    let answer = CommandOutput::from(Exit::of_summary(&summary)).meaning(Codes::of(kind));
    let document = RunDocument::of(stored.path(), &summary);
    answer.with(&document.shown_in(stored.shown()))
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
