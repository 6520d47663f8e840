//! The result of a command, printed to standard output as text or as one JSON document.
//!
//! Messages go to standard error in both formats. The documents of all commands begin with the same
//! fields, and each command adds its own with [`CommandOutput::with`] and [`CommandError::with`].

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::{CommandError, fields};
use crate::cli::exit::{Codes, Exit};
use crate::cli::{OutputFormat, Printer};
use crate::progress::{output_width, wrapped};

/// The version of the documents. It changes when a field is removed or changes its meaning, not
/// when one is added.
const SCHEMA_VERSION: u32 = 1;

/// The result of a command that did not fail.
pub(super) struct CommandOutput {
    exit: Exit,
    /// The requested output as text.
    text: Option<String>,
    /// The command's fields of the document.
    content: Map<String, Value>,
    /// Why the command did not complete. It has been printed to standard error.
    stopped: Option<StopMessage>,
    /// The document has been printed.
    printed: bool,
    /// The meanings of exit codes, if they differ from the command's.
    codes: Option<Codes>,
}

struct StopMessage {
    message: String,
    what_to_do: Option<String>,
}

impl From<Exit> for CommandOutput {
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
    /// A success with requested output.
    pub(super) fn of_text(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::from(Exit::Done)
        }
    }

    /// Requested output that is wrapped if standard output is a terminal.
    pub(super) fn of_prose(text: &str) -> Self {
        Self::of_text(match output_width() {
            Some(columns) => wrapped(text, usize::from(columns)),
            None => text.to_owned(),
        })
    }

    /// For a command whose document was printed by [`OutputWriter::print_early`].
    pub(super) fn printed(exit: Exit) -> Self {
        Self {
            printed: true,
            ..Self::from(exit)
        }
    }

    /// Sets the meanings of exit codes.
    pub(super) fn meaning(mut self, codes: Codes) -> Self {
        self.codes = Some(codes);
        self
    }

    /// Adds the fields of `content` to the document.
    pub(super) fn with(mut self, content: &impl Serialize) -> Result<Self, CommandError> {
        self.content.extend(fields(content)?);
        Ok(self)
    }

    fn with_fields(mut self, fields: Map<String, Value>) -> Self {
        self.content.extend(fields);
        self
    }

    /// Adds why the command did not complete, and how to resume it.
    pub(super) fn stopped(
        mut self,
        message: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Self {
        self.stopped = Some(StopMessage {
            message: message.into(),
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

/// Prints the result of a command.
#[derive(Clone, Copy)]
pub(super) struct OutputWriter {
    pub(super) format: OutputFormat,
    pub(super) command: &'static str,
    pub(super) codes: Codes,
    pub(super) printer: Printer,
}

impl OutputWriter {
    /// Prints the result and returns the exit code.
    pub(super) fn close(self, result: Result<CommandOutput, CommandError>) -> Exit {
        let output = match result {
            Ok(output) => output,
            Err(error) => {
                let message = error.text();
                if error.has_lines() {
                    self.printer.error_list(&message);
                } else {
                    self.printer.error(&message);
                }
                CommandOutput {
                    stopped: Some(StopMessage {
                        message,
                        what_to_do: error.what_to_do(),
                    }),
                    ..CommandOutput::from(self.codes.equivalent(error.exit))
                }
                .with_fields(error.into_content())
            }
        };
        let printed = match self.format {
            OutputFormat::Text => output.text.as_ref().map(|text| self.printer.output(text)),
            OutputFormat::Json if output.printed => None,
            OutputFormat::Json => Some(self.document(&output)),
        };
        match printed {
            Some(Err(cause)) => {
                self.printer
                    .error(format_args!("cannot write to standard output: {cause}"));
                if output.exit.number() == Exit::Done.number() {
                    self.codes.ended_early()
                } else {
                    output.exit
                }
            }
            Some(Ok(())) | None => output.exit,
        }
    }

    /// Prints the document of a command that runs until it is stopped.
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

    fn document(self, output: &CommandOutput) -> std::io::Result<()> {
        let exit = output.exit;
        self.print(&CommandDocument {
            schema_version: SCHEMA_VERSION,
            command: self.command,
            exit_code: Some(exit.number()),
            exit_name: Some(exit.word()),
            exit_meaning: Some(exit.meaning(output.codes.unwrap_or(self.codes))),
            error: output.stopped.as_ref().map(|trouble| Error {
                message: &trouble.message,
                exit_code: exit.number(),
                name: exit.word(),
                what_to_do: trouble.what_to_do.as_deref(),
            }),
            content: &output.content,
        })
    }

    fn print(self, document: &CommandDocument<'_>) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(document)?;
        self.printer.output(format_args!("{text}\n"))
    }
}
