//! What `import` and `rehearse` share: from a list and a pool to a run and its reports.

use std::path::Path;

use super::job::Job;
use super::prepare::{Preparation, Prepared, prepare};
use super::prescan::{Read, prescan};
use super::{Failed, beside};
use crate::cli::Say;
use crate::cli::exit::Exit;
use crate::import::{Ended, Run, Signals};
use crate::ledger::RunDirectory;
use crate::outcome::Summary;
use crate::pace::Pacer;
use crate::progress;
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
    let mut watch = progress::for_people(job.quiet, prepared.bytes);
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
    let mut run = Run::new(plan, pool, pacer, ledger, list, watch.as_mut());
    if let Some(reason) = stopped {
        run = run.stopped(reason);
    }
    let ended = run.to_the_end(&mut signals).await;
    drop(watch);
    let go_on = job.again.go_on();
    let ended = ended.map_err(Failed::stopped)?;
    if let (true, Some(reason)) = (ended.at_once, &ended.stopped) {
        say.line(format_args!(
            "stopped at once; the ledger knows the rest; {go_on}"
        ));
        return Ok(Exit::of_stop(reason));
    }
    let (path, reports) = (directory.path().to_owned(), job.reports.clone());
    let summary = tokio::select! {
        summary = beside("reports", move || write_all(&path, &reports)) => summary?.map_err(Failed::stopped)?,
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
        say.line(go_on);
    }
    exit
}

fn say_summary(summary: &Summary, path: &Path, say: Say) -> Exit {
    say.line(summary_table(summary));
    say.line(format_args!(
        "results: {}",
        path.join("results.csv").display()
    ));
    Exit::of_summary(summary)
}
