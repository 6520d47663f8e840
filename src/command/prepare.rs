//! Everything that comes before the first row is sent: the list's header, the ledger, the pool's answers, the plan.

use std::path::{Path, PathBuf};

use super::Failed;
use super::confirm::confirm;
use super::job::{Again, Job};
use super::list::List;
use super::preflight::{Intent, Verdict, ask_pool, strictness, surveyed, usernames_fold};
use crate::cli::{Say, settings};
use crate::import::registration::Rules;
use crate::import::slots::Slots;
use crate::import::{Counts, Listed, Plan};
use crate::ledger::past::{Before, Past};
use crate::ledger::{Durability, Facts, Identity, Kind, Ledger, Reader, RunDirectory, Standing};
use crate::outcome::{Outcome, Summary};
use crate::pool::{Cognito, connect, now_ms};
use crate::preflight::ask::{Found, Questions};
use crate::report::write_all;
use crate::rows::ahead::ReadAhead;
use crate::source::Source;
use crate::user::pool_rules::PoolRules;
use crate::user::rules::Strictness;

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
    directory: RunDirectory,
    ledger: Ledger,
    facts: Facts,
    goes_on: bool,
}

/// Prepares a run. Sends nothing that writes; dropped on the way, it leaves nothing behind that the same command would trip over.
pub(super) async fn prepare(job: &Job<'_>, say: Say) -> Result<Preparation, Failed> {
    let mut list = List::open(job.list, &job.access).await?;
    list.say_how_it_is_read(say);
    let identity = Identity {
        list: list.source.name(),
        mapping: list.cells_meaning(),
        kept: list.mapping.kept(),
        user_pool_id: job.connect.user_pool_id.clone(),
        client_id: job.connect.client_id.clone(),
        kind: job.again.kind(),
        fingerprint: list.fingerprint().await?,
    };
    let path = run_directory(job, &list.source, &identity)?;
    // What can be read only once has no fingerprint: whether it is the same list shows row by row.
    if let (Again::GoOn(retry), Some(_)) = (&job.again, &identity.fingerprint)
        && let Some(summary) =
            finished_already(&path, &identity, retry, settings::durability(job.run))?
    {
        return Ok(Preparation::FinishedAlready(Box::new(summary), path));
    }
    let given = job.preflight.pool.as_deref().map(settings::pool_rules);
    let given = given.transpose().map_err(Failed::refused)?;
    let pool = connect(&job.connect).await.map_err(Failed::refused)?;
    let there = RunThere::look(job, &path, &identity)?;
    let found = ask_pool(
        &pool,
        &identity.user_pool_id,
        questions(job, given.is_some()),
    )
    .await?;
    let rules = given.as_ref().or(found.rules.as_ref());
    if !job.preflight.no_preflight {
        list.mapping = list.mapping.held_to(&strictness(rules));
    }
    let opened = match there {
        RunThere::GoesOn(directory) => go_on(job, directory, &identity, say)?,
        RunThere::No(held) => {
            let folds = usernames_fold(settings::folds(job.run.usernames), rules, &found, say);
            approve(job, &list, rules, &found, folds, say).await?;
            let facts = Facts {
                started_ms: now_ms(),
                folds,
                second_before_run_ms: found.second_before_run_ms,
            };
            begin(job, held, &path, &identity, facts, say)?
        }
    };
    let bytes = list.bytes;
    let ahead = read_ahead(list, &opened)?;
    let plan = plan(job, &opened)?;
    tracing::info!(
        run_directory = %opened.directory.path().display(),
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
        list: ahead,
        directory: opened.directory,
        bytes,
    })))
}

/// Whether a run is there that goes on.
enum RunThere {
    GoesOn(RunDirectory),
    /// It is not; the directory is held where it is there already, so that a start that is refused leaves nothing behind.
    No(Option<RunDirectory>),
}

impl RunThere {
    fn look(job: &Job<'_>, path: &Path, identity: &Identity) -> Result<Self, Failed> {
        if !path.is_dir() {
            return Ok(Self::No(None));
        }
        let directory = RunDirectory::hold(path).map_err(Failed::refused)?;
        let durability = settings::durability(job.run);
        if !Ledger::is_there(&directory, durability).map_err(Failed::refused)? {
            return Ok(Self::No(Some(directory)));
        }
        match &job.again {
            Again::GoOn(retry) => {
                // Refused before the pool is asked, where it is another run.
                Ledger::look_at(&directory, identity, retry).map_err(Failed::refused)?;
                Ok(Self::GoesOn(directory))
            }
            Again::Replace => {
                Ledger::is_of_kind(&directory, Kind::Rehearsal).map_err(Failed::refused)?;
                Ok(Self::No(Some(directory)))
            }
            Again::PutAside => Ok(Self::No(Some(directory))),
        }
    }
}

fn questions(job: &Job<'_>, rules_given: bool) -> Questions {
    let preflight = !job.preflight.no_preflight;
    Questions {
        client: preflight && !rules_given,
        look_up: preflight && !job.run.no_lookup,
    }
}

/// What stands against a new run is weighed, the plan is shown, and on a terminal somebody says yes to it.
async fn approve(
    job: &Job<'_>,
    list: &List,
    rules: Option<&PoolRules>,
    found: &Found,
    folds: bool,
    say: Say,
) -> Result<(), Failed> {
    if job.preflight.no_preflight {
        return Ok(());
    }
    let intent = Intent {
        allowed: settings::allowed(&job.preflight.allow),
        secret_given: job.connect.client_secret.is_some(),
        looks_up: !job.run.no_lookup,
        rate: job.pace.rate.get(),
        lookup_rate: job.pace.lookup_rate.get(),
    };
    let survey = surveyed(list, folds).await?;
    let verdict = Verdict::of(intent, &list.mapping, rules, found, survey);
    verdict.say(say);
    verdict.say_what_is_broken(say);
    if let Some(refusal) = verdict.refusal("the run is refused, and nothing was sent") {
        return Err(refusal);
    }
    if job.confirm {
        confirm(&job.connect.user_pool_id).await?;
    }
    Ok(())
}

/// Begins the ledger of a new run. Only now: a start that is refused changes nothing.
fn begin(
    job: &Job<'_>,
    held: Option<RunDirectory>,
    path: &Path,
    identity: &Identity,
    facts: Facts,
    say: Say,
) -> Result<Opened, Failed> {
    let durability = settings::durability(job.run);
    let directory = match held {
        Some(directory) => directory,
        None => RunDirectory::hold(path).map_err(Failed::refused)?,
    };
    match &job.again {
        Again::GoOn(_) => {
            if Ledger::is_there(&directory, durability).map_err(Failed::refused)? {
                return Err(Failed::refused(anyhow::anyhow!(
                    "{}: another program began this run a moment ago; the same command goes on with it",
                    path.display()
                )));
            }
        }
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
    let ledger =
        Ledger::create(&directory, identity, facts, durability).map_err(Failed::refused)?;
    Ok(Opened {
        directory,
        ledger,
        facts,
        goes_on: false,
    })
}

/// Opens the ledger of a run that goes on.
fn go_on(
    job: &Job<'_>,
    directory: RunDirectory,
    identity: &Identity,
    say: Say,
) -> Result<Opened, Failed> {
    let durability = settings::durability(job.run);
    let retry = match &job.again {
        Again::GoOn(retry) => retry.as_slice(),
        Again::PutAside | Again::Replace => &[],
    };
    let (ledger, standing, facts) =
        Ledger::reopen(&directory, identity, durability, retry).map_err(Failed::refused)?;
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
    if let Some(folds) = settings::folds(job.run.usernames)
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
    Ok(Opened {
        directory,
        ledger,
        facts,
        goes_on: true,
    })
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

/// The thread that reads the list, and leaves out what an earlier session settled.
fn read_ahead(list: List, opened: &Opened) -> Result<ReadAhead<Listed>, Failed> {
    let mut past = if opened.goes_on {
        Some(Past::open(&opened.directory.database()).map_err(Failed::refused)?)
    } else {
        None
    };
    let List {
        source,
        rows,
        mapping,
        ..
    } = list;
    // What comes through a pipe comes when it comes: nothing waits for a group to fill.
    let together = if source.is_complete() {
        ROWS_TOGETHER
    } else {
        1
    };
    // A row that an earlier session began was sound then, and may have been sent: the pool's rules of today do not unsay that.
    let as_begun = mapping.clone().held_to(&Strictness::Api);
    ReadAhead::start(rows, together, move |raw| {
        let mut row = mapping.row(raw);
        let before = match &mut past {
            None => Before::Nothing,
            Some(past) => past
                .of(row.number, row.username())
                .map_err(|error| error.to_string())?,
        };
        if matches!(before, Before::Begun { .. }) && row.user.is_err() {
            row = as_begun.row(raw);
        }
        Ok(match before {
            Before::Settled => None,
            Before::Nothing | Before::Begun { .. } => Some(Listed { row, before }),
        })
    })
    .map_err(Failed::refused)
}

fn plan(job: &Job<'_>, opened: &Opened) -> Result<Plan, Failed> {
    let mut before = Counts::default();
    if opened.goes_on {
        let counts = Reader::open(opened.directory.path())
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
        folds: opened.facts.folds,
        second_before_run_ms: opened.facts.second_before_run_ms,
        breaker: settings::breaker(job.run),
        deadline: settings::deadline(job.run, job.started),
        before,
    })
}
