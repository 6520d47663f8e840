//! What `import` and `rehearse` share: from a list and a pool to a run and its reports.

use std::path::Path;

use tracing::Instrument as _;

use super::document::{RunDocument, Unreported};
use super::prepare::{Preparation, Prepared, prepare};
use super::prescan::{Read, prescan};
use super::rejects::{Rejects, RejectsError, RejectsWritten};
use super::report::say_where;
use super::{CommandError, CommandOutput, beside};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::{ImportSettings, OnExistingRun};
use crate::hints::Hint as _;
use crate::import::{Run, RunEnd, StopReason};
use crate::ledger::{FoundLedger, LedgerReader, RunDirectory, Session};
use crate::outcome::{Outcome, Summary};
use crate::pace::Pacer;
use crate::plural::counted;
use crate::preflight::groups::CreatedGroups;
use crate::progress::{self, Screen, terminal_width};
use crate::report::{ReportError, ReportOptions, summary_table, write_all};
use crate::run::Signals;

pub(super) async fn run(
    settings: &ImportSettings,
    screen: &Screen,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let created = CreatedGroups::default();
    let done = session(settings, screen, &created, printer).await;
    done.map_err(|failed| {
        if created.is_empty() {
            return failed;
        }
        printer.note(format_args!(
            "groups created before that: {}",
            created.names()
        ));
        failed.after_requests()
    })
}

async fn session(
    settings: &ImportSettings,
    screen: &Screen,
    created: &CreatedGroups,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let mut signals = Signals::listen().map_err(CommandError::refused)?;
    let prepared = tokio::select! {
        prepared = prepare(settings, created, printer) => prepared?,
        signal = signals.next() => {
            let why = if created.is_empty() {
                "stopped before anything was sent".to_owned()
            } else {
                format!("stopped before the first row; groups created: {}", created.names())
            };
            printer.info(&why);
            return Ok(CommandOutput::from(Exit::Signal(signal)).stopped(why, settings.on_existing_run.how_to_resume()));
        }
    };
    let mut prepared = match prepared {
        Preparation::Ready(prepared) => *prepared,
        Preparation::Finished(directory, found, rejects) => {
            return report_finished(settings, &directory, *found, *rejects, printer).await;
        }
    };
    let pacer = Pacer::new(prepared.ceilings);
    let mut watch = progress::watcher(settings.progress, screen, prepared.expected);
    let asked = settings.existing_users.prescan;
    let read = prescan(&mut prepared, &pacer, asked, &mut signals, watch.as_mut()).await?;
    let Prepared {
        plan,
        pool,
        ledger,
        list,
        directory,
        rejects,
        ..
    } = prepared;
    let (listing, stopped) = match read {
        Read::On(listing) => (listing, None),
        Read::Stopped(reason) => (None, Some(reason)),
    };
    let list = list.read_ahead(listing)?;
    let Session { run_id, number } = ledger.session();
    let span = tracing::error_span!("run", run = run_id.as_str(), session = *number);
    let run = span.in_scope(|| {
        let run = Run::new(plan, pool, pacer, ledger, list, watch.as_mut());
        match stopped {
            Some(reason) => run.stopped(reason),
            None => run,
        }
    });
    let ended = run.to_the_end(&mut signals).instrument(span).await;
    drop(watch);
    let ended = ended.map_err(CommandError::stopped)?;
    if let (true, Some(reason)) = (ended.at_once, &ended.stopped) {
        let (why, go_on) = (
            settings.on_existing_run.stopped_at_once(),
            settings.on_existing_run.how_to_resume(),
        );
        printer.block(format_args!("{why}; {go_on}"));
        let run_directory = directory.path();
        return CommandOutput::from(Exit::of_stop(reason))
            .stopped(why, go_on)
            .with(&Unreported { run_directory });
    }
    let (path, reports) = (directory.path().to_owned(), settings.reports.clone());
    let written = tokio::select! {
        written = beside("reports", move || WrittenReports::now(&path, rejects, &reports)) => written?.map_err(CommandError::stopped)?,
        signal = signals.next() => {
            let run_directory = directory.path();
            let why = "stopped while the reports were written";
            let again = format!("`cognito-import report {}` makes them again", run_directory.display());
            printer.info(format_args!("{why}; {again}"));
            return CommandOutput::from(Exit::Signal(signal)).stopped(why, again).with(&Unreported { run_directory });
        }
    };
    close(
        &ended,
        &written,
        &directory,
        &settings.on_existing_run,
        printer,
    )
}

/// Writes the reports of a run that has nothing left to do.
async fn report_finished(
    settings: &ImportSettings,
    directory: &RunDirectory,
    found: FoundLedger,
    rejects: Rejects,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    printer.info("this run is already finished: nothing was sent (--retry repeats rows, --restart starts over)");
    let (path, reports) = (directory.path().to_owned(), settings.reports.clone());
    let write = move || {
        let ledger = found.into_reader()?;
        WrittenReports::of(&ledger, &path, rejects, &reports)
    };
    let written = beside("reports", write)
        .await?
        .map_err(CommandError::refused)?;
    let exit = written.say(directory.path(), printer);
    CommandOutput::from(exit).with(&written.document(directory.path()))
}

/// The reports of a run that has ended.
struct WrittenReports {
    summary: Summary,
    rejects: Result<Option<RejectsWritten>, RejectsError>,
}

impl WrittenReports {
    fn now(
        run_directory: &Path,
        rejects: Rejects,
        reports: &ReportOptions,
    ) -> Result<Self, ReportError> {
        // Opening it verifies what this session wrote.
        Self::of(
            &LedgerReader::open(run_directory)?,
            run_directory,
            rejects,
            reports,
        )
    }

    fn of(
        ledger: &LedgerReader,
        run_directory: &Path,
        rejects: Rejects,
        reports: &ReportOptions,
    ) -> Result<Self, ReportError> {
        Ok(Self {
            summary: write_all(ledger, run_directory, reports)?,
            rejects: rejects.write(ledger, run_directory),
        })
    }

    fn say(&self, run_directory: &Path, printer: Printer) -> Exit {
        printer.block(summary_table(&self.summary, terminal_width()));
        say_where(run_directory, printer);
        match &self.rejects {
            Ok(None) => {}
            Ok(Some(rejects)) => {
                printer.info(format_args!(
                    "rejects: {} ({})",
                    rejects.path.display(),
                    what_to_do(rejects.rows, self.summary.count(Outcome::Duplicate))
                ));
                if rejects.with_passwords {
                    printer.warn(format_args!(
                        "{} holds passwords that anybody can read who can read the file: remove it when it is done with",
                        rejects.path.display()
                    ));
                }
            }
            Err(error) => printer.error(format_args!(
                "rejects.csv: not written: {}",
                error.with_hint()
            )),
        }
        Exit::of_summary(&self.summary)
    }

    fn document<'a>(&'a self, run_directory: &'a Path) -> RunDocument<'a> {
        RunDocument::of(run_directory, &self.summary).with_rejects(&self.rejects)
    }
}

/// What to do with these rejects, some of which are duplicates.
fn what_to_do(rows: u64, duplicates: u64) -> String {
    let to_correct = rows.saturating_sub(duplicates);
    let parts = [
        (to_correct > 0).then(|| format!("{} to correct", counted(to_correct, "row", "rows"))),
        (duplicates > 0).then(|| {
            format!(
                "{} to take out or to rename",
                counted(duplicates, "duplicate", "duplicates")
            )
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}; then import that list", parts.join(", "))
}

/// What people are told at the end.
fn close(
    ended: &RunEnd,
    written: &WrittenReports,
    directory: &RunDirectory,
    again: &OnExistingRun,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let exit = written.say(directory.path(), printer);
    let go_on = again.how_to_resume();
    let answer = match &ended.stopped {
        None => match &written.summary.stopped_because {
            None => CommandOutput::from(exit),
            Some(why) => {
                printer.error(why);
                CommandOutput::from(exit).stopped(why, go_on)
            }
        },
        Some(reason) => {
            let exit = Exit::of_stop(reason);
            if let Exit::Signal(_) = exit {
                printer.block(format_args!("stopped by {reason}; {go_on}"));
            } else {
                printer.error(format_args!("stopped early: {reason}"));
            }
            if let (StopReason::Deadline, 0) = (reason, ended.progress.rows_now) {
                printer.info("no row was done in this time: beginning alone takes a second or two, so give it more, such as `--deadline 1m`");
            }
            let go_on = if reason.needs_mending() {
                again.how_to_resume_once_fixed()
            } else {
                go_on
            };
            if !matches!(exit, Exit::Signal(_)) {
                printer.block(&go_on);
            }
            CommandOutput::from(exit).stopped(format!("stopped early: {reason}"), go_on)
        }
    };
    answer.with(&written.document(directory.path()))
}
