//! The subcommands, one file each, and the stages that they share.

mod begin_run;
mod check;
mod compare;
mod completions;
mod confirm;
mod describe;
mod document;
mod error;
mod findings;
mod finished_run;
mod grace;
mod iam_policy;
mod import_rows;
mod latest;
mod list;
mod list_pool;
mod live_metrics;
mod locking;
mod man;
mod merge;
mod open_run;
mod output;
mod pool_rules;
mod preflight;
mod prepare;
mod previous;
mod rehearsal_pool;
mod rehearse;
mod rejects;
mod report;
mod resuming;
mod run;
mod run_endpoint;
mod runs;
mod runs_of_list;
mod skip_settled;
mod stored_run;
mod template;
mod undo;
mod verify;
mod written_reports;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::cli::Printer;
use crate::cli::exit::{Codes, Exit};
use crate::cli::settings::{CommandSettings, ParsedCommand, SettingsError};
use crate::ledger;
use crate::logs::{self, LogStream};
use crate::process::check_file_limit;
use crate::progress::Screen;
use crate::run::Signals;
use crate::temporary;
use error::CommandError;
use output::{CommandOutput, OutputWriter};

/// Shows what a run does.
#[derive(Clone, Copy)]
struct Display<'a> {
    screen: &'a Screen,
    log: &'a LogStream,
}

/// Runs the command and prints its result.
#[must_use]
pub fn run(parsed: &ParsedCommand) -> Exit {
    let codes = parsed.exit_codes();
    let printer = Printer::new(parsed.is_quiet());
    let output = OutputWriter {
        format: parsed.output_format(),
        command: parsed.name(),
        codes,
        printer,
    };
    let screen = Screen::new();
    let log = match logs::init(&parsed.log_settings(), &screen) {
        Ok(log) => log,
        Err(error) => return output.close(Err(CommandError::refused(error))),
    };
    if let Some(notice) = &log.notice {
        printer.info(notice);
    }
    if let Err(error) = check_file_limit() {
        return output.close(Err(CommandError::refused(error)));
    }
    output.close(catch_panic(codes, || {
        execute(
            parsed.settings(),
            Display {
                screen: &screen,
                log: &log,
            },
            output,
        )
    }))
}

fn execute(
    settings: Result<CommandSettings, SettingsError>,
    display: Display<'_>,
    output: OutputWriter,
) -> Result<CommandOutput, CommandError> {
    let printer = output.printer;
    let settings = settings.map_err(CommandError::refused)?;
    choose_temporary_directory(&settings, printer);
    match settings {
        CommandSettings::Import(settings) => run::run(&settings, display, printer),
        CommandSettings::Rehearse(settings, pool) => {
            rehearse::rehearse(*settings, *pool, display, printer)
        }
        CommandSettings::RehearsalPool(listen, pool) => {
            rehearsal_pool::serve(listen, *pool, output)
        }
        CommandSettings::Check(settings) => check::check(&settings, printer),
        CommandSettings::Undo(settings) => undo::undo(*settings, printer),
        CommandSettings::Verify(settings) => verify::verify(*settings, printer),
        CommandSettings::Report(settings) => report::report(settings, printer),
        CommandSettings::Runs { directory } => runs::runs(&directory),
        CommandSettings::Describe(settings) => describe::describe(&settings, printer),
        CommandSettings::Template(settings) => template::template(&settings, printer),
        CommandSettings::IamPolicy(settings) => iam_policy::iam_policy(&settings, printer),
        CommandSettings::Completions(shell) => completions::completions(shell),
        CommandSettings::Man { directory } => man::man(directory.as_deref(), printer),
    }
}

/// Chooses the directory for temporary files, including SQLite's. If no directory is writable, the
/// command fails when it needs a file.
fn choose_temporary_directory(settings: &CommandSettings, printer: Printer) {
    let Ok(directory) = temporary::choose(settings.working_directory()) else {
        return;
    };
    ledger::use_temporary_directory(directory);
    if let Some(configured) = temporary::configured()
        && configured != directory
    {
        printer.warn(format_args!(
            "TMPDIR={} cannot be written: temporary files are created in {}",
            configured.display(),
            directory.display()
        ));
    }
}

/// Runs the command. A panic becomes an error, so that it has a JSON document and an exit code.
fn catch_panic(
    codes: Codes,
    command: impl FnOnce() -> Result<CommandOutput, CommandError>,
) -> Result<CommandOutput, CommandError> {
    catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|_| Err(CommandError::panicked(codes)))
}

/// Runs the future on a runtime with one thread: it needs a third less CPU time per row than one
/// with several. Does not wait for background work, such as a DNS query that hangs.
fn block_on<T>(future: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CommandError::refused)?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}

/// Waits for answers of a pool. A signal ends the command.
fn unless_stopped<T>(
    query: impl Future<Output = Result<T, CommandError>>,
    printer: Printer,
) -> Result<ControlFlow<CommandOutput, T>, CommandError> {
    block_on(async {
        let mut signals = Signals::listen().map_err(CommandError::refused)?;
        tokio::select! {
            found = query => found.map(ControlFlow::Continue),
            signal = signals.next() => {
                let message = "stopped before the pool answered: nothing is printed";
                printer.info(message);
                let output = CommandOutput::from(Exit::Signal(signal));
                Ok(ControlFlow::Break(output.stopped(message, "run the same command again")))
            }
        }
    })
}

/// Prints a warning and logs it. The log of a file has it at the level of the other events, because
/// standard error already shows it.
fn warn_and_log(text: impl std::fmt::Display, printer: Printer) {
    printer.warn(&text);
    tracing::info!("warning: {text}");
}

/// Runs blocking work on a separate thread, so that the caller can still react to signals.
async fn beside<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    let (to, done) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Nothing receives the result if the program is about to end.
            let _ = to.send(work());
        })
        .map_err(CommandError::refused)?;
    done.await.map_err(CommandError::stopped)
}

#[cfg(test)]
mod tests {
    use super::{Codes, Exit, catch_panic};

    #[test]
    fn a_panic_ends_a_command_that_may_have_sent_something_as_stopped_early() {
        for (codes, exit) in [
            (Codes::Run, Exit::Stopped),
            (Codes::Rehearsal, Exit::Stopped),
            (Codes::Undo, Exit::Stopped),
            (Codes::Verify, Exit::Stopped),
            (Codes::Check, Exit::Refused),
            (Codes::Answer, Exit::Refused),
        ] {
            let done = catch_panic(codes, || panic!("Hidden#42"));
            let failed = done.err().unwrap();
            assert_eq!(failed.exit, exit);
            assert!(!failed.text().contains("Hidden"));
        }
    }
}
