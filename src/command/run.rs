//! What `import` and `rehearse` share: from a list and a pool to a run and its reports.

use std::path::PathBuf;

use tokio::time::Instant;

use super::Failed;
use super::again::command_that_goes_on;
use crate::cli::args::{ListArgs, PaceArgs, RunArgs};
use crate::cli::exit::Exit;
use crate::cli::{Say, settings};
use crate::import::registration::Rules;
use crate::import::slots::Slots;
use crate::import::{Counts, Ended, Listed, Plan, Run, Signals};
use crate::ledger::past::{Before, Past};
use crate::ledger::{Facts, Identity, Ledger, Reader, RunDirectory, Standing};
use crate::outcome::{Outcome, Summary};
use crate::pace::Pacer;
use crate::pool::{Cognito, ConnectSettings, connect, now_ms};
use crate::preflight;
use crate::progress;
use crate::report::{summary_table, write_all};
use crate::rows::Rows;
use crate::rows::ahead::ReadAhead;
use crate::source::Source;
use crate::user::mapping::Mapping;

/// Rows handed over together: waking another thread for each would cost as much as its request.
const ROWS_TOGETHER: usize = 64;

/// What is asked for.
pub(super) struct Job<'a> {
    pub(super) list: &'a ListArgs,
    pub(super) pace: &'a PaceArgs,
    pub(super) run: &'a RunArgs,
    pub(super) connect: ConnectSettings,
    pub(super) again: Again,
    pub(super) quiet: bool,
}

/// What to do where the run's directory has a ledger already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Again {
    /// Go on with that run, and take these outcomes up again.
    GoOn(Vec<Outcome>),
    /// Begin anew and keep the old ledger.
    PutAside,
    /// Begin anew without keeping it: its pool is gone.
    Replace,
}

impl Again {
    /// How a run that was stopped goes on, for people.
    fn go_on(&self) -> String {
        match self {
            Self::GoOn(_) | Self::PutAside => {
                format!(
                    "the same command goes on from here:
  {}",
                    command_that_goes_on(std::env::args_os())
                )
            }
            Self::Replace => "a rehearsal does not go on: the next one begins anew".to_owned(),
        }
    }
}

/// A ledger that is open, and what a run that goes on brings with it.
struct Opened {
    ledger: Ledger,
    facts: Facts,
    goes_on: bool,
}

pub(super) async fn run(job: Job<'_>, say: Say) -> Result<Exit, Failed> {
    let mut signals = Signals::listen().map_err(Failed::refused)?;
    let source = Source::named(&job.list.list).map_err(Failed::refused)?;
    let fingerprint = source.fingerprint().map_err(Failed::refused)?;
    let opened = source.open().map_err(Failed::refused)?;
    let bytes = opened.length;
    let rows = Rows::open(source.name(), opened).map_err(Failed::refused)?;
    let mapping = Mapping::from_header(&source.name(), rows.header(), &settings::mapping(job.list))
        .map_err(Failed::refused)?;
    let identity = Identity {
        list: source.name(),
        mapping: mapping.identity(),
        user_pool_id: job.connect.user_pool_id.clone(),
        client_id: job.connect.client_id.clone(),
        fingerprint,
    };
    let path = run_directory(&job, &source, &identity)?;
    if let Again::GoOn(retry) = &job.again
        && let Some(exit) = finished_already(&path, &identity, retry, say)?
    {
        return Ok(exit);
    }
    let pool = connect(&job.connect).await.map_err(Failed::refused)?;
    let directory = RunDirectory::hold(&path).map_err(Failed::refused)?;
    let opened = open_ledger(&job, &directory, &identity, &pool, say).await?;
    let list = read_ahead(rows, &source, mapping, &directory, opened.goes_on)?;
    let plan = plan(&job, opened.facts, &directory, opened.goes_on)?;
    tracing::info!(
        run_directory = %directory.path().display(),
        slots = plan.slots.limit(),
        rate = job.pace.rate,
        lookup_rate = job.pace.lookup_rate,
        usernames_without_case = plan.folds,
        "the run begins"
    );
    let pacer = Pacer::new(job.pace.rate, job.pace.lookup_rate);
    let mut watch = progress::for_people(job.quiet, bytes);
    let ended = Run::new(plan, pool, pacer, opened.ledger, list, watch.as_mut())
        .to_the_end(&mut signals)
        .await;
    drop(watch);
    let go_on = job.again.go_on();
    close(&ended.map_err(Failed::stopped)?, &directory, &go_on, say)
}

/// Where the run's files go.
fn run_directory(job: &Job<'_>, source: &Source, identity: &Identity) -> Result<PathBuf, Failed> {
    match (&job.run.run_dir, &identity.fingerprint) {
        (Some(directory), _) => Ok(directory.clone()),
        (None, Some(fingerprint)) => Ok(RunDirectory::default_path(
            &source.short_name(),
            fingerprint,
            &identity.user_pool_id,
        )),
        (None, None) => Err(Failed::refused(anyhow::anyhow!(
            "{}: can be read only once, so the run cannot be named after it; name a directory with --run-dir",
            source.name()
        ))),
    }
}

/// A finished run is not done again: its summary is printed, and nothing is sent.
fn finished_already(
    path: &std::path::Path,
    identity: &Identity,
    retry: &[Outcome],
    say: Say,
) -> Result<Option<Exit>, Failed> {
    if !path.is_dir() {
        return Ok(None);
    }
    let directory = RunDirectory::hold(path).map_err(Failed::refused)?;
    if !Ledger::is_there(&directory).map_err(Failed::refused)? {
        return Ok(None);
    }
    let standing = Ledger::look_at(&directory, identity, retry).map_err(Failed::refused)?;
    if standing != Standing::Finished {
        return Ok(None);
    }
    let summary = write_all(path).map_err(Failed::refused)?;
    say.line("this run is finished already: nothing was sent (--retry takes rows up again, --restart begins anew)");
    Ok(Some(say_summary(&summary, path, say)))
}

async fn open_ledger(
    job: &Job<'_>,
    directory: &RunDirectory,
    identity: &Identity,
    pool: &Cognito,
    say: Say,
) -> Result<Opened, Failed> {
    let durability = settings::durability(job.run);
    match &job.again {
        Again::GoOn(retry) if Ledger::is_there(directory).map_err(Failed::refused)? => {
            let (ledger, standing, facts) =
                Ledger::reopen(directory, identity, durability, retry).map_err(Failed::refused)?;
            if let Standing::Unfinished {
                settled,
                maybe_sent,
            } = standing
            {
                say.line(format_args!(
                    "going on with the run in {}: {settled} rows are settled, {maybe_sent} may have been sent",
                    directory.path().display()
                ));
            }
            return Ok(Opened {
                ledger,
                facts,
                goes_on: true,
            });
        }
        Again::GoOn(_) => {}
        Again::PutAside => {
            if let Some(aside) = directory.put_ledger_aside().map_err(Failed::refused)? {
                say.line(format_args!(
                    "beginning anew; the old ledger is kept as {}",
                    aside.display()
                ));
            }
        }
        Again::Replace => directory.remove_ledger().map_err(Failed::refused)?,
    }
    let found = preflight::ask(pool).await.map_err(|failure| {
        Failed::refused(anyhow::anyhow!(
            "user pool {}: cannot be reached: {failure}; check the network, --region and --endpoint-url",
            identity.user_pool_id
        ))
    })?;
    let facts = Facts {
        started_ms: now_ms(),
        folds: settings::folds(job.run)
            .or(found.ignores_case)
            .unwrap_or(true),
        second_before_run_ms: found.second_before_run_ms,
    };
    let ledger = Ledger::create(directory, identity, facts, durability).map_err(Failed::refused)?;
    Ok(Opened {
        ledger,
        facts,
        goes_on: false,
    })
}

/// The thread that reads the list, and leaves out what an earlier session settled.
fn read_ahead(
    rows: Rows,
    source: &Source,
    mapping: Mapping,
    directory: &RunDirectory,
    goes_on: bool,
) -> Result<ReadAhead<Listed>, Failed> {
    let mut past = if goes_on {
        Some(Past::open(&directory.database()).map_err(Failed::refused)?)
    } else {
        None
    };
    // What comes through a pipe comes when it comes: nothing waits for a group to fill.
    let together = match source {
        Source::File(_) => ROWS_TOGETHER,
        Source::Pipe(_) | Source::StandardInput => 1,
    };
    ReadAhead::start(rows, together, move |raw| {
        let row = mapping.row(raw);
        let before = match &mut past {
            None => Before::Nothing,
            Some(past) => past
                .of(row.number, row.username())
                .map_err(|error| error.to_string())?,
        };
        Ok(match before {
            Before::Settled => None,
            Before::Nothing | Before::Begun { .. } => Some(Listed { row, before }),
        })
    })
    .map_err(Failed::refused)
}

fn plan(
    job: &Job<'_>,
    facts: Facts,
    directory: &RunDirectory,
    goes_on: bool,
) -> Result<Plan, Failed> {
    let mut before = Counts::default();
    if goes_on {
        let counts = Reader::open(directory.path())
            .and_then(|reader| reader.settled())
            .map_err(Failed::refused)?;
        for (outcome, count) in counts {
            before.add_many(outcome, count);
        }
    }
    Ok(Plan {
        slots: Slots::new(job.pace.rate, job.pace.concurrency),
        group: settings::group(job.pace),
        rules: Rules {
            retry: settings::retry_policy(job.run),
            look_ups: !job.run.no_lookup,
        },
        folds: facts.folds,
        second_before_run_ms: facts.second_before_run_ms,
        breaker: settings::breaker(job.run),
        deadline: settings::stop_taking_after(job.run).map(|after| Instant::now() + after),
        before,
    })
}

/// Reports, and what people are told at the end.
fn close(ended: &Ended, directory: &RunDirectory, go_on: &str, say: Say) -> Result<Exit, Failed> {
    if let (true, Some(reason)) = (ended.at_once, &ended.stopped) {
        say.line(format_args!(
            "stopped at once; the ledger knows the rest; {go_on}"
        ));
        return Ok(Exit::of_stop(reason));
    }
    let summary = write_all(directory.path()).map_err(Failed::stopped)?;
    let exit = say_summary(&summary, directory.path(), say);
    let Some(reason) = &ended.stopped else {
        return Ok(exit);
    };
    let exit = Exit::of_stop(reason);
    if let Exit::Signal(_) = exit {
        say.line(format_args!("stopped by {reason}; {go_on}"));
    } else {
        say.error(format_args!("stopped early: {reason}"));
        say.line(go_on);
    }
    Ok(exit)
}

fn say_summary(summary: &Summary, path: &std::path::Path, say: Say) -> Exit {
    say.line(summary_table(summary));
    say.line(format_args!(
        "results: {}",
        path.join("results.csv").display()
    ));
    Exit::of_summary(summary)
}
