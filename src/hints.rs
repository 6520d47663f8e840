//! What the user can do about an error, kept apart from its message.
//!
//! The message of an error says what is wrong. Its hint says what to do about it: a terminal shows both on one line, and
//! `--output json` has a field for each.

use std::fmt;
use std::io;

/// An error that knows what to do about it.
pub trait Hint: fmt::Display {
    /// A clause that can follow the message after a semicolon, without a period.
    fn hint(&self) -> Option<String>;

    /// `message; hint`, for text that has no field for the hint.
    fn with_hint(&self) -> String {
        match self.hint() {
            Some(hint) => format!("{self}; {hint}"),
            None => self.to_string(),
        }
    }
}

impl Hint for io::Error {
    fn hint(&self) -> Option<String> {
        None
    }
}

impl Hint for std::string::FromUtf8Error {
    fn hint(&self) -> Option<String> {
        None
    }
}
