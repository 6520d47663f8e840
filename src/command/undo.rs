//! `undo`: deletes the users that a run created, and restores those that it updated.

mod open;
mod plan;

use std::time::Duration;

use super::confirm::confirm_undo;
use super::document::UndoneDocument;
use super::grace::listen_within;
use super::latest::{AcceptedRuns, resolve_latest};
use super::run_endpoint::choose_endpoint;
use super::stored_run::MissingRows;
use super::{CommandError, CommandOutput, beside, block_on};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::UndoSettings;
use crate::ledger::UndoLedger;
use crate::outcome::{KeptReason, Outcome, Undone};
use crate::pace::Pacer;
use crate::plural::counted;
use crate::pool::{Cognito, connect};
use crate::report::{UndoReport, undo_table, write_undo};
use crate::run::{RetryPolicy, Signal, Signals};
use crate::undo::{Mode, RemovalRules, Undo, UndoEnd, UndoStopReason, UndoTally};
use open::{
    EarlierUndo, HOW_TO_RESUME, UNDO_LEDGER, UndoableRun, earlier_undo, keep_copy, open,
    open_ledger, publish_ledger,
};
use plan::{UndoPlan, needs_confirmation, print_plan};

pub(super) fn undo(
    mut settings: UndoSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    settings.run.place = resolve_latest(&settings.run.place, AcceptedRuns::Imports, printer)?;
    block_on(undo_run(&settings, printer))
}

async fn undo_run(
    settings: &UndoSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let mut signals = listen_within(settings.run.grace, printer)?;
    let preparation = match signals.unless_stopped(prepare(settings, printer)).await {
        Ok(prepared) => prepared?,
        Err(signal) => return Ok(stopped_before(signal, printer)),
    };
    let (mut run, ended, ledger) = match preparation {
        UndoPreparation::Ready(mut run, ledger, pool) => {
            let grace = signals.grace();
            let deleted = tokio::select! {
                deleted = delete(settings, &run, ledger, *pool, &mut signals, printer) => Ok(deleted),
                signal = grace.over() => Err(signal),
            };
            let (ended, ledger) = match deleted {
                Ok(Ok(deleted)) => deleted,
                Ok(Err(error)) => {
                    if run.stored.is_copy() {
                        printer.info(keep_copy(&mut run));
                    }
                    return Err(error);
                }
                Err(signal) => return Ok(stopped_at_once(&mut run, signal, printer)),
            };
            (run, ended, ledger)
        }
        UndoPreparation::Finished(run, ledger, tally) => {
            (run, UndoEnd::nothing_to_do(tally), ledger)
        }
        UndoPreparation::NoUsers(run) => return no_users(&run, settings, printer),
    };
    if ended.aborted
        && let Some(UndoStopReason::Signal(signal)) = &ended.stopped
    {
        return Ok(stopped_at_once(&mut run, *signal, printer));
    }
    let results = write_results(settings, &mut run, ended, ledger, printer);
    match signals.unless_stopped(results).await {
        Ok(Err(error)) => {
            // Otherwise the error says how to store the copy.
            if run.stored.is_copy() && run.stored.kept().is_none() {
                printer.info(keep_copy(&mut run));
            }
            Err(error)
        }
        Ok(written) => written,
        Err(signal) => {
            let message = "stopped while writing the report";
            let hint = keep_copy(&mut run);
            printer.info(format_args!("{message}; {hint}"));
            Ok(CommandOutput::from(Exit::Signal(signal)).stopped(message, hint))
        }
    }
}

fn no_users(
    run: &UndoableRun,
    settings: &UndoSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let known_until = run.missing_rows.as_ref().map(MissingRows::since);
    let exit = if known_until.is_none() {
        printer.info("this run created and updated no users: there is nothing to undo");
        Exit::Done
    } else {
        printer.info("the ledger has no users to undo");
        Exit::SomeRows
    };
    let shown = run.stored.shown();
    let document = UndoneDocument::nothing_to_undo(shown, settings.dry_run, known_until);
    CommandOutput::from(exit).with(&document)
}

/// An undo before its first request.
enum UndoPreparation {
    Ready(UndoableRun, UndoLedger, Box<Cognito>),
    /// Every user has an outcome.
    Finished(UndoableRun, UndoLedger, UndoTally),
    /// The run created and updated no users.
    NoUsers(UndoableRun),
}

/// Opens the run, prints the plan, asks for confirmation and opens the ledger of the undo.
async fn prepare(
    settings: &UndoSettings,
    printer: Printer,
) -> Result<UndoPreparation, CommandError> {
    let run = open(settings, printer).await?;
    let pool_id = run.summary.user_pool_id.clone();
    let needs_confirmation = needs_confirmation(settings, &pool_id)?;
    note_rows_in_doubt(&run, printer);
    if let Some(missing) = &run.missing_rows {
        let what = match missing {
            MissingRows::SentAfterCopy(time) => {
                format!(
                    "the ledger is a copy of {time}; users of rows that were sent later are kept"
                )
            }
            MissingRows::Lost(time) => format!(
                "an earlier ledger was lost; users of rows that were sent since {time} and are not in this one are kept"
            ),
        };
        printer.note(format_args!(
            "--known-only: {what}, and once the undo has begun, the run cannot be resumed"
        ));
    }
    let begun = earlier_undo(settings, &run.directory, printer)?;
    let users = begun.as_ref().map_or(run.users, |earlier| earlier.left);
    if users.all() == 0 {
        let Some(EarlierUndo { ledger, .. }) = begun else {
            return Ok(UndoPreparation::NoUsers(run));
        };
        let (run, ledger) = if settings.dry_run {
            open_ledger(run, settings).await?
        } else {
            (run, ledger)
        };
        let tally = UndoTally::of(&ledger).map_err(CommandError::refused)?;
        return Ok(UndoPreparation::Finished(run, ledger, tally));
    }
    drop(begun);
    let endpoint = choose_endpoint(
        &settings.run.endpoint,
        &settings.run.place,
        run.endpoint.as_deref(),
        printer,
    )?;
    let connection = settings
        .run
        .connect(&pool_id, &run.summary.client_id, endpoint);
    let pool = connect(&connection).await.map_err(CommandError::refused)?;
    let plan = UndoPlan {
        users,
        pool_id: &pool_id,
        endpoint: pool.endpoint(),
    };
    print_plan(settings, &plan, printer);
    if needs_confirmation {
        confirm_undo(users, &pool_id).await?;
    }
    let (run, ledger) = open_ledger(run, settings).await?;
    let (run, ledger) = publish_ledger(run, ledger, settings.dry_run).await?;
    Ok(UndoPreparation::Ready(run, ledger, Box::new(pool)))
}

fn note_rows_in_doubt(run: &UndoableRun, printer: Printer) {
    let in_doubt = run.summary.count(Outcome::InDoubt);
    if in_doubt > 0 {
        let import = if run.parts.is_empty() {
            "run the same import command first, or with --retry in-doubt"
        } else {
            "run each part first with --retry in-doubt"
        };
        printer.note(format_args!(
            "{} in doubt; users that the run may have created for them are kept. To settle them, {import}: an undone \
             run cannot be resumed",
            counted(in_doubt, "row is", "rows are")
        ));
    }
}

async fn delete(
    settings: &UndoSettings,
    run: &UndoableRun,
    ledger: UndoLedger,
    pool: Cognito,
    signals: &mut Signals,
    printer: Printer,
) -> Result<(UndoEnd, UndoLedger), CommandError> {
    let ceilings = settings.ceilings;
    let rules = RemovalRules {
        retry: RetryPolicy::default(),
        even_if_used: settings.even_if_used,
        allow_messages: settings.allow_messages,
    };
    let (mode, rate) = if settings.dry_run {
        (Mode::DryRun, ceilings.read)
    } else {
        (Mode::Delete, ceilings.update)
    };
    let mut print_progress = |tally: &UndoTally, silent: Option<Duration>| {
        printer.info(format_args!(
            "{} of {} settled{}",
            tally.all() - tally.open(),
            counted(tally.all(), "user", "users"),
            silent.map_or_else(String::new, |silent| format!(
                "; no answer from the pool for {}s",
                silent.as_secs()
            ))
        ));
    };
    Undo::new(
        ledger,
        pool,
        Pacer::new(ceilings),
        (rules, mode),
        run.times.clone(),
        rate,
        &mut print_progress,
    )
    .map_err(CommandError::refused)?
    .run(signals)
    .await
    .map_err(CommandError::stopped)
}

/// Writes the report, and prints the results and how to resume if the undo was stopped.
async fn write_results(
    settings: &UndoSettings,
    run: &mut UndoableRun,
    ended: UndoEnd,
    ledger: UndoLedger,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let report = if settings.dry_run {
        UndoReport::DryRun
    } else {
        UndoReport::Results
    };
    let (path, encoding) = (run.directory.location().clone(), settings.csv);
    let write = move || write_undo(&path, &ledger, report, encoding);
    beside("report", write)
        .await?
        .map_err(CommandError::stopped)?;
    let tally = &ended.tally;
    print_results(report, &ended, printer);
    run.directory.make_undo_one_file();
    let changed = [UNDO_LEDGER, report.file()];
    let first = usize::from(settings.dry_run);
    run.stored.publish(&changed[first..]).await?;
    let written = run.stored.shown().join(report.file());
    printer.path("results", &written);
    let document = UndoneDocument {
        run_directory: run.stored.shown(),
        dry_run: settings.dry_run,
        results: Some(&written),
        users: Undone::all()
            .map(|undone| (undone.key(), tally.count(undone)))
            .chain([("open".to_owned(), tally.open())])
            .collect(),
        known_until: run.missing_rows.as_ref().map(MissingRows::since),
        requests: ended.requests.by_name().into_iter().collect(),
    };
    let output = match &ended.stopped {
        Some(reason) => {
            let exit = match reason {
                UndoStopReason::Signal(signal) => {
                    printer.info(format_args!("stopped by {reason}; {HOW_TO_RESUME}"));
                    Exit::Signal(*signal)
                }
                UndoStopReason::Refused(..)
                | UndoStopReason::Unreachable(_)
                | UndoStopReason::Broken(_) => {
                    printer.error(format_args!("stopped early: {reason}"));
                    printer.info(HOW_TO_RESUME);
                    Exit::Stopped
                }
            };
            CommandOutput::from(exit).stopped(reason.to_string(), HOW_TO_RESUME)
        }
        None if tally.is_complete() && run.missing_rows.is_none() => {
            CommandOutput::from(Exit::Done)
        }
        None => CommandOutput::from(Exit::SomeRows),
    };
    output.with(&document)
}

fn print_results(report: UndoReport, ended: &UndoEnd, printer: Printer) {
    let tally = &ended.tally;
    // A dry run of a finished undo.
    if tally.all() == 0 {
        return;
    }
    printer.block(undo_table(report, |undone| match undone {
        Some(undone) => tally.count(undone),
        None => tally.open(),
    }));
    for (category, requests) in ended.requests.by_name() {
        if requests.sent > 0 {
            printer.info(format_args!(
                "  {category}: {}, {} throttled",
                counted(requests.sent, "request", "requests"),
                requests.throttled
            ));
        }
    }
    let messages = tally.count(Undone::Kept(KeptReason::Messages));
    if messages > 0 {
        printer.note(format_args!(
            "{} not fully restored, because an address that was not verified before the run may get a code from the \
             pool; --allow-messages restores it, too",
            counted(messages, "user is", "users are")
        ));
    }
    let maybe_used = tally.count(Undone::Kept(KeptReason::MaybeUsed));
    if maybe_used > 0 {
        printer.note(format_args!(
            "{} kept because they may have signed in (the pool has no threat protection, it was not on when \
             they were created, or AdminListUserAuthEvents is not permitted); --even-if-used deletes them, too",
            counted(maybe_used, "confirmed user is", "confirmed users are")
        ));
    }
}

fn stopped_at_once(run: &mut UndoableRun, signal: Signal, printer: Printer) -> CommandOutput {
    let message = "stopped; requests in flight will be checked when the undo resumes";
    let hint = keep_copy(run);
    printer.info(format_args!("{message}; {hint}"));
    CommandOutput::from(Exit::Signal(signal)).stopped(message, hint)
}

fn stopped_before(signal: Signal, printer: Printer) -> CommandOutput {
    let message = "stopped before anything was changed";
    printer.info(message);
    CommandOutput::from(Exit::Signal(signal)).stopped(message, HOW_TO_RESUME)
}
