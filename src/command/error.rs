//! Why a command failed: its exit code, its message, and hints as data.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::oneshot::error::RecvError;

use crate::cli::exit::{Codes, Exit};
use crate::hints::Hint;

/// What a panic is called.
const PANICKED: &str = "internal error: the command ended unexpectedly";

#[derive(Debug)]
pub(super) struct CommandError {
    pub(super) exit: Exit,
    message: String,
    hints: Vec<String>,
    /// How the message is laid out on a terminal.
    layout: Layout,
    /// Fields of the JSON document besides its head.
    content: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// The message and its hints on one line.
    Line,
    /// The same for hints with several lines.
    Lines,
    /// The message has several lines, and the hints are among them.
    List,
}

impl CommandError {
    /// Failed before anything was sent.
    pub(super) fn refused(error: impl Hint) -> Self {
        let exit = if error.is_busy() {
            Exit::Busy
        } else if error.is_temporary() {
            Exit::Unavailable
        } else {
            Exit::Refused
        };
        Self::of(exit, &error)
    }

    /// Stopped after requests may have been sent.
    pub(super) fn stopped(error: impl Hint) -> Self {
        Self::of(Exit::Stopped, &error)
    }

    /// Another process is using the run directory.
    pub(super) fn busy(error: impl Hint) -> Self {
        Self::of(Exit::Busy, &error)
    }

    /// A refusal that is stated where it is decided.
    pub(super) fn refusal(message: impl fmt::Display, hint: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message, [hint.into()])
    }

    /// A refusal for several reasons: `message` has a line for each, with its hint.
    pub(super) fn refusals(message: impl fmt::Display, hints: Vec<String>) -> Self {
        Self {
            layout: Layout::List,
            ..Self::new(Exit::Refused, message, hints)
        }
    }

    pub(super) fn new(
        exit: Exit,
        message: impl fmt::Display,
        hints: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            exit,
            message: message.to_string(),
            hints: hints.into_iter().collect(),
            layout: Layout::Line,
            content: Map::new(),
        }
    }

    fn of(exit: Exit, error: &impl Hint) -> Self {
        Self::new(exit, error, error.hint())
    }

    /// The command panicked. The panic hook has printed where; requests may have been sent before.
    pub(super) fn panicked(codes: Codes) -> Self {
        let hint = "run the same command again, and report the place that is named above";
        Self::new(codes.ended_early(), PANICKED, [hint.to_owned()])
    }

    /// If this is a refusal whose cause is temporary, the same command may succeed later.
    pub(super) fn temporary(mut self, is_temporary: bool) -> Self {
        if is_temporary && self.exit == Exit::Refused {
            self.exit = Exit::Unavailable;
        }
        self
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Puts the flag that the error is about before the message.
    pub(super) fn about(mut self, flag: impl fmt::Display) -> Self {
        self.message = format!("{flag}: {}", self.message);
        self
    }

    /// Keeps the line breaks of the hint.
    pub(super) fn with_lines(mut self) -> Self {
        self.layout = Layout::Lines;
        self
    }

    /// After a request has changed the pool, no error is a refusal.
    pub(super) fn after_requests(mut self) -> Self {
        if let Exit::Refused | Exit::Busy | Exit::Unavailable = self.exit {
            self.exit = Exit::Stopped;
        }
        self
    }

    /// Adds the fields of `content` to the JSON document.
    pub(super) fn with(mut self, content: &impl Serialize) -> Self {
        match fields(content) {
            Ok(fields) => {
                self.content.extend(fields);
                self
            }
            Err(failed) => failed,
        }
    }

    /// The message as the terminal shows it, hints included.
    pub(super) fn text(&self) -> String {
        match self.layout {
            Layout::List => self.message.clone(),
            Layout::Line | Layout::Lines => {
                let parts = std::iter::once(&self.message).chain(&self.hints);
                parts.map(String::as_str).collect::<Vec<_>>().join("; ")
            }
        }
    }

    pub(super) fn has_lines(&self) -> bool {
        self.layout != Layout::Line
    }

    /// The hints as one text; `None` if there are none.
    pub(super) fn what_to_do(&self) -> Option<String> {
        (!self.hints.is_empty()).then(|| self.hints.join("; "))
    }

    pub(super) fn into_content(self) -> Map<String, Value> {
        self.content
    }
}

/// The fields of a JSON document; a value that is not an object becomes the field `result`.
pub(super) fn fields(content: &impl Serialize) -> Result<Map<String, Value>, CommandError> {
    match serde_json::to_value(content).map_err(CommandError::stopped)? {
        Value::Object(fields) => Ok(fields),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)) => Ok(Map::from_iter([("result".to_owned(), other)])),
    }
}

impl Hint for serde_json::Error {
    fn hint(&self) -> Option<String> {
        None
    }
}

impl Hint for RecvError {
    fn hint(&self) -> Option<String> {
        None
    }
}
