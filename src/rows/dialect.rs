//! The CSV dialect of a list: its options and their detection from the first line.

use super::reasons::REASONS;
use crate::source::TextEncoding;

/// The delimiters that can be detected, the most common first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Two columns that only the header of AWS's import template has together (`GetCSVHeader`;
/// developer guide, "Importing users into user pools from a CSV file").
const TEMPLATE_COLUMNS: [&str; 2] = ["cognito:username", "cognito:mfa_enabled"];

/// Dialect options. Those that are not set are detected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialect {
    pub encoding: Option<TextEncoding>,
    pub delimiter: Option<u8>,
    pub quote: Option<Quote>,
    /// The escape character within quotes. Doubled quotes work even if it is set.
    pub escape: Option<u8>,
    /// The names of the columns, if there is no header line.
    pub columns: Option<Vec<String>>,
    /// Lines of the file above the header.
    pub skip_lines: u64,
    /// Treat missing cells at the end of a row as empty.
    pub flexible: bool,
    /// Drop an apostrophe at the start of a cell. Some exports add one so that spreadsheets do not
    /// read the text as a formula (OWASP, "CSV Injection").
    pub drop_apostrophe: bool,
    /// Read a cell `="text"` as `text`. Some exports write it so that spreadsheets do not read the
    /// text as a number.
    pub unwrap_formulas: bool,
}

impl Dialect {
    /// Returns the quote and escape characters, which do not apply to AWS's template.
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

/// Returns whether a character can be a delimiter or a quote: ASCII, and not part of a name, a line
/// end or the sentinel.
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
    /// Detects the line end after the first line.
    pub(super) fn after(first_line: &[u8], text: &[u8]) -> Self {
        let after = without_blank_lines(text).get(first_line.len()..);
        // The buffer may end between `\r` and `\n`.
        if after.is_some_and(|after| after == b"\r" || after.starts_with(b"\r\n")) {
            Self::CarriageReturnNewline
        } else {
            Self::Newline
        }
    }
}

/// The dialect in which a list is read, decided once from its first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedDialect {
    pub(super) encoding: TextEncoding,
    pub(super) delimiter: u8,
    pub(super) quote: Quote,
    /// The escape character within quotes.
    pub(super) escape: Option<u8>,
    /// The list is AWS's import template, in which `\,` is a comma within a value.
    pub(super) template: bool,
    /// Lines of the file above the header.
    pub(super) skip_lines: u64,
    /// Treat missing cells at the end of a row as empty.
    pub(super) flexible: bool,
    /// Drop an apostrophe at the start of a cell.
    pub(super) drop_apostrophe: bool,
    /// Read a cell `="text"` as `text`.
    pub(super) unwrap_formulas: bool,
    /// The options name the columns.
    has_no_header: bool,
    /// The line end of the first line.
    pub(super) line_end: LineEnd,
    /// The delimiter was detected.
    is_delimiter_detected: bool,
    /// The requested encoding, if a byte order mark overrides it.
    overridden_encoding: Option<TextEncoding>,
}

impl ResolvedDialect {
    /// Resolves the options. `first_line` is the first non-blank line without its line end, which
    /// is `line_end`.
    pub(super) fn of(
        first_line: &[u8],
        line_end: LineEnd,
        encoding: TextEncoding,
        dialect: &Dialect,
    ) -> Self {
        let chars = dialect.quote_chars();
        let delimiter = dialect.delimiter.unwrap_or_else(|| {
            let columns = dialect.columns.as_ref().map(Vec::len);
            detect_delimiter(first_line, chars, columns)
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
            has_no_header: dialect.columns.is_some(),
            line_end,
            is_delimiter_detected: dialect.delimiter.is_none(),
            overridden_encoding: dialect.encoding.filter(|requested| *requested != encoding),
        }
    }

    pub(super) fn quote_chars(&self) -> QuoteChars {
        QuoteChars {
            quote: self.quote,
            escape: self.escape,
        }
    }

    /// Returns everything that affects how bytes are split into cells, as part of a run's identity.
    /// Empty for commas, quotes, a header and UTF-8.
    #[must_use]
    pub fn identity(&self) -> String {
        let mut parts = Vec::new();
        if self.encoding != TextEncoding::UTF_8 {
            parts.push(format!("encoding={}", self.encoding.name()));
        }
        if self.delimiter != b',' {
            parts.push(format!("delimiter={}", flag_value(self.delimiter)));
        }
        if self.template {
            parts.push("template=aws".to_owned());
        } else {
            match self.quote {
                Quote::Mark(b'"') => {}
                Quote::Mark(mark) => parts.push(format!("quote={}", flag_value(mark))),
                Quote::None => parts.push("quote=none".to_owned()),
            }
        }
        parts.extend(
            self.escape
                .map(|mark| format!("escape={}", flag_value(mark))),
        );
        if self.skip_lines > 0 {
            parts.push(format!("skip_lines={}", self.skip_lines));
        }
        let options = [
            (self.has_no_header, "header=none"),
            (self.flexible, "flexible"),
            (self.drop_apostrophe, "apostrophe=dropped"),
            (self.unwrap_formulas, "formulas=unwrapped"),
        ];
        let set = options.iter().filter(|(is_set, _)| *is_set);
        parts.extend(set.map(|(_, part)| (*part).to_owned()));
        parts.join(" ")
    }

    /// Describes decisions that a user may not expect, each with the flag that overrides it.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if let Some(requested) = self.overridden_encoding {
            notices.push(format!(
                "read as {} because of its byte order mark; --encoding {} is ignored",
                self.encoding.name(),
                requested.name().to_ascii_lowercase()
            ));
        }
        if self.template {
            notices.push(
                "read as AWS's import template: values are not quoted, and `\\,` is a comma within \
                 a value; pass `--quote '\"'` to read it as an ordinary list"
                    .to_owned(),
            );
        }
        if self.is_delimiter_detected && self.delimiter != b',' {
            notices.push(format!(
                "the delimiter `{}` was detected from the first line; --delimiter overrides it",
                flag_value(self.delimiter)
            ));
        }
        notices
    }
}

/// Formats a character as the value of its flag.
fn flag_value(character: u8) -> String {
    match character {
        b'\t' => "tab".to_owned(),
        other => other.escape_ascii().to_string(),
    }
}

/// Detects the delimiter. With a header it is the most frequent candidate in it, without one the
/// candidate that yields the named columns. The default is a comma.
pub(super) fn detect_delimiter(first_line: &[u8], chars: QuoteChars, columns: Option<usize>) -> u8 {
    let counts = DELIMITERS.map(|delimiter| {
        let mut quotes = QuoteState::new(chars);
        let occurrences = first_line
            .iter()
            .filter(|byte| quotes.is_outside(**byte) && **byte == delimiter);
        let is_candidate = chars.quote != Quote::Mark(delimiter) && chars.escape != Some(delimiter);
        (
            delimiter,
            if is_candidate { occurrences.count() } else { 0 },
        )
    });
    // `max_by_key` returns the last of equal items, so the most common one comes last.
    let most_frequent = |counts: &[(u8, usize)]| {
        let counts = counts.iter().rev().copied();
        counts.max_by_key(|(_, count)| *count)
    };
    let detected = match columns {
        Some(columns) => {
            // A list of rejects always has a header line and some additional columns.
            let expected = [columns, columns + REASONS.len()];
            let matches = |count: usize| expected.contains(&(count + 1));
            // Empty cells at the end of a row are ignored.
            let has_trailing_cells = |(delimiter, count): &(u8, usize)| {
                let trailing = first_line.iter().rev();
                let trailing = trailing.take_while(|byte| *byte == delimiter).count();
                (1..=trailing).any(|empty| count.checked_sub(empty).is_some_and(matches))
            };
            let shorter: Vec<(u8, usize)> = counts
                .into_iter()
                .filter(|(_, count)| *count > 0 && count + 1 < columns)
                .collect();
            counts
                .into_iter()
                .find(|(_, count)| matches(*count))
                .or_else(|| counts.into_iter().find(has_trailing_cells))
                .or_else(|| most_frequent(&shorter))
        }
        None => most_frequent(&counts),
    };
    detected.map_or(b',', |(delimiter, _)| delimiter)
}

/// Returns the delimiter that a list declares for Excel in a line above the header: `sep=;`.
pub(super) fn sep_delimiter(line: &[u8]) -> Option<u8> {
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

/// Returns the line that declares a delimiter for Excel.
pub(super) fn sep_line(delimiter: u8) -> [u8; 5] {
    [b's', b'e', b'p', b'=', delimiter]
}

/// Returns whether the header has both template columns without quotes. A tool that quotes its
/// header quotes its values.
fn is_template(first_line: &[u8]) -> bool {
    TEMPLATE_COLUMNS.iter().all(|name| {
        first_line
            .split(|byte| *byte == b',')
            .any(|cell| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// Returns the first non-blank line without its line end. `None` if it does not end in this text.
pub(super) fn first_line(text: &[u8], chars: QuoteChars) -> Option<&[u8]> {
    let line = without_blank_lines(text);
    let mut quotes = QuoteState::new(chars);
    let end = line
        .iter()
        .position(|byte| quotes.is_outside(*byte) && ends_line(*byte))?;
    line.get(..end)
}

/// Returns the text from its first non-blank line on.
pub(super) fn without_blank_lines(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !ends_line(*byte));
    text.get(start.unwrap_or(text.len())..).unwrap_or_default()
}

pub(super) fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Tracks whether quotes are open. A quote opens only at the start of a value; elsewhere it is part
/// of the value.
struct QuoteState {
    chars: QuoteChars,
    open: bool,
    at_value_start: bool,
    /// The previous byte escapes this one.
    escaped: bool,
}

impl QuoteState {
    fn new(chars: QuoteChars) -> Self {
        Self {
            chars,
            open: false,
            at_value_start: true,
            escaped: false,
        }
    }

    /// Advances by one byte, and returns whether it is outside of quotes.
    fn is_outside(&mut self, byte: u8) -> bool {
        if std::mem::take(&mut self.escaped) {
            return false;
        }
        if self.open && self.chars.escape == Some(byte) {
            self.escaped = true;
            return false;
        }
        if self.chars.quote == Quote::Mark(byte) && (self.open || self.at_value_start) {
            self.open = !self.open;
            // The second one of doubled quotes reopens them.
            self.at_value_start = true;
            return false;
        }
        self.at_value_start = DELIMITERS.contains(&byte) || ends_line(byte);
        !self.open
    }
}

#[cfg(test)]
mod tests;
