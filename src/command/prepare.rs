//! Everything that comes before the first row is sent: the list's header, the ledger, the pool's answers, the plan.

use std::path::{Path, PathBuf};

use super::job::{Again, Job};
use super::{Failed, beside};
use crate::cli::{Say, settings};
use crate::import::registration::Rules;
use crate::import::slots::Slots;
use crate::import::{Counts, Listed, Plan};
use crate::ledger::past::{Before, Past};
use crate::ledger::{Durability, Facts, Identity, Kind, Ledger, Reader, RunDirectory, Standing};
use crate::outcome::{Outcome, Summary};
use crate::pool::{Advice, Cognito, Failure, connect, now_ms};
use crate::preflight;
use crate::report::write_all;
use crate::rows::ahead::ReadAhead;
use crate::rows::{Dialect, Reading, Rows};
use crate::source::{OpenSource, Source};
use crate::user::mapping::Mapping;

/// Rows handed over together: waking another thread for each would cost as much as its request.
const ROWS_TOGETHER: usize = 64;

/// A run that can begin.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) pool: Cognito,
    pub(super) ledger: Ledger,
    pub(super) list: ReadAhead<Listed>,
    pub(super) directory: RunDirectory,
    /// The list's length, where it is known.
    pub(super) bytes: Option<u64>,
}

/// What the preparation came to.
pub(super) enum Preparation {
    /// The run can begin.
    Ready(Box<Prepared>),
    /// It is finished already; nothing is to be done.
    FinishedAlready(Box<Summary>, PathBuf),
}

/// A ledger that is open, and what a run that goes on brings with it.
struct Opened {
    ledger: Ledger,
    facts: Facts,
    goes_on: bool,
}

/// Prepares a run. Sends nothing that writes; dropped on the way, it leaves nothing behind that the same command would trip over.
pub(super) async fn prepare(job: &Job<'_>, say: Say) -> Result<Preparation, Failed> {
    let source = Source::named(&job.list.list).map_err(Failed::refused)?;
    let fingerprint = source.fingerprint().map_err(Failed::refused)?;
    let opened = source.open().map_err(Failed::refused)?;
    let bytes = opened.length;
    let dialect = settings::dialect(job.list).map_err(Failed::refused)?;
    let rows = read_header(source.name(), opened, dialect).await?;
    for notice in rows.reading().notices() {
        say.line(format_args!("{}: {notice}", source.name()));
    }
    let mapping = Mapping::from_header(&source.name(), rows.header(), &settings::mapping(job.list))
        .map_err(Failed::refused)?;
    let identity = Identity {
        list: source.name(),
        mapping: cells_meaning(&mapping, rows.reading()),
        user_pool_id: job.connect.user_pool_id.clone(),
        client_id: job.connect.client_id.clone(),
        kind: job.again.kind(),
        fingerprint,
    };
    let path = run_directory(job, &source, &identity)?;
    // What can be read only once has no fingerprint: whether it is the same list shows row by row.
    if let (Again::GoOn(retry), Some(_)) = (&job.again, &identity.fingerprint)
        && let Some(summary) =
            finished_already(&path, &identity, retry, settings::durability(job.run))?
    {
        return Ok(Preparation::FinishedAlready(Box::new(summary), path));
    }
    let pool = connect(&job.connect).await.map_err(Failed::refused)?;
    let directory = RunDirectory::hold(&path).map_err(Failed::refused)?;
    let opened = open_ledger(job, &directory, &identity, &pool, say).await?;
    let list = read_ahead(rows, &source, mapping, &directory, opened.goes_on)?;
    let plan = plan(job, opened.facts, &directory, opened.goes_on)?;
    tracing::info!(
        run_directory = %directory.path().display(),
        slots = plan.slots.limit(),
        rate = job.pace.rate,
        lookup_rate = job.pace.lookup_rate,
        usernames_without_case = plan.folds,
        "the run begins"
    );
    Ok(Preparation::Ready(Box::new(Prepared {
        plan,
        pool,
        ledger: opened.ledger,
        list,
        directory,
        bytes,
    })))
}

/// Standard input may be long in coming, and signals are to be heard meanwhile.
async fn read_header(list: String, opened: OpenSource, dialect: Dialect) -> Result<Rows, Failed> {
    beside("header", move || Rows::open(list, opened, &dialect))
        .await?
        .map_err(Failed::refused)
}

/// What a run is bound to beside the list's bytes: how they became cells, and which cell means what.
fn cells_meaning(mapping: &Mapping, reading: &Reading) -> String {
    let mut text = mapping.identity();
    let reading = reading.identity();
    if !reading.is_empty() {
        text.push(' ');
        text.push_str(&reading);
    }
    text
}

/// Where the run's files go.
fn run_directory(job: &Job<'_>, source: &Source, identity: &Identity) -> Result<PathBuf, Failed> {
    match (&job.run.run_dir, &identity.fingerprint) {
        (Some(directory), _) => Ok(directory.clone()),
        (None, Some(fingerprint)) => Ok(RunDirectory::default_path(
            &source.short_name(),
            fingerprint,
            match identity.kind {
                Kind::Import => &identity.user_pool_id,
                Kind::Rehearsal => "rehearsal",
            },
        )),
        (None, None) => Err(Failed::refused(anyhow::anyhow!(
            "{}: can be read only once, so the run cannot be named after it; name a directory with --run-dir",
            source.name()
        ))),
    }
}

/// A finished run is not done again: its summary is printed, and nothing is sent.
fn finished_already(
    path: &Path,
    identity: &Identity,
    retry: &[Outcome],
    durability: Durability,
) -> Result<Option<Summary>, Failed> {
    if !path.is_dir() {
        return Ok(None);
    }
    let directory = RunDirectory::hold(path).map_err(Failed::refused)?;
    if !Ledger::is_there(&directory, durability).map_err(Failed::refused)? {
        return Ok(None);
    }
    let standing = Ledger::look_at(&directory, identity, retry).map_err(Failed::refused)?;
    if standing != Standing::Finished {
        return Ok(None);
    }
    write_all(path).map(Some).map_err(Failed::refused)
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
        Again::GoOn(retry)
            if Ledger::is_there(directory, durability).map_err(Failed::refused)? =>
        {
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
            if let Some(folds) = settings::folds(job.run)
                && folds != facts.folds
            {
                return Err(Failed::refused(anyhow::anyhow!(
                    "--usernames: this run began with {}; leave it out, or begin anew with --restart",
                    if facts.folds {
                        "ignore-case"
                    } else {
                        "case-sensitive"
                    }
                )));
            }
            return Ok(Opened {
                ledger,
                facts,
                goes_on: true,
            });
        }
        Again::Replace if Ledger::is_there(directory, durability).map_err(Failed::refused)? => {
            Ledger::is_of_kind(directory, Kind::Rehearsal).map_err(Failed::refused)?;
        }
        Again::GoOn(_) | Again::PutAside | Again::Replace => {}
    }
    let found = preflight::ask(pool)
        .await
        .map_err(|failure| pool_refuses(&identity.user_pool_id, &failure))?;
    let folds = usernames_fold(job, found.ignores_case, say);
    // Only now: a start that is refused changes nothing.
    match &job.again {
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
    let facts = Facts {
        started_ms: now_ms(),
        folds,
        second_before_run_ms: found.second_before_run_ms,
    };
    let ledger = Ledger::create(directory, identity, facts, durability).map_err(Failed::refused)?;
    Ok(Opened {
        ledger,
        facts,
        goes_on: false,
    })
}

/// Whether usernames are compared without case: the command line's word, the pool's, or else Cognito's own default for new pools.
fn usernames_fold(job: &Job<'_>, asked: Result<Option<bool>, Failure>, say: Say) -> bool {
    match (settings::folds(job.run), asked) {
        (Some(folds), _) => folds,
        (None, Ok(Some(folds))) => folds,
        (None, Ok(None)) => true,
        (None, Err(failure)) => {
            say.line(format_args!(
                "DescribeUserPool cannot be asked ({}): usernames are taken to be the same whatever their case; \
                 `--usernames case-sensitive` says otherwise",
                failure.code
            ));
            true
        }
    }
}

/// Why a run cannot begin with this pool, and what to change.
fn pool_refuses(user_pool_id: &str, failure: &Failure) -> Failed {
    let way_out = match failure.advice {
        Advice::Stop(stop) => stop.way_out(),
        Advice::Again
        | Advice::SlowDown
        | Advice::Exists
        | Advice::LookUp(_)
        | Advice::Undelivered
        | Advice::GiveUp => "check the network, --region and --endpoint-url",
    };
    Failed::refused(anyhow::anyhow!(
        "user pool {user_pool_id}: cannot be asked: {failure}; {way_out}"
    ))
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
        deadline: settings::deadline(job.run, job.started),
        before,
    })
}
