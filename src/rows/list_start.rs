//! Skips lines above the first record, before the parser sees them.
//!
//! It skips the lines counted by `--skip-lines`, then blank lines, the line that declares the
//! delimiter for Excel (`sep=;`), and the `#TYPE` line of PowerShell's Export-Csv. Skipped lines
//! and bytes are counted, so that positions refer to the file.

use std::io::{self, Read};

use super::dialect::{Dialect, QuoteChars, ends_line, first_line, sep_delimiter};
use super::first_lines::MAX_LINES;
use super::quote_guard::MAX_RECORD_BYTES;
use crate::source::Wrapping;

/// The number of bytes read at a time.
const BLOCK: usize = 8 * 1024;

/// The start of the line with which PowerShell's Export-Csv names the type of the objects.
const TYPE_LINE: &[u8] = b"#TYPE";

/// A line of only these bytes has no column names.
const BLANK_BYTES: &[u8] = b" \t,;|";

/// The lines and bytes above the first record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Skipped {
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
    skipped: Skipped,
    sep_delimiter: Option<u8>,
}

pub(super) struct FirstRecord<R> {
    /// The text from the first record on, as far as it was read.
    pub(super) head: Vec<u8>,
    /// The rest of the text.
    pub(super) rest: R,
    pub(super) skipped: Skipped,
    /// The delimiter that the list declares for Excel.
    pub(super) sep_delimiter: Option<u8>,
}

impl<R: Read> ListStart<R> {
    pub(super) fn of(source: R) -> Self {
        Self {
            source,
            head: Vec::new(),
            at: 0,
            exhausted: false,
            skipped: Skipped::default(),
            sep_delimiter: None,
        }
    }

    /// Skips the lines above the first record, and reads that record's first line and `lines` more.
    /// For a pipe, `lines` should be 0, because this would wait for them.
    pub(super) fn read(mut self, dialect: &Dialect, lines: usize) -> io::Result<FirstRecord<R>> {
        while self.skipped.lines < dialect.skip_lines && self.skip_line()? {}
        while self.skip_if_not_record(dialect)? {}
        self.fill_until(|head| {
            let ended = first_line(head, dialect.quote_chars()).is_some();
            // The byte after a carriage return decides whether lines end with a bare one.
            ended && !head.ends_with(b"\r")
        })?;
        let more = if Wrapping::may_be_foreign(self.text()) {
            MAX_LINES
        } else {
            lines
        };
        self.fill_until(|head| head.iter().filter(|byte| ends_line(**byte)).count() >= more)?;
        self.head.drain(..self.at);
        Ok(FirstRecord {
            head: self.head,
            rest: self.source,
            skipped: self.skipped,
            sep_delimiter: self.sep_delimiter,
        })
    }

    /// Skips the first line unless it may be a record.
    fn skip_if_not_record(&mut self, dialect: &Dialect) -> io::Result<bool> {
        self.fill_until(|head| head.iter().any(|byte| ends_line(*byte)))?;
        let line = self.text();
        let end = line.iter().position(|byte| ends_line(*byte));
        let line = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
        // Without a header, a line of delimiters may be a row of one column.
        let is_blank = if dialect.columns.is_some() {
            line.is_empty()
        } else {
            let blank = |byte: &u8| BLANK_BYTES.contains(byte) || dialect.delimiter == Some(*byte);
            line.iter().all(blank)
        };
        let delimiter = sep_delimiter(line).filter(|delimiter| is_allowed(*delimiter, dialect));
        if is_blank || delimiter.is_some() || is_type_line(line) {
            self.sep_delimiter = delimiter.or(self.sep_delimiter);
            return self.skip_line();
        }
        Ok(false)
    }

    /// Skips the first line with its line end. Returns false if no line is left.
    fn skip_line(&mut self) -> io::Result<bool> {
        let mut has_line = false;
        loop {
            let text = self.text();
            if let Some(end) = text.iter().position(|byte| ends_line(*byte)) {
                let is_return = text.get(end) == Some(&b'\r');
                self.skip_bytes(end + 1);
                if is_return && self.text().is_empty() {
                    self.fill()?;
                }
                if is_return && self.text().starts_with(b"\n") {
                    self.skip_bytes(1);
                }
                self.skipped.lines += 1;
                return Ok(true);
            }
            has_line |= !text.is_empty();
            let length = text.len();
            self.skip_bytes(length);
            if !self.fill()? {
                self.skipped.lines += u64::from(has_line);
                return Ok(has_line);
            }
        }
    }

    fn text(&self) -> &[u8] {
        self.head.get(self.at..).unwrap_or_default()
    }

    fn skip_bytes(&mut self, count: usize) {
        self.at += count;
        self.skipped.bytes += count as u64;
    }

    /// Reads until the condition is met, up to the maximum length of a record.
    fn fill_until(&mut self, is_done: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        while !is_done(self.text()) && self.text().len() < MAX_RECORD_BYTES && self.fill()? {}
        Ok(())
    }

    /// Reads a block. Returns false at the end.
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

/// Returns whether a delimiter differs from the quote and escape characters.
fn is_allowed(delimiter: u8, dialect: &Dialect) -> bool {
    let QuoteChars { quote, escape } = dialect.quote_chars();
    quote != super::Quote::Mark(delimiter) && escape != Some(delimiter)
}

fn is_type_line(line: &[u8]) -> bool {
    match line.split_at_checked(TYPE_LINE.len()) {
        Some((mark, rest)) => {
            mark.eq_ignore_ascii_case(TYPE_LINE) && rest.first().is_none_or(u8::is_ascii_whitespace)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{FirstRecord, ListStart, Skipped};
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

    fn start(text: &str, dialect: &Dialect) -> (String, Skipped, Option<u8>) {
        let parts = |first: FirstRecord<&[u8]>| (first.head, first.rest.to_vec());
        let at_once = ListStart::of(text.as_bytes()).read(dialect, 0).unwrap();
        let (skipped, delimiter) = (at_once.skipped, at_once.sep_delimiter);
        let (head, rest) = parts(at_once);
        let slowly = ListStart::of(Slow(text.as_bytes()))
            .read(dialect, 0)
            .unwrap();
        assert_eq!((slowly.skipped, slowly.sep_delimiter), (skipped, delimiter));
        let text = String::from_utf8([head, rest].concat()).unwrap();
        (text, skipped, delimiter)
    }

    #[test]
    fn skips_and_counts_lines_above_the_first_record() {
        let long = format!("{}\na,b\n", "x".repeat(20_000));
        for (text, skip_lines, rest, lines, delimiter) in [
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
            let found = start(text, &dialect);
            let bytes = (text.len() - rest.len()) as u64;
            let skipped = Skipped { lines, bytes };
            assert_eq!(found, (rest.to_owned(), skipped, delimiter), "{skip_lines}");
        }
    }

    #[test]
    fn keeps_a_line_of_delimiters_if_there_is_no_header() {
        let dialect = Dialect {
            columns: Some(vec!["username".to_owned()]),
            ..Dialect::default()
        };
        assert_eq!(start("\n;\nann\n", &dialect).0, ";\nann\n");
    }

    #[test]
    fn ignores_a_quote_or_escape_as_the_sep_delimiter() {
        let dialect = Dialect {
            escape: Some(b'\\'),
            ..Dialect::default()
        };
        for line in ["sep=\"\n", "sep=\\\n"] {
            assert_eq!(start(line, &dialect).2, None);
        }
    }
}
