//! What a command came to, and the one place where that goes to standard output: as text, or as one JSON document.
//!
//! A command tells people what it does on standard error, by [`Printer`], whatever the form; it returns a [`CommandOutput`] or a [`CommandError`]. Its
//! document has the same head for all commands, and behind it what the command puts in by [`CommandOutput::with`] and [`CommandError::with`].

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::{CommandError, fields};
use crate::cli::exit::{Codes, Exit};
use crate::cli::{OutputFormat, Printer};

/// Version of the documents' shape. Fields may be added under the same one; a field that goes away or means something else
/// makes a new one.
const SCHEMA_VERSION: u32 = 1;

/// What a command came to.
pub(super) struct CommandOutput {
    exit: Exit,
    /// What was asked for, where text is wanted.
    text: Option<String>,
    content: Map<String, Value>,
    /// Why it did not come to its end. People know already.
    stopped: Option<Trouble>,
    /// The document was printed before the end.
    printed: bool,
    /// What the exit code means, where that depends on more than the command.
    codes: Option<Codes>,
}

/// What went wrong, for the document.
struct Trouble {
    message: String,
    what_to_do: Option<String>,
}

impl From<Exit> for CommandOutput {
    /// With nothing to tell beside it.
    fn from(exit: Exit) -> Self {
        Self {
            exit,
            text: None,
            content: Map::new(),
            stopped: None,
            printed: false,
            codes: None,
        }
    }
}

impl CommandOutput {
    /// It was done, and this is what was asked for.
    pub(super) fn of_text(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::from(Exit::Done)
        }
    }

    /// The document was printed already, by [`OutputWriter::print_early`].
    pub(super) fn printed(exit: Exit) -> Self {
        Self {
            printed: true,
            ..Self::from(exit)
        }
    }

    /// The same, with an exit code that means this.
    pub(super) fn meaning(mut self, codes: Codes) -> Self {
        self.codes = Some(codes);
        self
    }

    /// The same with what stands in the document: an object, whose fields are added.
    pub(super) fn with(mut self, content: &impl Serialize) -> Result<Self, CommandError> {
        self.content.extend(fields(content)?);
        Ok(self)
    }

    fn with_fields(mut self, fields: Map<String, Value>) -> Self {
        self.content.extend(fields);
        self
    }

    /// The same for a command that did not come to its end: why, and how to go on.
    pub(super) fn stopped(mut self, why: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        self.stopped = Some(Trouble {
            message: why.into(),
            what_to_do: Some(what_to_do.into()),
        });
        self
    }
}

/// The fields that the documents of all commands start with.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CommandDocument<'a> {
    /// The version of this document. Fields may be added under a version; none is removed or
    /// changes its meaning.
    schema_version: u32,
    /// The command.
    command: &'static str,
    /// The exit code; null while the command is running.
    exit_code: Option<u8>,
    /// The name of the exit code.
    exit_name: Option<&'static str>,
    /// What the exit code means.
    exit_meaning: Option<&'static str>,
    /// Why the command did not complete; null if it did.
    error: Option<Error<'a>>,
    #[serde(flatten)]
    #[cfg_attr(test, schemars(skip))]
    content: &'a Map<String, Value>,
}

/// Why a command did not complete.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Error<'a> {
    /// The error message.
    message: &'a str,
    /// The exit code.
    exit_code: u8,
    /// The name of the exit code.
    name: &'static str,
    /// What to do about it; null if there is no advice.
    what_to_do: Option<&'a str>,
}

/// Where what was asked for goes, and in which form.
#[derive(Clone, Copy)]
pub(super) struct OutputWriter {
    pub(super) format: OutputFormat,
    /// The command's name, as it is typed.
    pub(super) command: &'static str,
    pub(super) codes: Codes,
    pub(super) printer: Printer,
}

impl OutputWriter {
    /// Prints what a command came to. Nothing is printed before, but by [`OutputWriter::print_early`].
    pub(super) fn close(self, done: Result<CommandOutput, CommandError>) -> Exit {
        let answer = match done {
            Ok(answer) => answer,
            Err(failed) => {
                let message = failed.text();
                if failed.has_lines() {
                    self.printer.error_list(&message);
                } else {
                    self.printer.error(&message);
                }
                CommandOutput {
                    stopped: Some(Trouble {
                        message,
                        what_to_do: failed.what_to_do(),
                    }),
                    ..CommandOutput::from(failed.exit)
                }
                .with_fields(failed.into_content())
            }
        };
        let printed = match self.format {
            OutputFormat::Text => answer.text.as_ref().map(|text| self.printer.output(text)),
            OutputFormat::Json if answer.printed => None,
            OutputFormat::Json => Some(self.document(&answer)),
        };
        match printed {
            Some(Err(cause)) => {
                self.printer
                    .error(format_args!("standard output: cannot be written: {cause}"));
                if answer.exit == Exit::Done {
                    self.codes.ended_early()
                } else {
                    answer.exit
                }
            }
            Some(Ok(())) | None => answer.exit,
        }
    }

    /// Prints the document of a command that goes on for as long as it is wanted.
    pub(super) fn print_early(self, content: &impl Serialize) -> Result<(), CommandError> {
        match self.format {
            OutputFormat::Text => Ok(()),
            OutputFormat::Json => {
                let content = fields(content)?;
                self.print(&CommandDocument {
                    schema_version: SCHEMA_VERSION,
                    command: self.command,
                    exit_code: None,
                    exit_name: None,
                    exit_meaning: None,
                    error: None,
                    content: &content,
                })
                .map_err(CommandError::refused)
            }
        }
    }

    fn document(self, answer: &CommandOutput) -> std::io::Result<()> {
        let exit = answer.exit;
        self.print(&CommandDocument {
            schema_version: SCHEMA_VERSION,
            command: self.command,
            exit_code: Some(exit.number()),
            exit_name: Some(exit.word()),
            exit_meaning: Some(exit.meaning(answer.codes.unwrap_or(self.codes))),
            error: answer.stopped.as_ref().map(|trouble| Error {
                message: &trouble.message,
                exit_code: exit.number(),
                name: exit.word(),
                what_to_do: trouble.what_to_do.as_deref(),
            }),
            content: &answer.content,
        })
    }

    fn print(self, document: &CommandDocument<'_>) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(document)?;
        self.printer.output(format_args!("{text}\n"))
    }
}
