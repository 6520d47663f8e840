//! The run directory of a command: on this machine, or in S3 and copied into a private temporary
//! directory.

mod download;
mod import;
pub(super) mod session;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use super::CommandError;
use crate::cli::Printer;
use crate::cli::settings::RunPlace;
use crate::hints::Hint;
use crate::ledger::merge::{MergeError, has_own_ledger};
use crate::ledger::reader::rfc3339;
use crate::ledger::verification::VerifyProgress;
use crate::ledger::{LedgerError, LedgerReader, RunPath};
use crate::part::Part;
use crate::s3::{Folder, KnownObject, S3Access, S3Error, S3FolderUrl};
use crate::temporary::TempDir;
use download::copy_files;

/// The longest time for one file. A single request that hangs fails much earlier.
pub(super) const TRANSFER_TIMEOUT: Duration = Duration::from_secs(3600);

pub(super) const LEDGER: &str = "ledger.db";

const CERTIFICATE: &str = "run.json";

/// The rejects of a part, and their index.
const REJECTS: [&str; 2] = ["rejects.csv", "rejects.index"];

/// The lock of a run directory, which no copy needs.
const LOCK: &str = "ledger.lock";

/// The beginning of the names of copies of the ledger.
const SNAPSHOT: &str = "snapshot-";

const UNDO: &str = "undo.db";

/// The files that are copied if they exist. Only the presence of the others matters.
const COPIED: [&str; 4] = [LEDGER, CERTIFICATE, UNDO, VerifyProgress::FILE];

/// The files of the whole run that are copied for a part of it.
const COPIED_FOR_PART: [&str; 2] = [CERTIFICATE, UNDO];

/// Rows that were sent, but may not be in the ledger.
#[derive(Debug)]
pub(super) enum MissingRows {
    /// Rows sent after this time, when the ledger was copied to S3.
    SentAfterCopy(String),
    /// Rows sent since this time, because an earlier ledger was lost.
    Lost(String),
}

impl MissingRows {
    /// Returns the time from which rows may be missing.
    pub(super) fn since(&self) -> &str {
        match self {
            Self::SentAfterCopy(time) | Self::Lost(time) => time,
        }
    }
}

/// A run directory that can be read and changed.
pub(super) enum StoredRun {
    Local(RunPath),
    Copy(Box<RunCopy>),
}

/// A copy of a run directory in S3.
pub(super) struct RunCopy {
    url: S3FolderUrl,
    folder: Folder,
    /// The folder of the whole run, if `folder` is that of a part.
    run_folder: Option<Folder>,
    directory: TempDir,
    location: RunPath,
    /// The number of copies of the ledger that were made.
    snapshots: AtomicU32,
    /// The ledger in S3 that this process has read or written last.
    known_ledger: AsyncMutex<KnownObject>,
    /// 16 random hexadecimal digits, which tell the ledgers of this process from those of others.
    writer: String,
    /// Whether S3 has the ledger as it was at the end.
    ledger_is_stored: bool,
    /// Whether the directory stays, and an error says so.
    is_kept: bool,
}

#[derive(Debug, thiserror::Error)]
enum StoredRunError {
    #[error("{url}{name}: {cause}")]
    S3 {
        url: S3FolderUrl,
        name: &'static str,
        cause: S3Error,
    },
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
    /// Another process has stored its ledger.
    #[error(
        "{url}{LEDGER}: another process has stored its ledger of this run, so this one was not stored"
    )]
    OtherLedger { url: S3FolderUrl, kept: PathBuf },
}

impl Hint for StoredRunError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::S3 {
                cause: S3Error::Changed,
                ..
            } => "another process stores this run: run the same command again when that has ended"
                .to_owned(),
            Self::S3 { cause, .. } => return cause.hint(),
            Self::Unreadable { .. } => "run the same command again".to_owned(),
            Self::OtherLedger { kept, .. } => {
                let kept = kept.display();
                format!(
                    "this process's ledger and reports are in {kept}; when the other process has \
                     ended, run the same import again, which looks up the rows that both have sent"
                )
            }
            Self::Temporary(_) => "set TMPDIR to a writable directory".to_owned(),
            Self::Upload {
                url, cause, kept, ..
            } => {
                let kept = kept.display();
                let copy = format!(
                    "the files are in {kept}: upload them with `aws s3 cp --recursive --exclude \
                     {LOCK} {kept} {url}`, then remove {kept}"
                );
                match cause.hint().filter(|_| !cause.is_temporary()) {
                    Some(hint) => format!("{hint}; {copy}"),
                    None => format!("once S3 answers again: {copy}"),
                }
            }
        })
    }

    fn is_temporary(&self) -> bool {
        match self {
            Self::S3 { cause, .. } => cause.is_temporary(),
            Self::Unreadable { .. }
            | Self::Temporary(_)
            | Self::Upload { .. }
            | Self::OtherLedger { .. } => false,
        }
    }
}

impl StoredRun {
    /// Copies a run from S3, if there is one. A local one stays where it is.
    pub(super) async fn open(place: &RunPlace, access: &S3Access) -> Result<Self, CommandError> {
        Self::open_part(place, None, access).await
    }

    /// The same for a part of the run, which has a directory of its own.
    pub(super) async fn open_part(
        place: &RunPlace,
        part: Option<Part>,
        access: &S3Access,
    ) -> Result<Self, CommandError> {
        match place {
            RunPlace::Directory(path) => {
                let run = RunPath::from(path);
                Ok(Self::Local(match part {
                    Some(part) => run.part_directory(part),
                    None => run,
                }))
            }
            RunPlace::S3(url) => {
                let copy = RunCopy::download(url, part, access).await;
                let copy = copy.map_err(CommandError::refused)?;
                Ok(Self::Copy(Box::new(copy)))
            }
        }
    }

    /// Like [`StoredRun::open_part`], for merging: also copies the rejects of a part in S3.
    pub(super) async fn open_copy_of_part(
        place: &RunPlace,
        part: Part,
        access: &S3Access,
    ) -> Result<Self, CommandError> {
        let stored = Self::open_part(place, Some(part), access).await?;
        if let Self::Copy(copy) = &stored {
            let files = copy_files(&copy.folder, &copy.url, &REJECTS, copy.directory.path()).await;
            files.map_err(CommandError::refused)?;
        }
        Ok(stored)
    }

    /// Returns whether the directory has a ledger that was not merged from parts.
    pub(super) fn has_own_ledger(&self) -> Result<bool, MergeError> {
        has_own_ledger(self.location())
    }

    pub(super) fn location(&self) -> &RunPath {
        match self {
            Self::Local(path) => path,
            Self::Copy(copy) => &copy.location,
        }
    }

    /// The directory as the user named it.
    pub(super) fn shown(&self) -> &Path {
        self.location().shown()
    }

    pub(super) fn is_copy(&self) -> bool {
        matches!(self, Self::Copy(_))
    }

    /// Returns which rows may be missing from a ledger that is a copy of an interrupted run, or was
    /// rebuilt after a loss. `None` if it is complete.
    pub(super) fn missing_rows(
        &self,
        ledger: &LedgerReader,
    ) -> Result<Option<MissingRows>, LedgerError> {
        if ledger.is_rebuilt()? {
            Ok(ledger.lost_since_ms()?.map(rfc3339).map(MissingRows::Lost))
        } else if self.is_copy() {
            let time = ledger.lost_since_ms()?.map(rfc3339);
            Ok(time.map(MissingRows::SentAfterCopy))
        } else {
            Ok(None)
        }
    }

    /// Prints a note if the ledger may lack rows.
    pub(super) fn note_if_incomplete(
        &self,
        ledger: &LedgerReader,
        printer: Printer,
    ) -> Result<(), CommandError> {
        match self.missing_rows(ledger).map_err(CommandError::refused)? {
            None => {}
            Some(MissingRows::SentAfterCopy(time)) => printer.note(format_args!(
                "the ledger is a copy from {time}: rows sent later are missing"
            )),
            Some(MissingRows::Lost(time)) => printer.note(format_args!(
                "an earlier ledger of this run was lost: rows sent since {time} may be missing until the run is finished"
            )),
        }
        Ok(())
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

    /// Like [`StoredRun::publish`], for a file without which the command does not begin. Nothing is
    /// kept if it cannot be uploaded.
    pub(super) async fn publish_first(&self, name: &'static str) -> Result<(), CommandError> {
        let Self::Copy(copy) = self else {
            return Ok(());
        };
        let file = copy.directory.path().join(name);
        let deadline = Instant::now() + TRANSFER_TIMEOUT;
        let uploaded = copy.folder.upload(name, &file, deadline).await;
        uploaded.map_err(|cause| {
            CommandError::refused(StoredRunError::S3 {
                url: copy.url.clone(),
                name,
                cause,
            })
        })
    }

    /// Returns where an error has said that the copy stays.
    pub(super) fn kept(&self) -> Option<&Path> {
        match self {
            Self::Copy(copy) if copy.is_kept => Some(copy.directory.path()),
            Self::Copy(_) | Self::Local(_) => None,
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
        uploaded.map_err(|cause| self.not_uploaded(name, cause))
    }

    /// Keeps the copy, because a file of it cannot be uploaded.
    fn not_uploaded(&mut self, name: &str, cause: S3Error) -> StoredRunError {
        StoredRunError::Upload {
            url: self.url.clone(),
            name: name.to_owned(),
            cause,
            kept: self.keep().to_owned(),
        }
    }

    fn keep(&mut self) -> &Path {
        self.directory.disable_cleanup(true);
        self.is_kept = true;
        let entries = std::fs::read_dir(self.directory.path());
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(SNAPSHOT)) {
                // If that fails, it is one more file.
                let _ = std::fs::remove_file(entry.path());
            }
        }
        self.directory.path()
    }
}
