//! Writes rows of a list to another file, in the list's dialect but in UTF-8, so that reading the
//! file with the same flags yields the same cells.
//!
//! In a cell that could not be decoded, U+FFFD replaces the undecodable bytes. When a list of
//! rejects is read, U+FFFD makes a cell invalid: see [`super::reasons`].

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::dialect::{LineEnd, announcement, guess};
use super::reasons::{REASONS, names_beside, places};
use super::{Header, Quote, RawRow, ResolvedDialect, Unreadable};
use crate::source::TextEncoding;

/// Marks the file as UTF-8 regardless of `--encoding`.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

const BUFFER: usize = 1024;

/// Which cells may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secrets {
    Written,
    /// All except these columns, which hold passwords.
    Blank(Vec<usize>),
}

#[derive(Debug, Clone)]
pub struct Selection {
    /// The number of columns of the list.
    columns: usize,
    /// Columns with the reasons of an earlier rejection, which are left out.
    reasons: Vec<usize>,
    secrets: Secrets,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// Cells in the order of the columns.
    Cells(Vec<String>),
    /// The raw row without its line end. Writing it cell by cell would repair it silently.
    Verbatim(String),
    /// This many empty cells.
    LeftOut(LeftOut, usize),
}

/// Why a row's cells are left blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// Any cell may be the password.
    Secret,
    /// The cells hold other rows and would be read as one row.
    Swallowed,
}

impl Selection {
    #[must_use]
    pub fn new(header: &Header, secrets: Secrets) -> Self {
        Self {
            columns: header.names().len(),
            reasons: places(header.names()),
            secrets,
        }
    }

    #[must_use]
    pub fn of(&self, row: &RawRow<'_>) -> Selected {
        let is_written = |column: &usize| !self.reasons.contains(column);
        let columns = || (0..self.columns).filter(is_written);
        let all_may_be_written = match &self.secrets {
            Secrets::Written => true,
            Secrets::Blank(columns) => columns.is_empty(),
        };
        match &row.unreadable {
            Some(
                Unreadable::Swallowed { .. }
                | Unreadable::OpenQuote { .. }
                | Unreadable::TooLong { .. },
            ) => Selected::LeftOut(LeftOut::Swallowed, columns().count()),
            // Cells are shifted, so a password may be in another column or after the last one.
            Some(Unreadable::Cells { .. } | Unreadable::Quotes { .. }) if !all_may_be_written => {
                Selected::LeftOut(LeftOut::Secret, columns().count())
            }
            Some(Unreadable::Cells { .. }) => {
                Selected::Cells(row.written.iter().map(lossy).collect())
            }
            Some(Unreadable::Quotes { .. }) => {
                let row = row.verbatim.unwrap_or_default();
                let text = String::from_utf8_lossy(row);
                Selected::Verbatim(text.trim_matches(['\r', '\n']).to_owned())
            }
            Some(Unreadable::Encoding { .. } | Unreadable::Transcoding { .. }) | None => {
                let is_blank = |column: &usize| matches!(&self.secrets, Secrets::Blank(secrets) if secrets.contains(column));
                let cell = |column: usize| {
                    if is_blank(&column) {
                        String::new()
                    } else {
                        row.written.get(column).map(lossy).unwrap_or_default()
                    }
                };
                Selected::Cells(columns().map(cell).collect())
            }
        }
    }
}

fn lossy(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).into_owned()
}

pub struct Rewriter<W: Write> {
    to: W,
    csv: WriterBuilder,
    delimiter: u8,
    quoting: Quoting,
}

/// How a cell with a delimiter or a line end is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// In quotes, with this escape character.
    Quotes(Option<u8>),
    /// As in AWS's template: `\,`. Line ends cannot be written.
    Backslash,
    /// It cannot be written.
    None,
}

impl<W: Write> Rewriter<W> {
    /// Begins a list that is written as `reading` says, with the columns of this header, and those
    /// that say why behind them. `with_mark` writes a byte-order mark also where the next
    /// reader does not need it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(
        mut to: W,
        reading: &ResolvedDialect,
        header: &Header,
        with_mark: bool,
    ) -> io::Result<Self> {
        let (quoting, mark) = match (reading.quote, reading.template) {
            (_, true) => (Quoting::Backslash, b'"'),
            (Quote::Mark(mark), false) => (Quoting::Quotes(reading.escape), mark),
            (Quote::None, false) => (Quoting::None, b'"'),
        };
        if with_mark || reading.encoding != TextEncoding::UTF_8 {
            to.write_all(BYTE_ORDER_MARK)?;
        }
        let reasons = places(header.names());
        let mut names: Vec<String> = (0..)
            .zip(header.names())
            .filter(|(place, _)| !reasons.contains(place))
            .map(|(_, name)| name.clone())
            .collect();
        names.extend(names_beside(&names));
        let (line_end, terminator) = match reading.line_end {
            LineEnd::Newline => ("\n", Terminator::Any(b'\n')),
            LineEnd::CarriageReturnNewline => ("\r\n", Terminator::CRLF),
        };
        // The file is read with the same flags, which skip these lines.
        for _ in 0..reading.skip_lines {
            to.write_all(line_end.as_bytes())?;
        }
        // Where the header would be read with another one.
        let line = names.join(&char::from(reading.delimiter).to_string());
        if guess(line.as_bytes(), reading.quote_chars(), None) != reading.delimiter {
            to.write_all(&announcement(reading.delimiter))?;
            to.write_all(line_end.as_bytes())?;
        }
        let mut csv = WriterBuilder::new();
        csv.flexible(true)
            .delimiter(reading.delimiter)
            .quote(mark)
            .quote_style(match quoting {
                // A bare escape is ambiguous.
                Quoting::Quotes(Some(_)) => QuoteStyle::Always,
                Quoting::Quotes(None) => QuoteStyle::Necessary,
                Quoting::Backslash | Quoting::None => QuoteStyle::Never,
            })
            .terminator(terminator)
            .buffer_capacity(BUFFER);
        let mut rewriter = Self {
            to,
            csv,
            delimiter: reading.delimiter,
            quoting,
        };
        rewriter.write(names.iter().map(|name| of_list(quoting, name)))?;
        Ok(rewriter)
    }

    /// Writes a row and the reasons in the order of [`REASONS`].
    pub fn row(&mut self, row: &Selected, reasons: &[&str; REASONS.len()]) -> io::Result<()> {
        let (quoting, delimiter) = (self.quoting, char::from(self.delimiter));
        let reasons = reasons
            .iter()
            .map(|reason| words(quoting, delimiter, reason));
        match row {
            Selected::Cells(cells) => {
                let cells = cells.iter().map(|cell| of_list(quoting, cell));
                self.write(cells.chain(reasons))
            }
            Selected::LeftOut(_, cells) => {
                let empty = std::iter::repeat_n(Cow::Borrowed(""), *cells);
                self.write(empty.chain(reasons))
            }
            Selected::Verbatim(text) => {
                self.to.write_all(text.as_bytes())?;
                self.to.write_all(&[self.delimiter])?;
                self.write(reasons)
            }
        }
    }

    /// Writes the remaining cells of a line.
    fn write<'c>(&mut self, cells: impl Iterator<Item = Cow<'c, str>>) -> io::Result<()> {
        let mut csv = self.csv.from_writer(&mut self.to);
        for cell in cells {
            csv.write_field(cell.as_bytes())?;
        }
        csv.write_record(None::<&[u8]>)?;
        csv.flush()
    }

    #[must_use]
    pub fn finish(self) -> W {
        self.to
    }
}

/// Writes a cell. Without quotes it has no delimiter or line end, or it would not have been read as
/// a single cell.
fn of_list(quoting: Quoting, cell: &str) -> Cow<'_, str> {
    match quoting {
        Quoting::Quotes(Some(escape)) if cell.as_bytes().contains(&escape) => {
            let escape = char::from(escape);
            Cow::Owned(cell.replace(escape, &format!("{escape}{escape}")))
        }
        Quoting::Backslash if cell.contains(',') || cell.ends_with('\\') => {
            let mut cell = cell.replace(',', "\\,");
            // It was the last cell of its row, and would merge with the reason that now follows.
            if cell.ends_with('\\') {
                cell.push(' ');
            }
            Cow::Owned(cell)
        }
        Quoting::Quotes(_) | Quoting::Backslash | Quoting::None => Cow::Borrowed(cell),
    }
}

/// Writes a text of our own. Without quotes, characters that cannot be written are replaced.
fn words(quoting: Quoting, delimiter: char, text: &str) -> Cow<'_, str> {
    let text = match quoting {
        Quoting::Quotes(_) => Cow::Borrowed(text),
        Quoting::Backslash | Quoting::None => {
            let cannot_stand =
                |c: char| matches!(c, '\r' | '\n') || (quoting == Quoting::None && c == delimiter);
            Cow::Owned(text.replace(cannot_stand, " "))
        }
    };
    Cow::Owned(of_list(quoting, &text).into_owned())
}

#[cfg(test)]
mod tests;
