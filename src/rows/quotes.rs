//! Finds misplaced quotes. The CSV parser accepts them and yields a different value than was meant,
//! so a password would be altered silently.
//!
//! The sign is text after the closing quote of a cell. Either the list escapes quotes in a way that
//! was not configured (`"a \"b\" c"`), or a quote was never closed: then the opening quote of a
//! later row closes the cell, and the rows between are swallowed.

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
    /// A stray quote on a later line closes a cell of the record, so it holds other rows.
    pub(super) swallows: bool,
}

impl QuoteCheck {
    /// `None` if values are not quoted.
    pub(super) fn of(reading: &ResolvedDialect) -> Option<Self> {
        match reading.quote {
            Quote::None => None,
            Quote::Mark(quote) => Some(Self {
                delimiter: reading.delimiter,
                quote,
                escape: reading.escape,
            }),
        }
    }

    /// Whether cells are either unquoted or quoted as a whole, without a quote inside. True for
    /// nearly every record, and found without a search: `cells` is the parser's view of
    /// `record`, which drops only opening and closing quotes, so the cells' lengths tell where
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

    /// The first cell with misplaced quotes in the raw bytes of a record.
    pub(super) fn misquoted(self, record: &[u8]) -> Option<Misquoted> {
        let mut found: Option<Misquoted> = None;
        let mut note = |at: usize, fault: QuoteFault, swallows: bool| {
            let found = found.get_or_insert_with(|| Misquoted {
                column: self.column(record, at),
                fault,
                swallows,
            });
            found.swallows |= swallows;
        };
        let mut at = 0;
        while let Some(mark) = self.next_mark(record, at) {
            at = mark + 1;
            if record.get(mark) != Some(&self.quote) {
                // The parser ignores escapes outside of quotes and MySQL does not, so the value is
                // ambiguous.
                if self.may_be_escaped(record.get(at)) {
                    note(mark, QuoteFault::EscapeOutside, false);
                }
                continue;
            }
            match self.position(record, mark) {
                Position::Inside => continue,
                Position::AfterSpace => {
                    note(mark, QuoteFault::SpaceBefore, false);
                    continue;
                }
                Position::Start => {}
            }
            let Some(closed) = self.closed(record, at) else {
                break;
            };
            if let Some(letter) = closed.escaped_letter {
                note(letter, QuoteFault::EscapedLetter, false);
            }
            let text = record.get(mark..closed.at).unwrap_or_default();
            at = closed.at + 1;
            if record.get(at).is_some_and(|byte| !self.ends_cell(*byte)) {
                let backslash = self.escape.is_none() && text.ends_with(b"\\");
                let several_lines = text.iter().any(|byte| ends_line(*byte));
                note(mark, QuoteFault::TextAfter { backslash }, several_lines);
            }
        }
        found
    }

    /// The position of the next quote or escape.
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

    /// Whether an escape outside of quotes may be intended for this byte.
    fn may_be_escaped(self, next: Option<&u8>) -> bool {
        next.is_none_or(|byte| {
            self.ends_cell(*byte) || *byte == self.quote || Some(*byte) == self.escape
        })
    }

    /// Classifies a quote outside of quotes.
    fn position(self, record: &[u8], mark: usize) -> Position {
        let before = record.get(..mark).unwrap_or_default();
        match before.last() {
            None => Position::Start,
            Some(byte) if self.ends_cell(*byte) => Position::Start,
            Some(_) => {
                let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
                let mut text = before.iter().rev();
                match text.find(|byte| self.ends_cell(**byte) || !is_space(byte)) {
                    Some(byte) if !self.ends_cell(*byte) => Position::Inside,
                    Some(_) | None => Position::AfterSpace,
                }
            }
        }
    }

    /// Finds the quote that closes a cell whose text starts at `from`.
    fn closed(self, record: &[u8], from: usize) -> Option<Closed> {
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
                return Some(Closed {
                    at: mark,
                    escaped_letter,
                });
            }
            at = mark + 2;
        }
    }

    /// The index of the cell that this byte belongs to.
    fn column(self, record: &[u8], byte: usize) -> usize {
        let (mut column, mut at) = (0, 0);
        while at < byte {
            let starts = matches!(self.position(record, at), Position::Start);
            if record.get(at) == Some(&self.quote) && starts {
                match self.closed(record, at + 1) {
                    Some(closed) if closed.at < byte => at = closed.at,
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

/// Where a quote is that does not close another one.
enum Position {
    /// At the start of a cell: it opens the cell.
    Start,
    /// After white space at the start of a cell: the parser takes it for text.
    AfterSpace,
    /// Within a cell: it is text.
    Inside,
}

/// The end of a quoted cell.
struct Closed {
    at: usize,
    /// Whether a letter or digit is escaped in the cell.
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

    fn found(check: QuoteCheck, record: &str) -> Option<(usize, QuoteFault)> {
        let found = check.misquoted(record.as_bytes());
        found.map(|found| (found.column, found.fault))
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
        assert_eq!(found(PLAIN, "x,\"Pa\\\"ss\",y"), Some((1, backslash)));
    }

    #[test]
    fn reports_swallowed_rows_if_a_quote_closes_on_a_later_line() {
        for (record, swallows) in [
            ("ann,\"Ann,x\nbob,b@example.com,\"Bob,y\n", true),
            ("ann,\"Ann,x\nbob,b,Bob\ncy,c@example.com,\"Cy,z\n", true),
            ("\"a\"b,\"c\nd\",\"e\nf\"g\n", true),
            ("\"a\"b,\"c\nd\"\n", false),
        ] {
            let found = PLAIN.misquoted(record.as_bytes()).unwrap();
            assert_eq!(found.swallows, swallows, "{record:?}");
        }
    }

    #[test]
    fn finds_white_space_before_a_quote_but_accepts_quotes_in_text() {
        let space = Some((1, QuoteFault::SpaceBefore));
        assert_eq!(found(PLAIN, "ann, \"x\",y"), space);
        assert_eq!(found(PLAIN, "ann,\t \"x"), space);
        assert_eq!(found(PLAIN, "ann,x \"y\""), None);
        let tabs = QuoteCheck {
            delimiter: b'\t',
            ..PLAIN
        };
        assert_eq!(found(tabs, "ann\t\"x\""), None);
        assert_eq!(found(tabs, "ann\t \"x\""), space);
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
            assert_eq!(found(ESCAPED, record), None, "{record:?}");
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
            assert_eq!(found(ESCAPED, record), Some((column, fault)), "{record:?}");
        }
    }
}
