//! A record, and why it may be unreadable as a row.

use std::fmt;

use csv::ByteRecord;

use super::wipe::ZeroizingRecord;

/// Why a record cannot be read as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It has more or fewer cells than the header.
    Cells {
        expected: usize,
        found: usize,
        /// The line on which it ends.
        last_line: u64,
    },
    /// A cell has misplaced quotes, so the parser's value may not be what was meant.
    Quotes {
        /// The index of the cell.
        column: usize,
        fault: QuoteFault,
    },
    /// It probably holds other rows: a quote was opened in it and is closed on a later line, in the
    /// middle of a cell.
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
    /// A cell holds bytes that are invalid in the list's encoding.
    Transcoding {
        /// The index of the cell.
        column: usize,
        /// The encoding's name.
        encoding: &'static str,
    },
    /// A quote was opened in it and never closed, so it extends to the end of the list.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteFault {
    /// Text follows the quote that closes the cell.
    TextAfter {
        /// A backslash precedes that quote, and the list is not read with an escape character.
        backslash: bool,
    },
    /// White space precedes the opening quote, so the quote is taken for text.
    SpaceBefore,
    /// A letter or digit is escaped within quotes. Programs disagree on its meaning.
    EscapedLetter,
    /// An escape character outside of quotes precedes something that may need an escape. It has no
    /// effect there.
    EscapeOutside,
}

/// A record, borrowed until the next one is read. Its cells may hold a password, so `Debug` shows
/// none.
pub struct RawRow<'a> {
    /// The number of the row. The first one after the header is 1.
    pub number: u64,
    /// Its first line.
    pub line: u64,
    /// The position of its end in the list, in bytes.
    pub end_byte: u64,
    /// Why it cannot be read, if it cannot.
    pub unreadable: Option<Unreadable>,
    /// The cells without decoration.
    pub(super) record: &'a ByteRecord,
    /// The cells as the parser read them.
    pub(super) written: &'a ByteRecord,
    /// The raw bytes of the record, if its cells cannot be relied on.
    pub(super) verbatim: Option<&'a [u8]>,
    /// All cells of `record` concatenated, if that is UTF-8. Saves checking each cell.
    pub(super) text: Option<&'a str>,
}

impl<'a> RawRow<'a> {
    /// A cell. `None` if the record has fewer cells or the cell is not UTF-8.
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
