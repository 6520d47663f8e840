//! `verify`: compares the users of a run with the pool.

mod list;
mod open;
mod report;

use std::time::Duration;

use super::document::VerifyDocument;
use super::grace::listen_within;
use super::latest::{AcceptedRuns, resolve_latest};
use super::{CommandError, CommandOutput, beside, block_on};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::VerifySettings;
use crate::hints::Hint as _;
use crate::ledger::LedgerReader;
use crate::ledger::verification::VerifyProgress;
use crate::outcome::Discrepancy;
use crate::report::{VerifyCsv, verify_table};
use crate::run::{Signal, Signals};
use crate::verify::{Verification, VerifyEnd, VerifyStopReason, collect_lookups};
use open::{ReadyVerification, VerifiableRun, prepare};
use report::{ReportInputs, VerifyTally, write_report};

const HOW_TO_RESUME: &str = "the same command resumes if it starts within an hour";

pub(super) fn verify(
    mut settings: VerifySettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    settings.run.place = resolve_latest(&settings.run.place, AcceptedRuns::Imports, printer)?;
    block_on(verify_run(&settings, printer))
}

async fn verify_run(
    settings: &VerifySettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let mut signals = listen_within(settings.run.grace, printer)?;
    let ready = match signals.unless_stopped(prepare(settings, printer)).await {
        Ok(ready) => ready?,
        Err(signal) => return Ok(stopped(signal, printer)),
    };
    let ReadyVerification {
        mut run,
        ledger,
        list,
        progress,
        context,
        groups,
        options,
        comparison,
        saved,
    } = ready;
    let mut notify = |message: &str| printer.info(message);
    let mut verification = Verification::new(context, groups, options, saved, &mut notify);
    let read = read_pool(&run, ledger, progress, &mut verification, &mut signals).await?;
    let (ledger, progress) = match read {
        ReadResult::Complete(opened) => *opened,
        ReadResult::Stopped(reason) => {
            store_progress(&mut run, &mut signals, printer).await;
            return Ok(stopped_early(&reason, printer));
        }
    };
    let groups = verification.groups().clone();
    let end = verification.end();
    let inputs = ReportInputs {
        run,
        ledger,
        progress,
        groups,
        list,
        comparison,
        extra: settings.extra,
    };
    let written = signals.unless_stopped(write_report(inputs, settings.csv));
    match written.await {
        Ok(written) => {
            let (mut run, progress, tally) = written?;
            run.stored.publish(&[VerifyCsv::FILE]).await?;
            progress.remove().map_err(CommandError::stopped)?;
            run.empty_stored_progress().await?;
            print_results(&run, &tally, &end, printer)
        }
        Err(signal) => Ok(stopped(signal, printer)),
    }
}

enum ReadResult {
    Complete(Box<(LedgerReader, VerifyProgress)>),
    Stopped(VerifyStopReason),
}

/// Lists the pool, and looks up the users that the listing does not show as expected.
async fn read_pool(
    run: &VerifiableRun,
    ledger: LedgerReader,
    progress: VerifyProgress,
    verification: &mut Verification<'_>,
    signals: &mut Signals,
) -> Result<ReadResult, CommandError> {
    let (mut ledger, mut progress) = (ledger, progress);
    if !verification.is_listed() {
        let stopped = verification.read(&progress, signals).await;
        if let Some(reason) = stopped.map_err(CommandError::stopped)? {
            return Ok(ReadResult::Stopped(reason));
        }
        let (groups, lag) = (verification.groups().clone(), run.lag);
        let collect =
            move || collect_lookups(&ledger, &progress, &groups, lag).map(|()| (ledger, progress));
        let collected = match signals.unless_stopped(beside("lookups", collect)).await {
            Ok(collected) => collected?,
            Err(signal) => return Ok(ReadResult::Stopped(VerifyStopReason::Signal(signal))),
        };
        (ledger, progress) = collected.map_err(CommandError::stopped)?;
        let listed = verification.set_listed(&progress);
        listed.map_err(CommandError::stopped)?;
    }
    let stopped = verification.look_up(&progress, signals).await;
    Ok(match stopped.map_err(CommandError::stopped)? {
        Some(reason) => ReadResult::Stopped(reason),
        None => ReadResult::Complete(Box::new((ledger, progress))),
    })
}

fn print_results(
    run: &VerifiableRun,
    tally: &VerifyTally,
    end: &VerifyEnd,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    printer.block(verify_table(
        tally.checked,
        tally.as_reported,
        &tally.problems,
        &tally.attributes,
    ));
    let written = run.stored.shown().join(VerifyCsv::FILE);
    printer.info(format_args!("results: {}", written.display()));
    let exit = if tally.problems.is_empty() {
        Exit::Done
    } else {
        Exit::SomeRows
    };
    let count = |problem: Discrepancy| tally.problems.get(&problem).copied().unwrap_or(0);
    CommandOutput::from(exit).with(&VerifyDocument {
        run_directory: run.stored.shown(),
        results: &written,
        checked: tally.checked,
        as_reported: tally.as_reported,
        problems: Discrepancy::ALL
            .into_iter()
            .map(|problem| (problem.name(), count(problem)))
            .collect(),
        differing_attributes: run.compares_attributes.then(|| tally.attributes.clone()),
        pool_users: end.users,
        requests: end.requests.by_name().into_iter().collect(),
    })
}

/// Stores the progress of a run in S3. Does nothing for a local run.
async fn store_progress(run: &mut VerifiableRun, signals: &mut Signals, printer: Printer) {
    let stored = run.stored.publish(&[VerifyProgress::FILE]);
    if let Ok(Err(error)) = signals.unless_stopped(stored).await {
        printer.note(format_args!(
            "the progress was not stored in S3, so the next command begins again: {}",
            error.text()
        ));
    }
}

fn stopped_early(reason: &VerifyStopReason, printer: Printer) -> CommandOutput {
    let how = HOW_TO_RESUME;
    if let VerifyStopReason::Signal(signal) = reason {
        printer.info(format_args!("stopped by {reason}; {how}"));
        return CommandOutput::from(Exit::Signal(*signal)).stopped(reason.to_string(), how);
    }
    printer.error(format_args!("stopped early: {reason}"));
    let hint = match reason.hint() {
        Some(hint) => format!("{hint}; {how}"),
        None => how.to_owned(),
    };
    printer.info(&hint);
    CommandOutput::from(Exit::Stopped).stopped(reason.to_string(), hint)
}

fn stopped(signal: Signal, printer: Printer) -> CommandOutput {
    let message = "stopped before the report was written";
    printer.info(message);
    CommandOutput::from(Exit::Signal(signal)).stopped(message, HOW_TO_RESUME)
}

/// Formats a number of seconds for the plan.
fn about(seconds: u64) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(seconds.max(1)))
}
