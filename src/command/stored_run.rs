//! The run directory of a command: on this machine, or in S3 and copied into a private temporary
//! directory.

mod import;
pub(super) mod session;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use tokio::time::Instant;

use super::CommandError;
use crate::cli::settings::RunPlace;
use crate::hints::Hint;
use crate::ledger::verification::VerifyProgress;
use crate::s3::{Folder, S3Access, S3Config, S3Error, S3FolderUrl};
use crate::temporary::{self, TempDir};

/// The longest time for one file. A single request that hangs fails much earlier.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(3600);

const LEDGER: &str = "ledger.db";

const CERTIFICATE: &str = "run.json";

/// Files that not every run has.
const OPTIONAL: [&str; 3] = [CERTIFICATE, "undo.db", VerifyProgress::FILE];

/// A run directory that can be read and changed.
pub(super) enum StoredRun {
    Local(PathBuf),
    Copy(Box<RunCopy>),
}

/// A copy of a run directory in S3.
pub(super) struct RunCopy {
    url: S3FolderUrl,
    /// The address as a path, for messages.
    shown: PathBuf,
    folder: Folder,
    directory: TempDir,
    /// The number of copies of the ledger that were made.
    snapshots: AtomicU32,
    /// Whether S3 has the ledger as it was at the end.
    ledger_is_stored: bool,
}

#[derive(Debug, thiserror::Error)]
enum StoredRunError {
    #[error("{url}{name}: {cause}")]
    S3 {
        url: S3FolderUrl,
        name: &'static str,
        cause: S3Error,
    },
    #[error("{0}: no run, because it has no {LEDGER}")]
    NoRun(S3FolderUrl),
    #[error("{path}: cannot be read: {cause}")]
    Unreadable {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("cannot create a temporary directory: {0}")]
    Temporary(std::io::Error),
    #[error("{url}{name}: cannot be uploaded: {cause}")]
    Upload {
        url: S3FolderUrl,
        name: String,
        cause: S3Error,
        kept: PathBuf,
    },
}

impl Hint for StoredRunError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::S3 { cause, .. } => return cause.hint(),
            Self::NoRun(_) => "name the prefix with the files of a run".to_owned(),
            Self::Unreadable { .. } => "run the same command again".to_owned(),
            Self::Temporary(_) => "set TMPDIR to a writable directory".to_owned(),
            Self::Upload {
                url, cause, kept, ..
            } => {
                let kept = kept.display();
                let copy = format!(
                    "the files are in {kept}: upload them with `aws s3 cp --recursive {kept} {url}`, \
                     then remove {kept}"
                );
                match cause.hint() {
                    Some(hint) => format!("{hint}; {copy}"),
                    None => copy,
                }
            }
        })
    }
}

impl StoredRun {
    /// Copies a run from S3. A local one stays where it is.
    pub(super) async fn open(place: &RunPlace, access: &S3Access) -> Result<Self, CommandError> {
        match place {
            RunPlace::Directory(path) => Ok(Self::Local(path.clone())),
            RunPlace::S3(url) => match RunCopy::download(url.clone(), access).await {
                Ok((copy, true)) => Ok(Self::Copy(Box::new(copy))),
                Ok((copy, false)) => Err(CommandError::refused(StoredRunError::NoRun(copy.url))),
                Err(error) => Err(CommandError::refused(error)),
            },
        }
    }

    /// The same, for a run that may be new.
    pub(super) async fn open_or_new(
        place: &RunPlace,
        access: &S3Access,
    ) -> Result<Self, CommandError> {
        match place {
            RunPlace::Directory(path) => Ok(Self::Local(path.clone())),
            RunPlace::S3(url) => match RunCopy::download(url.clone(), access).await {
                Ok((copy, _)) => Ok(Self::Copy(Box::new(copy))),
                Err(error) => Err(CommandError::refused(error)),
            },
        }
    }

    /// The directory on this machine.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Local(path) => path,
            Self::Copy(copy) => copy.directory.path(),
        }
    }

    /// The directory as the user named it.
    pub(super) fn shown(&self) -> &Path {
        match self {
            Self::Local(path) => path,
            Self::Copy(copy) => &copy.shown,
        }
    }

    pub(super) fn is_copy(&self) -> bool {
        matches!(self, Self::Copy(_))
    }

    /// Uploads those of the files that exist. Does nothing for a local run.
    ///
    /// # Errors
    /// A file cannot be uploaded. Then the copy is kept, and the error says where.
    pub(super) async fn publish(&mut self, names: &[&str]) -> Result<(), CommandError> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Copy(copy) => copy.upload(names).await.map_err(CommandError::stopped),
        }
    }

    /// Keeps the copy. Returns where it is, or `None` for a local run.
    pub(super) fn keep_copy(&mut self) -> Option<&Path> {
        match self {
            Self::Local(_) => None,
            Self::Copy(copy) => Some(copy.keep()),
        }
    }
}

impl RunCopy {
    /// Returns also whether there is a ledger.
    async fn download(url: S3FolderUrl, access: &S3Access) -> Result<(Self, bool), StoredRunError> {
        let failed = |name, cause| StoredRunError::S3 {
            url: url.clone(),
            name,
            cause,
        };
        let config = S3Config::load(access)
            .await
            .map_err(|cause| failed("", cause))?;
        let folder =
            Folder::new(config, url.bucket(), url.prefix()).map_err(|cause| failed("", cause))?;
        let directory = temporary::directory().map_err(StoredRunError::Temporary)?;
        let fetch = async |name| {
            let deadline = Instant::now() + TRANSFER_TIMEOUT;
            let file = directory.path().join(name);
            let found = folder.download(name, &file, deadline);
            found.await.map_err(|cause| failed(name, cause))
        };
        let has_ledger = fetch(LEDGER).await?;
        for name in OPTIONAL {
            fetch(name).await?;
        }
        let copy = Self {
            shown: PathBuf::from(url.to_string()),
            url,
            folder,
            directory,
            snapshots: AtomicU32::new(0),
            ledger_is_stored: false,
        };
        Ok((copy, has_ledger))
    }

    async fn upload(&mut self, names: &[&str]) -> Result<(), StoredRunError> {
        for &name in names {
            let file = self.directory.path().join(name);
            if !file.exists() {
                continue;
            }
            self.upload_as(name, &file).await?;
        }
        Ok(())
    }

    /// Stores a file under another name.
    async fn upload_as(&mut self, name: &str, file: &Path) -> Result<(), StoredRunError> {
        let deadline = Instant::now() + TRANSFER_TIMEOUT;
        let uploaded = self.folder.upload(name, file, deadline).await;
        uploaded.map_err(|cause| StoredRunError::Upload {
            url: self.url.clone(),
            name: name.to_owned(),
            cause,
            kept: self.keep().to_owned(),
        })
    }

    fn keep(&mut self) -> &Path {
        self.directory.disable_cleanup(true);
        self.directory.path()
    }
}
