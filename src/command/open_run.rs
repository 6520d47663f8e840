//! Opens the run directory: a new run, one that resumes, or one that is finished. The ledger is opened and verified once.

use std::path::{Path, PathBuf};

use super::CommandError;
use super::hold::{hold, warn_if_exposed};
use crate::cli::Printer;
use crate::cli::settings::{ImportSettings, OnExistingRun};
use crate::import::OutcomeCounts;
use crate::ledger::resume_cursor::ResumeCursor;
use crate::ledger::{
    Facts, FoundLedger, Identity, Ledger, LedgerStatus, NewLedger, RunDirectory, RunKind,
    refuse_if_saved,
};
use crate::plural::counted;
use crate::source::Source;

/// The run directory before anything is sent. The directory is locked if it exists.
pub(super) enum OpenRun {
    /// There is no run, or it is to be replaced. `None` if the directory does not exist yet: a run that is refused creates none.
    New(Option<RunDirectory>),
    Resume(RunDirectory, FoundLedger),
    /// Nothing is left to do.
    Finished(RunDirectory, FoundLedger),
}

/// A run whose ledger is open for writing.
pub(super) struct BegunRun {
    pub(super) directory: RunDirectory,
    pub(super) ledger: Ledger,
    pub(super) facts: Facts,
    /// Rows that earlier sessions settled.
    pub(super) settled: OutcomeCounts,
    /// How each row stands, if the run resumes.
    pub(super) cursor: Option<ResumeCursor>,
}

impl BegunRun {
    pub(super) fn resumes(&self) -> bool {
        self.cursor.is_some()
    }
}

/// The directory for the run's files.
pub(super) fn run_directory(
    settings: &ImportSettings,
    source: &Source,
    identity: &Identity,
) -> Result<PathBuf, CommandError> {
    match (&settings.run.directory, &identity.fingerprint) {
        (Some(directory), _) => Ok(directory.clone()),
        (None, Some(fingerprint)) => Ok(RunDirectory::default_path(
            &source.short_name(),
            fingerprint,
            match identity.kind {
                RunKind::Import => &identity.user_pool_id,
                RunKind::Rehearsal => "rehearsal",
            },
        )),
        (None, None) => Err(CommandError::refusal(
            format_args!(
                "{}: can be read only once, so the run cannot be named after it",
                source.name()
            ),
            "name a directory with --run-dir",
        )),
    }
}

/// Opens and verifies the run in this directory; changes nothing in it.
pub(super) async fn open_run(
    settings: &ImportSettings,
    path: &Path,
    identity: &Identity,
    printer: Printer,
) -> Result<OpenRun, CommandError> {
    if !path.is_dir() {
        RunDirectory::could_be_made(path).map_err(CommandError::refused)?;
        refuse_if_saved_elsewhere(settings, path)?;
        return Ok(OpenRun::New(None));
    }
    let directory = lock(settings, path, printer).await?;
    // --restart also replaces a damaged ledger.
    if settings.on_existing_run == OnExistingRun::PutAside {
        return Ok(OpenRun::New(Some(directory)));
    }
    let durability = settings.run.durability;
    if !Ledger::is_there(&directory, durability).map_err(CommandError::refused)? {
        refuse_if_saved_elsewhere(settings, path)?;
        return Ok(OpenRun::New(Some(directory)));
    }
    let OnExistingRun::Resume(retry) = &settings.on_existing_run else {
        Ledger::is_of_kind(&directory, RunKind::Rehearsal).map_err(CommandError::refused)?;
        return Ok(OpenRun::New(Some(directory)));
    };
    let found = FoundLedger::open(&directory, identity, durability, retry)
        .map_err(CommandError::refused)?;
    // A list that can be read only once has no fingerprint: each of its rows shows whether it is the same list.
    if found.status() == LedgerStatus::Finished && identity.fingerprint.is_some() {
        Ok(OpenRun::Finished(directory, found))
    } else {
        Ok(OpenRun::Resume(directory, found))
    }
}

/// Begins a new run. If another process has begun it in the meantime, resumes that one.
pub(super) async fn begin(
    settings: &ImportSettings,
    locked: Option<RunDirectory>,
    path: &Path,
    identity: &Identity,
    facts: Facts,
    printer: Printer,
) -> Result<BegunRun, CommandError> {
    let durability = settings.run.durability;
    let directory = match locked {
        Some(directory) => directory,
        None => lock(settings, path, printer).await?,
    };
    match &settings.on_existing_run {
        OnExistingRun::Resume(retry) => {
            if Ledger::is_there(&directory, durability).map_err(CommandError::refused)? {
                let found = FoundLedger::open(&directory, identity, durability, retry)
                    .map_err(CommandError::refused)?;
                return resume(settings, directory, found, printer);
            }
        }
        OnExistingRun::Replace => {
            if Ledger::is_there(&directory, durability).map_err(CommandError::refused)? {
                directory.make_ledger_replaceable();
            }
        }
        OnExistingRun::PutAside => {}
    }
    // The new ledger is on disk before the old one is moved.
    let ledger = NewLedger::build(&directory, identity, &facts).map_err(CommandError::refused)?;
    if settings.on_existing_run == OnExistingRun::PutAside {
        let kept = directory.put_run_aside().map_err(CommandError::refused)?;
        let names: Vec<String> = kept.iter().map(|file| file.display().to_string()).collect();
        if !names.is_empty() {
            printer.info(format_args!(
                "starting over; the files of the earlier run are kept as {}",
                names.join(", ")
            ));
        }
    }
    let ledger = ledger
        .begin(&directory, durability)
        .map_err(CommandError::refused)?;
    Ok(BegunRun {
        directory,
        ledger,
        facts,
        settled: OutcomeCounts::default(),
        cursor: None,
    })
}

/// Resumes a run whose ledger was found.
pub(super) fn resume(
    settings: &ImportSettings,
    directory: RunDirectory,
    found: FoundLedger,
    printer: Printer,
) -> Result<BegunRun, CommandError> {
    let facts = found.facts().clone();
    let mut settled = OutcomeCounts::default();
    for (outcome, rows) in found.settled() {
        settled.add_many(*outcome, *rows);
    }
    if let LedgerStatus::Unfinished {
        settled,
        maybe_sent,
        to_follow,
    } = found.status()
    {
        let steps = if to_follow > 0 {
            format!(
                ", {} steps to come",
                counted(to_follow, "user has", "users have")
            )
        } else {
            String::new()
        };
        printer.info(format_args!(
            "going on with the run in {}: {} settled, {maybe_sent} may have been sent{steps}",
            directory.path().display(),
            counted(settled, "row is", "rows are")
        ));
    }
    if let Some(case_insensitive) = settings.run.ignore_case
        && case_insensitive != facts.case_insensitive
    {
        return Err(CommandError::refusal(
            format_args!(
                "--usernames: this run began with {}",
                if facts.case_insensitive {
                    "ignore-case"
                } else {
                    "case-sensitive"
                }
            ),
            "leave it out, or start over with --restart",
        ));
    }
    let (ledger, cursor) = found.resume(&directory).map_err(CommandError::refused)?;
    Ok(BegunRun {
        directory,
        ledger,
        facts,
        settled,
        cursor: Some(cursor),
    })
}

/// A resumed run whose ledger was saved elsewhere must not begin again.
fn refuse_if_saved_elsewhere(settings: &ImportSettings, path: &Path) -> Result<(), CommandError> {
    match settings.on_existing_run {
        OnExistingRun::Resume(_) => refuse_if_saved(path).map_err(CommandError::refused),
        OnExistingRun::PutAside | OnExistingRun::Replace => Ok(()),
    }
}

async fn lock(
    settings: &ImportSettings,
    path: &Path,
    printer: Printer,
) -> Result<RunDirectory, CommandError> {
    let directory = hold(path, settings.run.wait_for_lock, printer).await?;
    warn_if_exposed(&directory, printer);
    Ok(directory)
}
