//! Line numbers of records.
//!
//! The parser counts only `\n`. In a list whose lines end with a bare `\r`, as some old programs
//! write them, [`CrLines`] counts instead.

use super::Rows;
use super::dialect::{ends_line, without_blank_lines};

/// Counts lines that end with a bare `\r`.
#[derive(Debug)]
pub(super) struct CrLines {
    /// The record's first line.
    line: u64,
    /// The number of line ends up to the end of the record.
    before_next: u64,
}

impl CrLines {
    /// Starts after this many lines.
    pub(super) fn after(lines: u64) -> Self {
        Self {
            line: lines,
            before_next: lines,
        }
    }

    /// Counts the bytes of a record, which include its line end and those right before it. Another
    /// `skipped` returns precede them.
    pub(super) fn record(&mut self, skipped: u64, bytes: &[u8]) {
        self.before_next += skipped;
        let blank = bytes.iter().take_while(|byte| ends_line(**byte));
        let count = |bytes: &mut dyn Iterator<Item = &u8>| bytes.filter(|b| **b == b'\r').count();
        self.line = self.before_next + 1 + count(&mut blank.into_iter()) as u64;
        self.before_next += count(&mut bytes.iter()) as u64;
    }
}

/// Returns whether the first line ends with a bare `\r`.
pub(super) fn ends_with_bare_cr(head: &[u8], first_line: &[u8]) -> bool {
    let after = without_blank_lines(head).get(first_line.len()..);
    matches!(after, Some([b'\r', next, ..]) if *next != b'\n')
}

impl Rows {
    /// Returns the parser's line, without blank lines that it has not skipped yet.
    pub(super) fn parser_line(&self) -> u64 {
        self.skipped_lines + self.reader.position().line()
    }

    /// Returns the line after the last record. The parser leaves the `\n` of a `\r\n` to the next
    /// record.
    pub(super) fn next_line(&self) -> u64 {
        match &self.cr_lines {
            Some(lines) => lines.before_next + 1,
            None => self.parser_line() + u64::from(self.last_byte() == Some(b'\r')),
        }
    }

    /// Returns the first line of the record. The parser reports it before it skips the rest of the
    /// previous line end (`\n` after `\r`, blank lines), so it is counted backwards from the end of
    /// the record.
    pub(super) fn line_of_record(&self, line_before: u64, runs_to_end: bool) -> u64 {
        if let Some(lines) = &self.cr_lines {
            return lines.line;
        }
        let after = self.parser_line();
        let ended_by_newline = !runs_to_end && self.last_byte() == Some(b'\n');
        // If the only newline since the previous record ended this one, the record has none.
        if ended_by_newline && after == line_before + 1 {
            return line_before;
        }
        after
            .saturating_sub(self.newlines_in_record())
            .saturating_sub(u64::from(ended_by_newline))
    }

    /// Returns the line on which the record ends.
    pub(super) fn last_line(&self, line: u64) -> u64 {
        line + self.newlines_in_record()
    }

    fn newlines_in_record(&self) -> u64 {
        let newline = if self.cr_lines.is_some() {
            b'\r'
        } else {
            b'\n'
        };
        let cells = self.record.as_slice().iter();
        cells.filter(|byte| **byte == newline).count() as u64
    }

    /// Returns the byte before the parser's position.
    fn last_byte(&self) -> Option<u8> {
        let last = self.reader.position().byte().checked_sub(1)?;
        self.reader.get_ref().recent_byte(last)
    }
}
