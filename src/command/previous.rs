//! The previous run of a recurring import: finds it, reads its users, and refuses a list that
//! differs too much from it, before the pool is called.

mod last;

use std::path::Path;

use super::findings::refused_by;
use super::list::List;
use super::open_run::{RunKey, UnfinishedRun};
use super::report::refuse_without_ledger;
use super::runs_of_list::is_same;
use super::stored_run::StoredRun;
use super::{CommandError, beside, warn_and_log};
use crate::cli::Printer;
use crate::cli::settings::{ImportSettings, PreviousChoice, RunPlace};
use crate::hints::Hint;
use crate::ledger::overview::DirectoryState;
use crate::ledger::previous::{PreviousRun, PreviousUsers};
use crate::ledger::{Identity, LedgerError, LedgerReader, RunKind};
use crate::mapping::Mapping;
use crate::plural::counted;
use crate::preflight::problems::{BrakeInput, BrakeLimits, brake};
use crate::rows::{Rows, RowsError};
use crate::sanitize::one_line;
use last::{cannot_compare, last};

const FLAG: &str = "--previous";

/// Reads the users of the previous run, if there is one. For a new run, refuses a list that differs
/// too much from that of the previous run.
pub(super) async fn previous_run(
    settings: &ImportSettings,
    key: &RunKey,
    list: &List,
    run: &UnfinishedRun,
    printer: Printer,
) -> Result<Option<PreviousUsers>, CommandError> {
    let previous = previous_of_list(settings, key, list, run, printer).await?;
    match (previous, settings.run.part) {
        (Some(mut previous), Some(part)) => {
            let keep = move || previous.keep_part(part).map(|()| previous);
            let kept = beside("previous", keep).await?;
            kept.map(Some).map_err(CommandError::refused)
        }
        (previous, _) => Ok(previous),
    }
}

async fn previous_of_list(
    settings: &ImportSettings,
    key: &RunKey,
    list: &List,
    run: &UnfinishedRun,
    printer: Printer,
) -> Result<Option<PreviousUsers>, CommandError> {
    let previous = match (run, &settings.run.previous) {
        (UnfinishedRun::Resume(_, found), _) => {
            return begun_with(settings, found.previous(), printer).await;
        }
        (UnfinishedRun::New(_) | UnfinishedRun::Part(..) | UnfinishedRun::Lost(..), previous) => {
            match previous {
                None => return Ok(None),
                Some(previous) => previous,
            }
        }
    };
    let users = chosen(settings, &previous.run, key, printer).await?;
    match run {
        UnfinishedRun::New(_) | UnfinishedRun::Part(..) => {
            check_list(list, users, previous.limits, printer).await
        }
        UnfinishedRun::Resume(..) | UnfinishedRun::Lost(..) => Ok(users),
    }
}

/// Reads the previous run that the command line names.
async fn chosen(
    settings: &ImportSettings,
    choice: &PreviousChoice,
    key: &RunKey,
    printer: Printer,
) -> Result<Option<PreviousUsers>, CommandError> {
    let place = match choice {
        PreviousChoice::Last => {
            let Some(opened) = last(settings, key, printer).await? else {
                return Ok(None);
            };
            let run = opened.stored.shown().display().to_string();
            let users = read_users(opened).await;
            return users
                .map(Some)
                .map_err(|error| cannot_compare(&run, &error.text()));
        }
        PreviousChoice::Run(place) => place,
    };
    let is_own = place
        .local()
        .is_some_and(|path| is_same(path, key.path.of_run()))
        || Path::new(&place.to_string()) == key.path.of_run().shown();
    if is_own {
        return Err(CommandError::refusal(
            format_args!("{FLAG} {place}: this is the run's own directory"),
            "name the directory of an earlier run, or `last`",
        ));
    }
    let flag = format!("{FLAG} {place}");
    let opened = open(place, settings, printer).await;
    let opened = opened.and_then(|opened| opened.map_err(UnusableRun::refusal));
    let opened = opened.map_err(|error| error.about(&flag))?;
    refuse_unlike(&opened.reader, &key.identity).map_err(|error| error.about(&flag))?;
    let users = read_users(opened).await;
    users.map(Some).map_err(|error| error.about(FLAG))
}

/// Reads the previous run of a run that has begun with one.
async fn begun_with(
    settings: &ImportSettings,
    previous: Option<&PreviousRun>,
    printer: Printer,
) -> Result<Option<PreviousUsers>, CommandError> {
    let Some(previous) = previous else {
        if settings.run.previous.is_some() {
            printer.note(format_args!(
                "{FLAG}: this run was started without {FLAG}, so it is not compared"
            ));
        }
        return Ok(None);
    };
    let place = RunPlace::of(Path::new(&previous.directory)).map_err(CommandError::refused)?;
    let opened = open(&place, settings, printer).await;
    let opened = match opened.and_then(|opened| opened.map_err(UnusableRun::refusal)) {
        Ok(opened) => opened,
        Err(error) => {
            warn_if_lost(previous, error.text(), printer);
            return Ok(None);
        }
    };
    let origin = opened.reader.origin().map_err(CommandError::refused)?;
    if origin.run_id != previous.run_id {
        warn_if_lost(
            previous,
            "the directory now holds a different run".to_owned(),
            printer,
        );
        return Ok(None);
    }
    let users = read_users(opened).await;
    users.map(Some).map_err(|error| error.about(FLAG))
}

fn warn_if_lost(previous: &PreviousRun, why: String, printer: Printer) {
    warn_and_log(
        format_args!(
            "cannot read the previous run {}: {why}; its known problems will count as new",
            previous.directory
        ),
        printer,
    );
}

/// A finished run.
struct OpenedRun {
    reader: LedgerReader,
    stored: StoredRun,
}

/// A run that no list can be compared with.
struct UnusableRun {
    state: DirectoryState,
    kind: RunKind,
}

impl UnusableRun {
    fn refusal(self) -> CommandError {
        match (self.state, self.kind) {
            (DirectoryState::Undone, _) => CommandError::refusal(
                "this run was undone",
                "name another run, or leave the flag out once",
            ),
            (_, RunKind::Import) => CommandError::refusal(
                "this run is not finished",
                "resume it first (`cognito-import runs` prints the command)",
            ),
            (_, RunKind::Rehearsal) => {
                CommandError::refusal("this run is not finished", "name another run")
            }
        }
    }
}

/// Opens and verifies a run.
async fn open(
    place: &RunPlace,
    settings: &ImportSettings,
    printer: Printer,
) -> Result<Result<OpenedRun, UnusableRun>, CommandError> {
    let stored = StoredRun::open(place, &settings.run.s3).await?;
    let path = stored.location().clone();
    let undone = refuse_without_ledger(&path, None, printer).await?;
    let read = move || {
        let reader = LedgerReader::open(&path)?;
        let origin = reader.origin()?;
        Ok((reader, origin))
    };
    let (reader, origin) = beside("previous", read)
        .await?
        .map_err(|error: LedgerError| CommandError::refused(error))?;
    let state = match (undone, origin.finished) {
        (false, true) => return Ok(Ok(OpenedRun { reader, stored })),
        (true, _) => DirectoryState::Undone,
        (false, false) => DirectoryState::Stopped,
    };
    let kind = origin.kind;
    Ok(Err(UnusableRun { state, kind }))
}

/// Refuses a run of another pool or kind. A rehearsal can be compared with any run, because its
/// pool is a simulated one.
fn refuse_unlike(reader: &LedgerReader, identity: &Identity) -> Result<(), CommandError> {
    let origin = reader.origin().map_err(CommandError::refused)?;
    if identity.kind == RunKind::Rehearsal {
        return Ok(());
    }
    let hint = "name a finished import into the same pool, or `last`";
    if origin.kind == RunKind::Rehearsal {
        return Err(CommandError::refusal("this run was a rehearsal", hint));
    }
    if origin.user_pool_id != identity.user_pool_id {
        return Err(CommandError::refusal(
            format_args!(
                "this run imported into {} instead of {}",
                origin.user_pool_id, identity.user_pool_id
            ),
            hint,
        ));
    }
    Ok(())
}

async fn read_users(opened: OpenedRun) -> Result<PreviousUsers, CommandError> {
    let OpenedRun { reader, stored } = opened;
    let read = move || PreviousUsers::read(&reader, stored.shown());
    beside("previous", read)
        .await?
        .map_err(CommandError::refused)
}

#[derive(Debug, thiserror::Error)]
enum CountError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Rows(#[from] RowsError),
}

impl Hint for CountError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Ledger(error) => error.hint(),
            Self::Rows(error) => error.hint(),
        }
    }
}

/// Refuses the list if it differs too much from that of the previous run.
async fn check_list(
    list: &List,
    previous: Option<PreviousUsers>,
    limits: BrakeLimits,
    printer: Printer,
) -> Result<Option<PreviousUsers>, CommandError> {
    if limits.are_off() {
        return Ok(previous);
    }
    let Some(rows) = list.reopen().await? else {
        return match previous {
            None => Ok(None),
            Some(_) => Err(CommandError::refusal(
                format_args!(
                    "{FLAG}: {} can be read only once, so its rows cannot be counted before the first call",
                    list.source.name()
                ),
                "save it to a file first, or pass --max-shrink 100% and leave --max-new out to import it unchecked",
            )),
        };
    };
    let mapping = list.mapping.clone();
    let count = move || {
        let counted = count(
            rows,
            &mapping,
            previous.as_ref().filter(|_| limits.max_new.is_some()),
        );
        counted.map(|(rows, new)| (previous, rows, new))
    };
    let counted_rows = beside("count", count).await?;
    let (previous, rows, new) = counted_rows.map_err(CommandError::refused)?;
    let run = previous.as_ref().map(|previous| &previous.run);
    let input = BrakeInput {
        rows,
        new,
        previous: run.map(|run| (run.directory.as_str(), run.rows)),
    };
    let problems = brake(limits, input);
    if let Some(refusal) = refused_by(&problems, "the run is refused, and nothing was sent") {
        return Err(refusal);
    }
    if let Some(run) = run {
        let text = format!(
            "previous run: {} ({}); this list has {}{}",
            run.directory,
            counted(run.rows, "row", "rows"),
            counted(rows, "row", "rows"),
            new.map_or_else(String::new, |new| format!(", {new} of them new"))
        );
        printer.prose(one_line(&text));
    }
    Ok(previous)
}

/// Counts the rows of a list, and the users that are not in the previous one.
fn count(
    mut rows: Rows,
    mapping: &Mapping,
    previous: Option<&PreviousUsers>,
) -> Result<(u64, Option<u64>), CountError> {
    let mut count = 0;
    let mut next_username = || -> Result<Option<String>, CountError> {
        while let Some(row) = rows.next_row()? {
            count += 1;
            if previous.is_some()
                && !mapping.skips(&row)
                && let Some(username) = mapping.username_of(&row)
            {
                return Ok(Some(username));
            }
        }
        Ok(None)
    };
    let new = match previous {
        Some(previous) => Some(previous.count_new(next_username)?),
        None => {
            next_username()?;
            None
        }
    };
    Ok((count, new))
}
