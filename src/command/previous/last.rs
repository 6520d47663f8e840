//! Finds `--previous last`: on this machine, or in S3.

use std::path::{Path, PathBuf};

use tokio::time::Instant;

use super::{FLAG, OpenedRun, open};
use crate::cli::Printer;
use crate::cli::settings::{ImportSettings, RunPlace};
use crate::command::open_run::RunKey;
use crate::command::stored_run::TRANSFER_TIMEOUT;
use crate::command::{CommandError, beside};
use crate::ledger::overview::newest_finished;
use crate::ledger::{Identity, RunCertificate, RunKind, RunPath};
use crate::s3::{Folder, S3Config, S3Error, S3FolderUrl};

/// Finds the newest finished run of the same list and pool next to this one.
pub(super) async fn last(
    settings: &ImportSettings,
    key: &RunKey,
    printer: Printer,
) -> Result<Option<OpenedRun>, CommandError> {
    let found = match &settings.run.directory {
        Some(RunPlace::S3(url)) => last_in_s3(url, settings, &key.identity, printer).await?,
        Some(RunPlace::Directory(_)) | None => match last_here(key, printer).await? {
            Some(place) => Some(open(&place, settings, printer).await?),
            None => None,
        },
    };
    if found.is_none() {
        printer.note(format_args!(
            "{FLAG} last: no finished run of {} into {} next to {}, so there is nothing to compare with",
            file_name(&key.identity.list),
            key.identity.user_pool_id,
            key.path.shown().display(),
        ));
    }
    Ok(found)
}

async fn last_here(key: &RunKey, printer: Printer) -> Result<Option<RunPlace>, CommandError> {
    let parent = match key.path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    if !parent.is_dir() {
        return Ok(None);
    }
    let (own, identity) = (key.path.to_path_buf(), key.identity.clone());
    let shown = parent.clone();
    let find = move || {
        let is_wanted = |kind, list: &str, pool: &str| is_same_work(&identity, kind, list, pool);
        newest_finished(&parent, |path| !is_same(path, &own), is_wanted)
    };
    let (found, unfinished) = beside("previous", find).await?.map_err(|cause| {
        CommandError::refusal(
            format_args!("{FLAG} last: {} cannot be listed: {cause}", shown.display()),
            "name the directory of the previous run",
        )
    })?;
    for run in unfinished {
        printer.note(format_args!(
            "{FLAG} last: {} is passed over, because it is not finished",
            run.directory.display()
        ));
    }
    Ok(found.map(RunPlace::Directory))
}

/// Whether a run has the same list, by name, and the same pool.
fn is_same_work(identity: &Identity, kind: RunKind, list: &str, pool: &str) -> bool {
    kind == identity.kind
        && pool == identity.user_pool_id
        && file_name(list) == file_name(&identity.list)
}

fn file_name(list: &str) -> &str {
    list.rsplit('/').next().unwrap_or(list)
}

pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (Ok(_) | Err(_), _) => one == other,
    }
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
        let text = folder.read(&name, deadline).await.map_err(failed)?;
        let certificate =
            text.map(|text| RunCertificate::parse(&text, &RunPath::from(Path::new(&name))));
        if let Some(Ok(certificate)) = certificate {
            let Identity {
                kind,
                list,
                user_pool_id,
                ..
            } = certificate.identity();
            if is_same_work(identity, *kind, list, user_pool_id) {
                found.push((certificate.facts().started_ms, address));
            }
        }
    }
    found.sort();
    while let Some((_, address)) = found.pop() {
        let place = RunPlace::of(Path::new(&address)).map_err(CommandError::refused)?;
        match open(&place, settings, printer).await {
            Ok(opened) => return Ok(Some(opened)),
            Err(error) => printer.note(format_args!(
                "{FLAG} last: {address} is passed over: {}",
                error.text()
            )),
        }
    }
    Ok(None)
}
