//! How a list is written: what the command line says of it, and what is made of its first line.

use super::reasons::REASONS;
use crate::source::TextEncoding;

/// What separates columns, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Two columns that stand together in the header of AWS's import template, and nowhere else (`GetCSVHeader`; developer guide,
/// "Importing users into user pools from a CSV file").
const OF_TEMPLATE: [&str; 2] = ["cognito:username", "cognito:mfa_enabled"];

/// What the command line says of a list. What it does not say is guessed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialect {
    /// What it is written in.
    pub encoding: Option<TextEncoding>,
    /// What separates columns.
    pub delimiter: Option<u8>,
    /// What values are quoted with.
    pub quote: Option<Quote>,
    /// The names of its columns, where it has no header line.
    pub columns: Option<Vec<String>>,
    /// An apostrophe at the beginning of a cell is none of it: some exports put one before every text, to keep spreadsheets from
    /// taking it for a formula (OWASP, "CSV Injection").
    pub drop_apostrophe: bool,
}

/// What values are quoted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// This character.
    Mark(u8),
    /// Nothing: a quote is a character like any other.
    None,
}

impl Default for Quote {
    fn default() -> Self {
        Self::Mark(b'"')
    }
}

/// Whether a character can stand between columns or around values: one of ASCII that no name, no line end and no end of a list
/// is made of.
#[must_use]
pub fn may_separate(character: u8) -> bool {
    character.is_ascii() && !character.is_ascii_alphanumeric() && !b"\0\r\n".contains(&character)
}

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// `\n`.
    Newline,
    /// `\r\n`.
    CarriageReturnNewline,
}

impl LineEnd {
    /// What stands behind this first line of the text.
    pub(super) fn behind(first_line: &[u8], text: &[u8]) -> Self {
        let behind = without_blank_lines(text).get(first_line.len()..);
        // What was read may end between the two; a `\r` alone has ended no line for decades.
        if behind.is_some_and(|behind| behind == b"\r" || behind.starts_with(b"\r\n")) {
            Self::CarriageReturnNewline
        } else {
            Self::Newline
        }
    }
}

/// How a list is read, decided from its first line and for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub(super) encoding: TextEncoding,
    pub(super) delimiter: u8,
    pub(super) quote: Quote,
    /// It is AWS's import template: `\,` is a comma within a value.
    pub(super) template: bool,
    /// An apostrophe at the beginning of a cell is none of it.
    pub(super) drop_apostrophe: bool,
    /// The command line names the columns.
    headless: bool,
    /// What ended its first line.
    pub(super) line_end: LineEnd,
    /// The delimiter is a guess.
    guessed: bool,
    /// The encoding that was asked for, where a byte order mark says otherwise.
    overruled: Option<TextEncoding>,
}

impl Reading {
    /// Decides. `first_line` is the list's first line that is not blank, without its line end.
    pub(super) fn of(first_line: &[u8], encoding: TextEncoding, dialect: &Dialect) -> Self {
        let quote = dialect.quote.unwrap_or_default();
        let delimiter = dialect.delimiter.unwrap_or_else(|| {
            let columns = dialect.columns.as_ref().map(Vec::len);
            guess(first_line, quote, columns)
        });
        let template = delimiter == b','
            && dialect.quote.is_none()
            && dialect.columns.is_none()
            && is_template(first_line);
        Self {
            encoding,
            delimiter,
            quote: if template { Quote::None } else { quote },
            template,
            drop_apostrophe: dialect.drop_apostrophe,
            headless: dialect.columns.is_some(),
            line_end: LineEnd::Newline,
            guessed: dialect.delimiter.is_none(),
            overruled: dialect.encoding.filter(|asked| *asked != encoding),
        }
    }

    /// What makes of the same bytes other cells: part of what a run is bound to. Empty for commas, quotes, a header and UTF-8.
    #[must_use]
    pub fn identity(&self) -> String {
        let mut parts = Vec::new();
        if self.encoding != TextEncoding::UTF_8 {
            parts.push(format!("encoding={}", self.encoding.name()));
        }
        if self.delimiter != b',' {
            parts.push(format!("delimiter={}", shown(self.delimiter)));
        }
        if self.template {
            parts.push("template=aws".to_owned());
        } else {
            match self.quote {
                Quote::Mark(b'"') => {}
                Quote::Mark(mark) => parts.push(format!("quote={}", shown(mark))),
                Quote::None => parts.push("quote=none".to_owned()),
            }
        }
        if self.headless {
            parts.push("header=none".to_owned());
        }
        if self.drop_apostrophe {
            parts.push("apostrophe=dropped".to_owned());
        }
        parts.join(" ")
    }

    /// What was decided that people may not expect, with the flag that decides otherwise.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if let Some(asked) = self.overruled {
            notices.push(format!(
                "read as {}, as its byte order mark says: --encoding {} is passed over",
                self.encoding.name(),
                asked.name().to_ascii_lowercase()
            ));
        }
        if self.template {
            notices.push(
                "read as AWS's import template: values are not quoted, and `\\,` is a comma within one; `--quote '\"'` reads it as any \
                 other list"
                    .to_owned(),
            );
        }
        if self.guessed && self.delimiter != b',' {
            notices.push(format!(
                "columns are taken to be separated by `{}`, from the first line; --delimiter says otherwise",
                shown(self.delimiter)
            ));
        }
        notices
    }
}

/// A character as it is typed behind its flag.
fn shown(character: u8) -> String {
    match character {
        b'\t' => "tab".to_owned(),
        other => other.escape_ascii().to_string(),
    }
}

/// With a header: what most often stands in it. Without one: what makes the columns that are named. Else a comma.
pub(super) fn guess(first_line: &[u8], quote: Quote, columns: Option<usize>) -> u8 {
    let counts = DELIMITERS.map(|delimiter| {
        let mut quotes = Quotes::new(quote);
        let found = first_line
            .iter()
            .filter(|byte| quotes.are_closed_at(**byte) && **byte == delimiter);
        let may_be = quote != Quote::Mark(delimiter);
        (delimiter, if may_be { found.count() } else { 0 })
    });
    let found = match columns {
        // A list of rejects has a header line and some columns more, whatever is said of it.
        Some(columns) => counts
            .iter()
            .find(|(_, count)| count + 1 == columns || count + 1 == columns + REASONS.len()),
        // Of equals the last one is the maximum, and the likeliest is wanted.
        None => counts.iter().rev().max_by_key(|(_, count)| *count),
    };
    found.map_or(b',', |(delimiter, _)| *delimiter)
}

/// The delimiter that a list announces for Excel, in a line of its own before the header: `sep=;`.
pub(super) fn announced(first_line: &[u8]) -> Option<u8> {
    let line = first_line.trim_ascii_start();
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let (name, delimiter) = line.split_at_checked(b"sep=".len())?;
    match delimiter {
        [delimiter] | [delimiter, b'"'] if name.eq_ignore_ascii_case(b"sep=") => {
            Some(*delimiter).filter(|delimiter| may_separate(*delimiter))
        }
        _ => None,
    }
}

/// The line that announces a delimiter.
pub(super) fn announcement(delimiter: u8) -> [u8; 5] {
    [b's', b'e', b'p', b'=', delimiter]
}

/// Both names, and neither of them in quotes: a tool that quotes its header quotes its values.
fn is_template(first_line: &[u8]) -> bool {
    OF_TEMPLATE.iter().all(|name| {
        first_line
            .split(|byte| *byte == b',')
            .any(|cell| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// The first line that is not blank, without its line end; none where it does not end in this text.
pub(super) fn first_line(text: &[u8], quote: Quote) -> Option<&[u8]> {
    let line = without_blank_lines(text);
    let mut quotes = Quotes::new(quote);
    let end = line
        .iter()
        .position(|byte| quotes.are_closed_at(*byte) && ends_line(*byte))?;
    line.get(..end)
}

/// The text from its first line that is not blank.
pub(super) fn without_blank_lines(text: &[u8]) -> &[u8] {
    let begin = text.iter().position(|byte| !ends_line(*byte));
    text.get(begin.unwrap_or(text.len())..).unwrap_or_default()
}

pub(super) fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Whether quotes are open while a line is gone through. One opens only where a value begins: elsewhere it is part of it.
struct Quotes {
    quote: Quote,
    open: bool,
    value_begins: bool,
}

impl Quotes {
    fn new(quote: Quote) -> Self {
        Self {
            quote,
            open: false,
            value_begins: true,
        }
    }

    /// Whether this byte, the next one, stands outside of quotes.
    fn are_closed_at(&mut self, byte: u8) -> bool {
        if self.quote == Quote::Mark(byte) && (self.open || self.value_begins) {
            self.open = !self.open;
            // A quote within quotes is doubled: it closes and opens them.
            self.value_begins = true;
            return false;
        }
        self.value_begins = DELIMITERS.contains(&byte) || ends_line(byte);
        !self.open
    }
}

#[cfg(test)]
mod tests;
