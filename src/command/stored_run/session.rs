//! A session whose run directory may be in S3.

use std::convert::Infallible;

use super::StoredRun;
use crate::cli::Printer;
use crate::cli::settings::ImportSettings;
use crate::command::prepare::{Preparation, prepare};
use crate::command::{CommandError, Display};
use crate::ledger::writer::Ending;
use crate::pool::now_ms;
use crate::preflight::groups::CreatedGroups;

/// Prepares a run. If its directory is in S3, its certificate and its ledger are stored there
/// before the first row is sent.
pub(in crate::command) async fn prepare_stored(
    settings: &ImportSettings,
    created_groups: &CreatedGroups,
    display: Display<'_>,
    printer: Printer,
) -> Result<(Preparation, Option<StoredRun>), CommandError> {
    loop {
        let stored = match &settings.run.directory {
            Some(place) => {
                let part = settings.run.part;
                Some(StoredRun::open_part(place, part, &settings.run.s3).await?)
            }
            None => None,
        };
        let preparation =
            prepare(settings, stored.as_ref(), created_groups, display, printer).await?;
        let prepared = match preparation {
            Preparation::Ready(prepared) => prepared,
            finished @ Preparation::Finished(..) => return Ok((finished, stored)),
        };
        if let Some(stored) = &stored
            && !stored.publish_begun().await?
        {
            printer.note(format_args!(
                "{}: another process has begun this run at the same time; this one continues it",
                stored.shown().display()
            ));
            let closed = prepared.ledger.close(Ending {
                finished: false,
                stopped_because: None,
                at_ms: now_ms(),
            });
            closed.await.map_err(CommandError::refused)?;
        } else {
            return Ok((Preparation::Ready(prepared), stored));
        }
    }
}

pub(in crate::command) async fn publish_every(
    stored: Option<&StoredRun>,
    settings: &ImportSettings,
    printer: Printer,
) -> Infallible {
    match stored {
        Some(stored) => stored.publish_every(settings.snapshot_every, printer).await,
        None => std::future::pending().await,
    }
}

/// Keeps the copy of a run in S3 whose ledger was not stored there at the end.
pub(in crate::command) fn keep_copy(stored: Option<&mut StoredRun>, printer: Printer) {
    let stored = stored.filter(|stored| !stored.has_stored_ledger() && stored.kept().is_none());
    if let Some(path) = stored.and_then(StoredRun::keep_copy) {
        printer.info(format_args!(
            "the ledger in S3 may be older than the one in {}; the same command looks up the rows in between",
            path.display()
        ));
    }
}
