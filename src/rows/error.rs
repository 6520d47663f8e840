//! Errors that stop the reading of a list.

use std::io;

use super::first_lines::FirstLines;
use super::quote_guard::{MAX_RECORD_BYTES, MAX_SEARCHED_BYTES, RecordTooLong};
use super::selection::NothingSelected;
use crate::hints::Hint;
use crate::source::{Foreign, hint_of};

#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The first bytes cannot be read or decoded.
    #[error("{list}: cannot be read: {cause}")]
    Start {
        list: String,
        /// The error of the system or decoder.
        cause: io::Error,
    },
    /// The file is not CSV.
    #[error("{list}: {foreign}")]
    Foreign { list: String, foreign: Foreign },
    #[error("{list}: empty{}", after_skipped(*.skipped))]
    Empty { list: String, skipped: u64 },
    /// The first line looks like UTF-16, without a byte order mark or `--encoding`.
    #[error("{list}: line {line}: contains NUL bytes, like UTF-16 without a byte order mark")]
    Utf16 {
        list: String,
        line: u64,
        encoding: &'static str,
    },
    /// The header is invalid in the list's encoding.
    #[error("{list}: line {line}: the header is not valid {encoding} (column {column})")]
    HeaderEncoding {
        list: String,
        line: u64,
        encoding: &'static str,
        /// The number of the column, from 1.
        column: usize,
        /// The lines after the header.
        after: FirstLines,
    },
    /// A quote in the header is not closed. Its cells may hold passwords, so they are not shown.
    #[error(
        "{list}: line {line}: the header does not end: it is longer than {MAX_RECORD_BYTES} \
         bytes, or a quote in it is never closed"
    )]
    HeaderOpen {
        list: String,
        /// The header's first line.
        line: u64,
        /// The lines after that line.
        after: FirstLines,
    },
    /// A cell of the header has misplaced quotes.
    #[error(
        "{list}: line {line}: the quotes in column {column} of the header are misplaced: text follows \
         the closing quote or precedes the opening one"
    )]
    HeaderQuotes {
        list: String,
        /// The header's first line.
        line: u64,
        /// The number of the column, from 1.
        column: usize,
        /// The lines after that line.
        after: FirstLines,
    },
    /// A record is too long to find its end.
    #[error(
        "{list}: line {line}: the record that starts here is longer than {MAX_SEARCHED_BYTES} \
         bytes, probably because a quote in it is never closed"
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
        /// A specific hint, if the cause has one.
        hint: Option<String>,
    },
    /// A row was read but could not be processed, for example because the ledger failed.
    #[error("{list}: line {line}: cannot be processed: {cause}")]
    Processing {
        list: String,
        /// The row's first line.
        line: u64,
        cause: String,
        hint: Option<String>,
    },
    /// The rows so far are not acceptable.
    #[error("{list}: after line {line}: {cause}")]
    Refused {
        list: String,
        /// The last line that was read.
        line: u64,
        /// The reason and the hint.
        cause: String,
    },
    /// No row meets the conditions of the selection.
    #[error("{list}: no row meets {}", nothing.conditions)]
    NothingSelected {
        list: String,
        nothing: NothingSelected,
    },
    /// The reader thread panicked.
    #[error("{list}: the thread that reads it ended unexpectedly")]
    ThreadGone { list: String },
}

impl Hint for RowsError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Start { cause, .. } => return hint_of(cause),
            Self::Foreign { list, foreign } => return Some(foreign.hint(list)),
            Self::Utf16 { encoding, .. } => return Some(format!("pass `--encoding {encoding}`")),
            Self::Refused { .. } => return None,
            Self::Processing { hint, .. } => return hint.clone(),
            Self::NothingSelected { nothing, .. } => return Some(nothing.hint.clone()),
            Self::Empty { .. } => "it needs a header line with the column names",
            Self::HeaderEncoding { .. } => {
                "pass the list's encoding, often `--encoding windows-1252`, or save the list as UTF-8"
            }
            Self::HeaderOpen { .. } => {
                "correct the header, or read the list without quotes (`--quote none`)"
            }
            Self::HeaderQuotes { .. } => {
                "correct the quotes, or read the list without quotes (`--quote none`)"
            }
            Self::RecordTooLong { .. } => {
                "the rows from here on were not read: correct the list and run again"
            }
            Self::Read {
                hint: Some(hint), ..
            } => return Some(hint.clone()),
            Self::Read { hint: None, .. } => {
                "check that the list is complete and readable, then run the same command again"
            }
            Self::ThreadGone { .. } => "run the same command again to continue",
        };
        Some(hint.to_owned())
    }
}

impl RowsError {
    /// Returns the line that cannot be read as the header and those after it, one of which may be
    /// the header.
    #[must_use]
    pub fn first_lines(&self) -> Option<(u64, &FirstLines)> {
        match self {
            Self::HeaderEncoding { line, after, .. }
            | Self::HeaderOpen { line, after, .. }
            | Self::HeaderQuotes { line, after, .. } => Some((*line, after)),
            Self::Start { .. }
            | Self::Foreign { .. }
            | Self::Empty { .. }
            | Self::Utf16 { .. }
            | Self::RecordTooLong { .. }
            | Self::Read { .. }
            | Self::Processing { .. }
            | Self::Refused { .. }
            | Self::NothingSelected { .. }
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
            None => Self::Start { list, cause },
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
            cause: cause.to_string(),
            hint,
        }
    }
}

fn after_skipped(skipped: u64) -> String {
    match skipped {
        0 => String::new(),
        lines => format!(" after the {lines} lines skipped by --skip-lines"),
    }
}
