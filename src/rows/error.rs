//! What ends the reading of a list.

use std::io;

use super::guard::{MAX_END_SOUGHT, MAX_RECORD_BYTES, RecordTooLong};

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
    /// There is no header.
    #[error("{list}: is empty; it needs a header line with the names of the columns")]
    Empty {
        /// The list's name.
        list: String,
    },
    /// The first line is in two bytes a character, and nothing says so.
    #[error(
        "{list}: line 1: holds NUL bytes, as UTF-16 without a byte order mark does; `--encoding {encoding}` reads it so"
    )]
    Utf16 {
        /// The list's name.
        list: String,
        /// The encoding that it looks like.
        encoding: &'static str,
    },
    /// The header is not in the list's encoding.
    #[error(
        "{list}: line 1: the header is not {encoding} (column {column}); name the encoding that wrote it, often `--encoding \
         windows-1252`, or save the list as UTF-8"
    )]
    HeaderEncoding {
        /// The list's name.
        list: String,
        /// The encoding that it was read in.
        encoding: &'static str,
        /// Number of the column, from 1.
        column: usize,
    },
    /// The header swallowed the rows. Its cells may hold passwords: they are not repeated.
    #[error(
        "{list}: line 1: the header does not end: it holds more than {MAX_RECORD_BYTES} bytes, or a quote in it is never closed; \
         mend it, or read the list without quotes by `--quote none`"
    )]
    HeaderOpen {
        /// The list's name.
        list: String,
    },
    /// A record does not end.
    #[error(
        "{list}: line {line}: the record that begins here is longer than {MAX_END_SOUGHT} bytes, probably because a quote in it is \
         opened and never closed; rows from here on were not read: mend the list and run again"
    )]
    RecordTooLong {
        /// The list's name.
        list: String,
        /// Line on which the record begins.
        line: u64,
    },
    /// Reading failed.
    #[error(
        "{list}: after line {line}: cannot be read: {cause}; see that it is whole and can be read, then run the same command again"
    )]
    Read {
        /// The list's name.
        list: String,
        /// The last line that was read.
        line: u64,
        /// What the system said.
        cause: String,
    },
    /// The thread that reads is gone.
    #[error(
        "{list}: the thread that reads it ended unexpectedly; run the same command again to go on"
    )]
    ThreadGone {
        /// The list's name.
        list: String,
    },
}

impl RowsError {
    /// Why the parser could not read the record that begins on this line.
    pub(super) fn of_parser(list: &str, line: u64, cause: &csv::Error) -> Self {
        let list = list.to_owned();
        if let csv::ErrorKind::Io(io) = cause.kind()
            && io
                .get_ref()
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<RecordTooLong>)
        {
            return Self::RecordTooLong { list, line };
        }
        Self::Read {
            list,
            line: line.saturating_sub(1),
            cause: cause.to_string(),
        }
    }
}
