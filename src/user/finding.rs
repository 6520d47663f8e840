//! What is wrong with a row, or with a list's header.

use std::fmt;

/// A rule that a row breaks. Its code stands in results as `error_code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The record has as many cells as the header.
    CellCount,
    /// Every cell is text in the list's encoding.
    Encoding,
    /// Every quote is closed.
    OpenQuote,
    /// A row holds at most 64 KiB.
    TooLong,
    /// A row has a username.
    UsernameMissing,
    /// 1 to 128 characters, no white space and no control characters.
    Username,
    /// A row has a password.
    PasswordMissing,
    /// At most 256 characters, no white space.
    Password,
    /// At most 2,048 characters.
    ValueLength,
}

impl Rule {
    /// The code in results.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::CellCount => "row.cell_count",
            Self::Encoding => "row.encoding",
            Self::OpenQuote => "row.open_quote",
            Self::TooLong => "row.too_long",
            Self::UsernameMissing => "username.missing",
            Self::Username => "username.characters",
            Self::PasswordMissing => "password.missing",
            Self::Password => "password.characters",
            Self::ValueLength => "attribute.length",
        }
    }
}

/// One thing that is wrong with a row. Never holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: Rule,
    /// The column, as the list names it, where it is about one.
    pub column: Option<String>,
    /// What was found and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = &self.column {
            write!(f, "column {column}: ")?;
        }
        f.write_str(&self.message)
    }
}
