//! Prints messages to standard error and requested output to standard output.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use clap::ValueEnum;

use super::terminal;
use crate::progress::{Color, terminal_width, wrapped};
use crate::sanitize::{message, one_line};

/// The format of standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Plain text, if the command prints any
    Text,
    /// One JSON document, also on failure
    Json,
}

/// Prints messages to standard error and requested output to standard output.
///
/// Text from a CSV file or a user pool is sanitized: it can neither control the terminal nor
/// imitate a message of this program. A closed standard error is not a failure.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    quiet: bool,
}

impl Printer {
    /// With `quiet`, only warnings, errors and requested output are printed.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Prints one line, wrapped at the width of the terminal.
    pub fn info(self, text: impl Display) {
        if !self.quiet {
            to_stderr(&fitted(&one_line(&text.to_string())));
        }
    }

    /// Prints the path of a file with a label. It is not wrapped, so that it can be copied.
    pub fn path(self, label: &str, path: &Path) {
        if !self.quiet {
            to_stderr(&one_line(&format!("{label}: {}", path.display())));
        }
    }

    /// Prints a line with the prefix `note:`.
    pub fn note(self, text: impl Display) {
        if !self.quiet {
            to_stderr(&fitted(&format!("note: {}", one_line(&text.to_string()))));
        }
    }

    /// Prints text with line breaks, such as a table, without wrapping it.
    pub fn block(self, text: impl Display) {
        if !self.quiet {
            to_stderr(&message(&text.to_string()));
        }
    }

    /// Prints text with line breaks, wrapped at the width of the terminal.
    pub fn prose(self, text: impl Display) {
        if !self.quiet {
            to_stderr(&fitted(&message(&text.to_string())));
        }
    }

    /// Prints a line with the prefix `warning:`, also if quiet.
    pub fn warn(self, text: impl Display) {
        to_stderr(&fitted(&format!(
            "warning: {}",
            one_line(&text.to_string())
        )));
    }

    /// Prints a line with the prefix `error:`, also if quiet.
    pub fn error(self, error: impl Display) {
        print_error(&one_line(&error.to_string()));
    }

    /// Prints an error that lists several problems, each on its own indented line.
    pub fn error_list(self, errors: impl Display) {
        print_error(&message(&errors.to_string()));
    }

    /// Prints requested output to standard output.
    ///
    /// # Errors
    /// Writing fails. A reader that closed the pipe is not an error.
    pub fn output(self, text: impl Display) -> io::Result<()> {
        match write!(io::stdout(), "{text}").and_then(|()| io::stdout().flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }
}

/// Wraps the text at the width of the terminal, if there is one.
fn fitted(text: &str) -> String {
    match terminal_width() {
        Some(columns) => wrapped(text, usize::from(columns)),
        None => text.to_owned(),
    }
}

fn print_error(error: &str) {
    let text = fitted(&format!("error: {error}"));
    match (terminal::stderr_color(), text.strip_prefix("error:")) {
        (Color::On, Some(rest)) => to_stderr(&format!("\u{1b}[1;31merror:\u{1b}[0m{rest}")),
        (Color::On | Color::Off, _) => to_stderr(&text),
    }
}

fn to_stderr(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
