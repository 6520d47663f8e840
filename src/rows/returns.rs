//! Lists whose lines end with a bare `\r`, as some old programs write them.

use super::dialect::{ends_line, without_blank_lines};

/// Counts lines in such a list, because the parser counts only `\n`.
#[derive(Debug)]
pub(super) struct Returns {
    /// The record's first line.
    pub(super) line: u64,
    /// Line ends up to the end of the record.
    pub(super) before_next: u64,
}

impl Returns {
    /// Starts after this many lines.
    pub(super) fn below(lines: u64) -> Self {
        Self {
            line: lines,
            before_next: lines,
        }
    }

    /// Counts a record of these bytes, which include its line end and those right before it.
    /// `before` more returns precede them.
    pub(super) fn record(&mut self, before: u64, bytes: &[u8]) {
        self.before_next += before;
        let blank = bytes.iter().take_while(|byte| ends_line(**byte));
        let count = |bytes: &mut dyn Iterator<Item = &u8>| bytes.filter(|b| **b == b'\r').count();
        self.line = self.before_next + 1 + count(&mut blank.into_iter()) as u64;
        self.before_next += count(&mut bytes.iter()) as u64;
    }
}

/// Whether the first line ends with a bare `\r`.
pub(super) fn ended_by_return(head: &[u8], first: &[u8]) -> bool {
    let before_next = without_blank_lines(head).get(first.len()..);
    matches!(before_next, Some([b'\r', next, ..]) if *next != b'\n')
}
