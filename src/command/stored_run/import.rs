//! An import whose run directory is in S3: its certificate, copies of its ledger, and its reports.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{CERTIFICATE, LEDGER, RunCopy, SNAPSHOT, StoredRun, StoredRunError, TRANSFER_TIMEOUT};
use crate::cli::Printer;
use crate::command::{CommandError, beside};
use crate::ledger::snapshot::snapshot;
use crate::report::files_to_store;
use crate::s3::{PutOutcome, ReplaceOutcome, S3Error};

const REJECTS: &str = "rejects.csv";

impl StoredRun {
    /// Stores the certificate and the ledger before the first row is sent. Returns false if another
    /// process has begun or resumed the run.
    pub(in crate::command) async fn publish_begun(&self) -> Result<bool, CommandError> {
        let Self::Copy(copy) = self else {
            return Ok(true);
        };
        if !copy.claim().await.map_err(CommandError::refused)? {
            return Ok(false);
        }
        Ok(copy.publish_snapshot().await? == ReplaceOutcome::Written)
    }

    /// Stores a copy of the ledger, which may be in use. Does nothing for a local run.
    ///
    /// # Errors
    /// The ledger cannot be copied or uploaded. Then the directory is kept.
    pub(in crate::command) async fn publish_ledger(&mut self) -> Result<(), CommandError> {
        let Self::Copy(copy) = self else {
            return Ok(());
        };
        let file = copy
            .snapshot()
            .await
            .map_err(CommandError::after_requests)?;
        let error = match copy.replace_ledger(&file).await {
            Ok(ReplaceOutcome::Written) => {
                copy.ledger_is_stored = true;
                return Ok(());
            }
            Ok(ReplaceOutcome::Changed) => StoredRunError::OtherLedger {
                url: copy.url.clone(),
                kept: copy.keep().to_owned(),
            },
            Err(cause) => copy.not_uploaded(LEDGER, cause),
        };
        Err(CommandError::stopped(error))
    }

    /// Whether nothing is lost with the directory. True for a local run.
    pub(in crate::command) fn has_stored_ledger(&self) -> bool {
        match self {
            Self::Local(_) => true,
            Self::Copy(copy) => copy.ledger_is_stored,
        }
    }

    /// Stores a copy of the ledger at each interval. Does nothing for a local run.
    pub(in crate::command) async fn publish_every(
        &self,
        interval: Duration,
        printer: Printer,
    ) -> Infallible {
        let Self::Copy(copy) = self else {
            return std::future::pending().await;
        };
        loop {
            sleep(interval).await;
            match copy.publish_snapshot().await {
                Ok(ReplaceOutcome::Written) => {}
                Ok(ReplaceOutcome::Changed) => {
                    printer.warn(format_args!(
                        "{}{LEDGER}: another process has stored its ledger of this run; this process continues, \
                         and its ledger will be kept on this machine; stop one of the two",
                        copy.url
                    ));
                    return std::future::pending().await;
                }
                Err(error) => printer.note(format_args!(
                    "the ledger was not copied to S3, and the run continues: {}",
                    error.text()
                )),
            }
        }
    }

    /// Stores the reports. Does nothing for a local run.
    ///
    /// # Errors
    /// A report cannot be uploaded. Then the directory is kept.
    pub(in crate::command) async fn publish_reports(&mut self) -> Result<(), CommandError> {
        if let Self::Copy(copy) = self {
            copy.empty_earlier_rejects().await?;
        }
        self.publish_reports_only().await
    }

    /// Uploads the reports. A `rejects.csv` in S3 stays if there is no new one.
    pub(in crate::command) async fn publish_reports_only(&mut self) -> Result<(), CommandError> {
        let names = files_to_store(self.location());
        self.publish(&names).await
    }
}

impl RunCopy {
    async fn claim(&self) -> Result<bool, StoredRunError> {
        let failed = |cause| StoredRunError::S3 {
            url: self.url.clone(),
            name: CERTIFICATE,
            cause,
        };
        let file = self.directory.path().join(CERTIFICATE);
        let path = file.clone();
        let read = tokio::task::spawn_blocking(move || std::fs::read(path));
        let content = read.await.map_err(std::io::Error::other).flatten();
        let content = content.map_err(|cause| StoredRunError::Unreadable { path: file, cause })?;
        let deadline = Instant::now() + TRANSFER_TIMEOUT;
        let folder = self.run_folder.as_ref().unwrap_or(&self.folder);
        let put = folder.put_if_absent(CERTIFICATE, &content, deadline);
        match put.await.map_err(failed)? {
            PutOutcome::Written => Ok(true),
            PutOutcome::AlreadyExists => Ok(false),
        }
    }

    /// Copies the ledger to a file of its own: an earlier copy may still be written after its
    /// upload was cancelled.
    async fn snapshot(&self) -> Result<PathBuf, CommandError> {
        let location = self.location.clone();
        let number = self.snapshots.fetch_add(1, Ordering::Relaxed);
        let file = location
            .join(&format!("{SNAPSHOT}{number}.db"))
            .to_path_buf();
        let to = file.clone();
        beside("snapshot", move || snapshot(&location, &to))
            .await?
            .map_err(CommandError::refused)?;
        Ok(file)
    }

    /// If this session has no rejects, replaces those of an earlier one with an empty file.
    async fn empty_earlier_rejects(&mut self) -> Result<(), CommandError> {
        let file = self.directory.path().join(REJECTS);
        if file.exists() {
            return Ok(());
        }
        let deadline = Instant::now() + TRANSFER_TIMEOUT;
        match self.folder.names(deadline).await {
            Ok(names) if !names.iter().any(|name| name == REJECTS) => return Ok(()),
            // If the names cannot be listed, the empty file does no harm.
            Ok(_) | Err(_) => {}
        }
        std::fs::write(&file, "").map_err(CommandError::stopped)?;
        let emptied = self.upload_as(REJECTS, &file).await;
        let _ = std::fs::remove_file(&file);
        emptied.map_err(CommandError::stopped)
    }

    /// Replaces the ledger in S3, unless another process has done so.
    async fn replace_ledger(&self, file: &Path) -> Result<ReplaceOutcome, S3Error> {
        let deadline = Instant::now() + TRANSFER_TIMEOUT;
        let mut known = self.known_ledger.lock().await;
        let writer = (&mut *known, self.writer.as_str());
        self.folder.replace(LEDGER, file, writer, deadline).await
    }

    async fn publish_snapshot(&self) -> Result<ReplaceOutcome, CommandError> {
        let file = self.snapshot().await?;
        let uploaded = self.replace_ledger(&file).await;
        // It is removed with the directory otherwise.
        let _ = std::fs::remove_file(&file);
        uploaded.map_err(|cause| {
            CommandError::refused(StoredRunError::S3 {
                url: self.url.clone(),
                name: LEDGER,
                cause,
            })
        })
    }
}
