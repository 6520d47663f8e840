//! Hints tell the user what to do about an error, separately from its message. A terminal shows
//! both on one line; `--output json` has a field for each.

use std::fmt;
use std::io;

/// An error with a hint.
pub trait Hint: fmt::Display {
    /// Returns a clause without a period that can follow the message after a semicolon.
    fn hint(&self) -> Option<String>;

    /// Returns whether another process uses what this one needs, so that trying again later helps.
    fn is_busy(&self) -> bool {
        false
    }

    /// Returns whether a service did not answer or was overloaded, so that trying again later
    /// helps.
    fn is_temporary(&self) -> bool {
        false
    }

    /// Returns `message; hint`, for output without a separate field for the hint.
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
