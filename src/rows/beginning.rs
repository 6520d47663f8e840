//! Skips lines above the first record, before the parser sees them.
//!
//! Skipped are the lines counted by `--skip-lines`, then blank lines, the line that tells Excel the
//! delimiter (`sep=;`), and the line in which PowerShell's Export-Csv names a type (`#TYPE`).
//! Skipped lines and bytes are counted, so that positions are those of the file.

use std::io::{self, Read};

use super::dialect::{Dialect, QuoteChars, announced, ends_line, first_line};
use super::first_lines::LINES;
use super::quote_guard::MAX_RECORD_BYTES;
use crate::source::Wrapping;

/// Bytes read at a time.
const BLOCK: usize = 8 * 1024;

/// The start of the line in which PowerShell's Export-Csv names the type of the objects.
const TYPE_LINE: &[u8] = b"#TYPE";

/// A line of only these bytes names no column.
const BLANK: &[u8] = b" \t,;|";

/// What was skipped above the first record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Above {
    pub(super) lines: u64,
    pub(super) bytes: u64,
}

/// The text, read up to its first record.
pub(super) struct ListStart<R> {
    source: R,
    /// The bytes read so far. Those before `at` are skipped.
    head: Vec<u8>,
    at: usize,
    exhausted: bool,
    above: Above,
    announced: Option<u8>,
}

pub(super) struct FirstRecord<R> {
    /// The text from its first record on, as far as it was read.
    pub(super) head: Vec<u8>,
    /// The rest of the text.
    pub(super) rest: R,
    pub(super) above: Above,
    /// The delimiter that the list announces for Excel.
    pub(super) announced: Option<u8>,
}

impl<R: Read> ListStart<R> {
    pub(super) fn of(source: R) -> Self {
        Self {
            source,
            head: Vec::new(),
            at: 0,
            exhausted: false,
            above: Above::default(),
            announced: None,
        }
    }

    /// Skips what precedes the first record, and reads that record's first line and `lines` more.
    /// For a pipe, `lines` should be 0, because it would have to wait for them.
    pub(super) fn read(mut self, dialect: &Dialect, lines: usize) -> io::Result<FirstRecord<R>> {
        while self.above.lines < dialect.skip_lines && self.drop_line()? {}
        while self.drop_if_no_record(dialect)? {}
        self.fill_until(|head| {
            let ended = first_line(head, dialect.quote_chars()).is_some();
            // The byte after a carriage return tells whether it ends lines by itself.
            ended && !head.ends_with(b"\r")
        })?;
        let more = if Wrapping::may_be_foreign(self.text()) {
            LINES
        } else {
            lines
        };
        self.fill_until(|head| head.iter().filter(|byte| ends_line(**byte)).count() >= more)?;
        self.head.drain(..self.at);
        Ok(FirstRecord {
            head: self.head,
            rest: self.source,
            above: self.above,
            announced: self.announced,
        })
    }

    /// Skips the first line, unless it may be a record.
    fn drop_if_no_record(&mut self, dialect: &Dialect) -> io::Result<bool> {
        self.fill_until(|head| head.iter().any(|byte| ends_line(*byte)))?;
        let line = self.text();
        let end = line.iter().position(|byte| ends_line(*byte));
        let line = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
        // Without a header, a line of delimiters may be a row of one column.
        let is_blank = if dialect.columns.is_some() {
            line.is_empty()
        } else {
            let blank = |byte: &u8| BLANK.contains(byte) || dialect.delimiter == Some(*byte);
            line.iter().all(blank)
        };
        let announced = announced(line).filter(|mark| may_be_announced(*mark, dialect));
        if is_blank || announced.is_some() || names_a_type(line) {
            self.announced = announced.or(self.announced);
            return self.drop_line();
        }
        Ok(false)
    }

    /// Skips the first line with its line end. Returns false if no line is left.
    fn drop_line(&mut self) -> io::Result<bool> {
        let mut is_line = false;
        loop {
            let text = self.text();
            if let Some(end) = text.iter().position(|byte| ends_line(*byte)) {
                let is_return = text.get(end) == Some(&b'\r');
                self.drop_bytes(end + 1);
                if is_return && self.text().is_empty() {
                    self.fill()?;
                }
                if is_return && self.text().starts_with(b"\n") {
                    self.drop_bytes(1);
                }
                self.above.lines += 1;
                return Ok(true);
            }
            is_line |= !text.is_empty();
            let length = text.len();
            self.drop_bytes(length);
            if !self.fill()? {
                self.above.lines += u64::from(is_line);
                return Ok(is_line);
            }
        }
    }

    fn text(&self) -> &[u8] {
        self.head.get(self.at..).unwrap_or_default()
    }

    fn drop_bytes(&mut self, count: usize) {
        self.at += count;
        self.above.bytes += count as u64;
    }

    /// Reads until the condition holds, within the maximum length of a record.
    fn fill_until(&mut self, holds: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        while !holds(self.text()) && self.text().len() < MAX_RECORD_BYTES && self.fill()? {}
        Ok(())
    }

    /// Reads a block. False at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.head.drain(..self.at);
        self.at = 0;
        let mut block = [0; BLOCK];
        while !self.exhausted {
            match self.source.read(&mut block) {
                Ok(0) => self.exhausted = true,
                Ok(read) => {
                    self.head
                        .extend_from_slice(block.get(..read).unwrap_or_default());
                    return Ok(true);
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(false)
    }
}

/// A quote or escape character cannot be the delimiter.
fn may_be_announced(mark: u8, dialect: &Dialect) -> bool {
    let QuoteChars { quote, escape } = dialect.quote_chars();
    quote != super::Quote::Mark(mark) && escape != Some(mark)
}

fn names_a_type(line: &[u8]) -> bool {
    match line.split_at_checked(TYPE_LINE.len()) {
        Some((mark, rest)) => {
            mark.eq_ignore_ascii_case(TYPE_LINE) && rest.first().is_none_or(u8::is_ascii_whitespace)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Above, FirstRecord, ListStart};
    use crate::rows::Dialect;
    use std::io::Read;

    /// Yields one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = buffer.len().min(1);
            self.0.read(&mut buffer[..length])
        }
    }

    fn begun(text: &str, dialect: &Dialect) -> (String, Above, Option<u8>) {
        let whole = |begun: FirstRecord<&[u8]>| (begun.head, begun.rest.to_vec());
        let at_once = ListStart::of(text.as_bytes()).read(dialect, 0).unwrap();
        let (above, announced) = (at_once.above, at_once.announced);
        let (head, rest) = whole(at_once);
        let slowly = ListStart::of(Slow(text.as_bytes()))
            .read(dialect, 0)
            .unwrap();
        assert_eq!((slowly.above, slowly.announced), (above, announced));
        let text = String::from_utf8([head, rest].concat()).unwrap();
        (text, above, announced)
    }

    #[test]
    fn skips_and_counts_lines_above_the_first_record() {
        let long = format!("{}\na,b\n", "x".repeat(20_000));
        for (text, skip_lines, rest, lines, announced) in [
            ("a,b\n1,2\n", 0, "a,b\n1,2\n", 0, None),
            ("\n\r\n  \n,,;\na,b", 0, "a,b", 4, None),
            ("#TYPE Some.Thing\na,b\n", 0, "a,b\n", 1, None),
            ("#type Some.Thing,,\r\n\r\na,b\r\n", 0, "a,b\r\n", 2, None),
            ("#TYPE\rsep=;\ra;b\r", 0, "a;b\r", 2, Some(b';')),
            ("sep=;\n#TYPE X\na;b", 0, "a;b", 2, Some(b';')),
            ("#TYPES,b\n", 0, "#TYPES,b\n", 0, None),
            ("Users of \"2026\nversion:1\n\na,b\n", 2, "a,b\n", 3, None),
            ("x\r\n\r\ny\r\na,b", 3, "a,b", 3, None),
            ("x\n#TYPE X\na,b", 1, "a,b", 2, None),
            ("x\ny", 2, "", 2, None),
            ("x\ny", 5, "", 2, None),
            ("", 1, "", 0, None),
            (&long, 1, "a,b\n", 1, None),
        ] {
            let dialect = Dialect {
                skip_lines,
                ..Dialect::default()
            };
            let found = begun(text, &dialect);
            let bytes = (text.len() - rest.len()) as u64;
            let above = Above { lines, bytes };
            assert_eq!(found, (rest.to_owned(), above, announced), "{skip_lines}");
        }
    }

    #[test]
    fn keeps_a_line_of_delimiters_if_there_is_no_header() {
        let dialect = Dialect {
            columns: Some(vec!["username".to_owned()]),
            ..Dialect::default()
        };
        assert_eq!(begun("\n;\nann\n", &dialect).0, ";\nann\n");
    }

    #[test]
    fn ignores_an_announced_quote_or_escape() {
        let dialect = Dialect {
            escape: Some(b'\\'),
            ..Dialect::default()
        };
        for line in ["sep=\"\n", "sep=\\\n"] {
            assert_eq!(begun(line, &dialect).2, None);
        }
    }
}
