//! Skips the lines of rows that need not be parsed.

use std::io::{BufRead as _, BufReader, Cursor, Read};

use memchr::memchr;
use zeroize::Zeroizing;

use super::open::reader;
use super::quote_guard::PARSER_BUFFER;
use super::{Rows, RowsError};

impl Rows {
    /// Moves to this line, where the row with this number starts. Must be called before a row is
    /// read. `None` if a line contains a bare `\r`, because then only the parser knows where rows
    /// start, or if the first bytes of the text are no longer kept.
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
            let skipped = read.strip_suffix(b"\n").unwrap_or(&read);
            let skipped = skipped.strip_suffix(b"\r").unwrap_or(skipped);
            if memchr(b'\r', skipped).is_some() {
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
