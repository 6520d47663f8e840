//! `undo`: the users that a run made are deleted.

use std::time::Duration;

use super::confirm::{somebody_is_there, typed};
use super::document::UndoneDocument;
use super::hold::hold;
use super::{CommandError, CommandOutput, beside, runtime};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::UndoSettings;
use crate::ledger::{
    Durability, Ledger, LedgerError, LedgerReader, RunDirectory, RunTimes, UndoLedger,
    refuse_absent_ledger,
};
use crate::outcome::{KeptReason, Outcome, Summary, Undone};
use crate::pace::{Ceilings, Pacer};
use crate::plural::counted;
use crate::pool::{Cognito, EndpointChoice, connect};
use crate::report::{UndoReport, undo_table, write_undo};
use crate::run::RetryPolicy;
use crate::run::{Signal, Signals};
use crate::undo::{Mode, RemovalRules, Undo, UndoEnd, UndoStopReason, UndoTally};

/// What people are told who stopped it.
const GOES_ON: &str = "the same command goes on";

pub(super) fn undo(
    settings: &UndoSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    runtime()?.block_on(undone(settings, printer))
}

/// A run that can be undone.
struct Made {
    directory: RunDirectory,
    summary: Summary,
    /// Where its users are: empty for AWS, none where it was not recorded.
    endpoint: Option<String>,
    /// When the run was at work.
    times: RunTimes,
}

async fn undone(settings: &UndoSettings, printer: Printer) -> Result<CommandOutput, CommandError> {
    let mut signals = Signals::listen().map_err(CommandError::refused)?;
    let made = tokio::select! {
        made = made(settings, printer) => made?,
        signal = signals.next() => {
            return Ok(stopped_before(signal, printer));
        }
    };
    let pool_id = made.summary.user_pool_id.clone();
    let ask = asks(settings, &pool_id)?;
    say_what_is_not_meant(&made.summary, printer);
    let begun = begun(settings, &made.directory, printer)?;
    let users = match &begun {
        Some((_, tally)) => tally.left(settings.even_if_used),
        None => made.summary.count(Outcome::Created),
    };
    if users == 0 {
        let Some((ledger, tally)) = begun else {
            printer.info("this run created no users: there is nothing to undo");
            return Ok(Exit::Done.into());
        };
        let ended = UndoEnd::nothing_to_do(tally);
        return close(settings, &made, ended, ledger, printer).await;
    }
    drop(begun);
    let endpoint = chosen_endpoint(settings, made.endpoint.as_deref(), printer)?;
    let client_id = &made.summary.client_id;
    let connection = settings.connect(&pool_id, client_id, endpoint);
    let pool = connect(&connection).await.map_err(CommandError::refused)?;
    let ceilings = settings.ceilings;
    let plan = UndoPlan {
        users,
        pool_id: &pool_id,
        place: place_name(pool.endpoint()),
        ceilings,
    };
    say_plan(settings, &plan, printer);
    if ask {
        tokio::select! {
            typed = typed(users, &pool_id) => typed?,
            signal = signals.next() => {
                return Ok(stopped_before(signal, printer));
            }
        }
    }
    let opened = tokio::select! {
        opened = opened(made, settings.dry_run, settings.even_if_used) => opened?,
        signal = signals.next() => {
            return Ok(stopped_before(signal, printer));
        }
    };
    let (made, ledger) = opened;
    let (ended, ledger) = go(
        settings,
        &made,
        ledger,
        pool,
        ceilings,
        &mut signals,
        printer,
    )
    .await?;
    close(settings, &made, ended, ledger, printer).await
}

/// The ledger of the undo; that of a dry run is gone with the program. To write down a million users takes a while.
async fn opened(
    made: Made,
    dry_run: bool,
    even_if_used: bool,
) -> Result<(Made, UndoLedger), CommandError> {
    let open = move || {
        let mut ledger = if dry_run {
            UndoLedger::rehearse(&made.directory)
        } else {
            UndoLedger::open(&made.directory)
        }?;
        ledger.take_up(even_if_used)?;
        Ok((made, ledger))
    };
    beside("undo", open)
        .await?
        .map_err(|error: LedgerError| CommandError::refused(error))
}

/// An undo that was begun earlier, and how it stands; a dry run goes on with none.
fn begun(
    settings: &UndoSettings,
    directory: &RunDirectory,
    printer: Printer,
) -> Result<Option<(UndoLedger, UndoTally)>, CommandError> {
    if settings.dry_run || !UndoLedger::is_there(directory).map_err(CommandError::refused)? {
        return Ok(None);
    }
    let ledger = UndoLedger::open(directory).map_err(CommandError::refused)?;
    let tally = UndoTally::of(&ledger).map_err(CommandError::refused)?;
    let (all, left) = (tally.all(), tally.left(settings.even_if_used));
    printer.info(format_args!(
        "going on with this undo: {} of {} settled",
        all - left,
        counted(all, "user", "users")
    ));
    Ok(Some((ledger, tally)))
}

/// The run, held: nobody else goes on with it meanwhile.
async fn made(settings: &UndoSettings, printer: Printer) -> Result<Made, CommandError> {
    let run_dir = settings.run_directory.as_path();
    refuse_absent_ledger(run_dir).map_err(CommandError::refused)?;
    let directory = hold(run_dir, settings.wait_for_lock, printer).await?;
    if let Some(exposure) = directory.exposure().map_err(CommandError::refused)? {
        return Err(CommandError::refused(LedgerError::Exposed(exposure)));
    }
    if !Ledger::is_there(&directory, Durability::Power).map_err(CommandError::refused)? {
        let database = directory.database();
        return Err(CommandError::refused(LedgerError::Missing(database)));
    }
    let reader = LedgerReader::open(run_dir).map_err(CommandError::refused)?;
    if reader.is_of_rehearsal().map_err(CommandError::refused)? {
        return Err(CommandError::refusal(
            format_args!(
                "{}: this run was a rehearsal: its pool is gone, and its users with it: there is nothing to undo",
                run_dir.display()
            ),
            "name the directory of an import",
        ));
    }
    let summary = reader.summary().map_err(CommandError::refused)?;
    let endpoint = reader.endpoint().map_err(CommandError::refused)?;
    let times = reader.times().map_err(CommandError::refused)?;
    Ok(Made {
        directory,
        summary,
        endpoint,
        times,
    })
}

/// Where the users are deleted: where the run created them, unless `--endpoint-url` says otherwise. The environment and the profile do
/// not: they may have changed since.
fn chosen_endpoint(
    settings: &UndoSettings,
    recorded: Option<&str>,
    printer: Printer,
) -> Result<EndpointChoice, CommandError> {
    let same = |one: &str, other: &str| one.trim_end_matches('/') == other.trim_end_matches('/');
    match (&settings.endpoint, recorded) {
        (Some(named), recorded) => {
            if let Some(recorded) = recorded
                && !same(named, recorded)
            {
                printer.note(format_args!(
                    "this run created its users at {}; --endpoint-url names {named}",
                    place_name(recorded)
                ));
            }
            Ok(EndpointChoice::Url(named.clone()))
        }
        (None, Some(recorded)) => {
            if let Some((variable, url)) = &settings.ignored_endpoint
                && !same(url, recorded)
            {
                printer.note(format_args!(
                    "this run created its users at {}; {variable} ({url}) is ignored, only --endpoint-url names another place",
                    place_name(recorded)
                ));
            }
            Ok(match recorded {
                "" => EndpointChoice::Aws,
                url => EndpointChoice::Url(url.to_owned()),
            })
        }
        (None, None) => Err(CommandError::refusal(
            format_args!(
                "{}: this run's ledger does not say where its users were created, and nothing was deleted",
                settings.run_directory.display()
            ),
            "name the place with --endpoint-url              (AWS: https://cognito-idp.REGION.amazonaws.com)",
        )),
    }
}

fn place_name(endpoint: &str) -> &str {
    match endpoint {
        "" => "AWS",
        url => url,
    }
}

/// Whether somebody is asked to type the pool's id. Refuses where nobody can be, and where another id is named.
fn asks(settings: &UndoSettings, pool_id: &str) -> Result<bool, CommandError> {
    match &settings.confirmed_pool {
        Some(named) if named == pool_id => Ok(false),
        Some(named) => Err(CommandError::refusal(
            format_args!(
                "--yes-delete {named}: the run in {} was made in the pool {pool_id}, and nothing was deleted",
                settings.run_directory.display()
            ),
            "give that id if it is meant",
        )),
        None if settings.dry_run => Ok(false),
        None if somebody_is_there() => Ok(true),
        None => Err(CommandError::refusal(
            "refusing to delete without confirmation (no terminal)",
            format!("pass --yes-delete {pool_id}"),
        )),
    }
}

fn say_what_is_not_meant(summary: &Summary, printer: Printer) {
    let in_doubt = summary.count(Outcome::InDoubt);
    if in_doubt > 0 {
        printer.note(format_args!(
            "{} in doubt: users that the run may have created there are kept; run the same import command again, or with \
             --retry in-doubt, before the undo: a run that was undone cannot be resumed",
            counted(in_doubt, "row is", "rows are")
        ));
    }
}

/// What an undo is about to do.
struct UndoPlan<'a> {
    users: u64,
    pool_id: &'a str,
    place: &'a str,
    ceilings: Ceilings,
}

fn say_plan(settings: &UndoSettings, plan: &UndoPlan<'_>, printer: Printer) {
    let UndoPlan {
        users,
        pool_id,
        place,
        ceilings,
    } = plan;
    if settings.dry_run {
        printer.info(format_args!(
            "dry run: looking up {} that this run created in {pool_id}, {} a second; no user is deleted (endpoint: {place})",
            counted(*users, "user", "users"),
            ceilings.read
        ));
        return;
    }
    let seconds = users / u64::from(ceilings.update.get());
    printer.prose(format_args!(
        "undo: {} that this run created in {pool_id}\n\
         \x20     endpoint: {place}\n\
         \x20     UserRead: each is looked up first; AdminGetUser counts it as active this month\n\
         \x20     UserUpdate: AdminDeleteUser at {} a second at most, about {}\n\
         \x20     {}",
        counted(*users, "user", "users"),
        ceilings.update,
        humantime::format_duration(Duration::from_secs(seconds.max(1))),
        if settings.even_if_used {
            "users that have signed in since are deleted as well (--even-if-used)"
        } else {
            "users that have signed in since, or may have, are kept"
        }
    ));
}

async fn go(
    settings: &UndoSettings,
    made: &Made,
    ledger: UndoLedger,
    pool: Cognito,
    ceilings: Ceilings,
    signals: &mut Signals,
    printer: Printer,
) -> Result<(UndoEnd, UndoLedger), CommandError> {
    let rules = RemovalRules {
        retry: RetryPolicy::default(),
        even_if_used: settings.even_if_used,
    };
    // Who only looks is held up by look-ups alone.
    let (mode, rate) = if settings.dry_run {
        (Mode::DryRun, ceilings.read)
    } else {
        (Mode::Delete, ceilings.update)
    };
    let mut tell = |tally: &UndoTally| {
        printer.info(format_args!(
            "{} of {} settled",
            tally.all() - tally.open(),
            counted(tally.all(), "user", "users")
        ));
    };
    Undo::new(
        ledger,
        pool,
        Pacer::new(ceilings),
        (rules, mode),
        made.times.clone(),
        rate,
        &mut tell,
    )
    .map_err(CommandError::refused)?
    .run(signals)
    .await
    .map_err(CommandError::stopped)
}

/// The report, and what people are told at the end.
async fn close(
    settings: &UndoSettings,
    made: &Made,
    ended: UndoEnd,
    ledger: UndoLedger,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    if let (true, Some(UndoStopReason::Signal(signal))) = (ended.aborted, &ended.stopped) {
        let why = "stopped at once; the ledger knows the rest";
        printer.info(format_args!("{why}; {GOES_ON}"));
        return Ok(CommandOutput::from(Exit::Signal(*signal)).stopped(why, GOES_ON));
    }
    let report = if settings.dry_run {
        UndoReport::DryRun
    } else {
        UndoReport::Results
    };
    let path = made.directory.path().to_owned();
    let encoding = settings.csv;
    let written = beside("report", move || {
        write_undo(&path, &ledger, report, encoding)
    })
    .await?;
    let written = written.map_err(CommandError::stopped)?;
    let tally = &ended.tally;
    printer.block(undo_table(report, |undone| match undone {
        Some(undone) => tally.count(undone),
        None => tally.open(),
    }));
    for (category, requests) in ended.requests.by_name() {
        if requests.sent > 0 {
            printer.info(format_args!(
                "  {category}: {}, {} throttled",
                counted(requests.sent, "request", "requests"),
                requests.throttled
            ));
        }
    }
    let maybe_used = tally.count(Undone::Kept(KeptReason::MaybeUsed));
    if maybe_used > 0 {
        printer.note(format_args!(
            "{} kept because they may have signed in (the pool has no threat protection, it was not on when they were created, \
             or AdminListUserAuthEvents is not permitted); --even-if-used deletes them as well",
            counted(maybe_used, "confirmed user is", "confirmed users are")
        ));
    }
    printer.info(format_args!("results: {}", written.display()));
    let document = UndoneDocument {
        run_directory: made.directory.path(),
        dry_run: settings.dry_run,
        results: &written,
        users: Undone::ALL
            .into_iter()
            .map(|undone| (undone.key(), tally.count(undone)))
            .chain([("open".to_owned(), tally.open())])
            .collect(),
        requests: ended.requests.by_name().into_iter().collect(),
    };
    match &ended.stopped {
        Some(why) => {
            let exit = match why {
                UndoStopReason::Signal(signal) => {
                    printer.info(format_args!("stopped by {why}; {GOES_ON}"));
                    Exit::Signal(*signal)
                }
                UndoStopReason::Refused(..)
                | UndoStopReason::Unreachable(_)
                | UndoStopReason::Broken(_) => {
                    printer.error(format_args!("stopped early: {why}"));
                    printer.info(format_args!("{GOES_ON} from here"));
                    Exit::Stopped
                }
            };
            let answer = CommandOutput::from(exit).stopped(why.to_string(), GOES_ON);
            answer.with(&document)
        }
        None if tally.count(Undone::Deleted) + tally.count(Undone::Gone) == tally.all() => {
            CommandOutput::from(Exit::Done).with(&document)
        }
        None => CommandOutput::from(Exit::SomeRows).with(&document),
    }
}

fn stopped_before(signal: Signal, printer: Printer) -> CommandOutput {
    let why = "stopped before anything was deleted";
    printer.info(why);
    CommandOutput::from(Exit::Signal(signal)).stopped(why, GOES_ON)
}
