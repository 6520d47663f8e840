//! `--grace`: how a command ends that does not react to a signal in time.

use std::process::exit;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::CommandError;
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::run::{Signal, Signals};

/// How long to wait until the message is printed. A full pipe may block forever.
const PRINTING: Duration = Duration::from_millis(200);

/// Listens for signals. The first one leaves this time.
pub(super) fn listen_within(grace: Duration, printer: Printer) -> Result<Signals, CommandError> {
    let end = move |signal| end_process(signal, grace, printer);
    Signals::listen_within(grace, end).map_err(CommandError::refused)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the main thread is blocked, for example by a disk, so it cannot return an exit code"
)]
fn end_process(signal: Signal, grace: Duration, printer: Printer) {
    let (printed, wait) = sync_channel(1);
    let print = move || {
        printer.error(format_args!(
            "stopped by {} without closing the ledger, because --grace ({}) is over; the ledger has every result so far",
            signal.name(),
            humantime::format_duration(grace)
        ));
        // The receiver may have stopped waiting.
        let _ = printed.send(());
    };
    if std::thread::Builder::new().spawn(print).is_ok() {
        // A timeout is not an error.
        let _ = wait.recv_timeout(PRINTING);
    }
    exit(i32::from(Exit::Signal(signal).number()))
}
