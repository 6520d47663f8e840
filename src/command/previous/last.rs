//! Finds `--previous last`: on this machine, or in S3. A run that cannot be read may be the
//! previous one, so it is never passed over: a list must not go unchecked because of it.

use std::path::Path;

use tokio::time::Instant;

use super::{FLAG, OpenedRun, open};
use crate::cli::Printer;
use crate::cli::settings::{ImportSettings, RunPlace};
use crate::command::open_run::RunKey;
use crate::command::runs_of_list::{file_name, is_same_work, runs_beside};
use crate::command::stored_run::TRANSFER_TIMEOUT;
use crate::command::{CommandError, beside, warn_and_log};
use crate::ledger::overview::{DirectoryState, RunOverview};
use crate::ledger::{Identity, RunOutline};
use crate::s3::{Folder, S3Config, S3Error, S3FolderUrl};

/// Finds the newest finished run of the same list and pool next to this one.
pub(super) async fn last(
    settings: &ImportSettings,
    key: &RunKey,
    printer: Printer,
) -> Result<Option<OpenedRun>, CommandError> {
    let found = match &settings.run.directory {
        Some(RunPlace::S3(url)) => last_in_s3(url, settings, &key.identity, printer).await?,
        Some(RunPlace::Directory(_)) | None => last_here(key, settings, printer).await?,
    };
    if found.is_none() {
        warn_and_log(
            format_args!(
                "{FLAG} last: no finished run of {} for pool {}{} beside {}: --max-shrink and --max-new are not checked",
                file_name(&key.identity.list),
                key.identity.user_pool_id,
                match key.identity.selection {
                    Some(_) => " with this --where",
                    None => "",
                },
                key.path.of_run().shown().display(),
            ),
            printer,
        );
    }
    Ok(found)
}

async fn last_here(
    key: &RunKey,
    settings: &ImportSettings,
    printer: Printer,
) -> Result<Option<OpenedRun>, CommandError> {
    let (own, identity) = (key.path.of_run().to_path_buf(), key.identity.clone());
    let find = move || {
        let runs = runs_beside(&own, &identity)?;
        let heads = runs
            .iter()
            .filter_map(|run| RunOverview::head(&run.directory));
        let mut skipped = Vec::new();
        for run in heads {
            match run.state {
                DirectoryState::Finished => return Ok((Some(run.directory), skipped)),
                DirectoryState::Active
                | DirectoryState::Stopped
                | DirectoryState::Interrupted
                | DirectoryState::Unmerged
                | DirectoryState::Undone
                | DirectoryState::UndoUnfinished => skipped.push((run.directory, run.state)),
                DirectoryState::Damaged | DirectoryState::Newer | DirectoryState::Unreadable => {
                    return Err(unreadable(&run));
                }
            }
        }
        Ok((None, skipped))
    };
    let found = beside("previous", find).await?;
    let (found, skipped) = found.map_err(|error| error.about(format_args!("{FLAG} last")))?;
    for (directory, state) in skipped {
        note_skipped(directory.display(), state, printer);
    }
    let Some(directory) = found else {
        return Ok(None);
    };
    let place = RunPlace::Directory(directory);
    match open(&place, settings, printer).await {
        Ok(Ok(opened)) => Ok(Some(opened)),
        Ok(Err(unusable)) => Err(unusable
            .refusal()
            .about(format_args!("{FLAG} last: {place}"))),
        Err(error) => Err(cannot_compare(&place.to_string(), &error.text())),
    }
}

fn note_skipped(run: impl std::fmt::Display, state: DirectoryState, printer: Printer) {
    let state = state.label();
    tracing::info!(%run, state, "not compared with this run");
    printer.note(format_args!("{FLAG} last: skipping {run}: {state}"));
}

fn unreadable(run: &RunOverview) -> CommandError {
    let why = match &run.problem {
        None => run.state.label().to_owned(),
        Some(problem) => match &problem.hint {
            None => problem.message.clone(),
            Some(hint) => format!("{}; {hint}", problem.message),
        },
    };
    cannot_compare(&run.directory.display().to_string(), &why)
}

/// Refuses to look for an older run.
pub(super) fn cannot_compare(run: &str, why: &str) -> CommandError {
    CommandError::refusal(
        format_args!("{FLAG} last: cannot compare the list with {run}: {why}"),
        format!(
            "to compare it with an older run, name that with {FLAG} DIR; to import it unchecked, leave {FLAG} out once"
        ),
    )
}

/// Finds the run by the certificates next to that of this run. Ledgers are copied only from the
/// newest run on, until one is finished.
async fn last_in_s3(
    url: &S3FolderUrl,
    settings: &ImportSettings,
    identity: &Identity,
    printer: Printer,
) -> Result<Option<OpenedRun>, CommandError> {
    let parent = url.parent();
    let failed = |cause: S3Error| {
        CommandError::refused(cause)
            .about(format_args!("{FLAG} last: s3://{}/{parent}", url.bucket()))
    };
    let config = S3Config::load(&settings.run.s3).await.map_err(failed)?;
    let folder = Folder::new(config, url.bucket(), parent).map_err(failed)?;
    let deadline = Instant::now() + TRANSFER_TIMEOUT;
    let mut found = Vec::new();
    for run in folder.folders(deadline).await.map_err(failed)? {
        let address = format!("s3://{}/{parent}{run}/", url.bucket());
        if address == url.to_string() {
            continue;
        }
        let name = format!("{run}/run.json");
        let Some(text) = folder.read(&name, deadline).await.map_err(failed)? else {
            continue;
        };
        let Some(outline) = RunOutline::parse(&text) else {
            let why = "its run.json is damaged; restore it, or move the run to another prefix";
            return Err(cannot_compare(&address, why));
        };
        if is_same_work(identity, &outline) {
            found.push((outline.started_ms, address));
        }
    }
    found.sort();
    while let Some((_, address)) = found.pop() {
        let place = RunPlace::of(Path::new(&address)).map_err(CommandError::refused)?;
        match open(&place, settings, printer).await {
            Ok(Ok(opened)) => return Ok(Some(opened)),
            Ok(Err(unusable)) => note_skipped(&address, unusable.state, printer),
            Err(error) => return Err(cannot_compare(&address, &error.text())),
        }
    }
    Ok(None)
}
