//! What makes a record one that cannot be read.

use super::dialect::Quote;
use super::guard::{MAX_RECORD_BYTES, TAIL};
use super::swallowed::has_stray_quote;
use super::{Rows, Unreadable};

impl Rows {
    /// Why the record that was just read cannot be one; `cut_off`: it swallowed the list's end.
    pub(super) fn unreadable(
        &self,
        text: Option<&str>,
        line: u64,
        cut_off: bool,
    ) -> Option<Unreadable> {
        let cells = self.record.as_slice();
        if cut_off {
            let swallowed = cells.strip_suffix(TAIL.as_bytes()).unwrap_or(cells);
            let added_lines = if swallowed.ends_with(b"\n") { 3 } else { 2 };
            let last_line = match &self.returns {
                Some(_) => {
                    let behind_it = u64::from(swallowed.ends_with(b"\r"));
                    line + self.newlines_inside() - behind_it
                }
                None => self.reader.position().line().saturating_sub(added_lines),
            };
            return Some(Unreadable::OpenQuote { last_line });
        }
        if cells.len() > MAX_RECORD_BYTES {
            return Some(Unreadable::TooLong {
                bytes: cells.len(),
                last_line: line + self.newlines_inside(),
            });
        }
        let (expected, found) = (self.header.0.len(), self.record.len());
        if expected != found {
            return Some(Unreadable::Cells {
                expected,
                found,
                last_line: line + self.newlines_inside(),
            });
        }
        if self.swallowed_rows(line) {
            return Some(Unreadable::Swallowed {
                last_line: line + self.newlines_inside(),
            });
        }
        if text.is_some() && cells.is_ascii() {
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

    /// Whether the record runs over several lines by a quote that does not belong there.
    fn swallowed_rows(&self, line: u64) -> bool {
        let behind = self.reader.position();
        let Quote::Mark(quote) = self.reading.quote else {
            return false;
        };
        let several_lines = match self.returns {
            Some(_) => self.newlines_inside() > 0,
            None => behind.line() > line + u64::from(self.last_byte() == Some(b'\n')),
        };
        several_lines
            && self
                .reader
                .get_ref()
                .between(self.begins_at, behind.byte())
                .is_some_and(|bytes| has_stray_quote(bytes, self.reading.delimiter, quote))
    }
}
