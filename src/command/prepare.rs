//! Everything that comes before the first row is sent: the list's header, the ledger, the pool's answers, the plan.

mod ahead;
mod weigh;

use std::num::NonZeroU32;

use super::CommandError;
use super::follow_up::{refuse_misfits, updates};
use super::list::List;
use super::open_run::{BegunRun, OpenRun, begin, open_run, resume, run_directory};
use super::pool_rules::rules_source;
use super::preflight::{ask_pool, strictness, usernames_fold};
use super::rejects::Rejects;
use super::resuming::command_to_keep;
use crate::cli::Printer;
use crate::cli::settings::{ImportSettings, pool_rules};
use crate::import::SessionPlan;
use crate::import::registration::RegistrationRules;
use crate::import::slots::Slots;
use crate::ledger::{Facts, FoundLedger, Identity, Invocation, Ledger, RunDirectory, RunKind};
use crate::pace::Ceilings;
use crate::plural::counted;
use crate::pool::{Cognito, NamedBy, connect, now_ms};
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::groups::CreatedGroups;
use crate::preflight::plan::users_per_second;
use crate::preflight::prescan::PrescanPlan;
use crate::preflight::queries::PoolQueries;
use crate::preflight::rates::Rates;
use crate::process::{files_for_connections, room_for_connections};
use crate::progress::{ExpectedRows, ExpectedWork};
use crate::user::pool_rules::PoolRules;
use ahead::ToRead;
use weigh::{Preflight, PreflightResult};

/// A run that can begin.
pub(super) struct Prepared {
    pub(super) plan: SessionPlan,
    pub(super) pool: Cognito,
    pub(super) ledger: Ledger,
    pub(super) list: ToRead,
    /// The pool is read before the first row.
    pub(super) reading: Option<PrescanPlan>,
    pub(super) directory: RunDirectory,
    /// Requests a second, by category.
    pub(super) ceilings: Ceilings,
    /// What is written at the end of the rows that did not make it.
    pub(super) rejects: Rejects,
    /// What is known of the run before it begins.
    pub(super) expected: ExpectedWork,
}

/// What the preparation came to.
pub(super) enum Preparation {
    /// The run can begin.
    Ready(Box<Prepared>),
    /// Nothing is left to do.
    Finished(RunDirectory, Box<FoundLedger>, Box<Rejects>),
}

/// Prepares a run. The only requests that write are those that create groups. Dropped at any point, it leaves nothing
/// that would keep the same command from starting.
#[expect(
    clippy::too_many_lines,
    reason = "the steps before the first row, in the order in which they happen"
)]
pub(super) async fn prepare(
    settings: &ImportSettings,
    created_groups: &CreatedGroups,
    printer: Printer,
) -> Result<Preparation, CommandError> {
    let mut list = List::open(&settings.list, &rules_source(settings), printer).await?;
    list.say_what_is_dropped(printer);
    refuse_misfits(
        &list,
        settings.list.follow_up_existing,
        settings.existing_users,
    )?;
    refuse_unseen_groups(settings, &list)?;
    let identity = identity(settings, &list).await?;
    let with_passwords = settings.run.rejects_with_passwords;
    let rejects = Rejects::of(
        &list,
        identity.fingerprint.clone(),
        with_passwords,
        settings.reports.csv,
    )?;
    let path = run_directory(settings, &list.source, &identity)?;
    let run = match open_run(settings, &path, &identity, printer).await? {
        OpenRun::Finished(directory, found) => {
            let (found, rejects) = (Box::new(found), Box::new(rejects));
            return Ok(Preparation::Finished(directory, found, rejects));
        }
        run @ (OpenRun::New(_) | OpenRun::Resume(..)) => run,
    };
    let given = rules_given(settings)?;
    let pool = connect(&settings.connect)
        .await
        .map_err(CommandError::refused)?;
    let preflight = PreflightCalls {
        pool: &pool,
        time: settings.preflight.timeout,
        notify: &|text| printer.info(text),
    };
    let questions = questions(settings, &list, given.is_some());
    let mut found = ask_pool(preflight, &identity.user_pool_id, &questions).await?;
    let rules = given.or_else(|| found.rules.clone());
    let rules = rules.as_ref();
    if !settings.preflight.skipped {
        let given = settings
            .preflight
            .rules_file
            .iter()
            .map(|_| "--pool")
            .collect();
        list.mapping = list
            .mapping
            .with_flags(given)
            .with_rules(&strictness(rules));
    }
    let weighing = Preflight {
        settings,
        list: &list,
        preflight,
        rules,
        created_groups,
    };
    let (mut begun, weighed) = match run {
        OpenRun::Resume(directory, ledger) | OpenRun::Finished(directory, ledger) => {
            let weighed = weighing
                .again(&mut found, ledger.settled(), printer)
                .await?;
            (resume(settings, directory, ledger, printer)?, weighed)
        }
        OpenRun::New(locked) => {
            let case_insensitive = usernames_fold(settings.run.ignore_case, rules, &found, printer);
            let weighed = weighing
                .approve(&mut found, case_insensitive, printer)
                .await?;
            let facts = Facts {
                started_ms: now_ms(),
                case_insensitive,
                second_before_run_ms: found.second_before_run_ms,
                endpoint: Some(pool.endpoint().to_owned()),
            };
            (
                begin(settings, locked, &path, &identity, facts, printer).await?,
                weighed,
            )
        }
    };
    if begun.resumes() {
        note_other_endpoint(&begun.facts, &pool, printer);
    }
    begun.ledger.invoked(invocation()).await;
    let rates = Rates::new(&settings.rates, &found);
    let ceilings = rates.ceilings();
    // Where there was no plan to say it.
    if begun.resumes() || settings.preflight.skipped || !list.source.is_complete() {
        printer.info(format_args!("UserCreation: SignUp at {}", rates.creation));
    }
    let expected = expected(&weighed, &list, ceilings);
    let plan = plan(settings, &begun, rules, ceilings, updates(&list), printer);
    log_beginning(&begun, &plan, ceilings, expected);
    let list = ToRead {
        before_run_ms: begun.resumes().then(|| begun.facts.certainly_before_ms()),
        past: begun.cursor.take(),
        spool: rejects.spool(),
        watch_passwords: !list.source.is_complete()
            && !settings.preflight.skipped
            && !list.mapping.allows_suspicious_passwords(),
        // What the pool says of itself counts for more than what is said of it: a user that is mistaken for another is left out.
        listing_folds: rules
            .map(|rules| !rules.case_sensitive)
            .or(settings.run.ignore_case)
            .unwrap_or(false),
        list,
    };
    Ok(Preparation::Ready(Box::new(Prepared {
        plan,
        pool,
        ledger: begun.ledger,
        list,
        reading: weighed.reading,
        directory: begun.directory,
        ceilings,
        rejects,
        expected,
    })))
}

fn expected(weighed: &PreflightResult, list: &List, ceilings: Ceilings) -> ExpectedWork {
    ExpectedWork {
        rows: weighed.counts.map(|counts| ExpectedRows {
            total: counts.rows,
            to_send: counts.to_send,
        }),
        bytes: list.bytes,
        users_per_second: users_per_second(&weighed.counts.unwrap_or_default(), ceilings),
    }
}

fn log_beginning(begun: &BegunRun, plan: &SessionPlan, ceilings: Ceilings, expected: ExpectedWork) {
    let session = begun.ledger.session();
    tracing::info!(
        run = session.run_id,
        session = session.number,
        goes_on = begun.resumes(),
        rows = expected.rows.map(|rows| rows.total),
        to_send = expected.rows.map(|rows| rows.to_send),
        run_directory = %begun.directory.path().display(),
        slots = plan.slots.limit(),
        rate = ceilings.creation,
        lookup_rate = ceilings.read,
        usernames_without_case = plan.case_insensitive,
        "the run begins"
    );
}

/// What the run is bound to.
async fn identity(settings: &ImportSettings, list: &List) -> Result<Identity, CommandError> {
    Ok(Identity {
        list: list.source.name(),
        mapping: list.cells_meaning(),
        kept: list.mapping.kept(),
        follow_up: list.follow_up(settings.list.follow_up_existing),
        told_triggers: settings.connect.trigger_data.identity(),
        user_pool_id: settings.connect.user_pool_id.clone(),
        client_id: settings.connect.client_id.clone(),
        kind: settings.on_existing_run.kind(),
        fingerprint: list.fingerprint().await?,
    })
}

/// Only the preflight knows which groups are missing.
fn refuse_unseen_groups(settings: &ImportSettings, list: &List) -> Result<(), CommandError> {
    if settings.preflight.skipped && list.mapping.creates_groups() {
        return Err(CommandError::refusal(
            "--create-groups: --no-preflight does not list the pool's groups",
            "leave one of the two out (in a mapping file: follow_up.create_groups)",
        ));
    }
    Ok(())
}

/// By what this session is begun: for reports, also later ones.
fn invocation() -> Invocation {
    Invocation {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: command_to_keep(std::env::args_os()).words().to_vec(),
    }
}

/// A pool's id says in which Region it is, and a simulated one has any: two endpoints may be two pools.
fn note_other_endpoint(facts: &Facts, pool: &Cognito, printer: Printer) {
    let named = |endpoint: &str| match endpoint {
        "" => "AWS".to_owned(),
        named => named.to_owned(),
    };
    if let Some(first) = &facts.endpoint
        && first != pool.endpoint()
    {
        printer.note(format_args!(
            "this run was begun at {}, and goes on at {} (--endpoint-url, AWS_ENDPOINT_URL): if these are two pools, its results are of both",
            named(first),
            named(pool.endpoint())
        ));
    }
}

/// The rules that the command line gives. They have to be those of the pool that is written to.
fn rules_given(settings: &ImportSettings) -> Result<Option<PoolRules>, CommandError> {
    let Some(path) = &settings.preflight.rules_file else {
        return Ok(None);
    };
    let rules = pool_rules(path).map_err(CommandError::refused)?;
    let client_id = rules
        .client
        .as_ref()
        .and_then(|client| client.client_id.as_ref());
    let named = [
        (&settings.connect.user_pool_id, rules.user_pool_id.as_ref()),
        (&settings.connect.client_id, client_id),
    ];
    // A simulated pool stands for another one.
    for (here, found) in named {
        if let (Some(found), RunKind::Import) = (found, settings.on_existing_run.kind())
            && found != here
        {
            return Err(CommandError::refusal(
                format_args!(
                    "--pool {}: holds the rules of {found}, and this run is for {here}",
                    path.display()
                ),
                "describe the right one, or take its id out of the file",
            ));
        }
    }
    Ok(Some(rules))
}

fn questions(settings: &ImportSettings, list: &List, rules_given: bool) -> PoolQueries {
    let preflight = !settings.preflight.skipped;
    let looks_up = settings.existing_users.lookup.any();
    PoolQueries {
        rules: preflight && !rules_given,
        client: preflight && !rules_given,
        look_up: preflight && looks_up,
        steps: if preflight {
            list.mapping.follow_up_kinds()
        } else {
            Vec::new()
        },
        limits: settings.rates.limits(preflight, looks_up, updates(list)),
        writes: true,
    }
}

/// Open files for each connection. A rehearsal has both ends of each in this process.
fn ends(settings: &ImportSettings) -> u64 {
    match settings.on_existing_run.kind() {
        RunKind::Import => 1,
        RunKind::Rehearsal => 2,
    }
}

/// Tells the user if the limit on open files slows the run down.
fn note_few_slots(settings: &ImportSettings, slots: &Slots, printer: Printer) {
    if let Some(wanted) = slots.wanted_beyond_room() {
        printer.note(format_args!(
            "the limit on open files leaves room for {} in flight, and this rate needs {wanted}; raise it (`ulimit -n {}`), \
             or the run may be slower",
            counted(slots.limit() as u64, "request", "requests"),
            files_for_connections(wanted, ends(settings))
        ));
    }
}

fn plan(
    settings: &ImportSettings,
    begun: &BegunRun,
    rules: Option<&PoolRules>,
    ceilings: Ceilings,
    updates: bool,
    printer: Printer,
) -> SessionPlan {
    // Steps have slots as well.
    let a_second = if updates {
        ceilings.creation.saturating_add(ceilings.update.get())
    } else {
        ceilings.creation
    };
    let slots = Slots::new(
        a_second,
        settings.concurrency,
        room_for_connections(ends(settings)),
    );
    note_few_slots(settings, &slots, printer);
    SessionPlan {
        slots,
        group: rows_per_group(ceilings.creation),
        rules: RegistrationRules {
            retry: settings.run.retry,
            look_ups: settings.existing_users.lookup,
        },
        follow_up_existing: settings.list.follow_up_existing,
        named_by: NamedBy::of(rules),
        case_insensitive: begun.facts.case_insensitive,
        second_before_run_ms: begun.facts.second_before_run_ms,
        arrives_within: settings
            .connect
            .attempt_timeout
            .saturating_add(settings.run.retry.settle),
        breaker: settings.run.breaker,
        deadline: settings.run.deadline,
        before: begun.settled,
    }
}

/// Rows are written to the ledger in groups, each with one sync to disk. A group is about a quarter
/// of a second's rows, so that a crash leaves few rows to look up; the maximum keeps memory flat.
fn rows_per_group(sign_ups_a_second: NonZeroU32) -> usize {
    (sign_ups_a_second.get() / 4).clamp(1, 256) as usize
}
