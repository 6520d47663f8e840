//! What `import` and `rehearse` share: from a list and a pool to a run and its reports.

use std::path::Path;

use tracing::Instrument as _;

use super::job::Job;
use super::prepare::{Preparation, Prepared, prepare};
use super::prescan::{Read, prescan};
use super::{Failed, beside};
use crate::cli::Say;
use crate::cli::exit::Exit;
use crate::import::{Ended, Run, Signals, StopReason};
use crate::ledger::{RunDirectory, Session};
use crate::outcome::Summary;
use crate::pace::Pacer;
use crate::progress::{self, terminal_width};
use crate::report::{summary_table, write_all};

pub(super) async fn run(job: Job<'_>, say: Say) -> Result<Exit, Failed> {
    let mut signals = Signals::listen().map_err(Failed::refused)?;
    let prepared = tokio::select! {
        prepared = prepare(&job, say) => prepared?,
        signal = signals.next() => {
            say.line("stopped before anything was sent");
            return Ok(Exit::Signal(signal));
        }
    };
    let mut prepared = match prepared {
        Preparation::Ready(prepared) => *prepared,
        Preparation::FinishedAlready(summary, path) => {
            say.line("this run is finished already: nothing was sent (--retry takes rows up again, --restart begins anew)");
            return Ok(say_summary(&summary, &path, say));
        }
    };
    let pacer = Pacer::new(prepared.ceilings);
    let mut watch = progress::for_people(job.progress, job.screen, prepared.expected);
    let asked = job.looks.prescan;
    let read = prescan(&mut prepared, &pacer, asked, &mut signals, watch.as_mut()).await?;
    let Prepared {
        plan,
        pool,
        ledger,
        list,
        directory,
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
    let go_on = job.again.go_on();
    let ended = ended.map_err(Failed::stopped)?;
    if let (true, Some(reason)) = (ended.at_once, &ended.stopped) {
        say.line(format_args!(
            "stopped at once; the ledger knows the rest; {go_on}"
        ));
        return Ok(Exit::of_stop(reason));
    }
    let path = directory.path().to_owned();
    let summary = tokio::select! {
        summary = beside("reports", move || write_all(&path)) => summary?.map_err(Failed::stopped)?,
        signal = signals.next() => {
            say.line(format_args!(
                "stopped while the reports were written; `cognito-import report {}` makes them again",
                directory.path().display()
            ));
            return Ok(Exit::Signal(signal));
        }
    };
    Ok(close(&ended, &summary, &directory, &go_on, say))
}

/// What people are told at the end.
fn close(
    ended: &Ended,
    summary: &Summary,
    directory: &RunDirectory,
    go_on: &str,
    say: Say,
) -> Exit {
    let exit = say_summary(summary, directory.path(), say);
    let Some(reason) = &ended.stopped else {
        if let Some(why) = &summary.stopped_because {
            say.error(why);
        }
        return exit;
    };
    let exit = Exit::of_stop(reason);
    if let Exit::Signal(_) = exit {
        say.line(format_args!("stopped by {reason}; {go_on}"));
    } else {
        say.error(format_args!("stopped early: {reason}"));
        if let (StopReason::Deadline, 0) = (reason, ended.progress.rows_now) {
            say.line("no row was done in this time: beginning alone takes a second or two, so give it more, such as `--deadline 1m`");
        }
        let first = reason
            .needs_mending()
            .then_some("put that right first, and where a flag is wrong, the flag; then ");
        say.line(format_args!("{}{go_on}", first.unwrap_or_default()));
    }
    exit
}

fn say_summary(summary: &Summary, path: &Path, say: Say) -> Exit {
    say.line(summary_table(summary, terminal_width()));
    say.line(format_args!(
        "results: {}",
        path.join("results.csv").display()
    ));
    Exit::of_summary(summary)
}
