//! `verify`: compares the users of a run with the pool.

mod attributes;
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
use crate::report::{VerifyCsv, VerifyTally, verify_table};
use crate::run::{Signal, Signals};
use crate::verify::{Lag, RunGroups, Verification, VerifyEnd, VerifyStopReason, collect_lookups};
use attributes::AttributeCheck;
use list::VerifyReportError;
use open::{ReadyVerification, VerifiableRun, prepare};
use report::{ReportInputs, write_report};

/// How long after an interruption a verification can be resumed. Cognito's tokens are valid for an
/// hour, which leaves time for the next page.
const RESUMABLE_MINUTES: i64 = 55;

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
        attributes,
        progress,
        context,
        groups,
        options,
        saved,
    } = ready;
    let known = KnownFacts {
        ledger,
        progress,
        attributes,
    };
    let mut notify = |message: &str| printer.info(message);
    let mut verification = Verification::new(context, groups, options, saved, &mut notify);
    let read = read_pool(run.lag, known, &mut verification, &mut signals).await?;
    let KnownFacts {
        ledger,
        progress,
        attributes,
    } = match read {
        ReadResult::Complete(known) => *known,
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
        attributes,
        extra: settings.extra,
    };
    let written = signals.unless_stopped(write_report(inputs, settings.csv));
    let (mut run, progress, tally) = match written.await {
        Ok(written) => written?,
        Err(signal) => return Ok(stopped(signal, printer)),
    };
    let stored = run.stored.publish(&[VerifyCsv::FILE]);
    match signals.unless_stopped(stored).await {
        Ok(stored) => stored?,
        Err(signal) => {
            store_progress(&mut run, &mut signals, printer).await;
            return Ok(stopped(signal, printer));
        }
    }
    progress.remove().map_err(CommandError::stopped)?;
    let emptied = run.empty_stored_progress();
    match signals.unless_stopped(emptied).await {
        Ok(emptied) => emptied?,
        Err(signal) => return Ok(stopped(signal, printer)),
    }
    print_results(&run, &tally, &end, printer)
}

/// What is known about the users of the run.
struct KnownFacts {
    ledger: LedgerReader,
    progress: VerifyProgress,
    /// `None` without a list.
    attributes: Option<AttributeCheck>,
}

enum ReadResult {
    Complete(Box<KnownFacts>),
    Stopped(VerifyStopReason),
}

/// Lists the pool, and looks up the users that the listing does not show as expected.
async fn read_pool(
    lag: Lag,
    mut known: KnownFacts,
    verification: &mut Verification<'_>,
    signals: &mut Signals,
) -> Result<ReadResult, CommandError> {
    if !verification.is_listed() {
        let stopped = verification.read(&known.progress, signals).await;
        if let Some(reason) = stopped.map_err(CommandError::stopped)? {
            return Ok(ReadResult::Stopped(reason));
        }
        let groups = verification.groups().clone();
        let collect = beside("lookups", move || collect(known, &groups, lag));
        let collected = match signals.unless_stopped(collect).await {
            Ok(collected) => collected?,
            Err(signal) => return Ok(ReadResult::Stopped(VerifyStopReason::Signal(signal))),
        };
        known = collected.map_err(CommandError::stopped)?;
        let listed = verification.set_listed(&known.progress);
        listed.map_err(CommandError::stopped)?;
    }
    let stopped = verification.look_up(&known.progress, signals).await;
    Ok(match stopped.map_err(CommandError::stopped)? {
        Some(reason) => ReadResult::Stopped(reason),
        None => ReadResult::Complete(Box::new(known)),
    })
}

/// Finds the users to look up.
fn collect(
    known: KnownFacts,
    groups: &RunGroups,
    lag: Lag,
) -> Result<KnownFacts, VerifyReportError> {
    let KnownFacts {
        ledger,
        progress,
        mut attributes,
    } = known;
    collect_lookups(&ledger, &progress, groups, lag, |row, state| {
        // The report compares the list, too.
        let again = attributes
            .as_mut()
            .filter(|check| check.list.can_be_read_again());
        Ok::<_, VerifyReportError>(match again {
            Some(check) => !check.findings(row, state)?.problems.is_empty(),
            None => false,
        })
    })?;
    if let Some(check) = &mut attributes {
        check.list.rewind()?;
    }
    Ok(KnownFacts {
        ledger,
        progress,
        attributes,
    })
}

fn print_results(
    run: &VerifiableRun,
    tally: &VerifyTally,
    end: &VerifyEnd,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    printer.block(verify_table(tally));
    let written = run.stored.shown().join(VerifyCsv::FILE);
    printer.path("results", &written);
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
        known_to_differ: run.compares_attributes.then_some(tally.known_to_differ),
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
            "could not store the progress in S3; the next verify starts from the beginning: {}",
            error.text()
        ));
    }
}

fn how_to_resume() -> String {
    format!("the same command resumes if it starts within {RESUMABLE_MINUTES} minutes")
}

fn stopped_early(reason: &VerifyStopReason, printer: Printer) -> CommandOutput {
    let how = how_to_resume();
    if let VerifyStopReason::Signal(signal) = reason {
        printer.info(format_args!("stopped by {reason}; {how}"));
        return CommandOutput::from(Exit::Signal(*signal)).stopped(reason.to_string(), how);
    }
    printer.error(format_args!("stopped early: {reason}"));
    let hint = match reason.hint() {
        Some(hint) => format!("{hint}; {how}"),
        None => how,
    };
    printer.info(&hint);
    CommandOutput::from(Exit::Stopped).stopped(reason.to_string(), hint)
}

fn stopped(signal: Signal, printer: Printer) -> CommandOutput {
    let message = "stopped before the report was written and stored";
    printer.info(message);
    CommandOutput::from(Exit::Signal(signal)).stopped(message, how_to_resume())
}

/// Formats a number of seconds for the plan.
fn about(seconds: u64) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(seconds.max(1)))
}
