//! Reads CSV records in constant memory.
//!
//! Detects the dialect, reads the header, numbers rows and lines, and finds unreadable records.
//! `mapping` interprets the columns. [`prefetch`] reads on a background thread.

mod decoration;
mod dialect;
mod error;
mod first_lines;
mod lines;
mod list_start;
mod open;
pub mod prefetch;
mod quote_guard;
mod quotes;
pub mod reasons;
pub mod rewrite;
mod row;
mod selection;
mod skip;
mod template;
mod unreadable;
mod width;
mod wipe;

use std::io::Read;

use crate::source::{TextEncoding, TextPosition};
use lines::CrLines;
use quote_guard::{Guard, SENTINEL, TAIL};
use quotes::QuoteCheck;
use width::Width;
use wipe::ZeroizingRecord;

pub use dialect::{Dialect, Quote, ResolvedDialect, may_separate};
pub use error::RowsError;
pub use first_lines::FirstLines;
pub use quote_guard::MAX_RECORD_BYTES;
pub use row::{OwnedRow, QuoteFault, RawRow, Unreadable};
pub use selection::{NothingSelected, RowFilter};

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

    /// Returns the trimmed names in the list's order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }
}

/// The last parsed row, apart from its cells.
struct ParsedRow {
    line: u64,
    unreadable: Option<Unreadable>,
    is_ascii: bool,
}

/// A list, read record by record.
pub struct Rows {
    list: String,
    dialect: ResolvedDialect,
    position: TextPosition,
    reader: csv::Reader<Guard<Box<dyn Read + Send>>>,
    /// Lines above the first record, which the parser does not see.
    skipped_lines: u64,
    /// `None` if values are not quoted.
    quote_check: Option<QuoteCheck>,
    header: Header,
    width: Width,
    record: ZeroizingRecord,
    /// The cells without decoration, if any cell is decorated.
    undecorated: ZeroizingRecord,
    is_undecorated: bool,
    scratch: ZeroizingRecord,
    number: u64,
    /// `None`: all rows.
    selection: Option<Box<dyn RowFilter>>,
    /// The number of rows so far that are not selected.
    left_out: u64,
    /// Where the record starts in the text. Line ends that the parser has not skipped yet may
    /// precede it.
    record_start: u64,
    /// The line before the first record, if that record is parsed but not returned yet.
    peeked_line: Option<u64>,
    /// A selected row that is parsed and not returned yet.
    peeked_row: Option<ParsedRow>,
    /// Whether this is a list of rejects, in which U+FFFD marks undecodable bytes.
    is_reject_list: bool,
    /// `None` if the parser counts the lines.
    cr_lines: Option<CrLines>,
}

impl Rows {
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Returns the list's name for messages.
    #[must_use]
    pub fn list(&self) -> &str {
        &self.list
    }

    #[must_use]
    pub fn dialect(&self) -> &ResolvedDialect {
        &self.dialect
    }

    /// Returns how many selected rows precede the next one.
    #[must_use]
    pub fn rows_before(&self) -> u64 {
        self.number - self.left_out - u64::from(self.peeked_row.is_some())
    }

    /// Skips the rows that are not selected.
    #[must_use]
    pub fn selecting(mut self, selection: Option<Box<dyn RowFilter>>) -> Self {
        self.selection = selection;
        self
    }

    /// Returns how many of the rows so far are not selected.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Reads until a row certainly meets the conditions of the selection, if there is one.
    ///
    /// # Errors
    /// There is no such row, or the list cannot be read.
    pub fn find_match(&mut self) -> Result<(), RowsError> {
        let is_missing = |rows: &Self| {
            let mut selection = rows.selection.iter();
            selection.any(|selection| !selection.has_match())
        };
        while is_missing(self) && self.next_row()?.is_some() {}
        Ok(())
    }

    /// Reads ahead up to a selected row, which `next_row` then returns.
    ///
    /// # Errors
    /// Those of `next_row`.
    pub fn peek_row(&mut self) -> Result<(), RowsError> {
        if self.peeked_row.is_none() {
            self.peeked_row = self.parse_selected()?;
        }
        Ok(())
    }

    /// Reads the next row that is selected. Records with only empty cells are skipped, because
    /// spreadsheets write them for blank lines.
    ///
    /// # Errors
    /// The list cannot be read further, or it ends and no row met the conditions of the selection.
    /// A single unreadable row is not an error: see [`RawRow::unreadable`].
    pub fn next_row(&mut self) -> Result<Option<RawRow<'_>>, RowsError> {
        let parsed = match self.peeked_row.take() {
            Some(parsed) => Some(parsed),
            None => self.parse_selected()?,
        };
        Ok(parsed.map(|parsed| self.row(&parsed)))
    }

    fn parse_selected(&mut self) -> Result<Option<ParsedRow>, RowsError> {
        loop {
            let Some(parsed) = self.parse_row()? else {
                return match &self.selection {
                    Some(selection) if !selection.has_match() => {
                        Err(selection.nothing_selected().in_list(&self.list))
                    }
                    Some(_) | None => Ok(None),
                };
            };
            let mut selection = self.selection.take();
            let is_selected = selection
                .as_mut()
                .is_none_or(|selection| selection.selects(&self.row(&parsed)));
            self.selection = selection;
            if is_selected {
                return Ok(Some(parsed));
            }
            self.left_out += 1;
        }
    }

    /// Parses the next row.
    fn parse_row(&mut self) -> Result<Option<ParsedRow>, RowsError> {
        let mut line_before = self.parser_line();
        let mut read = match self.peeked_line.take() {
            Some(line) => {
                line_before = line;
                true
            }
            None => self.advance()?,
        };
        while read && !self.is_sentinel() && self.is_blank() {
            line_before = self.parser_line();
            read = self.advance()?;
        }
        if !read || self.is_sentinel() {
            return Ok(None);
        }
        self.number += 1;
        let runs_to_end = self.runs_to_end();
        let line = self.line_of_record(line_before, runs_to_end);
        let is_ascii = self.record.as_slice().is_ascii();
        let unreadable = self.unreadable(line, runs_to_end, is_ascii);
        self.width.fill(&mut self.record, &mut self.scratch);
        self.is_undecorated =
            decoration::remove(&self.dialect, &self.record, &mut self.undecorated);
        Ok(Some(ParsedRow {
            line,
            unreadable,
            is_ascii,
        }))
    }

    /// Returns the row that was parsed last.
    fn row(&self, parsed: &ParsedRow) -> RawRow<'_> {
        let verbatim = match parsed.unreadable {
            Some(Unreadable::Quotes { .. }) => self.raw_record(),
            Some(_) | None => None,
        };
        let record = if self.is_undecorated {
            &self.undecorated
        } else {
            &self.record
        };
        RawRow {
            number: self.number,
            line: parsed.line,
            end_byte: self.position.in_list(self.reader.position().byte()),
            unreadable: parsed.unreadable.clone(),
            record,
            written: &self.record,
            verbatim,
            text: std::str::from_utf8(record.as_slice()).ok(),
            is_ascii: parsed.is_ascii,
        }
    }

    /// Parses the next record. Returns false at the end.
    fn advance(&mut self) -> Result<bool, RowsError> {
        let line = self.next_line();
        for record in [&mut self.record, &mut self.undecorated, &mut self.scratch] {
            record.wipe();
        }
        let read = self.reader.read_byte_record(&mut self.record);
        let ended_at = self.reader.position().byte();
        let guard = self.reader.get_ref();
        self.record_start = guard.record_start();
        if let Some(lines) = &mut self.cr_lines {
            let bytes = guard.bytes_between(self.record_start, ended_at);
            lines.record(guard.returns_before(), bytes.unwrap_or_default());
        }
        self.reader.get_mut().record_ended(ended_at);
        if self.dialect.template {
            template::rejoin(&mut self.record, &mut self.scratch);
        }
        read.map_err(|cause| RowsError::of_parser(&self.list, line, &cause))
    }

    fn is_blank(&self) -> bool {
        self.record.as_slice().trim_ascii().is_empty()
    }

    /// Returns whether the record ends where the source and its tail end. Anywhere else the
    /// sentinel is text of the list.
    fn is_at_end(&self) -> bool {
        let position = self.reader.position().byte();
        self.reader.get_ref().ends_at(position)
    }

    fn is_sentinel(&self) -> bool {
        self.record.len() == 1
            && self.record.get(0) == Some(SENTINEL.as_bytes())
            && self.is_at_end()
    }

    /// Returns whether the record swallowed the sentinel, because a quote in it is not closed.
    fn runs_to_end(&self) -> bool {
        self.record.as_slice().ends_with(TAIL.as_bytes()) && self.is_at_end()
    }

    /// Returns the raw bytes of the last record with its line end.
    fn raw_record(&self) -> Option<&[u8]> {
        let end = self.reader.position().byte();
        self.reader.get_ref().bytes_between(self.record_start, end)
    }

    /// Returns whether the text has bytes that could not be decoded, now or when a list of rejects
    /// was written.
    fn has_undecodable(&self, text: &str) -> bool {
        (self.is_reject_list || self.dialect.encoding != TextEncoding::UTF_8)
            && text.contains(char::REPLACEMENT_CHARACTER)
    }
}

#[cfg(test)]
mod tests;
