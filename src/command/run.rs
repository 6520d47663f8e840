//! `import` and `rehearse`, from the settings to the reports.

use std::path::Path;

use tracing::Instrument as _;

use super::document::Unreported;
use super::finished_run::{FinishedRun, report_finished};
use super::grace::listen_within;
use super::live_metrics::RunWatch;
use super::merge::note_merge;
use super::prepare::{Preparation, Prepared};
use super::rejects::Rejects;
use super::stored_run::StoredRun;
use super::stored_run::session::{keep_copy, prepare_stored, publish_every};
use super::written_reports::WrittenReports;
use super::{CommandError, CommandOutput, Display, beside, block_on};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::ImportSettings;
use crate::import::{Run, RunEnd, StopReason};
use crate::ledger::{RunDirectory, RunPath, Session};
use crate::logs::LogStream;
use crate::outcome::RunState;
use crate::preflight::groups::CreatedGroups;
use crate::run::{Signal, Signals};

const OTHER_SELECTION: &str = "pass a list that has such rows to the same command; for another --where, use another --run-dir";

pub(super) fn run(
    settings: &ImportSettings,
    display: Display<'_>,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    for warning in &settings.warnings {
        printer.warn(warning);
    }
    let created_groups = CreatedGroups::default();
    let result = block_on(session(settings, display, &created_groups, printer));
    result.map_err(|error| {
        if created_groups.is_empty() {
            return error;
        }
        printer.note(format_args!(
            "groups created before that: {}",
            created_groups.names()
        ));
        error.after_requests()
    })
}

async fn session(
    settings: &ImportSettings,
    display: Display<'_>,
    created_groups: &CreatedGroups,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let on_existing_run = &settings.on_existing_run;
    let mut signals = listen_within(settings.run.grace, printer)?;
    let preparation = prepare_stored(settings, created_groups, display, printer);
    let (preparation, mut stored) = match signals.unless_stopped(preparation).await {
        Ok(prepared) => prepared?,
        Err(signal) => {
            let reason = if created_groups.is_empty() {
                "stopped before anything was sent".to_owned()
            } else {
                format!(
                    "stopped before the first row; groups created: {}",
                    created_groups.names()
                )
            };
            printer.info(&reason);
            return Ok(CommandOutput::from(Exit::Signal(signal))
                .stopped(reason, on_existing_run.how_to_resume(settings.run.part)));
        }
    };
    let prepared = match preparation {
        Preparation::Ready(prepared) => *prepared,
        Preparation::Finished(directory, ledger, rejects) => {
            let stored = stored.as_mut();
            let finished = FinishedRun {
                directory: &directory,
                stored,
                ledger: *ledger,
                rejects: *rejects,
            };
            let write = report_finished(settings, finished, display.log, printer);
            return match signals.unless_stopped(write).await {
                Ok(written) => written,
                Err(signal) => stopped_while_reporting(signal, directory.shown(), printer),
            };
        }
    };
    let shown = prepared.directory.shown().to_owned();
    let grace = signals.grace();
    let sent = tokio::select! {
        sent = send_rows(settings, prepared, display, &mut signals) => Ok(sent),
        signal = grace.over() => Err(Exit::Signal(signal)),
        never = publish_every(stored.as_ref(), settings, printer) => match never {},
    };
    let sent = match sent {
        Ok(Ok(sent)) => match &sent.ended.stopped {
            Some(reason) if sent.ended.aborted => Err(Exit::of_stop(reason)),
            Some(_) | None => Ok(sent),
        },
        Ok(Err(error)) => {
            keep_copy(stored.as_mut(), printer);
            return Err(error);
        }
        Err(exit) => Err(exit),
    };
    let sent = match sent {
        Ok(sent) => sent,
        Err(exit) => {
            keep_copy(stored.as_mut(), printer);
            return stopped_at_once(exit, &shown, settings, printer);
        }
    };
    let finish = finish(settings, sent, stored.as_mut(), display.log, printer);
    let finished = signals.unless_stopped(finish).await;
    let ledger_is_stored = stored.as_ref().is_none_or(StoredRun::has_stored_ledger);
    match finished {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) => {
            keep_copy(stored.as_mut(), printer);
            Err(error)
        }
        Err(signal) if ledger_is_stored => stopped_while_reporting(signal, &shown, printer),
        Err(signal) => {
            keep_copy(stored.as_mut(), printer);
            stopped_at_once(Exit::Signal(signal), &shown, settings, printer)
        }
    }
}

/// Writes the reports, and stores them and the ledger if the run directory is in S3.
async fn finish(
    settings: &ImportSettings,
    sent: SentRows,
    mut stored: Option<&mut StoredRun>,
    log: &LogStream,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let SentRows {
        ended,
        directory,
        rejects,
    } = sent;
    let mut unstored = match &mut stored {
        Some(stored) => stored.publish_ledger().await.err(),
        None => None,
    };
    let path = match stored.as_ref().and_then(|stored| stored.kept()) {
        Some(kept) => RunPath::from(kept),
        None => directory.location().clone(),
    };
    let reports = settings.reports.clone();
    let write = beside("reports", move || {
        WrittenReports::open_and_write(&path, rejects, &reports)
    });
    let written = match write.await?.map_err(CommandError::stopped) {
        Ok(written) => written,
        Err(error) => return Err(unstored.unwrap_or(error)),
    };
    written.log_metrics(settings, log);
    if let Some(stored) = &mut stored
        && unstored.is_none()
    {
        unstored = stored.publish_reports().await.err();
    }
    match unstored {
        None => print_end(settings, &ended, &written, &directory, printer),
        Some(error) => {
            let kept = stored.as_ref().and_then(|stored| stored.kept());
            let kept = kept.map_or_else(|| directory.location().clone(), RunPath::from);
            if let Some(reason) = &ended.stopped {
                printer.info(format_args!("stopped early: {reason}"));
            }
            written.print(kept.shown(), settings.on_existing_run.kind(), printer);
            Err(error.with(&written.document(&kept)))
        }
    }
}

/// A session whose ledger is closed.
struct SentRows {
    ended: RunEnd,
    directory: RunDirectory,
    rejects: Rejects,
}

async fn send_rows(
    settings: &ImportSettings,
    prepared: Prepared,
    display: Display<'_>,
    signals: &mut Signals,
) -> Result<SentRows, CommandError> {
    let Prepared {
        plan,
        pool,
        ledger,
        rows,
        listed_users,
        directory,
        pacer,
        rejects,
        expected,
        active_run,
    } = prepared;
    let watch = RunWatch {
        settings,
        display,
        active_run,
    };
    let mut watch = watch.observe(expected, plan.before);
    let rows = rows.start(listed_users)?;
    let Session { run_id, number } = ledger.session();
    let span = tracing::error_span!("run", run = run_id.as_str(), session = *number);
    let run = span.in_scope(|| {
        let grace = signals.grace();
        Run::new(plan, pool, pacer, ledger, rows, grace, watch.as_mut())
    });
    let ended = run.to_the_end(signals).instrument(span).await;
    Ok(SentRows {
        ended: ended.map_err(CommandError::stopped)?,
        directory,
        rejects,
    })
}

/// The output of a run that ended without waiting for requests in flight.
fn stopped_at_once(
    exit: Exit,
    run_directory: &Path,
    settings: &ImportSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let message = settings.on_existing_run.stopped_at_once();
    let how_to_resume = settings.on_existing_run.how_to_resume(settings.run.part);
    printer.block(format_args!("{message}; {how_to_resume}"));
    CommandOutput::from(exit)
        .stopped(message, how_to_resume)
        .with(&Unreported { run_directory })
}

/// The output of a run whose ledger is complete and whose reports are not.
fn stopped_while_reporting(
    signal: Signal,
    run_directory: &Path,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let message = "stopped while writing the reports";
    let hint = format!(
        "`cognito-import report {}` writes them",
        run_directory.display()
    );
    printer.info(format_args!("{message}; {hint}"));
    CommandOutput::from(Exit::Signal(signal))
        .stopped(message, hint)
        .with(&Unreported { run_directory })
}

/// Prints the results, and how to resume if the run was stopped.
fn print_end(
    settings: &ImportSettings,
    ended: &RunEnd,
    written: &WrittenReports,
    directory: &RunDirectory,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let on_existing_run = &settings.on_existing_run;
    let exit = written
        .print(directory.shown(), on_existing_run.kind(), printer)
        .allowing_row_failures(settings.run.allow_row_failures);
    let how_to_resume = on_existing_run.how_to_resume(settings.run.part);
    if written.summary.state == RunState::Finished {
        note_merge(directory.location(), printer);
    }
    let output = match &ended.stopped {
        None => match &written.summary.stopped_because {
            None => CommandOutput::from(exit),
            Some(reason) => {
                printer.error(reason);
                CommandOutput::from(exit).stopped(reason, how_to_resume)
            }
        },
        Some(reason) => {
            let exit = Exit::of_stop(reason);
            let is_signal = matches!(exit, Exit::Signal(_));
            if let StopReason::Enough(_) = reason {
                printer.info(format_args!("stopped: {reason}"));
            } else if is_signal {
                printer.block(format_args!("stopped by {reason}; {how_to_resume}"));
            } else {
                printer.error(format_args!("stopped early: {reason}"));
            }
            if matches!(reason, StopReason::Deadline) && ended.progress.rows_now == 0 {
                printer.info(
                    "no row was processed: starting takes a second or two, so allow more time, such as `--deadline 1m`",
                );
            }
            let hint = if reason.is_empty_selection() {
                OTHER_SELECTION.to_owned()
            } else if reason.needs_action() {
                on_existing_run.how_to_resume_once_fixed(settings.run.part)
            } else {
                how_to_resume
            };
            if !is_signal {
                printer.block(&hint);
            }
            CommandOutput::from(exit).stopped(format!("stopped early: {reason}"), hint)
        }
    };
    output.with(&written.document(directory.location()))
}
