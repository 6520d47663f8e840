//! A reader between the source and the CSV parser that detects unclosed quotes.
//!
//! - An unclosed quote swallows every row after it. So a sentinel record follows the last byte: if
//!   the parser yields it as a separate record, every quote was closed; if it is part of a field,
//!   one was not. The list may contain the same text, so the sentinel counts only at the end of the
//!   text.
//! - In a large file an unclosed quote would pull the whole file into one record. So bytes are
//!   counted for each record, and reading stops when there are too many for a record.

use std::io::{self, Read};

use super::dialect::ends_line;

/// Maximum length of a row. Cognito accepts at most 2,048 characters in a value and 50 custom
/// attributes, and real values are far shorter.
pub const MAX_RECORD_BYTES: usize = 64 * 1024;

/// If a longer record ends within this many bytes, only that row is invalid and reading continues.
pub(super) const MAX_END_SOUGHT: u64 = 256 * 1024;

/// The parser may read this many bytes beyond the record.
pub(super) const PARSER_BUFFER: usize = 64 * 1024;

/// The record after the last one. It has no character that may be a delimiter or a quote: see
/// [`super::may_separate`].
pub(super) const SENTINEL: &str = "\u{0}endoflist\u{0}";

/// Appended to the list: the sentinel on a separate line.
pub(super) const TAIL: &str = "\n\u{0}endoflist\u{0}\n";

#[derive(Debug, thiserror::Error)]
#[error("a record is longer than {MAX_END_SOUGHT} bytes")]
pub(super) struct RecordTooLong;

/// Passes on the source's bytes, then [`TAIL`], and tracks where the current record starts.
pub(super) struct Guard<R> {
    source: R,
    /// Bytes read since the last record ended.
    since_record: u64,
    /// Where the current record starts in the text, after blank lines.
    record_begins_at: u64,
    /// Carriage returns in the blank lines before it.
    returns_before: u64,
    /// The most recent bytes: those of the record, and the one before it.
    recent: Vec<u8>,
    /// Where in the text `recent` ends.
    handed_out: u64,
    tail: Option<&'static [u8]>,
    /// Where the text ends, tail included, once the source is exhausted.
    ends_at: Option<u64>,
}

impl<R: Read> Guard<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            since_record: 0,
            record_begins_at: 0,
            returns_before: 0,
            recent: Vec::new(),
            handed_out: 0,
            tail: None,
            ends_at: None,
        }
    }

    /// The current record ended at this position.
    pub(super) fn record_ended(&mut self, at: u64) {
        self.since_record = 0;
        self.record_begins_at = at;
        self.returns_before = 0;
    }

    /// Where the last record starts. Line ends may still precede it.
    pub(super) fn record_begins_at(&self) -> u64 {
        self.record_begins_at
    }

    /// Carriage returns between the previous record and [`Guard::record_begins_at`].
    pub(super) fn returns_before(&self) -> u64 {
        self.returns_before
    }

    /// Whether the text ends at this position, tail included. Before that, a sentinel is the list's
    /// own text.
    pub(super) fn ends_at(&self, place: u64) -> bool {
        self.ends_at == Some(place)
    }

    /// The most recent bytes: all bytes of the text until the second record is read.
    pub(super) fn recent(&self) -> &[u8] {
        &self.recent
    }

    /// The bytes between these positions, if they are recent enough. Those of a record are, until
    /// the next one is read.
    pub(super) fn between(&self, from: u64, to: u64) -> Option<&[u8]> {
        self.recent.get(self.index(from)?..self.index(to)?)
    }

    /// The byte at this position, if it is recent enough.
    pub(super) fn recent_byte(&self, place: u64) -> Option<u8> {
        self.recent.get(self.index(place)?).copied()
    }

    /// Converts a position in the text to an index into `recent`.
    fn index(&self, place: u64) -> Option<usize> {
        let from_end = usize::try_from(self.handed_out.checked_sub(place)?).ok()?;
        self.recent.len().checked_sub(from_end)
    }

    /// The parser asks for more, so it has consumed everything. If that was only line ends since
    /// the last record, the next record has not started: blank lines are not part of it,
    /// however many there are.
    fn leave_out_blank_lines(&mut self) {
        let Some(begun) = self.between(self.record_begins_at, self.handed_out) else {
            return;
        };
        if begun.iter().all(|byte| ends_line(*byte)) {
            let returns = begun.iter().filter(|byte| **byte == b'\r').count();
            self.returns_before += returns as u64;
            self.record_begins_at = self.handed_out;
            self.since_record = 0;
        }
    }

    fn remember(&mut self, bytes: &[u8]) {
        // Keep the record's bytes and the one before them.
        let before = self
            .handed_out
            .saturating_sub(self.record_begins_at.saturating_sub(1));
        let kept = usize::try_from(before).map_or(1, |kept| kept.max(1));
        self.recent.drain(..self.recent.len().saturating_sub(kept));
        self.recent.extend_from_slice(bytes);
        self.handed_out += bytes.len() as u64;
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.leave_out_blank_lines();
        let read = match self.tail.as_mut() {
            Some(tail) => tail.read(buffer)?,
            None => match self.source.read(buffer)? {
                0 => {
                    self.ends_at = Some(self.handed_out + TAIL.len() as u64);
                    self.tail.insert(TAIL.as_bytes()).read(buffer)?
                }
                read => {
                    self.since_record += read as u64;
                    read
                }
            },
        };
        if self.since_record > MAX_END_SOUGHT + PARSER_BUFFER as u64 {
            return Err(io::Error::other(RecordTooLong));
        }
        self.remember(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
