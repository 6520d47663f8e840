//! Opens a list: detects the dialect from the first line, and reads the header.

use std::io::{Cursor, Read};

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::decoration;
use super::dialect::{Dialect, LineEnd, Quote, ResolvedDialect, first_line, without_blank_lines};
use super::error::RowsError;
use super::first_lines::{FirstLines, MAX_LINES};
use super::lines::{CrLines, ends_with_bare_cr};
use super::list_start::{FirstRecord, ListStart};
use super::quote_guard::{Guard, MAX_RECORD_BYTES, PARSER_BUFFER};
use super::quotes::QuoteCheck;
use super::reasons::{REASONS, reason_columns};
use super::width::Width;
use super::wipe::ZeroizingRecord;
use super::{Header, Rows};
use crate::source::{OpenSource, TextEncoding};

impl Rows {
    /// Opens a list.
    ///
    /// # Errors
    /// The list is empty, cannot be read, has another encoding or format, or its header does not
    /// end.
    pub fn open(list: String, source: OpenSource, dialect: &Dialect) -> Result<Self, RowsError> {
        let read_error = |cause| RowsError::of_first_bytes(list.clone(), cause);
        // Do not wait for a pipe.
        let lines = if source.length.is_some() {
            MAX_LINES
        } else {
            0
        };
        let text = source.text(dialect.encoding).map_err(read_error)?;
        let start = ListStart::of(text.bytes).read(dialect, lines);
        let FirstRecord {
            head,
            rest,
            skipped,
            sep_delimiter,
        } = start.map_err(read_error)?;
        if let Some(foreign) = text.wrapping.foreign_text(&head) {
            return Err(RowsError::Foreign { list, foreign });
        }
        let first =
            first_line(&head, dialect.quote_chars()).unwrap_or_else(|| without_blank_lines(&head));
        if text.encoding == TextEncoding::UTF_8 && first.contains(&0) {
            return Err(RowsError::Utf16 {
                line: skipped.lines + 1,
                encoding: if first.starts_with(&[0]) {
                    "utf-16be"
                } else {
                    "utf-16le"
                },
                list,
            });
        }
        let mut dialect = dialect.clone();
        dialect.delimiter = dialect.delimiter.or(sep_delimiter);
        let line_end = LineEnd::after(first, &head);
        let resolved = ResolvedDialect::of(first, line_end, text.encoding, &dialect);
        let cr_lines = ends_with_bare_cr(&head, first).then(|| CrLines::after(skipped.lines));
        let mut rows = Self {
            list,
            position: text.position.skip(skipped.bytes),
            skipped_lines: skipped.lines,
            quote_check: QuoteCheck::of(&resolved),
            reader: reader(&resolved, Box::new(Cursor::new(head).chain(rest))),
            dialect: resolved,
            header: Header::new(Vec::new()),
            width: Width::default(),
            record: ZeroizingRecord::default(),
            undecorated: ZeroizingRecord::default(),
            is_undecorated: false,
            scratch: ZeroizingRecord::default(),
            number: 0,
            selection: None,
            left_out: 0,
            peeked_row: None,
            record_start: 0,
            peeked_line: None,
            is_reject_list: false,
            cr_lines,
        };
        rows.header = match &dialect.columns {
            Some(names) => rows.header_of(names)?,
            None => rows.read_header(&dialect)?,
        };
        rows.width = Width::of(&rows.header, &rows.dialect);
        rows.is_reject_list = !reason_columns(rows.header.names()).is_empty();
        Ok(rows)
    }

    /// Returns the lines after the one that was read as the header. Call this before reading a row.
    #[must_use]
    pub fn first_lines(&self, dialect: &Dialect) -> FirstLines {
        let text = self.reader.get_ref().recent();
        FirstLines::after(text, self.skipped_lines + 1, dialect)
    }

    /// Returns the header of a list whose columns are named by the dialect. A list of rejects has a
    /// header line nevertheless.
    fn header_of(&mut self, names: &[String]) -> Result<Header, RowsError> {
        let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        let line = self.parser_line();
        if self.advance()? && self.record.len() == names.len() + REASONS.len() {
            let first: Vec<String> = self
                .record
                .iter()
                .map(|cell| String::from_utf8_lossy(cell).trim().to_owned())
                .collect();
            let (_, reasons) = first.split_at(names.len());
            if !reason_columns(reasons).is_empty() {
                let names = names.into_iter().chain(reasons.to_vec());
                return Ok(Header::new(names.collect()));
            }
        }
        self.peeked_line = Some(line);
        Ok(Header::new(names))
    }

    fn read_header(&mut self, dialect: &Dialect) -> Result<Header, RowsError> {
        if !self.advance()? || self.is_sentinel() {
            return Err(RowsError::Empty {
                list: self.list.clone(),
                skipped: self.dialect.skip_lines,
            });
        }
        let (list, line) = (|| self.list.clone(), self.skipped_lines + 1);
        let after = || self.first_lines(dialect);
        if self.runs_to_end() || self.record.as_slice().len() > MAX_RECORD_BYTES {
            return Err(RowsError::HeaderOpen {
                list: list(),
                line,
                after: after(),
            });
        }
        let misquoted = self.quote_check.zip(self.raw_record());
        if let Some(misquoted) = misquoted.and_then(|(check, header)| check.misquoted(header)) {
            return Err(RowsError::HeaderQuotes {
                list: list(),
                line,
                column: misquoted.column + 1,
                after: after(),
            });
        }
        let mut cells = ByteRecord::new();
        let cells = if decoration::remove(&self.dialect, &self.record, &mut cells) {
            &cells
        } else {
            &self.record
        };
        let mut names = Vec::with_capacity(cells.len());
        for (column, cell) in cells.iter().enumerate() {
            let name = std::str::from_utf8(cell)
                .ok()
                .filter(|name| !self.has_undecodable(name))
                .ok_or_else(|| RowsError::HeaderEncoding {
                    list: list(),
                    line,
                    encoding: self.dialect.encoding.name(),
                    column: column + 1,
                    after: after(),
                })?;
            names.push(name.trim().to_owned());
        }
        Ok(Header { names, line })
    }
}

pub(super) fn reader(
    dialect: &ResolvedDialect,
    text: Box<dyn Read + Send>,
) -> csv::Reader<Guard<Box<dyn Read + Send>>> {
    let (quoting, quote) = match dialect.quote {
        Quote::Mark(mark) => (true, mark),
        Quote::None => (false, b'"'),
    };
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::None)
        .delimiter(dialect.delimiter)
        .quoting(quoting)
        .quote(quote)
        .escape(dialect.escape)
        .buffer_capacity(PARSER_BUFFER)
        .from_reader(Guard::new(text))
}
