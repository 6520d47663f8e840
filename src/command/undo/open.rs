//! Opens the run to undo, and the ledger of its undo.

use crate::cli::Printer;
use crate::cli::settings::UndoSettings;
use crate::command::locking::lock_directory;
use crate::command::merge::{MergedRun, open_merged};
use crate::command::stored_run::{MissingRows, StoredRun};
use crate::command::{CommandError, beside};
use crate::ledger::undo::{RetriedUsers, UsersToUndo};
use crate::ledger::{
    Durability, Ledger, LedgerError, LedgerReader, RowSums, RunDirectory, RunTimes, UndoLedger,
    refuse_absent_ledger,
};
use crate::outcome::Summary;
use crate::plural::counted;
use crate::pool::failure::refuses_update;
use crate::report::CommandLine;
use crate::undo::UndoTally;

pub(super) const HOW_TO_RESUME: &str = "the same command resumes";

/// The undo's ledger in a run directory.
pub(super) const UNDO_LEDGER: &str = "undo.db";

/// The run to undo. Its directory is locked.
pub(super) struct UndoableRun {
    pub(super) stored: StoredRun,
    pub(super) directory: RunDirectory,
    /// The locked parts of the run, which must not create users that the undo does not know.
    pub(super) parts: Vec<RunDirectory>,
    pub(super) summary: Summary,
    /// What an undo that has not begun would process.
    pub(super) users: UsersToUndo,
    /// The endpoint of its users: empty for AWS, `None` if it was not recorded.
    pub(super) endpoint: Option<String>,
    /// Rows that may be missing from its ledger.
    pub(super) missing_rows: Option<MissingRows>,
    pub(super) times: RunTimes,
}

/// Locks the run's directory and reads what is known about the run.
pub(super) async fn open(
    settings: &UndoSettings,
    printer: Printer,
) -> Result<UndoableRun, CommandError> {
    let MergedRun { stored, parts } = open_merged(&settings.run, printer).await?;
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
    refuse_unsuitable(&reader, &stored)?;
    let missing_rows = stored.missing_rows(&reader);
    let missing_rows = missing_rows.map_err(CommandError::refused)?;
    if let Some(missing) = &missing_rows
        && !settings.known_only
    {
        return Err(refusal_of_missing_rows(
            missing, &stored, &reader, &directory,
        ));
    }
    let (mut rows, mut users) = (RowSums::default(), UsersToUndo::default());
    let read = reader.each_row::<LedgerError>(|row| {
        rows.row(row);
        users.add(row, refuses_update);
        Ok(())
    });
    let summary = read.and_then(|()| reader.summary_of(rows));
    Ok(UndoableRun {
        stored,
        directory,
        parts,
        summary: summary.map_err(CommandError::refused)?,
        users,
        endpoint: reader.endpoint().map_err(CommandError::refused)?,
        missing_rows,
        times: reader.times().map_err(CommandError::refused)?,
    })
}

/// The error of an undo that would forget users.
fn refusal_of_missing_rows(
    missing: &MissingRows,
    stored: &StoredRun,
    reader: &LedgerReader,
    directory: &RunDirectory,
) -> CommandError {
    let shown = stored.shown().display();
    let message = match missing {
        MissingRows::SentAfterCopy(time) => format!(
            "{shown}: this run was interrupted or is still running, and its ledger in S3 is a copy of {time}, which \
             does not have the rows sent later: nothing was changed"
        ),
        MissingRows::Lost(time) => format!(
            "{shown}: an earlier ledger of this run was lost, so users whom it created since {time} may be missing \
             from this one until the run is finished: nothing was changed"
        ),
    };
    let (begun, about) = match (UndoLedger::is_there(directory), reader.about()) {
        (Ok(begun), Ok(about)) => (begun, about),
        (Err(error), _) | (_, Err(error)) => return CommandError::refused(error),
    };
    let hint = match about.command {
        _ if begun => {
            "pass --known-only, with which this undo began: users of missing rows are kept".to_owned()
        }
        Some(words) => format!(
            "finish the run first (`{}`), or pass --known-only to undo only the users in the ledger",
            CommandLine::new(words)
        ),
        None => "finish the run first with its import command, or pass --known-only to undo only the users in \
                 the ledger"
            .to_owned(),
    };
    CommandError::refusal(message, hint)
}

/// Refuses a rehearsal, and a part of a run.
fn refuse_unsuitable(reader: &LedgerReader, stored: &StoredRun) -> Result<(), CommandError> {
    if reader.is_of_rehearsal().map_err(CommandError::refused)? {
        return Err(CommandError::refusal(
            format_args!(
                "{}: this run was a rehearsal: its simulated pool is gone, so there is nothing to undo",
                stored.shown().display()
            ),
            "name the directory of an import",
        ));
    }
    if let Some(part) = reader.part().map_err(CommandError::refused)? {
        return Err(CommandError::refusal(
            format_args!(
                "{}: this is part {part} of a run, which can only be undone as a whole",
                stored.shown().display()
            ),
            "name the directory of the whole run",
        ));
    }
    Ok(())
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

/// An undo of this run that began earlier.
pub(super) struct EarlierUndo {
    pub(super) ledger: UndoLedger,
    pub(super) left: UsersToUndo,
}

pub(super) fn earlier_undo(
    settings: &UndoSettings,
    directory: &RunDirectory,
    printer: Printer,
) -> Result<Option<EarlierUndo>, CommandError> {
    if !UndoLedger::is_there(directory).map_err(CommandError::refused)? {
        return Ok(None);
    }
    let ledger = UndoLedger::open(directory).map_err(CommandError::refused)?;
    let tally = UndoTally::of(&ledger).map_err(CommandError::refused)?;
    let left = ledger.left(retried(settings));
    let left = left.map_err(CommandError::refused)?;
    let all = counted(tally.all(), "user", "users");
    let settled = tally.all() - left.all();
    if left.all() == 0 {
        printer.info(format_args!(
            "this undo is finished: all of its {all} are settled"
        ));
    } else if settings.dry_run {
        printer.info(format_args!(
            "this undo has begun: {settled} of {all} settled; the dry run shows the others"
        ));
    } else {
        printer.info(format_args!(
            "resuming this undo: {settled} of {all} settled"
        ));
    }
    Ok(Some(EarlierUndo { ledger, left }))
}

/// The settled users that this command processes again.
fn retried(settings: &UndoSettings) -> RetriedUsers {
    RetriedUsers {
        used: settings.even_if_used,
        messages: settings.allow_messages,
    }
}

/// Opens the ledger of the undo, on a separate thread, because adding a million users takes a
/// while. A dry run's ledger is temporary.
pub(super) async fn open_ledger(
    run: UndoableRun,
    settings: &UndoSettings,
) -> Result<(UndoableRun, UndoLedger), CommandError> {
    let (dry_run, retried) = (settings.dry_run, retried(settings));
    let open = move || {
        let mut ledger = if dry_run {
            UndoLedger::rehearse(&run.directory, refuses_update)
        } else {
            UndoLedger::begin(&run.directory, refuses_update)
        }?;
        ledger.reset_for_retry(retried)?;
        Ok((run, ledger))
    };
    beside("undo", open)
        .await?
        .map_err(|error: LedgerError| CommandError::refused(error))
}

/// Stores the undo's ledger in S3 before the first deletion, because an undone run cannot be
/// resumed. Does nothing for a local run.
pub(super) async fn publish_ledger(
    run: UndoableRun,
    ledger: UndoLedger,
    dry_run: bool,
) -> Result<(UndoableRun, UndoLedger), CommandError> {
    if dry_run || !run.stored.is_copy() {
        return Ok((run, ledger));
    }
    drop(ledger);
    run.directory.make_undo_one_file();
    run.stored.publish_first(UNDO_LEDGER).await?;
    let ledger = UndoLedger::open(&run.directory).map_err(CommandError::refused)?;
    Ok((run, ledger))
}

/// Keeps the copy of a run in S3 that was not stored there, and returns how to resume.
pub(super) fn keep_copy(run: &mut UndoableRun) -> String {
    match run.stored.keep_copy() {
        None => HOW_TO_RESUME.to_owned(),
        Some(path) => {
            let path = path.display();
            format!(
                "`cognito-import undo {path}` resumes: only this directory has what was deleted"
            )
        }
    }
}
