//! Writes rows of a list to another file in the list's dialect but in UTF-8, so that reading the
//! file with the same flags yields the same cells.
//!
//! U+FFFD replaces undecodable bytes. When a list of rejects is read, it makes a cell invalid: see
//! [`super::reasons`].

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::dialect::{LineEnd, detect_delimiter, sep_line};
use super::reasons::{REASONS, free_names, reason_columns};
use super::{Header, Quote, RawRow, ResolvedDialect, Unreadable};
use crate::source::TextEncoding;

/// Marks the file as UTF-8 regardless of `--encoding`.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

const BUFFER: usize = 1024;

/// The cells that may be written.
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
    /// Reason columns of an earlier rejection, which are left out.
    reason_columns: Vec<usize>,
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
    /// Any cell may be a password.
    Secret,
    /// The cells contain other rows.
    Swallowed,
}

impl Selection {
    #[must_use]
    pub fn new(header: &Header, secrets: Secrets) -> Self {
        Self {
            columns: header.names().len(),
            reason_columns: reason_columns(header.names()),
            secrets,
        }
    }

    #[must_use]
    pub fn of(&self, row: &RawRow<'_>) -> Selected {
        let is_written = |column: &usize| !self.reason_columns.contains(column);
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
            // Cells may be shifted, so a password may be in another column or after the last one.
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
                let is_blank = |column: usize| match &self.secrets {
                    Secrets::Blank(secrets) => secrets.contains(&column),
                    Secrets::Written => false,
                };
                let cell = |column: usize| {
                    if is_blank(column) {
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
    output: W,
    csv: WriterBuilder,
    delimiter: u8,
    quoting: Quoting,
}

/// How to write a cell with a delimiter or a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// In quotes, with this escape character.
    Quotes(Option<u8>),
    /// As in AWS's template: `\,`. Line ends cannot be written.
    Backslash,
    /// Such a cell cannot be written.
    None,
}

impl<W: Write> Rewriter<W> {
    /// Writes the start of a list in this dialect: the columns of the header and the reason
    /// columns. `with_mark` writes a byte order mark even if the next reader does not need it.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn begin(
        mut output: W,
        dialect: &ResolvedDialect,
        header: &Header,
        with_mark: bool,
    ) -> io::Result<Self> {
        let (quoting, mark) = match (dialect.quote, dialect.template) {
            (_, true) => (Quoting::Backslash, b'"'),
            (Quote::Mark(mark), false) => (Quoting::Quotes(dialect.escape), mark),
            (Quote::None, false) => (Quoting::None, b'"'),
        };
        if with_mark || dialect.encoding != TextEncoding::UTF_8 {
            output.write_all(BYTE_ORDER_MARK)?;
        }
        let reasons = reason_columns(header.names());
        let mut names: Vec<String> = (0..)
            .zip(header.names())
            .filter(|(index, _)| !reasons.contains(index))
            .map(|(_, name)| name.clone())
            .collect();
        names.extend(free_names(&names));
        let (line_end, terminator) = match dialect.line_end {
            LineEnd::Newline => ("\n", Terminator::Any(b'\n')),
            LineEnd::CarriageReturnNewline => ("\r\n", Terminator::CRLF),
        };
        // The flags that skip these lines also apply to this file.
        for _ in 0..dialect.skip_lines {
            output.write_all(line_end.as_bytes())?;
        }
        // Declare the delimiter if another one would be detected.
        let line = names.join(&char::from(dialect.delimiter).to_string());
        if detect_delimiter(line.as_bytes(), dialect.quote_chars(), None) != dialect.delimiter {
            output.write_all(&sep_line(dialect.delimiter))?;
            output.write_all(line_end.as_bytes())?;
        }
        let mut csv = WriterBuilder::new();
        csv.flexible(true)
            .delimiter(dialect.delimiter)
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
            output,
            csv,
            delimiter: dialect.delimiter,
            quoting,
        };
        rewriter.write(names.iter().map(|name| escape_cell(quoting, name)))?;
        Ok(rewriter)
    }

    /// Writes a row and the reasons in the order of [`REASONS`].
    pub fn row(&mut self, row: &Selected, reasons: &[&str; REASONS.len()]) -> io::Result<()> {
        let (quoting, delimiter) = (self.quoting, char::from(self.delimiter));
        let reasons = reasons
            .iter()
            .map(|reason| escape_text(quoting, delimiter, reason));
        match row {
            Selected::Cells(cells) => {
                let cells = cells.iter().map(|cell| escape_cell(quoting, cell));
                self.write(cells.chain(reasons))
            }
            Selected::LeftOut(_, cells) => {
                let empty = std::iter::repeat_n(Cow::Borrowed(""), *cells);
                self.write(empty.chain(reasons))
            }
            Selected::Verbatim(text) => {
                self.output.write_all(text.as_bytes())?;
                self.output.write_all(&[self.delimiter])?;
                self.write(reasons)
            }
        }
    }

    /// Writes the remaining cells of a line.
    fn write<'c>(&mut self, cells: impl Iterator<Item = Cow<'c, str>>) -> io::Result<()> {
        let mut csv = self.csv.from_writer(&mut self.output);
        for cell in cells {
            csv.write_field(cell.as_bytes())?;
        }
        csv.write_record(None::<&[u8]>)?;
        csv.flush()
    }

    /// Returns the output. All rows written so far are complete in it.
    pub fn output(&mut self) -> &mut W {
        &mut self.output
    }

    #[must_use]
    pub fn finish(self) -> W {
        self.output
    }
}

/// Escapes a cell of the list. Without quotes it has no delimiter or line end, because it was read
/// as a single cell.
fn escape_cell(quoting: Quoting, cell: &str) -> Cow<'_, str> {
    match quoting {
        Quoting::Quotes(Some(escape)) if cell.as_bytes().contains(&escape) => {
            let escape = char::from(escape);
            Cow::Owned(cell.replace(escape, &format!("{escape}{escape}")))
        }
        Quoting::Backslash if cell.contains(',') || cell.ends_with('\\') => {
            let mut cell = cell.replace(',', "\\,");
            // It was the last cell of its row, and would merge with the reason after it.
            if cell.ends_with('\\') {
                cell.push(' ');
            }
            Cow::Owned(cell)
        }
        Quoting::Quotes(_) | Quoting::Backslash | Quoting::None => Cow::Borrowed(cell),
    }
}

/// Escapes a text of ours. Without quotes, characters that cannot be written are replaced.
fn escape_text(quoting: Quoting, delimiter: char, text: &str) -> Cow<'_, str> {
    let text = match quoting {
        Quoting::Quotes(_) => Cow::Borrowed(text),
        Quoting::Backslash | Quoting::None => {
            let is_unwritable =
                |c: char| matches!(c, '\r' | '\n') || (quoting == Quoting::None && c == delimiter);
            Cow::Owned(text.replace(is_unwritable, " "))
        }
    };
    Cow::Owned(escape_cell(quoting, &text).into_owned())
}

#[cfg(test)]
mod tests;
