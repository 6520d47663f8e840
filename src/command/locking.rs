//! Locks a run directory for this process.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::CommandError;
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::ledger::{LedgerError, RunDirectory, RunPath};

/// How long to wait before trying to lock the directory again.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

/// Locks the directory for this process, and creates it if it is missing. Waits for this long if
/// another process is using it.
pub(super) async fn lock_directory(
    path: &RunPath,
    wait: Option<Duration>,
    printer: Printer,
) -> Result<RunDirectory, CommandError> {
    let wait = wait.unwrap_or_default();
    let started = Instant::now();
    let mut is_printed = false;
    loop {
        match RunDirectory::hold(path) {
            Ok(directory) => return Ok(directory),
            Err(LedgerError::Busy(_)) if started.elapsed() < wait => {}
            Err(busy @ LedgerError::Busy(_)) if wait.is_zero() => {
                return Err(CommandError::busy(busy));
            }
            Err(LedgerError::Busy(_)) => {
                return Err(CommandError::new(
                    Exit::Busy,
                    format_args!(
                        "run directory {}: another process is still using it after {}",
                        path.shown().display(),
                        humantime::format_duration(wait)
                    ),
                    ["stop that process, or wait longer with --wait-for-lock".to_owned()],
                ));
            }
            Err(error) => return Err(CommandError::refused(error)),
        }
        if !is_printed {
            is_printed = true;
            printer.info(format_args!(
                "waiting up to {} for run directory {}: another process is using it",
                humantime::format_duration(wait),
                path.shown().display()
            ));
        }
        sleep(LOCK_INTERVAL.min(wait.saturating_sub(started.elapsed()))).await;
    }
}

/// Warns if other users can change the directory.
pub(super) fn warn_if_exposed(directory: &RunDirectory, printer: Printer) {
    // If the permissions cannot be read, the run can still continue.
    let Ok(Some(exposure)) = directory.exposure() else {
        return;
    };
    if directory.is_copy() {
        printer.warn(format_args!(
            "{exposure}: they can change the ledger and the results of this run while it is active; \
             set TMPDIR to a directory that only you can write to"
        ));
    } else {
        printer.warn(format_args!(
            "{exposure}: they can change the ledger and the results of this run, and undo will refuse it; \
             remove the permission (chmod go-w), or use a directory that only you can write to"
        ));
    }
}
