//! Copies a run from S3 into a private temporary directory.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use super::{COPIED, COPIED_FOR_PART, LEDGER, RunCopy, StoredRunError, TRANSFER_TIMEOUT};
use crate::ledger::RunPath;
use crate::part::Part;
use crate::s3::{Folder, KnownObject, S3Access, S3Config, S3FolderUrl};
use crate::temporary;

impl RunCopy {
    pub(super) async fn download(
        run_url: &S3FolderUrl,
        part: Option<Part>,
        access: &S3Access,
    ) -> Result<Self, StoredRunError> {
        let failed = |name, cause| StoredRunError::S3 {
            url: run_url.clone(),
            name,
            cause,
        };
        let config = S3Config::load(access)
            .await
            .map_err(|cause| failed("", cause))?;
        let folder_at = |url: &S3FolderUrl| Folder::new(config.clone(), url.bucket(), url.prefix());
        let directory = temporary::directory().map_err(StoredRunError::Temporary)?;
        let url = match part {
            Some(part) => run_url.folder(&part.directory_name()),
            None => run_url.clone(),
        };
        let folder = folder_at(&url).map_err(|cause| failed("", cause))?;
        let copied = copy_files(&folder, &url, &COPIED, directory.path()).await?;
        let address = PathBuf::from(url.to_string());
        let location = RunPath::copy_of(directory.path(), &address, copied.others);
        let (location, run_folder) = match part {
            None => (location, None),
            Some(part) => {
                let folder = folder_at(run_url).map_err(|cause| failed("", cause))?;
                let of_run =
                    copy_files(&folder, run_url, &COPIED_FOR_PART, directory.path()).await?;
                let address = PathBuf::from(run_url.to_string());
                let run = RunPath::copy_of(directory.path(), &address, of_run.others);
                (location.of_part(part, run), Some(folder))
            }
        };
        Ok(Self {
            location,
            url,
            folder,
            run_folder,
            directory,
            snapshots: AtomicU32::new(0),
            known_ledger: AsyncMutex::new(copied.ledger),
            writer: format!("{:016x}", fastrand::u64(..)),
            ledger_is_stored: false,
            is_kept: false,
        })
    }
}

/// The result of copying files from a folder.
pub(super) struct CopiedFiles {
    ledger: KnownObject,
    /// The names of the files that were not copied.
    others: Vec<String>,
}

/// Copies the wanted files, if they exist.
pub(super) async fn copy_files(
    folder: &Folder,
    url: &S3FolderUrl,
    wanted: &[&'static str],
    directory: &Path,
) -> Result<CopiedFiles, StoredRunError> {
    let failed = |name, cause| StoredRunError::S3 {
        url: url.clone(),
        name,
        cause,
    };
    let deadline = || Instant::now() + TRANSFER_TIMEOUT;
    let names = folder.names(deadline()).await;
    let names = names.map_err(|cause| failed("", cause))?;
    let mut files = CopiedFiles {
        ledger: KnownObject::Absent,
        others: Vec::new(),
    };
    for name in names {
        let Some(name) = wanted.iter().find(|wanted| **wanted == name) else {
            files.others.push(name);
            continue;
        };
        let copied = folder
            .download(name, &directory.join(name), deadline())
            .await;
        let etag = copied.map_err(|cause| failed(name, cause))?;
        if *name == LEDGER {
            files.ledger = etag.map_or(KnownObject::Absent, KnownObject::Present);
        }
    }
    Ok(files)
}
