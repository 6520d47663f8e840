//! Detects unreadable records.

use super::quote_guard::{MAX_RECORD_BYTES, TAIL};
use super::quotes::Misquoted;
use super::{Rows, Unreadable};

impl Rows {
    /// Returns why the current record is unreadable, if it is. `runs_to_end` means that it
    /// swallowed the end of the list.
    pub(super) fn unreadable(
        &self,
        line: u64,
        runs_to_end: bool,
        is_ascii: bool,
    ) -> Option<Unreadable> {
        let cells = self.record.as_slice();
        if runs_to_end {
            let swallowed = cells.strip_suffix(TAIL.as_bytes()).unwrap_or(cells);
            let added_lines = if swallowed.ends_with(b"\n") { 3 } else { 2 };
            let last_line = match &self.cr_lines {
                Some(_) => self.last_line(line) - u64::from(swallowed.ends_with(b"\r")),
                None => self.parser_line().saturating_sub(added_lines),
            };
            return Some(Unreadable::OpenQuote { last_line });
        }
        if cells.len() > MAX_RECORD_BYTES {
            return Some(Unreadable::TooLong {
                bytes: cells.len(),
                last_line: self.last_line(line),
            });
        }
        if let Some(misquoted) = self.misquoted() {
            return Some(if misquoted.swallows {
                Unreadable::Swallowed {
                    last_line: self.last_line(line),
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
                last_line: self.last_line(line),
            });
        }
        if is_ascii {
            return None;
        }
        let undecodable = self.record.iter().position(|cell| {
            std::str::from_utf8(cell).is_ok_and(|cell| self.has_undecodable(cell))
        });
        if let Some(column) = undecodable {
            return Some(Unreadable::Transcoding {
                column,
                encoding: self.dialect.encoding.name(),
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

    /// Returns the first cell with misplaced quotes.
    fn misquoted(&self) -> Option<Misquoted> {
        let (check, record) = (self.quote_check?, self.raw_record()?);
        if check.is_plain(&self.record, record) {
            return None;
        }
        check.misquoted(record)
    }
}
