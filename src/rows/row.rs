//! One record, and what keeps it from being a row.

use std::fmt;

use csv::ByteRecord;

use super::wipe::ZeroizingRecord;

/// Why a record cannot be read as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It has more or fewer cells than the header.
    Cells {
        /// Cells of the header.
        expected: usize,
        /// Cells of the record.
        found: usize,
        /// The line on which it ends.
        last_line: u64,
    },
    /// A cell has misplaced quotes: what the parser makes of it may not be what was meant.
    Quotes {
        /// The cell's place, from 0.
        column: usize,
        /// What is wrong with them.
        fault: QuoteFault,
    },
    /// It probably holds other rows: a quote that was opened in it is closed on a later line, in the middle of a cell.
    Swallowed {
        /// The line on which the record ends.
        last_line: u64,
    },
    /// A cell's bytes are not UTF-8.
    Encoding {
        /// The cell's place, from 0.
        column: usize,
        /// Bytes of the cell that are in order.
        valid_bytes: usize,
    },
    /// A cell holds bytes that mean nothing in the encoding that the list was transcoded from.
    Transcoding {
        /// The cell's place, from 0.
        column: usize,
        /// The encoding's name.
        encoding: &'static str,
    },
    /// A quote was opened in it and never closed, so that it runs to the end of the list.
    OpenQuote {
        /// The last line that it swallowed.
        last_line: u64,
    },
    /// It is longer than [`super::MAX_RECORD_BYTES`].
    TooLong {
        /// Bytes in its cells.
        bytes: usize,
        /// The line on which it ends.
        last_line: u64,
    },
}

/// What is wrong with a cell's quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteFault {
    /// Text follows the quote that closes the cell.
    TextAfter {
        /// A backslash precedes that quote, and the list is not read with an escape character.
        backslash: bool,
    },
    /// White space precedes the quote that opens the cell, so that it opens nothing.
    SpaceBefore,
    /// Within quotes, a letter or digit is escaped: programs disagree on what that means.
    EscapedLetter,
    /// Outside of quotes, an escape character precedes something that may need one: it is not taken for an escape there.
    EscapeOutside,
}

/// One record of the list, lent until the next one is read. Its cells may hold a password: `Debug` shows none of them.
pub struct RawRow<'a> {
    /// Number of the row: 1 is the first one below the header.
    pub number: u64,
    /// Line on which it begins; the header is on line 1.
    pub line: u64,
    /// Bytes of the list up to its end.
    pub end_byte: u64,
    /// What keeps it from being read, if anything does.
    pub unreadable: Option<Unreadable>,
    /// The cells as they are used.
    pub(super) record: &'a ByteRecord,
    /// The cells as the parser read them.
    pub(super) written: &'a ByteRecord,
    /// The raw bytes of the record, if its cells cannot be relied on.
    pub(super) verbatim: Option<&'a [u8]>,
    /// All used cells behind one another, where that is UTF-8: then no cell is looked through again.
    pub(super) text: Option<&'a str>,
}

impl<'a> RawRow<'a> {
    /// A cell; none where the record has fewer cells or its bytes are not UTF-8.
    #[must_use]
    pub fn cell(&self, column: usize) -> Option<&'a str> {
        match self.text {
            Some(text) => text.get(self.record.range(column)?),
            None => std::str::from_utf8(self.record.get(column)?).ok(),
        }
    }
}

/// A copy of a row that outlives the reader. Its cells may hold a password, so it has no `Debug`.
#[derive(Default)]
pub struct OwnedRow {
    number: u64,
    line: u64,
    end_byte: u64,
    unreadable: Option<Unreadable>,
    record: ZeroizingRecord,
    is_text: bool,
}

impl OwnedRow {
    /// Copies a row, into the buffers of one that is no longer needed if there is one.
    #[must_use]
    pub fn copy(row: &RawRow<'_>, spare: Option<Self>) -> Self {
        let mut record = spare.unwrap_or_default().record;
        record.wipe();
        record.extend(row.record);
        Self {
            number: row.number,
            line: row.line,
            end_byte: row.end_byte,
            unreadable: row.unreadable.clone(),
            record,
            is_text: row.text.is_some(),
        }
    }

    pub(super) fn wipe(&mut self) {
        self.record.wipe();
    }

    #[must_use]
    pub fn as_raw(&self) -> RawRow<'_> {
        let text = self
            .is_text
            .then(|| std::str::from_utf8(self.record.as_slice()).ok());
        RawRow {
            number: self.number,
            line: self.line,
            end_byte: self.end_byte,
            unreadable: self.unreadable.clone(),
            record: &self.record,
            written: &self.record,
            verbatim: None,
            text: text.flatten(),
        }
    }
}

impl fmt::Debug for RawRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRow")
            .field("number", &self.number)
            .field("line", &self.line)
            .field("unreadable", &self.unreadable)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::OwnedRow;
    use crate::rows::wipe::tests::CellMemory;
    use crate::rows::{Dialect, Rows};
    use crate::source::OpenSource;

    #[test]
    fn a_copy_is_zeroed_when_it_is_wiped_reused_or_dropped() {
        let secrets = ["Tr0ub4dor&3", "c0rrect-h0rse", "b4ttery-stapl3"];
        let filler = "x".repeat(100);
        let list = format!(
            "a,b\n1,{filler}{}\n2,{filler}{}\n3,{filler}{}\n",
            secrets[0], secrets[1], secrets[2]
        );
        let source = OpenSource {
            bytes: Box::new(std::io::Cursor::new(list.into_bytes())),
            length: None,
        };
        let mut rows = Rows::open("list.csv".into(), source, &Dialect::default()).unwrap();
        let mut row = OwnedRow::copy(&rows.next_row().unwrap().unwrap(), None);
        let mut memory = CellMemory::of(&row.record);
        assert!(memory.holds(secrets[0]));
        row.wipe();
        assert!(!memory.holds(secrets[0]));
        let row = OwnedRow::copy(&rows.next_row().unwrap().unwrap(), Some(row));
        let mut memory = CellMemory::of(&row.record);
        assert!(memory.holds(secrets[1]));
        let row = OwnedRow::copy(&rows.next_row().unwrap().unwrap(), Some(row));
        assert!(!memory.holds(secrets[1]));
        let mut memory = CellMemory::of(&row.record);
        assert!(memory.holds(secrets[2]));
        drop(row);
        assert!(!memory.holds(secrets[2]));
    }
}
