//! Errors that end the reading of a list.

use std::io;

use super::first_lines::FirstLines;
use super::quote_guard::{MAX_END_SOUGHT, MAX_RECORD_BYTES, RecordTooLong};
use crate::hints::Hint;
use crate::source::{Foreign, hint_of};

#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// Its first bytes cannot be read or decoded.
    #[error("{list}: cannot be read: {cause}")]
    Unread {
        list: String,
        /// The error of the system or the decoder.
        cause: io::Error,
    },
    /// It is a file in another format.
    #[error("{list}: {foreign}")]
    Foreign { list: String, foreign: Foreign },
    #[error("{list}: is empty{}", after(*.skipped))]
    Empty { list: String, skipped: u64 },
    /// The first line looks like UTF-16, without a byte order mark or `--encoding`.
    #[error("{list}: line {line}: holds NUL bytes, as UTF-16 without a byte order mark does")]
    Utf16 {
        list: String,
        line: u64,
        encoding: &'static str,
    },
    /// The header is not in the list's encoding.
    #[error("{list}: line {line}: the header is not {encoding} (column {column})")]
    HeaderEncoding {
        list: String,
        /// Its line.
        line: u64,
        encoding: &'static str,
        /// The number of the column, from 1.
        column: usize,
        /// The lines after it.
        below: FirstLines,
    },
    /// A quote in the header is not closed. Its cells may hold passwords, so they are not shown.
    #[error(
        "{list}: line {line}: the header does not end: it has more than {MAX_RECORD_BYTES} bytes, or a quote in it is never closed"
    )]
    HeaderOpen {
        list: String,
        /// Its first line.
        line: u64,
        /// The lines after that one.
        below: FirstLines,
    },
    /// A cell of the header has misplaced quotes.
    #[error(
        "{list}: line {line}: the quotes in column {column} of the header are misplaced: text follows the closing quote or precedes the opening one"
    )]
    HeaderQuotes {
        list: String,
        /// Its first line.
        line: u64,
        /// The number of the column, from 1.
        column: usize,
        /// The lines after that one.
        below: FirstLines,
    },
    /// A record is too long to find its end.
    #[error(
        "{list}: line {line}: the record that begins here is longer than {MAX_END_SOUGHT} bytes, probably because a quote in it is opened and never closed"
    )]
    RecordTooLong {
        list: String,
        /// The record's first line.
        line: u64,
    },
    /// Reading failed.
    #[error("{list}: after line {line}: cannot be read: {cause}")]
    Read {
        list: String,
        /// The last line that was read.
        line: u64,
        /// The error of the system.
        cause: String,
    },
    /// The rows so far are not acceptable.
    #[error("{list}: after line {line}: {cause}")]
    Refused {
        list: String,
        /// The last line that was read.
        line: u64,
        /// The reason and the remedy.
        cause: String,
    },
    /// The reader thread panicked.
    #[error("{list}: the thread that reads it ended unexpectedly")]
    ThreadGone { list: String },
}

impl Hint for RowsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Foreign { list, foreign } => foreign.hint(list),
            Self::Empty { .. } => "it needs a header line with the names of the columns".to_owned(),
            Self::Utf16 { encoding, .. } => format!("`--encoding {encoding}` reads it so"),
            Self::HeaderEncoding { .. } => "name the encoding that wrote it, often `--encoding windows-1252`, or save the list as UTF-8".to_owned(),
            Self::HeaderOpen { .. } => "correct it, or read the list without quotes (`--quote none`)".to_owned(),
            Self::HeaderQuotes { .. } => "correct them, or read the list without quotes (`--quote none`)".to_owned(),
            Self::RecordTooLong { .. } => "rows from here on were not read: correct the list and run again".to_owned(),
            Self::Read { .. } => "see that it is whole and can be read, then run the same command again".to_owned(),
            Self::ThreadGone { .. } => "run the same command again to go on".to_owned(),
            Self::Unread { cause, .. } => return hint_of(cause),
            Self::Refused { .. } => return None,
        })
    }
}

impl RowsError {
    /// The lines after the one that cannot be read as the header. One of them may be the header.
    #[must_use]
    pub fn first_lines(&self) -> Option<(u64, &FirstLines)> {
        match self {
            Self::HeaderEncoding { line, below, .. }
            | Self::HeaderOpen { line, below, .. }
            | Self::HeaderQuotes { line, below, .. } => Some((*line, below)),
            Self::Unread { .. }
            | Self::Foreign { .. }
            | Self::Empty { .. }
            | Self::Utf16 { .. }
            | Self::RecordTooLong { .. }
            | Self::Read { .. }
            | Self::Refused { .. }
            | Self::ThreadGone { .. } => None,
        }
    }

    pub(super) fn of_first_bytes(list: String, cause: io::Error) -> Self {
        let foreign = cause
            .get_ref()
            .and_then(|cause| cause.downcast_ref::<Foreign>());
        match foreign {
            Some(foreign) => Self::Foreign {
                list,
                foreign: foreign.clone(),
            },
            None => Self::Unread { list, cause },
        }
    }

    /// Converts the parser's error for the record that starts on this line.
    pub(super) fn of_parser(list: &str, line: u64, cause: &csv::Error) -> Self {
        let list = list.to_owned();
        let mut hint = None;
        if let csv::ErrorKind::Io(io) = cause.kind() {
            if io
                .get_ref()
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<RecordTooLong>)
            {
                return Self::RecordTooLong { list, line };
            }
            hint = hint_of(io);
        }
        Self::Read {
            list,
            line: line.saturating_sub(1),
            cause: match hint {
                Some(hint) => format!("{cause}; {hint}"),
                None => cause.to_string(),
            },
        }
    }
}

fn after(skipped: u64) -> String {
    match skipped {
        0 => String::new(),
        lines => format!(" after the {lines} lines that --skip-lines skips"),
    }
}
