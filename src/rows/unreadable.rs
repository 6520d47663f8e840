//! Decides whether a record is readable.

use super::quote_guard::{MAX_RECORD_BYTES, TAIL};
use super::quotes::Misquoted;
use super::{Rows, Unreadable};

impl Rows {
    /// Why the current record is unreadable, if it is. `cut_off` means that it swallowed the end of
    /// the list.
    pub(super) fn unreadable(&self, line: u64, cut_off: bool) -> Option<Unreadable> {
        let cells = self.record.as_slice();
        if cut_off {
            let swallowed = cells.strip_suffix(TAIL.as_bytes()).unwrap_or(cells);
            let added_lines = if swallowed.ends_with(b"\n") { 3 } else { 2 };
            let last_line = match &self.returns {
                Some(_) => {
                    let behind_it = u64::from(swallowed.ends_with(b"\r"));
                    line + self.newlines_inside() - behind_it
                }
                None => self.line_now().saturating_sub(added_lines),
            };
            return Some(Unreadable::OpenQuote { last_line });
        }
        if cells.len() > MAX_RECORD_BYTES {
            return Some(Unreadable::TooLong {
                bytes: cells.len(),
                last_line: line + self.newlines_inside(),
            });
        }
        if let Some(misquoted) = self.misquoted() {
            return Some(if misquoted.swallows {
                Unreadable::Swallowed {
                    last_line: line + self.newlines_inside(),
                }
            } else {
                Unreadable::Quotes {
                    column: misquoted.column,
                    fault: misquoted.fault,
                }
            });
        }
        if !self.width.fits(&self.record) {
            return Some(Unreadable::Cells {
                expected: self.width.columns(),
                found: self.record.len(),
                last_line: line + self.newlines_inside(),
            });
        }
        if cells.is_ascii() {
            return None;
        }
        let replaced = self
            .record
            .iter()
            .position(|cell| std::str::from_utf8(cell).is_ok_and(|cell| self.was_replaced(cell)));
        if let Some(column) = replaced {
            return Some(Unreadable::Transcoding {
                column,
                encoding: self.reading.encoding.name(),
            });
        }
        self.record
            .iter()
            .enumerate()
            .find_map(|(column, cell)| match std::str::from_utf8(cell) {
                Ok(_) => None,
                Err(error) => Some(Unreadable::Encoding {
                    column,
                    valid_bytes: error.valid_up_to(),
                }),
            })
    }

    /// The first cell of the record with misplaced quotes.
    fn misquoted(&self) -> Option<Misquoted> {
        let (check, record) = (self.quote_check?, self.as_it_stands()?);
        if check.is_plain(&self.record, record) {
            return None;
        }
        check.misquoted(record)
    }
}
