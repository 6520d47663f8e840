//! Rows of a list written once more, in the way in which the list is written, but for the encoding, which is UTF-8: cells that the next
//! reader of the file makes the same of.
//!
//! A cell that could not be read holds U+FFFD for what had no meaning. A list that was written here is held to that when it is read:
//! see [`super::reasons`].

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::dialect::{LineEnd, announcement, guess};
use super::reasons::{REASONS, names_beside, places};
use super::{Header, Quote, RawRow, Reading, Unreadable};
use crate::source::TextEncoding;

/// By it, UTF-8 is known whatever `--encoding` says.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Which cells may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secrets {
    /// All.
    Written,
    /// None of these columns, which hold passwords.
    Blank(Vec<usize>),
}

/// Which columns of a list are written, and which of their cells.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Columns of the list.
    columns: usize,
    /// Those that say why a row was rejected before.
    reasons: Vec<usize>,
    secrets: Secrets,
}

/// What is written of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Its cells, in the order of the columns.
    pub cells: Vec<String>,
    /// They are all left out, and why.
    pub left_out: Option<LeftOut>,
}

/// Why none of a row's cells is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// Any of them may be the password.
    Secret,
    /// They hold other rows, and would be taken for one row.
    Swallowed,
}

impl Selection {
    /// Of a list with this header.
    #[must_use]
    pub fn new(header: &Header, secrets: Secrets) -> Self {
        Self {
            columns: header.names().len(),
            reasons: places(header.names()),
            secrets,
        }
    }

    /// The cells of a row.
    #[must_use]
    pub fn of(&self, row: &RawRow<'_>) -> Selected {
        let left_out = match (&row.unreadable, &self.secrets) {
            (
                Some(
                    Unreadable::Swallowed { .. }
                    | Unreadable::OpenQuote { .. }
                    | Unreadable::TooLong { .. },
                ),
                _,
            ) => Some(LeftOut::Swallowed),
            // Cells have moved: a password may stand under another column, or behind the last one.
            (Some(Unreadable::Cells { .. }), Secrets::Blank(columns)) if !columns.is_empty() => {
                Some(LeftOut::Secret)
            }
            (Some(Unreadable::Cells { .. }), _) => {
                return Selected {
                    cells: row.record.iter().map(lossy).collect(),
                    left_out: None,
                };
            }
            (Some(Unreadable::Encoding { .. } | Unreadable::Transcoding { .. }) | None, _) => None,
        };
        let is_written = |column: &usize| !self.reasons.contains(column);
        let is_blank = |column: &usize| {
            left_out.is_some()
                || matches!(&self.secrets, Secrets::Blank(secrets) if secrets.contains(column))
        };
        let cell = |column: usize| {
            if is_blank(&column) {
                String::new()
            } else {
                row.record.get(column).map(lossy).unwrap_or_default()
            }
        };
        Selected {
            cells: (0..self.columns).filter(is_written).map(cell).collect(),
            left_out,
        }
    }
}

fn lossy(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).into_owned()
}

/// See the module's words.
pub struct Rewriter<W: Write> {
    csv: csv::Writer<W>,
    delimiter: char,
    quoting: Quoting,
}

/// How a cell is written that holds a delimiter or a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// In quotes.
    Quotes,
    /// As AWS's template does: `\,`. It has no way to write a line end.
    Backslash,
    /// Not at all.
    None,
}

impl<W: Write> Rewriter<W> {
    /// Begins a list that is written as `reading` says, with the columns of this header, and those that say why behind them.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(mut to: W, reading: &Reading, header: &Header) -> io::Result<Self> {
        let (quoting, mark) = match (reading.quote, reading.template) {
            (_, true) => (Quoting::Backslash, b'"'),
            (Quote::Mark(mark), false) => (Quoting::Quotes, mark),
            (Quote::None, false) => (Quoting::None, b'"'),
        };
        if reading.encoding != TextEncoding::UTF_8 {
            to.write_all(BYTE_ORDER_MARK)?;
        }
        let reasons = places(header.names());
        let mut names: Vec<String> = (0..)
            .zip(header.names())
            .filter(|(place, _)| !reasons.contains(place))
            .map(|(_, name)| name.clone())
            .collect();
        names.extend(names_beside(&names));
        let line_end = match reading.line_end {
            LineEnd::Newline => "\n",
            LineEnd::CarriageReturnNewline => "\r\n",
        };
        // Where the header would be read with another one.
        let delimiter = char::from(reading.delimiter);
        let line = names.join(&delimiter.to_string());
        if guess(line.as_bytes(), reading.quote, None) != reading.delimiter {
            to.write_all(&announcement(reading.delimiter))?;
            to.write_all(line_end.as_bytes())?;
        }
        let csv = WriterBuilder::new()
            .flexible(true)
            .delimiter(reading.delimiter)
            .quote(mark)
            .quote_style(match quoting {
                Quoting::Quotes => QuoteStyle::Necessary,
                Quoting::Backslash | Quoting::None => QuoteStyle::Never,
            })
            .terminator(match reading.line_end {
                LineEnd::Newline => Terminator::Any(b'\n'),
                LineEnd::CarriageReturnNewline => Terminator::CRLF,
            })
            .from_writer(to);
        let mut rewriter = Self {
            csv,
            delimiter,
            quoting,
        };
        rewriter.write(names.iter().map(|name| of_list(quoting, name)))?;
        Ok(rewriter)
    }

    /// One row, and why it did not make it, in the order of [`REASONS`].
    ///
    /// # Errors
    /// It cannot be written.
    pub fn row(&mut self, cells: &[String], reasons: &[&str; REASONS.len()]) -> io::Result<()> {
        let (quoting, delimiter) = (self.quoting, self.delimiter);
        let cells = cells.iter().map(|cell| of_list(quoting, cell));
        let reasons = reasons
            .iter()
            .map(|reason| words(quoting, delimiter, reason));
        self.write(cells.chain(reasons))
    }

    fn write<'c>(&mut self, cells: impl Iterator<Item = Cow<'c, str>>) -> io::Result<()> {
        for cell in cells {
            self.csv.write_field(cell.as_bytes())?;
        }
        // Ends the record.
        self.csv.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// What it was written to.
    ///
    /// # Errors
    /// What is left cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.csv
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))
    }
}

/// A cell of the list. Without quotes it holds no delimiter and no line end, or it would not have been read as one.
fn of_list(quoting: Quoting, cell: &str) -> Cow<'_, str> {
    if quoting != Quoting::Backslash || !(cell.contains(',') || cell.ends_with('\\')) {
        return Cow::Borrowed(cell);
    }
    let mut cell = cell.replace(',', "\\,");
    // It was the last one of its row, and another one follows now, which it would run into.
    if cell.ends_with('\\') {
        cell.push(' ');
    }
    Cow::Owned(cell)
}

/// Words of ours: without quotes they do with what can be written.
fn words(quoting: Quoting, delimiter: char, text: &str) -> Cow<'_, str> {
    if quoting == Quoting::Quotes {
        return Cow::Borrowed(text);
    }
    let cannot_stand =
        |c: char| matches!(c, '\r' | '\n') || (quoting == Quoting::None && c == delimiter);
    let text = text.replace(cannot_stand, " ");
    Cow::Owned(of_list(quoting, &text).into_owned())
}

#[cfg(test)]
mod tests;
