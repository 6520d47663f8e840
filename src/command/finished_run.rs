//! A command whose run is already finished: nothing is sent, and the reports are written again.

use std::time::SystemTime;

use super::merge::note_merge;
use super::open_run::RunKey;
use super::rejects::Rejects;
use super::resuming::retried_rows;
use super::runs_of_list::{file_name, newer_run};
use super::stored_run::StoredRun;
use super::written_reports::WrittenReports;
use super::{CommandError, CommandOutput, beside, warn_and_log};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::ImportSettings;
use crate::ledger::{FoundLedger, RunDirectory};
use crate::logs::LogStream;
use crate::report::time_since;

/// A run that has nothing left to do.
pub(super) struct FinishedRun<'a> {
    pub(super) directory: &'a RunDirectory,
    pub(super) stored: Option<&'a mut StoredRun>,
    pub(super) ledger: FoundLedger,
    pub(super) rejects: Rejects,
}

/// Warns if a later run had another list with this name: the pool may not be as this run left it.
pub(super) async fn warn_if_outdated(
    settings: &ImportSettings,
    key: &RunKey,
    ledger: &FoundLedger,
    printer: Printer,
) -> Result<(), CommandError> {
    let is_named = settings.run.directory.is_some();
    if is_named || settings.run.compares_with_the_last() || settings.on_existing_run.retries() {
        return Ok(());
    }
    let (path, identity) = (key.path.of_run().clone(), key.identity.clone());
    let started_ms = ledger.facts().started_ms;
    let find = move || newer_run(&path, started_ms, &identity);
    if let Some(newer) = beside("newer run", find).await?? {
        let (list, shown) = (file_name(&key.identity.list), key.path.shown().display());
        warn_and_log(
            format_args!(
                "{list} has the content that {shown} imported before the later run {}: nothing is sent; to import it \
                 again, pass --previous last, or name a directory with --run-dir",
                newer.display()
            ),
            printer,
        );
    }
    Ok(())
}

/// Writes the reports of a run that has nothing left to do.
pub(super) async fn report_finished(
    settings: &ImportSettings,
    finished: FinishedRun<'_>,
    log: &LogStream,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let FinishedRun {
        directory,
        stored,
        ledger,
        rejects,
    } = finished;
    tracing::info!(
        run = ledger.run_id(),
        run_directory = %directory.shown().display(),
        "the run is already finished, so nothing is sent"
    );
    let when = finished_where(&ledger, directory);
    printer.info(if let Some(retried) = retried_rows(ledger.retried()) {
        format!("{when}: {retried}; nothing was sent")
    } else if settings.run.part.is_some() {
        format!("{when}: nothing was sent (--retry repeats rows)")
    } else if stored.as_ref().is_some_and(|stored| stored.is_copy()) {
        format!("{when}: nothing was sent (--retry repeats rows, another prefix starts over)")
    } else {
        format!("{when}: nothing was sent (--retry repeats rows, --restart starts over)")
    });
    let (path, reports) = (directory.location().clone(), settings.reports.clone());
    let write = move || {
        let ledger = ledger.into_reader()?;
        WrittenReports::write(&ledger, &path, rejects, &reports)
    };
    let written = beside("reports", write)
        .await?
        .map_err(CommandError::refused)?;
    written.log_metrics(settings, log);
    if let Some(stored) = stored {
        stored.publish_reports().await?;
    }
    let own = written.print(directory.shown(), settings.on_existing_run.kind(), printer);
    let exit = if settings.run.compares_with_the_last() {
        Exit::of_unchanged_list(&written.summary)
    } else {
        own
    };
    note_merge(directory.location(), printer);
    if exit != own {
        printer.info("the list has not changed since, so its problems are known");
    }
    CommandOutput::from(exit.allowing_row_failures(settings.run.allow_row_failures))
        .with(&written.document(directory.location()))
}

/// Says when and where a run finished.
pub(super) fn finished_where(ledger: &FoundLedger, directory: &RunDirectory) -> String {
    let ago = ledger.ended_ms().map_or_else(
        || "is finished".to_owned(),
        |ended_ms| format!("finished {} ago", time_since(ended_ms, SystemTime::now())),
    );
    format!("this run {ago} in {}", directory.shown().display())
}
