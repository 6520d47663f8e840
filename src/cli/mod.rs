//! The command line: [`args`] as typed, [`settings`] as meant, [`exit`] codes, and the one place that prints.

pub mod args;
pub mod exit;
pub mod mapping_file;
mod mapping_options;
pub mod rehearsal;
pub mod settings;
pub mod trigger_data;
pub mod undo;

use std::io::Write as _;

/// Says something to people. Everything human goes to standard error; a closed one is no reason to fail.
#[derive(Debug, Clone, Copy)]
pub struct Say {
    quiet: bool,
}

impl Say {
    /// `quiet`: errors alone.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// A line for people.
    pub fn line(self, text: impl std::fmt::Display) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// What was asked for, on standard output, for a pipe or a file.
    ///
    /// # Errors
    /// It cannot be written. A reader who has gone is no error: nobody wants the rest.
    pub fn answer(self, text: impl std::fmt::Display) -> std::io::Result<()> {
        match write!(std::io::stdout(), "{text}").and_then(|()| std::io::stdout().flush()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }

    /// Something that people should know before it does harm: said also when quiet.
    pub fn warning(self, text: impl std::fmt::Display) {
        let _ = writeln!(std::io::stderr(), "warning: {text}");
    }

    /// An error: said also when quiet.
    pub fn error(self, error: impl std::fmt::Display) {
        let _ = writeln!(std::io::stderr(), "error: {error}");
    }
}

/// Logs of this program go to standard error, those of the SDK nowhere: they could show what was sent.
pub fn log_to_stderr(verbose: u8) {
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2.. => LevelFilter::DEBUG,
    };
    let ours = Targets::new().with_target("cognito_import", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false);
    // Somebody else's logger, in a test say, stays.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(ours)
        .try_init();
}
