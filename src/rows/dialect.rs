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
    /// The character that, inside quotes, makes the next one part of the value. A doubled quote is a quote with it as well.
    pub escape: Option<u8>,
    /// The names of its columns, where it has no header line.
    pub columns: Option<Vec<String>>,
    /// Lines of the file above the header.
    pub skip_lines: u64,
    /// Missing cells at the end of a row are empty.
    pub flexible: bool,
    /// An apostrophe at the beginning of a cell is dropped: some exports put one before every text, to keep spreadsheets from
    /// taking it for a formula (OWASP, "CSV Injection").
    pub drop_apostrophe: bool,
    /// A cell `="text"` is read as `text`: some exports write one to keep spreadsheets from taking the text for a number.
    pub unwrap_formulas: bool,
}

impl Dialect {
    /// What quotes and escapes, unless the list turns out to be AWS's template.
    pub(super) fn quote_chars(&self) -> QuoteChars {
        QuoteChars {
            quote: self.quote.unwrap_or_default(),
            escape: self.escape,
        }
    }
}

/// The characters that quote values, and escape within quotes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct QuoteChars {
    pub(super) quote: Quote,
    pub(super) escape: Option<u8>,
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
pub struct ResolvedDialect {
    pub(super) encoding: TextEncoding,
    pub(super) delimiter: u8,
    pub(super) quote: Quote,
    /// Escapes a character within quotes.
    pub(super) escape: Option<u8>,
    /// It is AWS's import template: `\,` is a comma within a value.
    pub(super) template: bool,
    /// Lines of the file above the header.
    pub(super) skip_lines: u64,
    /// Missing cells at the end of a row are empty.
    pub(super) flexible: bool,
    /// An apostrophe at the beginning of a cell is dropped.
    pub(super) drop_apostrophe: bool,
    /// A cell `="text"` is read as `text`.
    pub(super) unwrap_formulas: bool,
    /// The command line names the columns.
    headless: bool,
    /// What ended its first line.
    pub(super) line_end: LineEnd,
    /// The delimiter is a guess.
    guessed: bool,
    /// The encoding that was asked for, where a byte order mark says otherwise.
    overruled: Option<TextEncoding>,
}

impl ResolvedDialect {
    /// Decides. `first_line` is the list's first line that is not blank, without its line end.
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

    /// What quotes and escapes.
    pub(super) fn quote_chars(&self) -> QuoteChars {
        QuoteChars {
            quote: self.quote,
            escape: self.escape,
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
pub(super) fn guess(first_line: &[u8], chars: QuoteChars, columns: Option<usize>) -> u8 {
    let counts = DELIMITERS.map(|delimiter| {
        let mut quotes = QuoteState::new(chars);
        let found = first_line
            .iter()
            .filter(|byte| quotes.are_closed_at(**byte) && **byte == delimiter);
        let may_be = chars.quote != Quote::Mark(delimiter) && chars.escape != Some(delimiter);
        (delimiter, if may_be { found.count() } else { 0 })
    });
    // Of equals the last one is the maximum, and the likeliest is wanted.
    let most_frequent = |counts: &[(u8, usize)]| {
        let counts = counts.iter().rev().copied();
        counts.max_by_key(|(_, count)| *count)
    };
    let found = match columns {
        Some(columns) => {
            // A list of rejects has a header line and some columns more, whatever is said of it.
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

/// The delimiter that a list announces for Excel, in a line of its own before the header: `sep=;`.
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

/// Both names, and neither of them in quotes: a tool that quotes its header quotes its values.
fn is_template(first_line: &[u8]) -> bool {
    OF_TEMPLATE.iter().all(|name| {
        first_line
            .split(|byte| *byte == b',')
            .any(|cell| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// The first line that is not blank, without its line end; none where it does not end in this text.
pub(super) fn first_line(text: &[u8], chars: QuoteChars) -> Option<&[u8]> {
    let line = without_blank_lines(text);
    let mut quotes = QuoteState::new(chars);
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
struct QuoteState {
    chars: QuoteChars,
    open: bool,
    value_begins: bool,
    /// The byte before escapes this one.
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

    /// Whether this byte, the next one, stands outside of quotes.
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
