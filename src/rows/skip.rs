//! Skips the lines of rows that need not be parsed.

use std::io::{BufRead as _, BufReader, Cursor, Read};

use memchr::memchr;
use zeroize::Zeroizing;

use super::open::reader;
use super::quote_guard::PARSER_BUFFER;
use super::{Rows, RowsError};

impl Rows {
    /// Continues on this line, where the row of this number starts. Call this before reading a row.
    /// `None` if only parsing tells where rows start, because some lines end with a bare `\r`.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn skip_to(mut self, line: u64, row: u64) -> Result<Option<Self>, RowsError> {
        if self.cr_lines.is_some() {
            return Ok(None);
        }
        let Some((head, rest)) = self.reader.into_inner().into_text() else {
            return Ok(None);
        };
        let mut text = BufReader::with_capacity(PARSER_BUFFER, Cursor::new(head).chain(rest));
        let mut read = Zeroizing::new(Vec::new());
        let mut skipped_bytes = 0;
        for number in self.skipped_lines + 1..=line {
            skipped_bytes += read.len() as u64;
            read.clear();
            text.read_until(b'\n', &mut read)
                .map_err(|cause| RowsError::of_parser(&self.list, number, &cause.into()))?;
            let line = read.strip_suffix(b"\n").unwrap_or(&read);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if memchr(b'\r', line).is_some() {
                return Ok(None);
            }
        }
        let text: Box<dyn Read + Send> = Box::new(Cursor::new(read).chain(text));
        self.reader = reader(&self.dialect, text);
        self.position = self.position.skip(skipped_bytes);
        self.skipped_lines = line.saturating_sub(1);
        self.number = row.saturating_sub(1);
        self.record_start = 0;
        self.peeked_line = None;
        self.peeked_row = None;
        Ok(Some(self))
    }
}
