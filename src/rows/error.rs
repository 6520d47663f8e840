//! What ends the reading of a list.

use std::io;

use super::first_lines::FirstLines;
use super::quote_guard::{MAX_END_SOUGHT, MAX_RECORD_BYTES, RecordTooLong};
use crate::hints::Hint;
use crate::source::{Foreign, hint_of};

/// What ends the reading of a list.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// Its first bytes cannot be read, or are no list's.
    #[error("{list}: cannot be read: {cause}")]
    Unread {
        /// The list's name.
        list: String,
        /// What the system, or the decoder, said.
        cause: io::Error,
    },
    /// It is a file of another kind.
    #[error("{list}: {foreign}")]
    Foreign {
        /// The list's name.
        list: String,
        /// What it is.
        foreign: Foreign,
    },
    /// There is no header.
    #[error("{list}: is empty{}", after(*.skipped))]
    Empty {
        /// The list's name.
        list: String,
        /// Lines that are skipped.
        skipped: u64,
    },
    /// The first line is in two bytes a character, and nothing says so.
    #[error("{list}: line {line}: holds NUL bytes, as UTF-16 without a byte order mark does")]
    Utf16 {
        /// The list's name.
        list: String,
        /// The line.
        line: u64,
        /// The encoding that it looks like.
        encoding: &'static str,
    },
    /// The header is not in the list's encoding.
    #[error("{list}: line {line}: the header is not {encoding} (column {column})")]
    HeaderEncoding {
        /// The list's name.
        list: String,
        /// The line that it is on.
        line: u64,
        /// The encoding that it was read in.
        encoding: &'static str,
        /// Number of the column, from 1.
        column: usize,
        /// The lines below it.
        below: FirstLines,
    },
    /// The header swallowed the rows. Its cells may hold passwords: they are not repeated.
    #[error(
        "{list}: line {line}: the header does not end: it has more than {MAX_RECORD_BYTES} bytes, or a quote in it is never closed"
    )]
    HeaderOpen {
        /// The list's name.
        list: String,
        /// The line that it begins on.
        line: u64,
        /// The lines below that one.
        below: FirstLines,
    },
    /// A cell of the header has misplaced quotes.
    #[error(
        "{list}: line {line}: the quotes in column {column} of the header are misplaced: text follows the closing quote or precedes the opening one"
    )]
    HeaderQuotes {
        /// The list's name.
        list: String,
        /// The line that it begins on.
        line: u64,
        /// Number of the column, from 1.
        column: usize,
        /// The lines below that one.
        below: FirstLines,
    },
    /// A record does not end.
    #[error(
        "{list}: line {line}: the record that begins here is longer than {MAX_END_SOUGHT} bytes, probably because a quote in it is opened and never closed"
    )]
    RecordTooLong {
        /// The list's name.
        list: String,
        /// Line on which the record begins.
        line: u64,
    },
    /// Reading failed.
    #[error("{list}: after line {line}: cannot be read: {cause}")]
    Read {
        /// The list's name.
        list: String,
        /// The last line that was read.
        line: u64,
        /// What the system said.
        cause: String,
    },
    /// What was read so far is not what it should be.
    #[error("{list}: after line {line}: {cause}")]
    Refused {
        /// The list's name.
        list: String,
        /// The last line that was read.
        line: u64,
        /// Why, and what to do about it.
        cause: String,
    },
    /// The thread that reads is gone.
    #[error("{list}: the thread that reads it ended unexpectedly")]
    ThreadGone {
        /// The list's name.
        list: String,
    },
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
            Self::RecordTooLong { .. } => "rows from here on were not read: mend the list and run again".to_owned(),
            Self::Read { .. } => "see that it is whole and can be read, then run the same command again".to_owned(),
            Self::ThreadGone { .. } => "run the same command again to go on".to_owned(),
            Self::Unread { cause, .. } => return hint_of(cause),
            Self::Refused { .. } => return None,
        })
    }
}

impl RowsError {
    /// The lines below the one that cannot be read as the header: one of them may be it.
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

    /// Why the list's first bytes could not be read.
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

    /// Why the parser could not read the record that begins on this line.
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
