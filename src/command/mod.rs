//! One file a subcommand: settings, then the library, then what is printed.

mod answer;
mod check;
mod compare;
mod completions;
mod confirm;
mod describe;
mod document;
mod error;
mod follow_up;
mod hold;
mod iam_policy;
mod import;
mod list;
mod listing;
mod man;
mod open_run;
mod preflight;
mod prepare;
mod prescan;
mod rehearsal_pool;
mod rehearse;
mod rejects;
mod report;
mod resuming;
mod run;
mod schema_source;
mod template;
mod undo;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::cli::args::{Cli, Command, OutputArgs};
use crate::cli::exit::{Codes, Exit};
use crate::cli::import_settings::ImportSettings;
use crate::cli::rehearsal::RehearsalSettings;
use crate::cli::{Say, terminal};
use crate::logs;
use crate::process::need_files;
use crate::progress::Screen;
use crate::run::Signals;
use answer::{CommandOutput, OutputWriter};
use error::CommandError;

/// Does what the command line says.
#[must_use]
pub fn run(cli: Cli) -> Exit {
    let (command, codes) = named(&cli.command);
    let told = output_args(&cli.command);
    let quiet = match (&cli.command, told) {
        (Command::Report(args), _) => args.quiet,
        (_, told) => told.is_some_and(|told| told.quiet),
    };
    let say = Say::new(quiet);
    let output = OutputWriter {
        form: cli.output,
        command,
        codes,
        say,
    };
    let screen = Screen::new();
    match logs::begin(&terminal::log(told), &screen) {
        Ok(None) => {}
        Ok(Some(notice)) => say.line(notice),
        Err(error) => return output.close(Err(CommandError::refused(error))),
    }
    if let Err(error) = need_files() {
        return output.close(Err(CommandError::refused(error)));
    }
    output.close(caught(codes, || match cli.command {
        Command::Import(args) => {
            let settings = ImportSettings::of_import(&args).map_err(CommandError::refused)?;
            import::import(settings, &screen, say)
        }
        Command::Rehearse(args) => {
            let settings = ImportSettings::of_rehearse(&args).map_err(CommandError::refused)?;
            rehearse::rehearse(settings, &screen, say)
        }
        Command::RehearsalPool(args) => {
            let settings = RehearsalSettings::of(&args.rehearsal).map_err(CommandError::refused)?;
            rehearsal_pool::serve(args.listen, settings, output)
        }
        Command::Check(args) => check::check(&args, say),
        Command::Undo(args) => undo::undo(&args, say),
        Command::Report(args) => report::report(&args, say),
        Command::Describe(args) => describe::describe(&args, say),
        Command::Template(args) => template::template(&args, say),
        Command::IamPolicy(args) => iam_policy::iam_policy(&args, say),
        Command::Completions(args) => completions::completions(&args),
        Command::Man(args) => man::man(args.directory.as_deref(), say),
    }))
}

/// What the command comes to. A panic, too, is an answer with a document and an exit code.
fn caught(
    codes: Codes,
    command: impl FnOnce() -> Result<CommandOutput, CommandError>,
) -> Result<CommandOutput, CommandError> {
    catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|_| Err(CommandError::panicked(codes)))
}

/// The command as it is typed, and what its exit codes mean.
fn named(command: &Command) -> (&'static str, Codes) {
    match command {
        Command::Import(_) => ("import", Codes::Run),
        Command::Rehearse(_) => ("rehearse", Codes::Rehearsal),
        Command::RehearsalPool(_) => ("rehearsal-pool", Codes::RehearsalPool),
        Command::Check(_) => ("check", Codes::Check),
        Command::Undo(_) => ("undo", Codes::Undo),
        Command::Report(_) => ("report", Codes::Report),
        Command::Describe(_) => ("describe", Codes::Answer),
        Command::Template(_) => ("template", Codes::Answer),
        Command::IamPolicy(_) => ("iam-policy", Codes::Answer),
        Command::Completions(_) => ("completions", Codes::Answer),
        Command::Man(_) => ("man", Codes::Answer),
    }
}

/// What to say meanwhile, of commands that take a while.
fn output_args(command: &Command) -> Option<&OutputArgs> {
    match command {
        Command::Import(args) => Some(&args.output),
        Command::Rehearse(args) => Some(&args.output),
        Command::Check(args) => Some(&args.output),
        Command::Undo(args) => Some(&args.output),
        Command::Report(_)
        | Command::RehearsalPool(_)
        | Command::Describe(_)
        | Command::Template(_)
        | Command::IamPolicy(_)
        | Command::Completions(_)
        | Command::Man(_) => None,
    }
}

/// One thread does all that waits: for this work it costs a third less than several.
fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CommandError::refused)
}

/// Waits for what is asked of a pool; where a signal comes first, that is the command's answer.
fn asked<T>(
    asking: impl Future<Output = Result<T, CommandError>>,
    say: Say,
) -> Result<ControlFlow<CommandOutput, T>, CommandError> {
    runtime()?.block_on(async {
        let mut signals = Signals::listen().map_err(CommandError::refused)?;
        tokio::select! {
            found = asking => found.map(ControlFlow::Continue),
            signal = signals.next() => {
                let why = "stopped before the pool answered: nothing is printed";
                say.line(why);
                let answer = CommandOutput::from(Exit::Signal(signal));
                Ok(ControlFlow::Break(answer.stopped(why, "ask again")))
            }
        }
    })
}

/// Does something that blocks on a thread of its own, so that signals are heard meanwhile.
async fn beside<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    let (to, done) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Nobody listening means that the program is about to end.
            let _ = to.send(work());
        })
        .map_err(CommandError::refused)?;
    done.await.map_err(CommandError::stopped)
}

#[cfg(test)]
mod tests {
    use super::{Codes, Exit, caught};

    #[test]
    fn a_panic_ends_a_command_that_may_have_sent_something_as_stopped_early() {
        for (codes, exit) in [
            (Codes::Run, Exit::Stopped),
            (Codes::Rehearsal, Exit::Stopped),
            (Codes::Undo, Exit::Stopped),
            (Codes::Check, Exit::Refused),
            (Codes::Answer, Exit::Refused),
        ] {
            let done = caught(codes, || panic!("Hidden#42"));
            let failed = done.err().unwrap();
            assert_eq!(failed.exit, exit);
            assert!(!failed.text().contains("Hidden"));
        }
    }
}
