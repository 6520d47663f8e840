//! Opens a list: detects its dialect from the first line and reads the header.

use std::io::{Cursor, Read};

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::beginning::{FirstRecord, ListStart};
use super::decoration;
use super::dialect::{Dialect, LineEnd, Quote, ResolvedDialect, first_line, without_blank_lines};
use super::error::RowsError;
use super::first_lines::{FirstLines, LINES};
use super::quote_guard::{Guard, MAX_RECORD_BYTES, PARSER_BUFFER};
use super::quotes::QuoteCheck;
use super::reasons::{self, REASONS};
use super::returns::{Returns, ended_by_return};
use super::width::Width;
use super::wipe::ZeroizingRecord;
use super::{Header, Rows};
use crate::source::{OpenSource, TextEncoding};

impl Rows {
    /// # Errors
    /// The list is empty, cannot be read, has another encoding or format, or its header does not
    /// end.
    pub fn open(list: String, source: OpenSource, dialect: &Dialect) -> Result<Self, RowsError> {
        let unread = |cause| RowsError::of_first_bytes(list.clone(), cause);
        // Do not wait for a pipe.
        let lines = if source.length.is_some() { LINES } else { 0 };
        let text = source.text(dialect.encoding).map_err(unread)?;
        let begun = ListStart::of(text.bytes).read(dialect, lines);
        let FirstRecord {
            head,
            rest,
            above,
            announced,
        } = begun.map_err(unread)?;
        if let Some(foreign) = text.wrapping.foreign_text(&head) {
            return Err(RowsError::Foreign { list, foreign });
        }
        let first =
            first_line(&head, dialect.quote_chars()).unwrap_or_else(|| without_blank_lines(&head));
        if text.encoding == TextEncoding::UTF_8 && first.contains(&0) {
            return Err(RowsError::Utf16 {
                line: above.lines + 1,
                encoding: if first.starts_with(&[0]) {
                    "utf-16be"
                } else {
                    "utf-16le"
                },
                list,
            });
        }
        let mut dialect = dialect.clone();
        dialect.delimiter = dialect.delimiter.or(announced);
        let mut reading = ResolvedDialect::of(first, text.encoding, &dialect);
        reading.line_end = LineEnd::behind(first, &head);
        let returns = ended_by_return(&head, first).then(|| Returns::below(above.lines));
        let mut rows = Self {
            list,
            place: text.place.below(above.bytes),
            lines_above: above.lines,
            quote_check: QuoteCheck::of(&reading),
            reader: reader(&reading, Box::new(Cursor::new(head).chain(rest))),
            reading,
            header: Header::new(Vec::new()),
            width: Width::default(),
            record: ZeroizingRecord::default(),
            undecorated: ZeroizingRecord::default(),
            is_undecorated: false,
            scratch: ZeroizingRecord::default(),
            number: 0,
            begins_at: 0,
            looked_at: None,
            rejects: false,
            returns,
        };
        rows.header = match &dialect.columns {
            Some(names) => rows.named(names)?,
            None => rows.read_header(&dialect)?,
        };
        rows.width = Width::of(&rows.header, &rows.reading);
        rows.rejects = !reasons::places(rows.header.names()).is_empty();
        Ok(rows)
    }

    /// The lines after the one that was read as the header. Call it before reading a row.
    #[must_use]
    pub fn first_lines(&self, dialect: &Dialect) -> FirstLines {
        let text = self.reader.get_ref().recent();
        FirstLines::below(text, self.lines_above + 1, dialect)
    }

    /// The header of a list whose columns are named on the command line. A list of rejects has a
    /// header line nevertheless.
    fn named(&mut self, names: &[String]) -> Result<Header, RowsError> {
        let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        let line = self.line_now();
        if self.advance()? && self.record.len() == names.len() + REASONS.len() {
            let first: Vec<String> = self
                .record
                .iter()
                .map(|cell| String::from_utf8_lossy(cell).trim().to_owned())
                .collect();
            let (_, behind) = first.split_at(names.len());
            if !reasons::places(behind).is_empty() {
                let names = names.into_iter().chain(behind.to_vec());
                return Ok(Header::new(names.collect()));
            }
        }
        self.looked_at = Some(line);
        Ok(Header::new(names))
    }

    fn read_header(&mut self, dialect: &Dialect) -> Result<Header, RowsError> {
        if !self.advance()? || self.is_sentinel() {
            return Err(RowsError::Empty {
                list: self.list.clone(),
                skipped: self.reading.skip_lines,
            });
        }
        let (list, line) = (|| self.list.clone(), self.lines_above + 1);
        let below = || self.first_lines(dialect);
        if self.runs_to_the_end() || self.record.as_slice().len() > MAX_RECORD_BYTES {
            return Err(RowsError::HeaderOpen {
                list: list(),
                line,
                below: below(),
            });
        }
        let misquoted = self.quote_check.zip(self.as_it_stands());
        if let Some(misquoted) = misquoted.and_then(|(check, header)| check.misquoted(header)) {
            return Err(RowsError::HeaderQuotes {
                list: list(),
                line,
                column: misquoted.column + 1,
                below: below(),
            });
        }
        let mut cells = ByteRecord::new();
        let cells = if decoration::remove(&self.reading, &self.record, &mut cells) {
            &cells
        } else {
            &self.record
        };
        let mut names = Vec::with_capacity(cells.len());
        for (column, cell) in cells.iter().enumerate() {
            let name = std::str::from_utf8(cell)
                .ok()
                .filter(|name| !self.was_replaced(name))
                .ok_or_else(|| RowsError::HeaderEncoding {
                    list: list(),
                    line,
                    encoding: self.reading.encoding.name(),
                    column: column + 1,
                    below: below(),
                })?;
            names.push(name.trim().to_owned());
        }
        Ok(Header { names, line })
    }
}

fn reader(
    reading: &ResolvedDialect,
    text: Box<dyn Read + Send>,
) -> csv::Reader<Guard<Box<dyn Read + Send>>> {
    let (quoting, quote) = match reading.quote {
        Quote::Mark(mark) => (true, mark),
        Quote::None => (false, b'"'),
    };
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::None)
        .delimiter(reading.delimiter)
        .quoting(quoting)
        .quote(quote)
        .escape(reading.escape)
        .buffer_capacity(PARSER_BUFFER)
        .from_reader(Guard::new(text))
}
