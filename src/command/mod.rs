//! One file a subcommand: settings, then the library, then what is printed.

mod again;
mod check;
mod confirm;
mod describe;
mod follow_up;
mod iam_policy;
mod import;
mod job;
mod list;
mod listing;
mod preflight;
mod prepare;
mod prescan;
mod rehearsal_pool;
mod rehearse;
mod report;
mod run;
mod template;
mod undo;

use crate::cli::args::{Cli, Command};
use crate::cli::exit::Exit;
use crate::cli::{Say, terminal};
use crate::logs;
use crate::progress::Screen;

/// Does what the command line says.
#[must_use]
pub fn run(cli: Cli) -> Exit {
    let (quiet, output) = match &cli.command {
        Command::Import(args) => (args.output.quiet, Some(&args.output)),
        Command::Rehearse(args) => (args.output.quiet, Some(&args.output)),
        Command::Check(args) => (args.output.quiet, Some(&args.output)),
        Command::Undo(args) => (args.output.quiet, Some(&args.output)),
        Command::Report(args) => (args.quiet, None),
        Command::RehearsalPool(_)
        | Command::Describe(_)
        | Command::Template(_)
        | Command::IamPolicy(_) => (false, None),
    };
    let say = Say::new(quiet);
    let screen = Screen::new();
    match logs::begin(&terminal::log(output), &screen) {
        Ok(None) => {}
        Ok(Some(notice)) => say.line(notice),
        Err(error) => {
            say.error(error);
            return Exit::Refused;
        }
    }
    let done = match cli.command {
        Command::Import(args) => import::import(&args, &screen, say),
        Command::Rehearse(args) => rehearse::rehearse(&args, &screen, say),
        Command::RehearsalPool(args) => rehearsal_pool::serve(&args, say),
        Command::Check(args) => check::check(&args, say),
        Command::Undo(args) => undo::undo(&args, say),
        Command::Report(args) => report::report(&args, say),
        Command::Describe(args) => describe::describe(&args, say),
        Command::Template(args) => template::template(&args, say),
        Command::IamPolicy(args) => iam_policy::iam_policy(&args, say),
    };
    done.unwrap_or_else(|failed| {
        // With the causes, which an error of ours names itself and one of others may not.
        say.error(format_args!("{:#}", failed.error));
        failed.exit
    })
}

/// A command that came to nothing.
struct Failed {
    error: anyhow::Error,
    exit: Exit,
}

impl Failed {
    /// Refused before anything was sent.
    fn refused(error: impl Into<anyhow::Error>) -> Self {
        Self {
            error: error.into(),
            exit: Exit::Refused,
        }
    }

    /// Stopped on the way.
    fn stopped(error: impl Into<anyhow::Error>) -> Self {
        Self {
            error: error.into(),
            exit: Exit::Stopped,
        }
    }
}

/// One thread does all that waits: for this work it costs a third less than several.
fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failed::refused)
}

/// Does something that blocks on a thread of its own, so that signals are heard meanwhile.
async fn beside<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failed> {
    let (to, done) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Nobody listening means that the program is about to end.
            let _ = to.send(work());
        })
        .map_err(Failed::refused)?;
    done.await.map_err(Failed::stopped)
}
