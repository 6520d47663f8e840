//! Stage 2: CSV records, one after the other, in flat memory.
//!
//! Owns the dialect, the header, the numbers of rows and lines, and the shapes of record that cannot be read. Does not know
//! what a column means: that is `user`. [`ahead`] and [`beside`] read on a thread of their own: for a run, and for who looks at the
//! whole list at once.

pub mod ahead;
pub mod beside;
mod dialect;
mod error;
mod guard;
pub mod reasons;
mod returns;
pub mod rewrite;
mod row;
mod swallowed;
mod template;
mod unreadable;

use std::io::{self, Cursor, Read};

use csv::{ByteRecord, ReaderBuilder, Trim};

use crate::source::{OpenSource, Place, TextEncoding};
use dialect::{LineEnd, announced, first_line, without_blank_lines};
use guard::{Guard, PARSER_BUFFER, SENTINEL, TAIL};
use reasons::REASONS;
use returns::{Returns, ended_by_return};

pub use dialect::{Dialect, Quote, Reading, may_separate};
pub use error::RowsError;
pub use guard::MAX_RECORD_BYTES;
pub use row::{RawRow, Unreadable};

/// Bytes read at a time while the end of the first line is looked for.
const FIRST_LINE_BLOCK: usize = 8 * 1024;

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

/// A list, read record by record.
pub struct Rows {
    list: String,
    reading: Reading,
    place: Place,
    reader: csv::Reader<Guard<Box<dyn Read + Send>>>,
    header: Header,
    record: ByteRecord,
    scratch: ByteRecord,
    number: u64,
    /// Bytes of the text before the record, and the line end before it that the parser has not skipped yet.
    begins_at: u64,
    /// The line before the first record, which was looked at already.
    looked_at: Option<u64>,
    /// It is a list of rejects, where U+FFFD stands for what could not be read.
    rejects: bool,
    /// None where the parser counts the lines itself.
    returns: Option<Returns>,
}

impl Rows {
    /// Decides how the list is to be read, and reads the header.
    ///
    /// # Errors
    /// The list is empty, cannot be read, is in another encoding, or its header does not end.
    pub fn open(list: String, source: OpenSource, dialect: &Dialect) -> Result<Self, RowsError> {
        let unread = |cause| RowsError::Unread {
            list: list.clone(),
            cause,
        };
        let text = source.text(dialect.encoding).map_err(unread)?;
        let mut bytes = text.bytes;
        let quote = dialect.quote.unwrap_or_default();
        let head = head(&mut bytes, quote).map_err(unread)?;
        let first = first_line(&head, quote).unwrap_or_else(|| without_blank_lines(&head));
        if text.encoding == TextEncoding::UTF_8 && first.contains(&0) {
            return Err(RowsError::Utf16 {
                encoding: if first.starts_with(&[0]) {
                    "utf-16be"
                } else {
                    "utf-16le"
                },
                list,
            });
        }
        let announced = announced(first);
        let mut dialect = dialect.clone();
        dialect.delimiter = dialect.delimiter.or(announced);
        let mut reading = Reading::of(first, text.encoding, &dialect);
        reading.line_end = LineEnd::behind(first, &head);
        let ends_with_return = ended_by_return(&head, first);
        let (quoting, quote) = match reading.quote {
            Quote::Mark(mark) => (true, mark),
            Quote::None => (false, b'"'),
        };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::None)
            .delimiter(reading.delimiter)
            .quoting(quoting)
            .quote(quote)
            .buffer_capacity(PARSER_BUFFER)
            .from_reader(Guard::new(
                Box::new(Cursor::new(head).chain(bytes)) as Box<dyn Read + Send>
            ));
        let mut rows = Self {
            list,
            reading,
            place: text.place,
            reader,
            header: Header(Vec::new()),
            record: ByteRecord::new(),
            scratch: ByteRecord::new(),
            number: 0,
            begins_at: 0,
            looked_at: None,
            rejects: false,
            returns: ends_with_return.then(Returns::default),
        };
        if announced.is_some() {
            rows.advance()?;
        }
        rows.header = match &dialect.columns {
            Some(names) => rows.named(names)?,
            None => rows.read_header()?,
        };
        rows.rejects = !reasons::places(rows.header.names()).is_empty();
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

    /// How the list is read.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The next row; none behind the last one. A record without anything in its cells is no row: spreadsheets leave such ones behind, where
    /// others leave blank lines.
    ///
    /// # Errors
    /// The list cannot be read on. A single row that cannot be read is no error: see [`RawRow::unreadable`].
    pub fn next_row(&mut self) -> Result<Option<RawRow<'_>>, RowsError> {
        let mut line_before = self.reader.position().line();
        let mut read = match self.looked_at.take() {
            Some(line) => {
                line_before = line;
                true
            }
            None => self.advance()?,
        };
        while read && !self.is_sentinel() && self.is_blank() {
            line_before = self.reader.position().line();
            read = self.advance()?;
        }
        if !read || self.is_sentinel() {
            return Ok(None);
        }
        self.number += 1;
        let text = std::str::from_utf8(self.record.as_slice()).ok();
        let cut_off = self.runs_to_the_end();
        let line = self.line_of_record(line_before, cut_off);
        let unreadable = self.unreadable(text, line, cut_off);
        Ok(Some(RawRow {
            number: self.number,
            line,
            end_byte: self.place.in_list(self.reader.position().byte()),
            unreadable,
            record: &self.record,
            text,
            drop_apostrophe: self.reading.drop_apostrophe,
        }))
    }

    /// The header of a list whose columns are named. One of rejects has a header line all the same.
    fn named(&mut self, names: &[String]) -> Result<Header, RowsError> {
        let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        let line = self.reader.position().line();
        if self.advance()? && self.record.len() == names.len() + REASONS.len() {
            let first: Vec<String> = self
                .record
                .iter()
                .map(|cell| String::from_utf8_lossy(cell).trim().to_owned())
                .collect();
            let (_, behind) = first.split_at(names.len());
            if !reasons::places(behind).is_empty() {
                return Ok(Header(names.into_iter().chain(behind.to_vec()).collect()));
            }
        }
        self.looked_at = Some(line);
        Ok(Header(names))
    }

    fn read_header(&mut self) -> Result<Header, RowsError> {
        if !self.advance()? || self.is_sentinel() {
            return Err(RowsError::Empty {
                list: self.list.clone(),
            });
        }
        if self.runs_to_the_end() || self.record.as_slice().len() > MAX_RECORD_BYTES {
            return Err(RowsError::HeaderOpen {
                list: self.list.clone(),
            });
        }
        let mut names = Vec::with_capacity(self.record.len());
        for (column, cell) in self.record.iter().enumerate() {
            let name = std::str::from_utf8(cell)
                .ok()
                .filter(|name| !self.was_replaced(name))
                .ok_or_else(|| RowsError::HeaderEncoding {
                    list: self.list.clone(),
                    encoding: self.reading.encoding.name(),
                    column: column + 1,
                })?;
            let name = if self.reading.drop_apostrophe {
                row::without_apostrophe(name)
            } else {
                name
            };
            names.push(name.trim().to_owned());
        }
        Ok(Header(names))
    }

    /// Reads the next record; false behind the last one.
    fn advance(&mut self) -> Result<bool, RowsError> {
        let line = self.next_line();
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

    /// Whether there is nothing in any of its cells.
    fn is_blank(&self) -> bool {
        self.record.as_slice().trim_ascii().is_empty()
    }

    /// Whether the record ends where the source and its tail end. Everywhere else, a sentinel is the list's own text.
    fn is_at_the_end(&self) -> bool {
        let place = self.reader.position().byte();
        self.reader.get_ref().ends_at(place)
    }

    fn is_sentinel(&self) -> bool {
        self.record.len() == 1
            && self.record.get(0) == Some(SENTINEL.as_bytes())
            && self.is_at_the_end()
    }

    /// Whether the record swallowed the sentinel: then a quote in it is not closed.
    fn runs_to_the_end(&self) -> bool {
        self.record.as_slice().ends_with(TAIL.as_bytes()) && self.is_at_the_end()
    }

    /// The byte before the place where the parser stands.
    fn last_byte(&self) -> Option<u8> {
        let last = self.reader.position().byte().checked_sub(1)?;
        self.reader.get_ref().recent_byte(last)
    }

    /// The line behind the last record: the parser leaves the `\n` of a `\r\n` to the next one.
    fn next_line(&self) -> u64 {
        if let Some(returns) = &self.returns {
            return returns.behind + 1;
        }
        self.reader.position().line() + u64::from(self.last_byte() == Some(b'\r'))
    }

    /// The parser counts a record's line before it skips what is left of the line end before it (`\n` behind `\r`, blank
    /// lines). So the line is counted backwards, from where the parser stands behind the record.
    fn line_of_record(&self, line_before: u64, cut_off: bool) -> u64 {
        if let Some(returns) = &self.returns {
            return returns.line;
        }
        let behind = self.reader.position();
        let ended_by_newline = !cut_off && self.last_byte() == Some(b'\n');
        // The only newline since the record before may be the one that ended this one: then it holds none.
        if ended_by_newline && behind.line() == line_before + 1 {
            return line_before;
        }
        behind
            .line()
            .saturating_sub(self.newlines_inside())
            .saturating_sub(u64::from(ended_by_newline))
    }

    fn newlines_inside(&self) -> u64 {
        let end = if self.returns.is_some() { b'\r' } else { b'\n' };
        let inside = self.record.as_slice().iter().filter(|byte| **byte == end);
        inside.count() as u64
    }

    /// Whether something in this text meant nothing in the encoding that it was transcoded from, here or when it was written down among
    /// rejects.
    fn was_replaced(&self, text: &str) -> bool {
        (self.rejects || self.reading.encoding != TextEncoding::UTF_8)
            && text.contains(char::REPLACEMENT_CHARACTER)
    }
}

/// Reads until the first line that is not blank has ended, and no more than waits to be read. It may be the list's only line.
fn head(bytes: &mut impl Read, quote: Quote) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut block = [0; FIRST_LINE_BLOCK];
    // What follows a return says whether it ends lines alone.
    while head.len() < MAX_RECORD_BYTES
        && (first_line(&head, quote).is_none() || head.ends_with(b"\r"))
    {
        match bytes.read(&mut block) {
            Ok(0) => break,
            Ok(read) => head.extend_from_slice(block.get(..read).unwrap_or_default()),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(head)
}

#[cfg(test)]
mod tests;
