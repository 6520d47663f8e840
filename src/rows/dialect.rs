//! The CSV dialect of a list: options, and detection from its first line.

use super::reasons::REASONS;
use crate::source::TextEncoding;

/// Possible delimiters, the most common first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Two columns that only the header of AWS's import template has together (`GetCSVHeader`;
/// developer guide, "Importing users into user pools from a CSV file").
const OF_TEMPLATE: [&str; 2] = ["cognito:username", "cognito:mfa_enabled"];

/// Options. Those that are not set are detected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialect {
    /// The encoding.
    pub encoding: Option<TextEncoding>,
    /// The delimiter.
    pub delimiter: Option<u8>,
    /// The quote character.
    pub quote: Option<Quote>,
    /// The escape character within quotes. Doubled quotes are quotes even if it is set.
    pub escape: Option<u8>,
    /// The names of the columns, if there is no header line.
    pub columns: Option<Vec<String>>,
    /// Lines of the file above the header.
    pub skip_lines: u64,
    /// Missing cells at the end of a row are empty.
    pub flexible: bool,
    /// Drop an apostrophe at the start of a cell. Some exports put one before every text, to keep
    /// spreadsheets from taking it for a formula (OWASP, "CSV Injection").
    pub drop_apostrophe: bool,
    /// Read a cell `="text"` as `text`. Some exports write it to keep spreadsheets from taking the
    /// text for a number.
    pub unwrap_formulas: bool,
}

impl Dialect {
    /// The quote and escape characters, unless the list turns out to be AWS's template.
    pub(super) fn quote_chars(&self) -> QuoteChars {
        QuoteChars {
            quote: self.quote.unwrap_or_default(),
            escape: self.escape,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct QuoteChars {
    pub(super) quote: Quote,
    pub(super) escape: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    Mark(u8),
    /// Values are not quoted.
    None,
}

impl Default for Quote {
    fn default() -> Self {
        Self::Mark(b'"')
    }
}

/// Whether a character can be a delimiter or a quote: ASCII, and not part of a name, a line end or
/// the sentinel.
#[must_use]
pub fn may_separate(character: u8) -> bool {
    character.is_ascii() && !character.is_ascii_alphanumeric() && !b"\0\r\n".contains(&character)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// `\n`.
    Newline,
    /// `\r\n`.
    CarriageReturnNewline,
}

impl LineEnd {
    /// The line end after this first line.
    pub(super) fn behind(first_line: &[u8], text: &[u8]) -> Self {
        let behind = without_blank_lines(text).get(first_line.len()..);
        // The buffer may end between `\r` and `\n`.
        if behind.is_some_and(|behind| behind == b"\r" || behind.starts_with(b"\r\n")) {
            Self::CarriageReturnNewline
        } else {
            Self::Newline
        }
    }
}

/// How a list is read. Decided once, from its first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedDialect {
    pub(super) encoding: TextEncoding,
    pub(super) delimiter: u8,
    pub(super) quote: Quote,
    /// The escape character within quotes.
    pub(super) escape: Option<u8>,
    /// It is AWS's import template: `\,` is a comma within a value.
    pub(super) template: bool,
    /// Lines of the file above the header.
    pub(super) skip_lines: u64,
    /// Missing cells at the end of a row are empty.
    pub(super) flexible: bool,
    /// An apostrophe at the start of a cell is dropped.
    pub(super) drop_apostrophe: bool,
    /// A cell `="text"` is read as `text`.
    pub(super) unwrap_formulas: bool,
    /// The command line names the columns.
    headless: bool,
    /// The line end of the first line.
    pub(super) line_end: LineEnd,
    /// The delimiter was guessed.
    guessed: bool,
    /// The requested encoding, if a byte order mark overrides it.
    overruled: Option<TextEncoding>,
}

impl ResolvedDialect {
    /// `first_line` is the first line that is not blank, without its line end.
    pub(super) fn of(first_line: &[u8], encoding: TextEncoding, dialect: &Dialect) -> Self {
        let chars = dialect.quote_chars();
        let delimiter = dialect.delimiter.unwrap_or_else(|| {
            let columns = dialect.columns.as_ref().map(Vec::len);
            guess(first_line, chars, columns)
        });
        let template = delimiter == b','
            && dialect.quote.is_none()
            && dialect.escape.is_none()
            && dialect.columns.is_none()
            && is_template(first_line);
        Self {
            encoding,
            delimiter,
            quote: if template { Quote::None } else { chars.quote },
            escape: dialect.escape,
            template,
            skip_lines: dialect.skip_lines,
            flexible: dialect.flexible,
            drop_apostrophe: dialect.drop_apostrophe,
            unwrap_formulas: dialect.unwrap_formulas,
            headless: dialect.columns.is_some(),
            line_end: LineEnd::Newline,
            guessed: dialect.delimiter.is_none(),
            overruled: dialect.encoding.filter(|asked| *asked != encoding),
        }
    }

    pub(super) fn quote_chars(&self) -> QuoteChars {
        QuoteChars {
            quote: self.quote,
            escape: self.escape,
        }
    }

    /// Everything that changes how bytes are split into cells. Part of a run's identity. Empty for
    /// commas, quotes, a header and UTF-8.
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
        parts.extend(self.escape.map(|mark| format!("escape={}", shown(mark))));
        if self.skip_lines > 0 {
            parts.push(format!("skip_lines={}", self.skip_lines));
        }
        let options = [
            (self.headless, "header=none"),
            (self.flexible, "flexible"),
            (self.drop_apostrophe, "apostrophe=dropped"),
            (self.unwrap_formulas, "formulas=unwrapped"),
        ];
        let given = options.iter().filter(|(given, _)| *given);
        parts.extend(given.map(|(_, part)| (*part).to_owned()));
        parts.join(" ")
    }

    /// Decisions that a user may not expect, each with the flag that overrides it.
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

/// A character as it is typed after its flag.
fn shown(character: u8) -> String {
    match character {
        b'\t' => "tab".to_owned(),
        other => other.escape_ascii().to_string(),
    }
}

/// With a header, the most frequent candidate in it. Without one, the candidate that yields the
/// named columns. Else a comma.
pub(super) fn guess(first_line: &[u8], chars: QuoteChars, columns: Option<usize>) -> u8 {
    let counts = DELIMITERS.map(|delimiter| {
        let mut quotes = QuoteState::new(chars);
        let found = first_line
            .iter()
            .filter(|byte| quotes.are_closed_at(**byte) && **byte == delimiter);
        let may_be = chars.quote != Quote::Mark(delimiter) && chars.escape != Some(delimiter);
        (delimiter, if may_be { found.count() } else { 0 })
    });
    // `max_by_key` returns the last of equal items, so the most common one comes last.
    let most_frequent = |counts: &[(u8, usize)]| {
        let counts = counts.iter().rev().copied();
        counts.max_by_key(|(_, count)| *count)
    };
    let found = match columns {
        Some(columns) => {
            // A list of rejects always has a header line and some additional columns.
            let wanted = [columns, columns + REASONS.len()];
            let makes = |count: usize| wanted.contains(&(count + 1));
            // Empty cells at the end of a row are ignored.
            let with_empty_cells = |(delimiter, count): &(u8, usize)| {
                let trailing = first_line.iter().rev();
                let trailing = trailing.take_while(|byte| *byte == delimiter).count();
                (1..=trailing).any(|empty| count.checked_sub(empty).is_some_and(makes))
            };
            let mut exact = counts.iter().copied();
            let mut longer = counts.iter().copied();
            let shorter: Vec<(u8, usize)> = counts
                .into_iter()
                .filter(|(_, count)| *count > 0 && count + 1 < columns)
                .collect();
            exact
                .find(|(_, count)| makes(*count))
                .or_else(|| longer.find(with_empty_cells))
                .or_else(|| most_frequent(&shorter))
        }
        None => most_frequent(&counts),
    };
    found.map_or(b',', |(delimiter, _)| delimiter)
}

/// The delimiter that a list announces for Excel in a line before the header: `sep=;`.
pub(super) fn announced(line: &[u8]) -> Option<u8> {
    let line = line.trim_ascii_start();
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

/// Whether the header has both names without quotes. A tool that quotes its header quotes its
/// values.
fn is_template(first_line: &[u8]) -> bool {
    OF_TEMPLATE.iter().all(|name| {
        first_line
            .split(|byte| *byte == b',')
            .any(|cell| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// The first line that is not blank, without its line end. `None` if it does not end in this text.
pub(super) fn first_line(text: &[u8], chars: QuoteChars) -> Option<&[u8]> {
    let line = without_blank_lines(text);
    let mut quotes = QuoteState::new(chars);
    let end = line
        .iter()
        .position(|byte| quotes.are_closed_at(*byte) && ends_line(*byte))?;
    line.get(..end)
}

/// The text from its first non-blank line on.
pub(super) fn without_blank_lines(text: &[u8]) -> &[u8] {
    let begin = text.iter().position(|byte| !ends_line(*byte));
    text.get(begin.unwrap_or(text.len())..).unwrap_or_default()
}

pub(super) fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Tracks whether quotes are open. A quote opens only at the start of a value; elsewhere it is part
/// of the value.
struct QuoteState {
    chars: QuoteChars,
    open: bool,
    value_begins: bool,
    /// The previous byte escapes this one.
    escaped: bool,
}

impl QuoteState {
    fn new(chars: QuoteChars) -> Self {
        Self {
            chars,
            open: false,
            value_begins: true,
            escaped: false,
        }
    }

    /// Whether this next byte is outside of quotes.
    fn are_closed_at(&mut self, byte: u8) -> bool {
        if std::mem::take(&mut self.escaped) {
            return false;
        }
        if self.open && self.chars.escape == Some(byte) {
            self.escaped = true;
            return false;
        }
        if self.chars.quote == Quote::Mark(byte) && (self.open || self.value_begins) {
            self.open = !self.open;
            // A quote within quotes is doubled, so it closes and reopens them.
            self.value_begins = true;
            return false;
        }
        self.value_begins = DELIMITERS.contains(&byte) || ends_line(byte);
        !self.open
    }
}

#[cfg(test)]
mod tests;
