//! Stage 2: reads CSV records in constant memory.
//!
//! Owns the dialect, the header, row and line numbers, and the detection of unreadable records.
//! What a column means is decided in `mapping`. [`prefetch`] reads on a background thread.

mod beginning;
mod decoration;
mod dialect;
mod error;
mod first_lines;
mod open;
pub mod prefetch;
mod quote_guard;
mod quotes;
pub mod reasons;
mod returns;
pub mod rewrite;
mod row;
mod template;
mod unreadable;
mod width;
mod wipe;

use std::io::Read;

use crate::source::{TextEncoding, TextPosition};
use quote_guard::{Guard, SENTINEL, TAIL};
use quotes::QuoteCheck;
use returns::Returns;
use width::Width;
use wipe::ZeroizingRecord;

pub use dialect::{Dialect, Quote, ResolvedDialect, may_separate};
pub use error::RowsError;
pub use first_lines::FirstLines;
pub use quote_guard::MAX_RECORD_BYTES;
pub use row::{OwnedRow, QuoteFault, RawRow, Unreadable};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    names: Vec<String>,
    line: u64,
}

impl Header {
    #[must_use]
    pub fn new(names: Vec<String>) -> Self {
        Self { names, line: 1 }
    }

    /// The trimmed names, in the list's order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }
}

/// A list, read record by record.
pub struct Rows {
    list: String,
    reading: ResolvedDialect,
    place: TextPosition,
    reader: csv::Reader<Guard<Box<dyn Read + Send>>>,
    /// Lines above the first record, which the parser does not see.
    lines_above: u64,
    /// `None` if values are not quoted.
    quote_check: Option<QuoteCheck>,
    header: Header,
    width: Width,
    record: ZeroizingRecord,
    /// The record's cells without decoration, if any cell has some.
    undecorated: ZeroizingRecord,
    is_undecorated: bool,
    scratch: ZeroizingRecord,
    number: u64,
    /// Where the record starts in the text. A line end that the parser has not skipped yet may
    /// precede it.
    begins_at: u64,
    /// The line before the first record, if that record was already parsed.
    looked_at: Option<u64>,
    /// It is a list of rejects, where U+FFFD marks bytes that could not be decoded.
    rejects: bool,
    /// `None` if the parser counts the lines.
    returns: Option<Returns>,
}

impl Rows {
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The list's name in messages.
    #[must_use]
    pub fn list(&self) -> &str {
        &self.list
    }

    /// How the list is read.
    #[must_use]
    pub fn reading(&self) -> &ResolvedDialect {
        &self.reading
    }

    /// The next row. Records with only empty cells are skipped, because spreadsheets write them for
    /// blank lines.
    ///
    /// # Errors
    /// The list cannot be read further. A single unreadable row is not an error: see
    /// [`RawRow::unreadable`].
    pub fn next_row(&mut self) -> Result<Option<RawRow<'_>>, RowsError> {
        let mut line_before = self.line_now();
        let mut read = match self.looked_at.take() {
            Some(line) => {
                line_before = line;
                true
            }
            None => self.advance()?,
        };
        while read && !self.is_sentinel() && self.is_blank() {
            line_before = self.line_now();
            read = self.advance()?;
        }
        if !read || self.is_sentinel() {
            return Ok(None);
        }
        self.number += 1;
        let cut_off = self.runs_to_the_end();
        let line = self.line_of_record(line_before, cut_off);
        let unreadable = self.unreadable(line, cut_off);
        self.width.fill(&mut self.record, &mut self.scratch);
        self.is_undecorated =
            decoration::remove(&self.reading, &self.record, &mut self.undecorated);
        let verbatim = match unreadable {
            Some(Unreadable::Quotes { .. }) => self.as_it_stands(),
            Some(_) | None => None,
        };
        let record = if self.is_undecorated {
            &self.undecorated
        } else {
            &self.record
        };
        Ok(Some(RawRow {
            number: self.number,
            line,
            end_byte: self.place.in_list(self.reader.position().byte()),
            unreadable,
            record,
            written: &self.record,
            verbatim,
            text: std::str::from_utf8(record.as_slice()).ok(),
        }))
    }

    /// Parses the next record. False at the end.
    fn advance(&mut self) -> Result<bool, RowsError> {
        let line = self.next_line();
        for record in [&mut self.record, &mut self.undecorated, &mut self.scratch] {
            record.wipe();
        }
        let read = self.reader.read_byte_record(&mut self.record);
        let ended_at = self.reader.position().byte();
        let guard = self.reader.get_ref();
        self.begins_at = guard.record_begins_at();
        if let Some(returns) = &mut self.returns {
            let bytes = guard.between(self.begins_at, ended_at);
            returns.record(guard.returns_before(), bytes.unwrap_or_default());
        }
        self.reader.get_mut().record_ended(ended_at);
        if self.reading.template {
            template::rejoin(&mut self.record, &mut self.scratch);
        }
        read.map_err(|cause| RowsError::of_parser(&self.list, line, &cause))
    }

    fn is_blank(&self) -> bool {
        self.record.as_slice().trim_ascii().is_empty()
    }

    /// Whether the record ends where the source and its tail end. Anywhere else the sentinel is the
    /// list's own text.
    fn is_at_the_end(&self) -> bool {
        let place = self.reader.position().byte();
        self.reader.get_ref().ends_at(place)
    }

    fn is_sentinel(&self) -> bool {
        self.record.len() == 1
            && self.record.get(0) == Some(SENTINEL.as_bytes())
            && self.is_at_the_end()
    }

    /// Whether the record swallowed the sentinel, because a quote in it is not closed.
    fn runs_to_the_end(&self) -> bool {
        self.record.as_slice().ends_with(TAIL.as_bytes()) && self.is_at_the_end()
    }

    /// The parser's line, without blank lines that it has not skipped yet.
    fn line_now(&self) -> u64 {
        self.lines_above + self.reader.position().line()
    }

    /// The raw bytes of the last record, with its line end.
    fn as_it_stands(&self) -> Option<&[u8]> {
        let end = self.reader.position().byte();
        self.reader.get_ref().between(self.begins_at, end)
    }

    /// The byte before the parser's position.
    fn last_byte(&self) -> Option<u8> {
        let last = self.reader.position().byte().checked_sub(1)?;
        self.reader.get_ref().recent_byte(last)
    }

    /// The line after the last record. The parser leaves the `\n` of a `\r\n` to the next record.
    fn next_line(&self) -> u64 {
        if let Some(returns) = &self.returns {
            return returns.before_next + 1;
        }
        self.line_now() + u64::from(self.last_byte() == Some(b'\r'))
    }

    /// The parser reports a record's line before it skips the rest of the previous line end (`\n`
    /// after `\r`, blank lines). So the line is counted backwards from the end of the record.
    fn line_of_record(&self, line_before: u64, cut_off: bool) -> u64 {
        if let Some(returns) = &self.returns {
            return returns.line;
        }
        let after = self.line_now();
        let ended_by_newline = !cut_off && self.last_byte() == Some(b'\n');
        // If the only newline since the previous record ended this one, the record holds none.
        if ended_by_newline && after == line_before + 1 {
            return line_before;
        }
        after
            .saturating_sub(self.newlines_inside())
            .saturating_sub(u64::from(ended_by_newline))
    }

    fn newlines_inside(&self) -> u64 {
        let end = if self.returns.is_some() { b'\r' } else { b'\n' };
        let inside = self.record.as_slice().iter().filter(|byte| **byte == end);
        inside.count() as u64
    }

    /// Whether something in this text could not be decoded, here or when it was written to a list
    /// of rejects.
    fn was_replaced(&self, text: &str) -> bool {
        (self.rejects || self.reading.encoding != TextEncoding::UTF_8)
            && text.contains(char::REPLACEMENT_CHARACTER)
    }
}

#[cfg(test)]
mod tests;
