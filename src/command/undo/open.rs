//! Opens the run to undo, and the ledger of its undo.

use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::UndoSettings;
use crate::command::locking::lock_directory;
use crate::command::stored_run::StoredRun;
use crate::command::{CommandError, beside};
use crate::ledger::{
    Durability, Ledger, LedgerError, LedgerReader, RunDirectory, RunTimes, UndoLedger,
    refuse_absent_ledger,
};
use crate::outcome::Summary;
use crate::plural::counted;
use crate::undo::UndoTally;

/// The undo's ledger in a run directory.
pub(super) const UNDO_LEDGER: &str = "undo.db";

/// The run to undo. Its directory is locked.
pub(super) struct UndoableRun {
    pub(super) stored: StoredRun,
    pub(super) directory: RunDirectory,
    pub(super) summary: Summary,
    /// The endpoint of its users: empty for AWS, `None` if it was not recorded.
    pub(super) endpoint: Option<String>,
    pub(super) times: RunTimes,
}

/// Locks the run's directory and reads what is known about the run.
pub(super) async fn open(
    settings: &UndoSettings,
    printer: Printer,
) -> Result<UndoableRun, CommandError> {
    let stored = StoredRun::open(&settings.run.place, &settings.run.s3).await?;
    let path = stored.location();
    refuse_absent_ledger(path).map_err(refused)?;
    let directory = lock_directory(path, settings.run.wait_for_lock, printer).await?;
    if let Some(exposure) = directory.exposure().map_err(CommandError::refused)? {
        let exposed = LedgerError::Exposed(exposure);
        return Err(if stored.is_copy() {
            CommandError::refusal(
                exposed,
                "set TMPDIR to a directory that only you can write to",
            )
        } else {
            CommandError::refused(exposed)
        });
    }
    if !Ledger::is_there(&directory, Durability::Power).map_err(refused)? {
        let database = directory.database().shown().to_owned();
        return Err(CommandError::refused(LedgerError::Missing(database)));
    }
    let reader = LedgerReader::open(path).map_err(refused)?;
    if reader.is_of_rehearsal().map_err(CommandError::refused)? {
        return Err(CommandError::refusal(
            format_args!(
                "{}: this run was a rehearsal; its users ended with its simulated pool, so there is nothing to undo",
                stored.shown().display()
            ),
            "name the directory of an import",
        ));
    }
    Ok(UndoableRun {
        stored,
        directory,
        summary: reader.summary().map_err(CommandError::refused)?,
        endpoint: reader.endpoint().map_err(CommandError::refused)?,
        times: reader.times().map_err(CommandError::refused)?,
    })
}

/// The hints of an import would do harm here: after `--restart`, the users count as existing.
fn refused(error: LedgerError) -> CommandError {
    if !matches!(
        error,
        LedgerError::Damaged { .. } | LedgerError::Lost { .. }
    ) {
        return CommandError::refused(error);
    }
    CommandError::refusal(
        error,
        "restore it from a backup, and do not start the import over, because undo never deletes users that \
         existed; results.csv names the users that the run created, with their user_sub",
    )
}

/// An undo of this run that began earlier, with its progress. A dry run ignores it.
pub(super) fn earlier_undo(
    settings: &UndoSettings,
    directory: &RunDirectory,
    printer: Printer,
) -> Result<Option<(UndoLedger, UndoTally)>, CommandError> {
    if settings.dry_run || !UndoLedger::is_there(directory).map_err(CommandError::refused)? {
        return Ok(None);
    }
    let ledger = UndoLedger::open(directory).map_err(CommandError::refused)?;
    let tally = UndoTally::of(&ledger).map_err(CommandError::refused)?;
    let (all, left) = (tally.all(), tally.left(settings.even_if_used));
    printer.info(format_args!(
        "resuming this undo: {} of {} settled",
        all - left,
        counted(all, "user", "users")
    ));
    Ok(Some((ledger, tally)))
}

/// Opens the ledger of the undo, on a separate thread, because adding a million users takes a
/// while. A dry run's ledger is temporary.
pub(super) async fn open_ledger(
    run: UndoableRun,
    dry_run: bool,
    even_if_used: bool,
) -> Result<(UndoableRun, UndoLedger), CommandError> {
    let open = move || {
        let mut ledger = if dry_run {
            UndoLedger::rehearse(&run.directory)
        } else {
            UndoLedger::open(&run.directory)
        }?;
        ledger.reset_for_retry(even_if_used)?;
        Ok((run, ledger))
    };
    beside("undo", open)
        .await?
        .map_err(|error: LedgerError| CommandError::refused(error))
}

/// Stores the undo's ledger in S3 before the first deletion, because an undone run cannot be
/// resumed. Does nothing for a local run.
pub(super) async fn publish_ledger(
    mut run: UndoableRun,
    ledger: UndoLedger,
    dry_run: bool,
) -> Result<(UndoableRun, UndoLedger), CommandError> {
    if dry_run || !run.stored.is_copy() {
        return Ok((run, ledger));
    }
    drop(ledger);
    run.directory.make_undo_one_file();
    let published = run.stored.publish(&[UNDO_LEDGER]).await;
    published.map_err(|mut error| {
        // Nothing was deleted.
        error.exit = Exit::Refused;
        error
    })?;
    let ledger = UndoLedger::open(&run.directory).map_err(CommandError::refused)?;
    Ok((run, ledger))
}

/// Keeps the copy of a run in S3 that was not stored there.
pub(super) fn keep_copy(run: &mut UndoableRun, printer: Printer) {
    if let Some(path) = run.stored.keep_copy() {
        let path = path.display();
        printer.info(format_args!(
            "{path} has what was deleted so far: resume with `cognito-import undo {path}`"
        ));
    }
}
