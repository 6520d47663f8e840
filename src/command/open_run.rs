//! Opens the run directory: a new run, one that resumes, or one that is finished. The ledger is
//! opened and verified once.

mod default_directory;

use std::path::Path;

use super::CommandError;
use super::list::List;
use super::locking::{lock_directory, warn_if_exposed};
use super::stored_run::StoredRun;
use crate::cli::Printer;
use crate::cli::settings::{ImportSettings, OnExistingRun};
use crate::hints::Hint as _;
use crate::ledger::merge::has_own_ledger;
use crate::ledger::{
    Facts, FoundLedger, Identity, Ledger, LedgerError, LedgerStatus, RetryFilter, RunCertificate,
    RunDirectory, RunKind, RunPath, refuse_if_saved,
};
use crate::part::Part;
use crate::pool::Cognito;
use default_directory::default_directory;

/// A run's identity and directory.
pub(super) struct RunKey {
    pub(super) identity: Identity,
    pub(super) path: RunPath,
}

/// The run directory before anything is sent. The directory is locked if it exists.
pub(super) enum OpenRun {
    Finished(RunDirectory, Box<FoundLedger>),
    Unfinished(UnfinishedRun),
}

pub(super) enum UnfinishedRun {
    /// There is no run, or it will be replaced. `None` if the directory does not exist yet, because
    /// a refused run creates none.
    New(Option<RunDirectory>),
    Resume(RunDirectory, Box<FoundLedger>),
    /// The run has begun, and this part has no ledger yet, or its directory is lost. `None` if the
    /// part's directory does not exist yet.
    Part(Option<RunDirectory>, Box<RunCertificate>),
    /// The run's ledger is lost.
    Lost(RunDirectory, Box<RunCertificate>),
}

impl UnfinishedRun {
    /// Whether a session has begun and, as far as the ledger knows, not ended.
    fn may_be_active(&self) -> bool {
        match self {
            Self::New(_) | Self::Part(..) => false,
            Self::Resume(_, found) => found.ended_ms().is_none(),
            Self::Lost(..) => true,
        }
    }

    /// Notes that another process may be using a run directory that cannot be locked.
    pub(super) fn note_if_active(&self, stored: Option<&StoredRun>, printer: Printer) {
        if let Some(stored) = stored.filter(|stored| stored.is_copy())
            && self.may_be_active()
        {
            printer.note(format_args!(
                "{}: an earlier session of this run has not ended; if it is still running, stop it: rows sent by both end up in doubt",
                stored.shown().display()
            ));
        }
    }
}

/// A run that a directory already has.
pub(super) enum ExistingRun {
    Intact(Box<FoundLedger>),
    /// See [`UnfinishedRun::Part`].
    Part(Box<RunCertificate>),
    Lost(Box<RunCertificate>),
}

impl RunKey {
    /// `stored` is the directory, if one is named.
    pub(super) async fn of(
        settings: &ImportSettings,
        list: &List,
        stored: Option<&StoredRun>,
    ) -> Result<Self, CommandError> {
        let identity = Identity {
            list: list.source.name(),
            mapping: list.mapping_identity(),
            selection: list.mapping.selection().map(|rows| rows.by_names()),
            kept: list.mapping.kept(),
            follow_up: list.follow_up_identity(settings.list.follow_up_existing),
            told_triggers: settings.connect.trigger_data.identity(),
            user_pool_id: settings.connect.user_pool_id.clone(),
            client_id: settings.connect.client_id.clone(),
            kind: settings.on_existing_run.kind(),
            parts: settings.run.parts(),
            fingerprint: list.fingerprint().await?,
        };
        if identity.fingerprint.is_none() && settings.run.part.is_some() {
            return Err(CommandError::refusal(
                format_args!(
                    "--part: {} can be read only once, and every part reads the whole list",
                    list.source.name()
                ),
                "save it to a file or to S3 first",
            ));
        }
        let run = match (stored, &identity.fingerprint) {
            (Some(stored), _) => {
                return Ok(Self {
                    identity,
                    path: stored.location().clone(),
                });
            }
            (None, Some(fingerprint)) => {
                let first = RunDirectory::default_path(
                    &list.source.short_name(),
                    fingerprint,
                    match identity.kind {
                        RunKind::Import => &identity.user_pool_id,
                        RunKind::Rehearsal => "rehearsal",
                    },
                    identity.selection.as_deref(),
                );
                RunPath::from(&default_directory(first, &identity, settings).await?)
            }
            (None, None) => {
                return Err(CommandError::refusal(
                    format_args!(
                        "{}: can be read only once, so no run directory can be derived from its content",
                        list.source.name()
                    ),
                    "name a directory with --run-dir",
                ));
            }
        };
        let path = match settings.run.part {
            Some(part) => run.part_directory(part),
            None => run,
        };
        Ok(Self { identity, path })
    }
}

/// Opens and verifies the run in this directory; changes nothing in it.
pub(super) async fn open_run(
    settings: &ImportSettings,
    key: &RunKey,
    printer: Printer,
) -> Result<OpenRun, CommandError> {
    let RunKey { identity, path } = key;
    refuse_mixed_run(path)?;
    let new = |directory| Ok(OpenRun::Unfinished(UnfinishedRun::New(directory)));
    if !path.is_dir() {
        RunDirectory::check_creatable(path).map_err(|error| refused(settings, error))?;
        refuse_if_saved_elsewhere(settings, path)?;
        return match certificate_of_run(settings, path, identity)? {
            Some(certificate) => Ok(OpenRun::Unfinished(UnfinishedRun::Part(
                None,
                Box::new(certificate),
            ))),
            None => new(None),
        };
    }
    let directory = lock(settings, key, printer).await?;
    // --restart also replaces a damaged ledger.
    if settings.on_existing_run == OnExistingRun::PutAside {
        return new(Some(directory));
    }
    let OnExistingRun::Resume(retry) = &settings.on_existing_run else {
        if is_there(settings, &directory)? {
            Ledger::refuse_other_kind(&directory, RunKind::Rehearsal)
                .map_err(|error| refused(settings, error))?;
        }
        return new(Some(directory));
    };
    let found = match existing_run(settings, &directory, identity, retry)? {
        None => return new(Some(directory)),
        Some(ExistingRun::Lost(certificate)) => {
            return Ok(OpenRun::Unfinished(UnfinishedRun::Lost(
                directory,
                certificate,
            )));
        }
        Some(ExistingRun::Part(certificate)) => {
            return Ok(OpenRun::Unfinished(UnfinishedRun::Part(
                Some(directory),
                certificate,
            )));
        }
        Some(ExistingRun::Intact(found)) => found,
    };
    // A list that can be read only once has no fingerprint. Each row shows whether it is the same
    // list.
    if found.status() == LedgerStatus::Finished && identity.fingerprint.is_some() {
        Ok(OpenRun::Finished(directory, found))
    } else {
        Ok(OpenRun::Unfinished(UnfinishedRun::Resume(directory, found)))
    }
}

pub(super) fn is_there(
    settings: &ImportSettings,
    directory: &RunDirectory,
) -> Result<bool, CommandError> {
    Ledger::is_there(directory, settings.run.durability).map_err(CommandError::refused)
}

/// Opens and verifies the run that this command can resume, if there is one.
pub(super) fn existing_run(
    settings: &ImportSettings,
    directory: &RunDirectory,
    identity: &Identity,
    retry: &[RetryFilter],
) -> Result<Option<ExistingRun>, CommandError> {
    let certificate = RunCertificate::read(directory).map_err(|error| refused(settings, error))?;
    if certificate.is_some()
        && Ledger::is_lost(directory).map_err(|error| refused(settings, error))?
    {
        refuse_if_saved_elsewhere(settings, directory.path())?;
        let location = directory.location();
        let certificate = certificate_of_run(settings, location, identity)?.map(Box::new);
        return Ok(certificate.map(|certificate| {
            if Ledger::is_of_new_part(location) {
                ExistingRun::Part(certificate)
            } else {
                ExistingRun::Lost(certificate)
            }
        }));
    }
    if !is_there(settings, directory)? {
        refuse_if_saved_elsewhere(settings, directory.path())?;
        return Ok(None);
    }
    let found = FoundLedger::open(directory, identity, settings.run.durability, retry)
        .map_err(|error| refused(settings, error))?;
    check_case(settings, found.facts())?;
    if let Some(certificate) = certificate {
        let same_run = certificate.compare_ledger(&found, identity, directory);
        same_run.map_err(|error| refused(settings, error))?;
    }
    Ok(Some(ExistingRun::Intact(Box::new(found))))
}

/// Refuses a part in the directory of a whole run, and a whole run in a directory of parts.
fn refuse_mixed_run(path: &RunPath) -> Result<(), CommandError> {
    let run = path.of_run();
    let shown = run.shown().display();
    let name = run.file_name().and_then(|name| name.to_str());
    if name.and_then(Part::of_directory_name).is_some() {
        return Err(CommandError::refusal(
            format_args!("{shown}: is the directory of a part"),
            "name the directory of the whole run with --run-dir",
        ));
    }
    match path.part() {
        None if Ledger::has_parts(run) => Err(CommandError::refusal(
            format_args!("{shown}: contains a run in parts"),
            "name one of its parts with --part, or use another --run-dir",
        )),
        // A part in S3 is copied into the same directory as the certificate of its run.
        Some(_) if **run != **path && matches!(has_own_ledger(run), Ok(true)) => {
            Err(CommandError::refusal(
                format_args!("{shown}: contains a run without parts"),
                "leave --part out, or use another --run-dir",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// Does not suggest `--restart` for a part, which cannot be started over.
fn refused(settings: &ImportSettings, error: LedgerError) -> CommandError {
    let hint = error.hint().unwrap_or_default();
    if settings.run.part.is_some() && hint.contains("--restart") {
        return CommandError::refusal(error, "use another --run-dir for all parts of a new run");
    }
    CommandError::refused(error)
}

/// Reads the certificate of this command's run, if there is one.
fn certificate_of_run(
    settings: &ImportSettings,
    path: &RunPath,
    identity: &Identity,
) -> Result<Option<RunCertificate>, CommandError> {
    let Some(certificate) =
        RunCertificate::read_in(path).map_err(|error| refused(settings, error))?
    else {
        return Ok(None);
    };
    Ledger::refuse_undone(path).map_err(|error| refused(settings, error))?;
    let same_run = certificate.compare(identity, path);
    same_run.map_err(|error| refused(settings, error))?;
    check_case(settings, certificate.facts())?;
    Ok(Some(certificate))
}

/// Refuses a `--usernames` that contradicts the run.
fn check_case(settings: &ImportSettings, facts: &Facts) -> Result<(), CommandError> {
    let began_with = facts.case_insensitive;
    match settings.run.ignore_case {
        Some(case_insensitive) if case_insensitive != began_with => Err(CommandError::refusal(
            format_args!(
                "--usernames: this run began with {}",
                if began_with {
                    "ignore-case"
                } else {
                    "case-sensitive"
                }
            ),
            if settings.run.part.is_some() {
                "leave it out, or use another --run-dir for all parts of a new run"
            } else {
                "leave it out, or start over with --restart"
            },
        )),
        Some(_) | None => Ok(()),
    }
}

/// Refuses to start over if the run's ledger exists under another name.
fn refuse_if_saved_elsewhere(settings: &ImportSettings, path: &Path) -> Result<(), CommandError> {
    match settings.on_existing_run {
        OnExistingRun::Resume(_) => refuse_if_saved(path).map_err(|error| refused(settings, error)),
        OnExistingRun::PutAside | OnExistingRun::Replace => Ok(()),
    }
}

pub(super) async fn lock(
    settings: &ImportSettings,
    key: &RunKey,
    printer: Printer,
) -> Result<RunDirectory, CommandError> {
    let directory = lock_directory(&key.path, settings.run.wait_for_lock, printer).await?;
    directory
        .choose_lock(settings.run.ledger_lock)
        .map_err(|error| refused(settings, error))?;
    warn_if_exposed(&directory, printer);
    Ok(directory)
}

/// A run that resumes at another endpoint may have changed pools: a pool's ID names its Region, but
/// simulated pools share one ID.
pub(super) fn note_other_endpoint(facts: &Facts, pool: &Cognito, printer: Printer) {
    let name = |endpoint: &str| match endpoint {
        "" => "AWS".to_owned(),
        url => url.to_owned(),
    };
    if let Some(first) = &facts.endpoint
        && first != pool.endpoint()
    {
        printer.note(format_args!(
            "this run began at {} and resumes at {} (--endpoint-url, AWS_ENDPOINT_URL): if these are two pools, its results mix both",
            name(first),
            name(pool.endpoint())
        ));
    }
}
