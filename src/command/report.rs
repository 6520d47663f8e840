//! `report`: writes the reports of a run again, or compares two runs.

use std::path::Path;
use std::time::Duration;

use super::compare::compare;
use super::document::RunDocument;
use super::latest::{AcceptedRuns, resolve_latest};
use super::locking::{lock_directory, warn_if_exposed};
use super::merge::{MergedDirectories, StoredParts, note_changed_parts};
use super::stored_run::{LEDGER, StoredRun};
use super::written_reports::WrittenReports;
use super::{CommandError, CommandOutput, beside, block_on};
use crate::cli::Printer;
use crate::cli::exit::{Codes, Exit};
use crate::cli::settings::{ReportSettings, RunPlace};
use crate::ledger::{
    Durability, Ledger, LedgerError, LedgerReader, RunDirectory, RunKind, RunPath, UndoLedger,
    refuse_absent_ledger,
};
use crate::outcome::{Outcome, RunState};
use crate::plural::{counted, plural};
use crate::progress::terminal_width;
use crate::report::{ReportOptions, files_in, summary_table, write_all};
use crate::s3::S3Access;

const INTERRUPTED: &str =
    "the run was interrupted: the command that started it (see report.html) resumes it";

const REHEARSAL_INTERRUPTED: &str =
    "the rehearsal was interrupted: it cannot be resumed, because its pool ends with it";

pub(super) fn report(
    settings: ReportSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    match settings {
        ReportSettings::Run {
            run,
            merge: true,
            wait_for_lock,
            reports,
        } => block_on(merge(&run, wait_for_lock, reports, printer)),
        ReportSettings::Run {
            run,
            merge: false,
            wait_for_lock,
            reports,
        } => block_on(write_again(&run, wait_for_lock, reports, printer)),
        ReportSettings::Comparison(settings) => compare(&settings, printer),
    }
}

async fn write_again(
    run: &RunPlace,
    wait_for_lock: Option<Duration>,
    mut reports: ReportOptions,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let run = resolve_latest(run, AcceptedRuns::All, printer)?;
    let mut stored = StoredRun::open(&run, &S3Access::default()).await?;
    let run_directory = stored.location();
    reports.undone = refuse_without_ledger(run_directory, wait_for_lock, printer).await?;
    if reports.undone {
        printer.note(
            "an undo of this run has begun: undo-results.csv, written when it ends, says which of its users were deleted or restored",
        );
    }
    reports.active = RunDirectory::is_used(run_directory).unwrap_or(false);
    let ledger = LedgerReader::open(run_directory).map_err(CommandError::refused)?;
    let kind = ledger.about().map_err(CommandError::refused)?.kind;
    stored.note_if_incomplete(&ledger, printer)?;
    if !reports.undone {
        note_changed_parts(&stored, printer)?;
    }
    let summary = write_all(&ledger, run_directory, &reports).map_err(CommandError::refused)?;
    let names = files_in(run_directory);
    printer.block(summary_table(&summary, terminal_width()));
    stored.publish(&names).await?;
    if let Some(why) = &summary.stopped_because {
        printer.info(format_args!("the run was stopped: {why}"));
    }
    if summary.state == RunState::Interrupted && !reports.undone {
        let in_flight = summary.count(Outcome::InDoubt);
        match (reports.active, kind) {
            (true, _) => printer.info(format_args!(
                "the run is active: {} in flight, which {} in doubt until then",
                counted(in_flight, "row is", "rows are"),
                plural(in_flight, "counts as", "count as"),
            )),
            (false, RunKind::Import) => printer.info(INTERRUPTED),
            (false, RunKind::Rehearsal) => printer.info(REHEARSAL_INTERRUPTED),
        }
    }
    print_files(stored.shown(), printer);
    let answer = CommandOutput::from(Exit::of_summary(&summary)).meaning(Codes::of(kind));
    answer.with(&RunDocument::of(stored.location(), &summary))
}

/// Merges the parts of a run and writes the reports of the whole.
async fn merge(
    run: &RunPlace,
    wait_for_lock: Option<Duration>,
    reports: ReportOptions,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let access = S3Access::default();
    let run = resolve_latest(run, AcceptedRuns::Imports, printer)?;
    let mut stored = StoredRun::open(&run, &access).await?;
    let Some(parts) = StoredParts::of_run(&run, &stored, &access).await? else {
        return Err(CommandError::refusal(
            format_args!("--merge: there is no run in parts in {run}"),
            "name the directory that the parts have in common (--run-dir)",
        ));
    };
    let location = stored.location().clone();
    let directory = lock_directory(&location, wait_for_lock, printer).await?;
    warn_if_exposed(&directory, printer);
    let MergedDirectories { run: directory, .. } =
        parts.merge(directory, wait_for_lock, printer).await?;
    let path = location.clone();
    let write = move || {
        let ledger = LedgerReader::open(&path)?;
        WrittenReports::write_merged(&ledger, &path, &parts, &reports)
    };
    let written = beside("reports", write)
        .await?
        .map_err(CommandError::refused)?;
    stored.publish(&[LEDGER]).await?;
    if written.replaces_rejects() {
        stored.publish_reports().await?;
    } else {
        stored.publish_reports_only().await?;
    }
    drop(directory);
    let exit = written.print_merged(stored.shown(), printer);
    let answer = CommandOutput::from(exit).meaning(Codes::of(RunKind::Import));
    answer.with(&written.document(stored.location()))
}

/// Prints the paths of the main reports.
pub(super) fn print_files(run_directory: &Path, printer: Printer) {
    for (label, name) in [("results", "results.csv"), ("report", "report.html")] {
        printer.path(label, &run_directory.join(name));
    }
}

/// Opens a run's ledger for reading.
pub(super) async fn open(
    run_directory: &RunPath,
    wait_for_lock: Option<Duration>,
    printer: Printer,
) -> Result<LedgerReader, CommandError> {
    refuse_without_ledger(run_directory, wait_for_lock, printer).await?;
    LedgerReader::open(run_directory).map_err(CommandError::refused)
}

/// Whether the run was undone, unless another process is using it. Waits for that process only on
/// request.
pub(super) async fn refuse_without_ledger(
    run_directory: &RunPath,
    wait_for_lock: Option<Duration>,
    printer: Printer,
) -> Result<bool, CommandError> {
    refuse_absent_ledger(run_directory).map_err(CommandError::refused)?;
    let locked = match wait_for_lock {
        Some(_) => Ok(lock_directory(run_directory, wait_for_lock, printer).await?),
        None => RunDirectory::hold(run_directory),
    };
    // Another process has locked the directory, and keeps the ledger consistent.
    let Ok(directory) = locked else {
        return Ok(false);
    };
    warn_if_exposed(&directory, printer);
    if !Ledger::is_there(&directory, Durability::Power).map_err(CommandError::refused)? {
        let database = directory.database().shown().to_owned();
        return Err(CommandError::refused(LedgerError::Missing(database)));
    }
    UndoLedger::is_there(&directory).map_err(CommandError::refused)
}
