//! Lists whose lines end with `\r` alone, as some old programs write them.

use super::dialect::{ends_line, without_blank_lines};

/// Where the parser is in a list whose lines end with `\r` alone. It counts no such line end, so they are counted here.
#[derive(Debug)]
pub(super) struct Returns {
    /// The line on which the record begins.
    pub(super) line: u64,
    /// Line ends up to the record's end.
    pub(super) behind: u64,
}

impl Returns {
    /// At the beginning of a text that follows so many lines.
    pub(super) fn below(lines: u64) -> Self {
        Self {
            line: lines,
            behind: lines,
        }
    }

    /// The parser has read a record of these bytes, with its own line end and those just before it; `before` more returns precede
    /// these.
    pub(super) fn record(&mut self, before: u64, bytes: &[u8]) {
        self.behind += before;
        let blank = bytes.iter().take_while(|byte| ends_line(**byte));
        let count = |bytes: &mut dyn Iterator<Item = &u8>| bytes.filter(|b| **b == b'\r').count();
        self.line = self.behind + 1 + count(&mut blank.into_iter()) as u64;
        self.behind += count(&mut bytes.iter()) as u64;
    }
}

/// Whether the first line, which is part of the head, is ended by `\r` and nothing else.
pub(super) fn ended_by_return(head: &[u8], first: &[u8]) -> bool {
    let behind = without_blank_lines(head).get(first.len()..);
    matches!(behind, Some([b'\r', next, ..]) if *next != b'\n')
}
