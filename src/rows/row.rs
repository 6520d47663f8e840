//! Records, and why one may be unreadable as a row.

use std::fmt;

use csv::ByteRecord;

use super::wipe::ZeroizingRecord;

/// Why a record cannot be read as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// The record has more or fewer cells than the header.
    Cells {
        expected: usize,
        found: usize,
        /// The line on which the record ends.
        last_line: u64,
    },
    /// A cell has misplaced quotes, so the parser's value may be wrong.
    Quotes {
        /// The index of the cell.
        column: usize,
        fault: QuoteFault,
    },
    /// The record probably contains other rows: a quote opened in it is closed on a later line, in
    /// the middle of a cell.
    Swallowed {
        /// The line on which the record ends.
        last_line: u64,
    },
    /// A cell's bytes are not UTF-8.
    Encoding {
        /// The index of the cell.
        column: usize,
        /// The length of the valid part.
        valid_bytes: usize,
    },
    /// A cell has bytes that are invalid in the list's encoding.
    Transcoding {
        /// The index of the cell.
        column: usize,
        /// The encoding's name.
        encoding: &'static str,
    },
    /// A quote opened in the record is never closed, so it extends to the end of the list.
    OpenQuote {
        /// The last line that it swallowed.
        last_line: u64,
    },
    /// The record is longer than [`super::MAX_RECORD_BYTES`].
    TooLong {
        /// The number of bytes in its cells.
        bytes: usize,
        /// The line on which the record ends.
        last_line: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteFault {
    /// Text follows the quote that closes the cell.
    TextAfter {
        /// A backslash precedes that quote, and the list is not read with an escape character.
        backslash: bool,
    },
    /// Whitespace precedes the opening quote, so the quote is read as text.
    SpaceBefore,
    /// A letter or digit is escaped within quotes, which programs interpret differently.
    EscapedLetter,
    /// An escape character outside of quotes precedes a byte that may need an escape. It has no
    /// effect there.
    EscapeOutside,
}

/// A record, borrowed until the next one is read. `Debug` shows no cells, because one may be a
/// password.
pub struct RawRow<'a> {
    /// The number of the row, from 1 for the first one after the header.
    pub number: u64,
    /// Its first line.
    pub line: u64,
    /// The position of its end in the list, in bytes.
    pub end_byte: u64,
    /// Why the record is unreadable, if it is.
    pub unreadable: Option<Unreadable>,
    /// The cells without decoration.
    pub(super) record: &'a ByteRecord,
    /// The cells as the parser read them.
    pub(super) written: &'a ByteRecord,
    /// The raw bytes of the record, if its cells cannot be relied on.
    pub(super) verbatim: Option<&'a [u8]>,
    /// All cells of `record` concatenated, if they are UTF-8. Saves checking each cell.
    pub(super) text: Option<&'a str>,
    pub(super) is_ascii: bool,
}

impl<'a> RawRow<'a> {
    /// Returns a cell, or `None` if it is missing or not UTF-8.
    #[must_use]
    pub fn cell(&self, column: usize) -> Option<&'a str> {
        match self.text {
            Some(text) => text.get(self.record.range(column)?),
            None => std::str::from_utf8(self.record.get(column)?).ok(),
        }
    }

    /// Returns whether all cells are ASCII.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.is_ascii
    }
}

/// A copy of a row that outlives the reader. It has no `Debug`, because a cell may be a password.
#[derive(Default)]
pub struct OwnedRow {
    number: u64,
    line: u64,
    end_byte: u64,
    unreadable: Option<Unreadable>,
    record: ZeroizingRecord,
    is_text: bool,
    is_ascii: bool,
}

impl OwnedRow {
    /// Copies a row, reusing the buffers of `spare`.
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
            is_ascii: row.is_ascii,
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
            is_ascii: self.is_ascii,
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
        assert!(memory.contains(secrets[0]));
        row.wipe();
        assert!(!memory.contains(secrets[0]));
        let row = OwnedRow::copy(&rows.next_row().unwrap().unwrap(), Some(row));
        let mut memory = CellMemory::of(&row.record);
        assert!(memory.contains(secrets[1]));
        let row = OwnedRow::copy(&rows.next_row().unwrap().unwrap(), Some(row));
        assert!(!memory.contains(secrets[1]));
        let mut memory = CellMemory::of(&row.record);
        assert!(memory.contains(secrets[2]));
        drop(row);
        assert!(!memory.contains(secrets[2]));
    }
}
