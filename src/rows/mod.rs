//! Stage 2: CSV records, one after the other, in flat memory.
//!
//! Owns the dialect, the header, the numbers of rows and lines, and the shapes of record that cannot be read. Does not know
//! what a column means: that is `user`. [`ahead`] reads on a thread of its own.

pub mod ahead;
mod guard;

use std::fmt;
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder, Trim};

use crate::source::OpenSource;
use guard::{Guard, PARSER_BUFFER, RecordTooLong, SENTINEL, TAIL};

pub use guard::MAX_RECORD_BYTES;

/// The names of the columns, in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header(Vec<String>);

impl Header {
    /// A header of these names.
    #[must_use]
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// The names, trimmed, as they stand in the list.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// Why a record cannot be read as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It has more or fewer cells than the header.
    Cells {
        /// Cells of the header.
        expected: usize,
        /// Cells of the record.
        found: usize,
    },
    /// A cell's bytes are not UTF-8.
    Encoding {
        /// The cell's place, from 0.
        column: usize,
        /// Bytes of the cell that are in order.
        valid_bytes: usize,
    },
    /// A quote was opened in it and never closed, so that it runs to the end of the list.
    OpenQuote {
        /// The last line that it swallowed.
        last_line: u64,
    },
}

/// One record of the list, lent until the next one is read. Its cells may hold a password: `Debug` shows none of them.
pub struct RawRow<'a> {
    /// Number of the row: 1 is the first one below the header.
    pub number: u64,
    /// Line on which it begins; the header is on line 1.
    pub line: u64,
    /// Bytes of the list up to its end.
    pub end_byte: u64,
    /// What keeps it from being read, if anything does.
    pub unreadable: Option<Unreadable>,
    record: &'a ByteRecord,
}

impl<'a> RawRow<'a> {
    /// A cell; none where the record has fewer cells or its bytes are not UTF-8.
    #[must_use]
    pub fn cell(&self, column: usize) -> Option<&'a str> {
        self.record
            .get(column)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
    }
}

impl fmt::Debug for RawRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRow")
            .field("number", &self.number)
            .field("line", &self.line)
            .field("unreadable", &self.unreadable)
            .finish_non_exhaustive()
    }
}

/// What ends the reading of a list.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// There is no header.
    #[error("{list}: is empty: a header line with the names of the columns is needed")]
    Empty {
        /// The list's name.
        list: String,
    },
    /// The header is not UTF-8.
    #[error(
        "{list}: line 1: the header is not UTF-8 (column {column}); save the list as UTF-8 and run again"
    )]
    HeaderEncoding {
        /// The list's name.
        list: String,
        /// Number of the column, from 1.
        column: usize,
    },
    /// A record does not end.
    #[error(
        "{list}: line {line}: the record that begins here is longer than {MAX_RECORD_BYTES} bytes; probably a quote (\") in \
         it is opened and never closed; rows from here on were not read: mend the list and run again"
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
    /// The thread that reads is gone.
    #[error(
        "{list}: the thread that reads it ended unexpectedly; run the same command again to go on"
    )]
    ThreadGone {
        /// The list's name.
        list: String,
    },
}

/// A list, read record by record.
pub struct Rows {
    list: String,
    reader: csv::Reader<Guard<Box<dyn Read + Send>>>,
    header: Header,
    record: ByteRecord,
    number: u64,
}

impl Rows {
    /// Reads the header.
    ///
    /// # Errors
    /// The list is empty, cannot be read, or its header is not UTF-8.
    pub fn open(list: String, source: OpenSource) -> Result<Self, RowsError> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::None)
            .buffer_capacity(PARSER_BUFFER)
            .from_reader(Guard::new(source.bytes));
        let mut rows = Self {
            list,
            reader,
            header: Header(Vec::new()),
            record: ByteRecord::new(),
            number: 0,
        };
        rows.header = rows.read_header()?;
        Ok(rows)
    }

    /// The names of the columns.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The list's name in messages.
    #[must_use]
    pub fn list(&self) -> &str {
        &self.list
    }

    /// The next row; none behind the last one.
    ///
    /// # Errors
    /// The list cannot be read on. A single row that cannot be read is no error: see [`RawRow::unreadable`].
    pub fn next_row(&mut self) -> Result<Option<RawRow<'_>>, RowsError> {
        if !self.advance()? || self.is_sentinel() {
            return Ok(None);
        }
        self.number += 1;
        let unreadable = self.unreadable();
        let line = self.line_of_record(matches!(unreadable, Some(Unreadable::OpenQuote { .. })));
        Ok(Some(RawRow {
            number: self.number,
            line,
            end_byte: self.reader.position().byte(),
            unreadable,
            record: &self.record,
        }))
    }

    fn read_header(&mut self) -> Result<Header, RowsError> {
        if !self.advance()? || self.is_sentinel() {
            return Err(RowsError::Empty {
                list: self.list.clone(),
            });
        }
        let mut names = Vec::with_capacity(self.record.len());
        for (column, cell) in self.record.iter().enumerate() {
            let name = std::str::from_utf8(cell).map_err(|_| RowsError::HeaderEncoding {
                list: self.list.clone(),
                column: column + 1,
            })?;
            names.push(name.trim().to_owned());
        }
        Ok(Header(names))
    }

    /// Reads the next record; false behind the last one.
    fn advance(&mut self) -> Result<bool, RowsError> {
        let line = self.reader.position().line();
        let read = self.reader.read_byte_record(&mut self.record);
        self.reader.get_mut().record_ended();
        read.map_err(|cause| self.reading_failed(line, &cause))
    }

    fn reading_failed(&self, line: u64, cause: &csv::Error) -> RowsError {
        let list = self.list.clone();
        if let csv::ErrorKind::Io(io) = cause.kind()
            && io
                .get_ref()
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<RecordTooLong>)
        {
            return RowsError::RecordTooLong { list, line };
        }
        RowsError::Read {
            list,
            line,
            cause: cause.to_string(),
        }
    }

    fn is_sentinel(&self) -> bool {
        self.record.len() == 1 && self.record.get(0) == Some(SENTINEL.as_bytes())
    }

    /// The parser counts a record's line before it skips what is left of the line end before it (`\n` behind `\r`, blank
    /// lines). So the line is counted backwards, from where the parser stands behind the record.
    fn line_of_record(&self, cut_off: bool) -> u64 {
        let behind = self.reader.position();
        let last = behind
            .byte()
            .checked_sub(1)
            .and_then(|last| self.reader.get_ref().recent_byte(last));
        let ended_by_newline = !cut_off && last == Some(b'\n');
        let inside = self.record.as_slice().iter().filter(|byte| **byte == b'\n');
        behind
            .line()
            .saturating_sub(inside.count() as u64)
            .saturating_sub(u64::from(ended_by_newline))
    }

    fn unreadable(&self) -> Option<Unreadable> {
        let last = self.record.iter().next_back().unwrap_or_default();
        if let Some(swallowed) = last.strip_suffix(TAIL.as_bytes()) {
            let added_lines = if swallowed.ends_with(b"\n") { 3 } else { 2 };
            return Some(Unreadable::OpenQuote {
                last_line: self.reader.position().line().saturating_sub(added_lines),
            });
        }
        let (expected, found) = (self.header.0.len(), self.record.len());
        if expected != found {
            return Some(Unreadable::Cells { expected, found });
        }
        self.record
            .iter()
            .enumerate()
            .find_map(|(column, cell)| match std::str::from_utf8(cell) {
                Ok(_) => None,
                Err(error) => Some(Unreadable::Encoding {
                    column,
                    valid_bytes: error.valid_up_to(),
                }),
            })
    }
}

#[cfg(test)]
mod tests;
