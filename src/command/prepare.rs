//! Everything that comes before the first row is sent: the list's header, the ledger, the pool's answers, the plan.

mod run_there;

use std::num::NonZeroU32;
use std::path::PathBuf;

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
use crate::ledger::{Facts, Identity, Kind, Ledger, Reader, RunDirectory};
use crate::outcome::Summary;
use crate::pace::Ceilings;
use crate::pool::{Cognito, connect, now_ms};
use crate::preflight::ask::{Found, Questions};
use crate::preflight::rates::Rates;
use crate::rows::ahead::ReadAhead;
use crate::user::pool_rules::PoolRules;
use crate::user::rules::Strictness;
use run_there::{Opened, RunThere, begin, finished_already, go_on, run_directory};

/// Rows handed over together: waking another thread for each would cost as much as its request.
const ROWS_TOGETHER: usize = 64;

/// A run that can begin.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) pool: Cognito,
    pub(super) ledger: Ledger,
    pub(super) list: ReadAhead<Listed>,
    pub(super) directory: RunDirectory,
    /// Requests a second, by category.
    pub(super) ceilings: Ceilings,
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

/// Prepares a run. Sends nothing that writes; dropped on the way, it leaves nothing behind that the same command would trip over.
pub(super) async fn prepare(job: &Job<'_>, say: Say) -> Result<Preparation, Failed> {
    let mut list = List::open(job.list, &job.access, say).await?;
    list.say_what_is_dropped(say);
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
    let given = rules_given(job)?;
    let pool = connect(&job.connect).await.map_err(Failed::refused)?;
    let there = RunThere::look(job, &path, &identity)?;
    let found = ask_pool(
        &pool,
        &identity.user_pool_id,
        questions(job, given.is_some()),
    )
    .await?;
    let rules = given.as_ref().or(found.rules.as_ref());
    let rates = Rates::new(&settings::rates(&job.pace.rates), &found);
    let ceilings = rates.ceilings();
    if !job.preflight.no_preflight {
        list.mapping = list.mapping.held_to(&strictness(rules));
    }
    let opened = match there {
        RunThere::GoesOn(directory) => {
            weigh_again(job, &list, rules, &found, rates.clone()).await?;
            go_on(job, directory, &identity, say)?
        }
        RunThere::No(held) => {
            let folds = usernames_fold(settings::folds(job.run.usernames), rules, &found, say);
            approve(job, &list, rules, &found, rates.clone(), folds, say).await?;
            let facts = Facts {
                started_ms: now_ms(),
                folds,
                second_before_run_ms: found.second_before_run_ms,
            };
            begin(job, held, &path, &identity, facts, say)?
        }
    };
    // Where there was no plan to say it.
    if opened.goes_on || job.preflight.no_preflight || !list.source.is_complete() {
        say.line(format_args!("UserCreation: SignUp at {}", rates.creation));
    }
    let bytes = list.bytes;
    let ahead = read_ahead(list, &opened)?;
    let plan = plan(job, &opened, ceilings.creation)?;
    tracing::info!(
        run_directory = %opened.directory.path().display(),
        slots = plan.slots.limit(),
        rate = ceilings.creation,
        lookup_rate = ceilings.read,
        usernames_without_case = plan.folds,
        "the run begins"
    );
    Ok(Preparation::Ready(Box::new(Prepared {
        plan,
        pool,
        ledger: opened.ledger,
        list: ahead,
        directory: opened.directory,
        ceilings,
        bytes,
    })))
}

/// The rules that the command line gives. They have to be those of the pool that is written to.
fn rules_given(job: &Job<'_>) -> Result<Option<PoolRules>, Failed> {
    let Some(path) = &job.preflight.pool else {
        return Ok(None);
    };
    let rules = settings::pool_rules(path).map_err(Failed::refused)?;
    let client_id = rules
        .client
        .as_ref()
        .and_then(|client| client.client_id.as_ref());
    let named = [
        (&job.connect.user_pool_id, rules.user_pool_id.as_ref()),
        (&job.connect.client_id, client_id),
    ];
    // A simulated pool stands for another one.
    for (here, found) in named {
        if let (Some(found), Kind::Import) = (found, job.again.kind())
            && found != here
        {
            return Err(Failed::refused(anyhow::anyhow!(
                "--pool {}: holds the rules of {found}, and this run is for {here}; describe the right one, or take its id out of the file",
                path.display()
            )));
        }
    }
    Ok(Some(rules))
}

fn questions(job: &Job<'_>, rules_given: bool) -> Questions {
    let preflight = !job.preflight.no_preflight;
    let looks_up = !job.run.no_lookup;
    Questions {
        client: preflight && !rules_given,
        look_up: preflight && looks_up,
        limits: settings::rates(&job.pace.rates).unnamed(looks_up),
    }
}

/// What stands against a new run is weighed, the plan is shown, and on a terminal somebody says yes to it.
async fn approve(
    job: &Job<'_>,
    list: &List,
    rules: Option<&PoolRules>,
    found: &Found,
    rates: Rates,
    folds: bool,
    say: Say,
) -> Result<(), Failed> {
    if job.preflight.no_preflight {
        return Ok(());
    }
    let survey = surveyed(list, &list.mapping, folds).await?;
    let verdict = Verdict::of(
        intent(job, rates, false),
        &list.mapping,
        rules,
        found,
        survey,
    );
    verdict.say(say);
    verdict.say_what_is_broken(say);
    if let Some(refusal) = verdict.refusal("the run is refused, and nothing was sent") {
        return Err(refusal);
    }
    if job.confirm {
        let users = verdict.plan.as_ref().map(|plan| plan.counts.to_send);
        confirm(users, &job.connect.user_pool_id).await?;
    }
    Ok(())
}

/// A run that goes on may meet a pool that has changed since it began, or was begun without checking. What its rows are like is not
/// weighed again, and nobody is asked again.
async fn weigh_again(
    job: &Job<'_>,
    list: &List,
    rules: Option<&PoolRules>,
    found: &Found,
    rates: Rates,
) -> Result<(), Failed> {
    if job.preflight.no_preflight {
        return Ok(());
    }
    let folds = rules.is_none_or(|rules| !rules.case_sensitive);
    // Rows that have begun may be sent whatever the pool's rules say of them today.
    let as_begun = list.mapping.clone().held_to(&Strictness::Api);
    let survey = surveyed(list, &as_begun, folds).await?;
    let verdict = Verdict::of(
        intent(job, rates, true),
        &list.mapping,
        rules,
        found,
        survey,
    );
    match verdict.refusal("the run does not go on, and nothing was sent") {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

fn intent(job: &Job<'_>, rates: Rates, begun: bool) -> Intent {
    Intent {
        allowed: settings::allowed(&job.preflight.allow),
        secret_given: job.connect.client_secret.is_some(),
        looks_up: !job.run.no_lookup,
        rates,
        begun,
    }
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

fn plan(job: &Job<'_>, opened: &Opened, sign_ups_a_second: NonZeroU32) -> Result<Plan, Failed> {
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
        slots: Slots::new(sign_ups_a_second, job.pace.concurrency),
        group: settings::group(sign_ups_a_second),
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
