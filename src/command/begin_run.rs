//! Begins the ledger of a new run, of a run that resumes, or of a run whose ledger is lost.

use std::collections::BTreeMap;

use super::CommandError;
use super::finished_run::finished_where;
use super::open_run::{ExistingRun, RunKey, existing_run, is_there, lock};
use super::resuming::retried_rows;
use crate::cli::Printer;
use crate::cli::settings::{ImportSettings, OnExistingRun};
use crate::import::OutcomeCounts;
use crate::ledger::resume_cursor::ResumeCursor;
use crate::ledger::{
    Facts, FoundLedger, Identity, Ledger, LedgerStatus, NewLedger, RunCertificate, RunDirectory,
    RunKind,
};
use crate::plural::counted;

/// A run whose ledger is open for writing.
pub(super) struct BegunRun {
    pub(super) directory: RunDirectory,
    pub(super) ledger: Ledger,
    pub(super) facts: Facts,
    /// The earliest time of requests that the ledger may not know, if there may be any, in
    /// milliseconds since the Unix epoch on the service's clock.
    pub(super) lost_since_ms: Option<i64>,
    /// Rows that earlier sessions settled.
    pub(super) settled: OutcomeCounts,
    /// The state of each row, if the run resumes.
    pub(super) cursor: Option<ResumeCursor>,
}

impl BegunRun {
    pub(super) fn resumes(&self) -> bool {
        self.cursor.is_some()
    }

    /// Returns whether earlier sessions may have created users.
    pub(super) fn had_sessions(&self) -> bool {
        self.resumes() || self.lost_since_ms.is_some()
    }
}

/// Begins a new run. If another process has begun it in the meantime, resumes that one.
pub(super) async fn begin(
    settings: &ImportSettings,
    locked: Option<RunDirectory>,
    key: &RunKey,
    facts: Facts,
    limits: BTreeMap<String, u32>,
    printer: Printer,
) -> Result<BegunRun, CommandError> {
    let directory = match locked {
        Some(directory) => directory,
        None => lock(settings, key, printer).await?,
    };
    match &settings.on_existing_run {
        OnExistingRun::Resume(retry) => {
            match existing_run(settings, &directory, &key.identity, retry)? {
                None => {}
                Some(ExistingRun::Intact(found)) => {
                    return resume(settings, directory, *found, &key.identity, printer);
                }
                Some(ExistingRun::Part(certificate)) => {
                    return begin_part(settings, Some(directory), key, &certificate, printer).await;
                }
                Some(ExistingRun::Lost(certificate)) => {
                    return begin_after_loss(settings, directory, key, &certificate, printer);
                }
            }
        }
        OnExistingRun::Replace => {
            if is_there(settings, &directory)? {
                directory.make_ledger_replaceable();
            }
        }
        OnExistingRun::PutAside => {}
    }
    // The new ledger is on disk before the old one is moved.
    let ledger =
        NewLedger::build(&directory, &key.identity, &facts).map_err(CommandError::refused)?;
    if settings.on_existing_run == OnExistingRun::PutAside {
        let kept = directory.set_aside().map_err(CommandError::refused)?;
        let names: Vec<String> = kept.iter().map(|file| file.display().to_string()).collect();
        if !names.is_empty() {
            printer.info(format_args!(
                "starting over; the files of the earlier run are kept as {}",
                names.join(", ")
            ));
        }
    }
    if key.identity.kind == RunKind::Import {
        let certificate = RunCertificate::new(ledger.run_id(), &key.identity, &facts, limits);
        let is_written = certificate
            .write(&directory)
            .map_err(CommandError::refused)?;
        if !is_written {
            drop(ledger);
            return join_run(settings, directory, key, printer).await;
        }
    }
    let ledger = ledger
        .begin(&directory, settings.run.durability)
        .map_err(CommandError::refused)?;
    Ok(BegunRun {
        directory,
        ledger,
        facts,
        lost_since_ms: None,
        settled: OutcomeCounts::default(),
        cursor: None,
    })
}

/// Continues a run that another process has just begun: with another part of it, or, on S3 and
/// network file systems, with the same rows.
async fn join_run(
    settings: &ImportSettings,
    directory: RunDirectory,
    key: &RunKey,
    printer: Printer,
) -> Result<BegunRun, CommandError> {
    match existing_run(settings, &directory, &key.identity, &[])? {
        Some(ExistingRun::Part(certificate)) => {
            begin_part(settings, Some(directory), key, &certificate, printer).await
        }
        Some(ExistingRun::Lost(certificate)) => {
            begin_after_loss(settings, directory, key, &certificate, printer)
        }
        Some(ExistingRun::Intact(found)) => {
            resume(settings, directory, *found, &key.identity, printer)
        }
        None => Err(CommandError::refusal(
            format_args!(
                "{}: the certificate of the run appeared and disappeared",
                directory.location().of_run().shown().display()
            ),
            "run the same command again",
        )),
    }
}

/// Begins the ledger of a part of a run that has begun. If another process has begun this part in
/// the meantime, resumes that.
pub(super) async fn begin_part(
    settings: &ImportSettings,
    locked: Option<RunDirectory>,
    key: &RunKey,
    certificate: &RunCertificate,
    printer: Printer,
) -> Result<BegunRun, CommandError> {
    let directory = match locked {
        Some(directory) => directory,
        None => lock(settings, key, printer).await?,
    };
    let existing = existing_run(settings, &directory, &key.identity, &[])?;
    if let Some(ExistingRun::Intact(found)) = existing {
        return resume(settings, directory, *found, &key.identity, printer);
    }
    let new = NewLedger::build_part(&directory, &key.identity, certificate);
    let new = new.map_err(CommandError::refused)?;
    start_again(settings, directory, new, certificate)
}

/// Begins a new ledger for a run whose ledger is lost.
pub(super) fn begin_after_loss(
    settings: &ImportSettings,
    directory: RunDirectory,
    key: &RunKey,
    certificate: &RunCertificate,
    printer: Printer,
) -> Result<BegunRun, CommandError> {
    let new = NewLedger::rebuild(&directory, &key.identity, certificate);
    let new = new.map_err(CommandError::refused)?;
    if let Some(log) = directory.set_log_aside().map_err(CommandError::refused)? {
        printer.info(format_args!(
            "the log of the lost ledger is kept as {}",
            log.display()
        ));
    }
    printer.info(format_args!(
        "{}: the ledger of this run is lost; every row is sent, and {}",
        directory.shown().display(),
        existing_users_of_lost_rows(settings)
    ));
    start_again(settings, directory, new, certificate)
}

/// Starts with an empty ledger, although rows may have been sent.
fn start_again(
    settings: &ImportSettings,
    directory: RunDirectory,
    new: NewLedger,
    certificate: &RunCertificate,
) -> Result<BegunRun, CommandError> {
    let ledger = new.begin(&directory, settings.run.durability);
    let facts = certificate.facts().clone();
    Ok(BegunRun {
        directory,
        ledger: ledger.map_err(CommandError::refused)?,
        lost_since_ms: Some(facts.before_first_request_ms()),
        facts,
        settled: OutcomeCounts::default(),
        cursor: None,
    })
}

/// What happens to users that exist, although the ledger does not know their rows.
fn existing_users_of_lost_rows(settings: &ImportSettings) -> &'static str {
    if settings.existing_users.lookup.any() {
        "users that exist are looked up to find those that the run created"
    } else {
        "rows whose users exist are in doubt (--no-lookup)"
    }
}

/// Resumes a run.
pub(super) fn resume(
    settings: &ImportSettings,
    directory: RunDirectory,
    found: FoundLedger,
    identity: &Identity,
    printer: Printer,
) -> Result<BegunRun, CommandError> {
    let facts = found.facts().clone();
    let mut counts = OutcomeCounts::default();
    for (outcome, rows) in found.settled() {
        counts.add_many(*outcome, *rows);
    }
    let status = found.status();
    if status == LedgerStatus::Finished {
        printer.info(format_args!(
            "{}: only rows that it does not have are sent",
            finished_where(&found, &directory)
        ));
    }
    if let LedgerStatus::Unfinished {
        settled,
        maybe_sent,
        to_follow,
    } = status
    {
        let steps = if to_follow > 0 {
            format!(
                ", {} steps left",
                counted(to_follow, "user has", "users have")
            )
        } else {
            String::new()
        };
        let lost = if directory.is_copy() && found.lost_since_ms().is_some() {
            format!(
                "; rows sent after this copy of the ledger was made are sent again, and {}",
                existing_users_of_lost_rows(settings)
            )
        } else {
            String::new()
        };
        printer.info(format_args!(
            "resuming the run in {}: {} settled, {maybe_sent} may have been sent{steps}{lost}",
            directory.shown().display(),
            counted(settled, "row is", "rows are")
        ));
    }
    if let Some(retried) = retried_rows(found.retried()) {
        printer.info(retried);
    }
    let certificate = RunCertificate::read(&directory).map_err(CommandError::refused)?;
    if certificate.is_none() {
        RunCertificate::new(found.run_id(), identity, &facts, BTreeMap::new())
            .write(&directory)
            .map_err(CommandError::refused)?;
    }
    let lost_since_ms = found.lost_since_ms();
    let (ledger, cursor) = found.resume(&directory).map_err(CommandError::refused)?;
    Ok(BegunRun {
        directory,
        ledger,
        facts,
        lost_since_ms,
        settled: counts,
        cursor: Some(cursor),
    })
}
