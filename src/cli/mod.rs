//! The command line: [`args`] as typed, [`settings`] as meant, [`exit`] codes, and the one place that prints.

pub mod args;
pub mod client_secret;
pub mod completions;
pub mod dialect;
pub mod exit;
pub mod help;
pub mod import_settings;
pub mod man;
pub mod mapping_file;
mod mapping_options;
pub mod parse;
pub mod rehearsal;
pub mod reports;
pub mod settings;
pub mod terminal;
mod text_file;
pub mod trigger_data;
pub mod undo;

use std::io::Write as _;

use crate::progress::{Colour, terminal_width, wrapped};
use crate::sanitize::{message, one_line};

/// Says something to people. Everything human goes to standard error; a closed one is no reason to fail. What a list or a pool wrote
/// cannot repaint the terminal, or look like a line of ours: hidden characters are shown by their numbers.
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
            let text = text.to_string();
            let text = one_line(&text);
            if text.starts_with("note: ") {
                let _ = writeln!(std::io::stderr(), "{}", fitted(&text));
            } else {
                let _ = writeln!(std::io::stderr(), "{text}");
            }
        }
    }

    /// The same for a table, or for lines of which all but the first are indented.
    pub fn lines(self, text: impl std::fmt::Display) {
        if !self.quiet {
            let text = text.to_string();
            let _ = writeln!(std::io::stderr(), "{}", message(&text));
        }
    }

    /// The same for text that people are to read through: at a terminal no line is wider than it. Not for what they may copy.
    pub fn text(self, text: impl std::fmt::Display) {
        match terminal_width() {
            Some(columns) => {
                // What is shown by its number is wider than it was.
                let text = text.to_string();
                self.lines(wrapped(&message(&text), usize::from(columns)));
            }
            None => self.lines(text),
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
        let text = text.to_string();
        let text = fitted(&format!("warning: {}", one_line(&text)));
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// An error: said also when quiet.
    pub fn error(self, error: impl std::fmt::Display) {
        let error = error.to_string();
        print_error(&one_line(&error));
    }

    /// The same for an error that lists several problems, each on an indented line.
    pub fn errors(self, errors: impl std::fmt::Display) {
        let errors = errors.to_string();
        print_error(&message(&errors));
    }
}

/// The text with its lines wrapped at the width of the terminal, if there is one.
fn fitted(text: &str) -> String {
    match terminal_width() {
        Some(columns) => wrapped(text, usize::from(columns)),
        None => text.to_owned(),
    }
}

fn print_error(error: &str) {
    let text = fitted(&format!("error: {error}"));
    let text = match (terminal::stderr_colour(), text.strip_prefix("error:")) {
        (Colour::Some, Some(rest)) => format!("\u{1b}[1;31merror:\u{1b}[0m{rest}"),
        (Colour::Some | Colour::None, _) => text,
    };
    let _ = writeln!(std::io::stderr(), "{text}");
}
