//! Takes the lock of a run's directory, and waits for it where that is asked for.

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::CommandError;
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::ledger::{LedgerError, RunDirectory};

/// Time between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// The directory, locked for this process; created if it is missing. If another process has it, waits for up to `wait`. Dropped on the
/// way, it stops waiting.
pub(super) async fn hold(
    path: &Path,
    wait: Option<Duration>,
    printer: Printer,
) -> Result<RunDirectory, CommandError> {
    let wait = wait.unwrap_or_default();
    let started = Instant::now();
    let mut told = false;
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
                        path.display(),
                        humantime::format_duration(wait)
                    ),
                    ["stop that process, or give --wait-for-lock more time".to_owned()],
                ));
            }
            Err(error) => return Err(CommandError::refused(error)),
        }
        if !told {
            told = true;
            printer.info(format_args!(
                "waiting up to {} for run directory {}: another process is using it",
                humantime::format_duration(wait),
                path.display()
            ));
        }
        sleep(BETWEEN_TRIES.min(wait.saturating_sub(started.elapsed()))).await;
    }
}

/// Says so if other users can change the directory.
pub(super) fn warn_if_exposed(directory: &RunDirectory, printer: Printer) {
    // One that cannot be looked at is no reason to stop.
    if let Ok(Some(exposure)) = directory.exposure() {
        printer.warn(format_args!(
            "{exposure}: they can change the ledger and the results of this run, and undo will refuse it; take the permission away \
             (chmod go-w), or use a directory that is yours alone"
        ));
    }
}
