//! The run's directory and its ledger: whether a run is there, and which one; beginning a new one, or going on.

use std::path::{Path, PathBuf};

use super::super::CommandError;
use super::super::hold::{hold, warn_if_exposed};
use super::super::job::{ImportJob, OnExistingRun};
use crate::cli::{Say, settings};
use crate::ledger::{
    Facts, Identity, Ledger, LedgerReader, LedgerStatus, NewLedger, RunDirectory, RunKind,
    refuse_if_saved,
};
use crate::outcome::Summary;
use crate::plural::counted;
use crate::report::write_all;
use crate::source::Source;

/// A ledger that is open, and what a run that goes on brings with it.
pub(super) struct Opened {
    pub(super) directory: RunDirectory,
    pub(super) ledger: Ledger,
    pub(super) facts: Facts,
    pub(super) goes_on: bool,
}

/// Whether a run is there that goes on.
pub(super) enum RunThere {
    GoesOn(RunDirectory),
    /// It is not; the directory is held where it is there already, so that a start that is refused leaves nothing behind.
    No(Option<RunDirectory>),
}

impl RunThere {
    /// `held` is the directory, if it exists.
    pub(super) fn look(
        job: &ImportJob<'_>,
        path: &Path,
        held: Option<RunDirectory>,
        identity: &Identity,
    ) -> Result<Self, CommandError> {
        let there = Self::in_directory(job, path, held, identity)?;
        if let (Self::No(_), OnExistingRun::GoOn(_)) = (&there, &job.again) {
            refuse_if_saved(path).map_err(CommandError::refused)?;
        }
        Ok(there)
    }

    fn in_directory(
        job: &ImportJob<'_>,
        path: &Path,
        held: Option<RunDirectory>,
        identity: &Identity,
    ) -> Result<Self, CommandError> {
        let Some(directory) = held else {
            RunDirectory::could_be_made(path).map_err(CommandError::refused)?;
            return Ok(Self::No(None));
        };
        // A damaged run is what it is for.
        if job.again == OnExistingRun::PutAside {
            return Ok(Self::No(Some(directory)));
        }
        let durability = settings::durability(job.run);
        if !Ledger::is_there(&directory, durability).map_err(CommandError::refused)? {
            return Ok(Self::No(Some(directory)));
        }
        match &job.again {
            OnExistingRun::GoOn(retry) => {
                // Refused before the pool is asked, where it is another run.
                Ledger::look_at(&directory, identity, retry).map_err(CommandError::refused)?;
                Ok(Self::GoesOn(directory))
            }
            OnExistingRun::Replace => {
                Ledger::is_of_kind(&directory, RunKind::Rehearsal)
                    .map_err(CommandError::refused)?;
                Ok(Self::No(Some(directory)))
            }
            OnExistingRun::PutAside => Ok(Self::No(Some(directory))),
        }
    }
}

/// Where the run's files go.
pub(super) fn run_directory(
    job: &ImportJob<'_>,
    source: &Source,
    identity: &Identity,
) -> Result<PathBuf, CommandError> {
    match (&job.run.run_dir, &identity.fingerprint) {
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

/// The run's directory, locked, if it exists.
pub(super) async fn held_if_there(
    job: &ImportJob<'_>,
    path: &Path,
    say: Say,
) -> Result<Option<RunDirectory>, CommandError> {
    if !path.is_dir() {
        return Ok(None);
    }
    held(job, path, say).await.map(Some)
}

async fn held(job: &ImportJob<'_>, path: &Path, say: Say) -> Result<RunDirectory, CommandError> {
    let directory = hold(path, job.run.wait_for_lock, say).await?;
    warn_if_exposed(&directory, say);
    Ok(directory)
}

/// A finished run is not done again: its summary is printed, and nothing is sent.
pub(super) fn finished_already(
    job: &ImportJob<'_>,
    directory: &RunDirectory,
    identity: &Identity,
) -> Result<Option<Summary>, CommandError> {
    // What can be read only once has no fingerprint: whether it is the same list shows row by row.
    let (OnExistingRun::GoOn(retry), Some(_)) = (&job.again, &identity.fingerprint) else {
        return Ok(None);
    };
    let durability = settings::durability(job.run);
    if !Ledger::is_there(directory, durability).map_err(CommandError::refused)? {
        return Ok(None);
    }
    let standing = Ledger::look_at(directory, identity, retry).map_err(CommandError::refused)?;
    if standing != LedgerStatus::Finished {
        return Ok(None);
    }
    let ledger = LedgerReader::open(directory.path()).map_err(CommandError::refused)?;
    write_all(&ledger, directory.path(), &job.reports)
        .map(Some)
        .map_err(CommandError::refused)
}

/// Begins the ledger of a new run, or resumes the run if another process has begun it meanwhile. Only now: a start that is refused
/// changes nothing.
pub(super) async fn begin(
    job: &ImportJob<'_>,
    held: Option<RunDirectory>,
    path: &Path,
    identity: &Identity,
    facts: Facts,
    say: Say,
) -> Result<Opened, CommandError> {
    let durability = settings::durability(job.run);
    let directory = match held {
        Some(directory) => directory,
        None => self::held(job, path, say).await?,
    };
    if job.again != OnExistingRun::PutAside
        && Ledger::is_there(&directory, durability).map_err(CommandError::refused)?
    {
        match &job.again {
            OnExistingRun::Replace => directory.make_ledger_replaceable(),
            // Another process began the run after this one looked for it.
            OnExistingRun::GoOn(_) | OnExistingRun::PutAside => {
                return go_on(job, directory, identity, say);
            }
        }
    }
    // The new ledger is on the disk before the old one is moved.
    let ledger = NewLedger::build(&directory, identity, &facts).map_err(CommandError::refused)?;
    if job.again == OnExistingRun::PutAside {
        let kept = directory.put_run_aside().map_err(CommandError::refused)?;
        let names: Vec<String> = kept.iter().map(|file| file.display().to_string()).collect();
        if !names.is_empty() {
            say.line(format_args!(
                "starting over; the files of the earlier run are kept as {}",
                names.join(", ")
            ));
        }
    }
    let ledger = ledger
        .begin(&directory, durability)
        .map_err(CommandError::refused)?;
    Ok(Opened {
        directory,
        ledger,
        facts,
        goes_on: false,
    })
}

/// Opens the ledger of a run that goes on.
pub(super) fn go_on(
    job: &ImportJob<'_>,
    directory: RunDirectory,
    identity: &Identity,
    say: Say,
) -> Result<Opened, CommandError> {
    let durability = settings::durability(job.run);
    let retry = match &job.again {
        OnExistingRun::GoOn(retry) => retry.as_slice(),
        OnExistingRun::PutAside | OnExistingRun::Replace => &[],
    };
    let (ledger, standing, facts) =
        Ledger::reopen(&directory, identity, durability, retry).map_err(CommandError::refused)?;
    if let LedgerStatus::Unfinished {
        settled,
        maybe_sent,
        to_follow,
    } = standing
    {
        let steps = if to_follow > 0 {
            format!(
                ", {} steps to come",
                counted(to_follow, "user has", "users have")
            )
        } else {
            String::new()
        };
        say.line(format_args!(
            "going on with the run in {}: {} settled, {maybe_sent} may have been sent{steps}",
            directory.path().display(),
            counted(settled, "row is", "rows are")
        ));
    }
    if let Some(case_insensitive) = settings::case_insensitive(job.run.usernames)
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
            "leave it out, or begin anew with --restart",
        ));
    }
    Ok(Opened {
        directory,
        ledger,
        facts,
        goes_on: true,
    })
}
