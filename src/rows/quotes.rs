//! Finds misplaced quotes. The CSV parser accepts them and yields an unintended value, so a
//! password would be altered silently.
//!
//! The symptom is text after the closing quote of a cell. Either the list escapes quotes in a way
//! that is not configured (`"a \"b\" c"`), or a quote was never closed: then the opening quote of a
//! later row closes the cell, and the rows in between are swallowed.

use csv::ByteRecord;
use memchr::{memchr, memchr2};

use super::dialect::{ResolvedDialect, ends_line};
use super::{Quote, QuoteFault};

/// Checks the quotes in the raw bytes of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QuoteCheck {
    delimiter: u8,
    quote: u8,
    escape: Option<u8>,
}

/// A cell with misplaced quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misquoted {
    /// The index of the cell.
    pub(super) column: usize,
    pub(super) fault: QuoteFault,
    /// A quote on a later line closes the cell, so the record contains other rows.
    pub(super) swallows: bool,
}

impl QuoteCheck {
    /// Creates the check for a dialect. `None` if values are not quoted.
    pub(super) fn of(dialect: &ResolvedDialect) -> Option<Self> {
        match dialect.quote {
            Quote::None => None,
            Quote::Mark(quote) => Some(Self {
                delimiter: dialect.delimiter,
                quote,
                escape: dialect.escape,
            }),
        }
    }

    /// Returns whether each cell is either unquoted or quoted as a whole, without a quote inside.
    /// This holds for nearly every record and needs no search: `cells` are the parser's cells of
    /// `record`, which lack only the opening and closing quotes, so their lengths determine where
    /// the closing quotes must be.
    pub(super) fn is_plain(self, cells: &ByteRecord, record: &[u8]) -> bool {
        if self.escape.is_some() || memchr(self.quote, cells.as_slice()).is_some() {
            return false;
        }
        let mut at = record.iter().take_while(|byte| ends_line(**byte)).count();
        for cell in cells {
            let is_quoted = record.get(at) == Some(&self.quote);
            at += cell.len();
            if is_quoted {
                if record.get(at + 1) != Some(&self.quote) {
                    return false;
                }
                at += 2;
            }
            // The delimiter.
            at += 1;
        }
        true
    }

    /// Finds the first cell with misplaced quotes in the raw bytes of a record.
    pub(super) fn misquoted(self, record: &[u8]) -> Option<Misquoted> {
        let mut first: Option<Misquoted> = None;
        let mut report = |at: usize, fault: QuoteFault, swallows: bool| {
            let misquoted = first.get_or_insert_with(|| Misquoted {
                column: self.column(record, at),
                fault,
                swallows,
            });
            misquoted.swallows |= swallows;
        };
        let mut at = 0;
        while let Some(mark) = self.next_mark(record, at) {
            at = mark + 1;
            if record.get(mark) != Some(&self.quote) {
                // The parser ignores escapes outside of quotes and MySQL does not, so the value is
                // ambiguous.
                if self.may_be_escaped(record.get(at)) {
                    report(mark, QuoteFault::EscapeOutside, false);
                }
                continue;
            }
            match self.position(record, mark) {
                QuotePosition::Inside => continue,
                QuotePosition::AfterSpace => {
                    report(mark, QuoteFault::SpaceBefore, false);
                    continue;
                }
                QuotePosition::Start => {}
            }
            let Some(closing) = self.closing_quote(record, at) else {
                break;
            };
            if let Some(letter) = closing.escaped_letter {
                report(letter, QuoteFault::EscapedLetter, false);
            }
            let text = record.get(mark..closing.at).unwrap_or_default();
            at = closing.at + 1;
            if record.get(at).is_some_and(|byte| !self.ends_cell(*byte)) {
                let backslash = self.escape.is_none() && text.ends_with(b"\\");
                let is_multiline = text.iter().any(|byte| ends_line(*byte));
                report(mark, QuoteFault::TextAfter { backslash }, is_multiline);
            }
        }
        first
    }

    /// Returns the index of the next quote or escape.
    fn next_mark(self, record: &[u8], from: usize) -> Option<usize> {
        let rest = record.get(from..)?;
        let found = match self.escape {
            Some(escape) => memchr2(self.quote, escape, rest),
            None => memchr(self.quote, rest),
        }?;
        Some(from + found)
    }

    fn ends_cell(self, byte: u8) -> bool {
        byte == self.delimiter || ends_line(byte)
    }

    /// Returns whether an escape outside of quotes may be intended for this byte.
    fn may_be_escaped(self, next: Option<&u8>) -> bool {
        next.is_none_or(|byte| {
            self.ends_cell(*byte) || *byte == self.quote || Some(*byte) == self.escape
        })
    }

    /// Classifies a quote outside of quotes.
    fn position(self, record: &[u8], mark: usize) -> QuotePosition {
        let before = record.get(..mark).unwrap_or_default();
        match before.last() {
            None => QuotePosition::Start,
            Some(byte) if self.ends_cell(*byte) => QuotePosition::Start,
            Some(_) => {
                let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
                let mut text = before.iter().rev();
                match text.find(|byte| self.ends_cell(**byte) || !is_space(byte)) {
                    Some(byte) if !self.ends_cell(*byte) => QuotePosition::Inside,
                    Some(_) | None => QuotePosition::AfterSpace,
                }
            }
        }
    }

    /// Finds the quote that closes a cell whose text starts at `from`.
    fn closing_quote(self, record: &[u8], from: usize) -> Option<ClosingQuote> {
        let mut at = from;
        let mut escaped_letter = None;
        loop {
            let mark = self.next_mark(record, at)?;
            let next = record.get(mark + 1);
            if record.get(mark) != Some(&self.quote) {
                // The parser would read `\n` as `n`, and `\u00fc` as `u00fc`.
                if next.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()) {
                    escaped_letter = escaped_letter.or(Some(mark));
                }
            } else if next != Some(&self.quote) {
                return Some(ClosingQuote {
                    at: mark,
                    escaped_letter,
                });
            }
            at = mark + 2;
        }
    }

    /// Returns the index of the cell that contains this byte.
    fn column(self, record: &[u8], byte: usize) -> usize {
        let (mut column, mut at) = (0, 0);
        while at < byte {
            let starts = matches!(self.position(record, at), QuotePosition::Start);
            if record.get(at) == Some(&self.quote) && starts {
                match self.closing_quote(record, at + 1) {
                    Some(closing) if closing.at < byte => at = closing.at,
                    Some(_) | None => break,
                }
            } else if record.get(at) == Some(&self.delimiter) {
                column += 1;
            }
            at += 1;
        }
        column
    }
}

/// The position of a quote that does not close another one.
enum QuotePosition {
    /// At the start of a cell, which it opens.
    Start,
    /// After whitespace at the start of a cell, where the parser reads it as text.
    AfterSpace,
    /// Within a cell, where it is text.
    Inside,
}

/// The end of a quoted cell.
struct ClosingQuote {
    at: usize,
    /// The first escape of a letter or digit in the cell.
    escaped_letter: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::{Misquoted, QuoteCheck};
    use crate::rows::QuoteFault;

    const PLAIN: QuoteCheck = QuoteCheck {
        delimiter: b',',
        quote: b'"',
        escape: None,
    };

    const ESCAPED: QuoteCheck = QuoteCheck {
        escape: Some(b'\\'),
        ..PLAIN
    };

    fn text_after(column: usize) -> Option<Misquoted> {
        Some(Misquoted {
            column,
            fault: QuoteFault::TextAfter { backslash: false },
            swallows: false,
        })
    }

    fn find(check: QuoteCheck, record: &str) -> Option<(usize, QuoteFault)> {
        let misquoted = check.misquoted(record.as_bytes());
        misquoted.map(|misquoted| (misquoted.column, misquoted.fault))
    }

    #[test]
    fn finds_text_after_a_closing_quote() {
        for record in [
            "",
            "ann,5\" pipe,x\n",
            "\"ann\",\"\",\"x\"",
            "\"a \"\"b\"\"\",c\r\n",
            "\r\n\"a\nb\",c",
            "ann,\"1 High St\nFlat 2\",x\n",
            "ann,\"bob,b,Bob\ncy,c,Cy\",x\n",
            "ann,\"she said \"\"hi\"\"\nand left\",x\r\n",
            "\"a\\\",b",
        ] {
            assert_eq!(PLAIN.misquoted(record.as_bytes()), None, "{record:?}");
        }
        assert_eq!(PLAIN.misquoted(b"\"ann\" lee,x\n"), text_after(0));
        assert_eq!(PLAIN.misquoted(b"a,\"b,c\",\"d\"e\",\"f\"g"), text_after(2));
        assert_eq!(PLAIN.misquoted(b"\"a\" ,b"), text_after(0));
        let backslash = QuoteFault::TextAfter { backslash: true };
        assert_eq!(find(PLAIN, "x,\"Pa\\\"ss\",y"), Some((1, backslash)));
    }

    #[test]
    fn reports_swallowed_rows_if_a_quote_closes_on_a_later_line() {
        for (record, swallows) in [
            ("ann,\"Ann,x\nbob,b@example.com,\"Bob,y\n", true),
            ("ann,\"Ann,x\nbob,b,Bob\ncy,c@example.com,\"Cy,z\n", true),
            ("\"a\"b,\"c\nd\",\"e\nf\"g\n", true),
            ("\"a\"b,\"c\nd\"\n", false),
        ] {
            let misquoted = PLAIN.misquoted(record.as_bytes()).unwrap();
            assert_eq!(misquoted.swallows, swallows, "{record:?}");
        }
    }

    #[test]
    fn finds_whitespace_before_a_quote_but_accepts_quotes_in_text() {
        let space = Some((1, QuoteFault::SpaceBefore));
        assert_eq!(find(PLAIN, "ann, \"x\",y"), space);
        assert_eq!(find(PLAIN, "ann,\t \"x"), space);
        assert_eq!(find(PLAIN, "ann,x \"y\""), None);
        let tabs = QuoteCheck {
            delimiter: b'\t',
            ..PLAIN
        };
        assert_eq!(find(tabs, "ann\t\"x\""), None);
        assert_eq!(find(tabs, "ann\t \"x\""), space);
    }

    #[test]
    fn accepts_escapes_within_quotes_and_reports_ambiguous_ones() {
        for record in [
            "\"12 \\\"High\\\" St\",\"Pa\"\"ss\"",
            "\"a\\\\\",b",
            "\"it\\'s\",\"a\\,b\"",
            "\"line\\\nbreak\"",
            "\\N,DOMAIN\\user,x",
        ] {
            assert_eq!(find(ESCAPED, record), None, "{record:?}");
        }
        for (record, column, fault) in [
            ("a,\"b\\nc\"", 1, QuoteFault::EscapedLetter),
            ("a,\"C:\\ü\"", 1, QuoteFault::EscapedLetter),
            ("a,b\\,c", 1, QuoteFault::EscapeOutside),
            ("a,b\\\\c", 1, QuoteFault::EscapeOutside),
            ("a,b,5\\\" pipe", 2, QuoteFault::EscapeOutside),
            ("a,b\\\n", 1, QuoteFault::EscapeOutside),
            (
                "a,\"b\\\"\"c",
                1,
                QuoteFault::TextAfter { backslash: false },
            ),
        ] {
            assert_eq!(find(ESCAPED, record), Some((column, fault)), "{record:?}");
        }
    }
}
