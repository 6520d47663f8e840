//! A reader between the source and the CSV parser that detects unclosed quotes.
//!
//! - An unclosed quote swallows all rows after it. So a sentinel record follows the last byte: if
//!   the parser yields it as a separate record, every quote was closed; if it is part of a field,
//!   one was not. The list may contain the same text, so the sentinel counts only at the end of the
//!   text.
//! - In a large file, an unclosed quote would pull the whole file into one record. So the bytes of
//!   each record are counted, and reading stops when there are too many.

use std::io::{self, Read};

use super::dialect::ends_line;

/// The maximum length of a row. Cognito accepts at most 2,048 characters in a value and 50 custom
/// attributes, and real values are far shorter.
pub const MAX_RECORD_BYTES: usize = 64 * 1024;

/// If a longer record ends within this many bytes, only that row is invalid and reading continues.
pub(super) const MAX_SEARCHED_BYTES: u64 = 256 * 1024;

/// The number of bytes that the parser may read beyond the record.
pub(super) const PARSER_BUFFER: usize = 64 * 1024;

macro_rules! sentinel {
    () => {
        "\u{0}endoflist\u{0}"
    };
}

/// The record after the last one. It has no character that can be a delimiter or a quote: see
/// [`super::may_separate`].
pub(super) const SENTINEL: &str = sentinel!();

/// Appended to the list: the sentinel on a separate line.
pub(super) const TAIL: &str = concat!("\n", sentinel!(), "\n");

#[derive(Debug, thiserror::Error)]
#[error("a record is longer than {MAX_SEARCHED_BYTES} bytes")]
pub(super) struct RecordTooLong;

/// Yields the source's bytes and then [`TAIL`], and tracks where the current record starts.
pub(super) struct Guard<R> {
    source: R,
    /// Bytes read since the last record ended.
    since_record: u64,
    /// The start of the current record in the text, after blank lines.
    record_start: u64,
    /// Carriage returns in the blank lines before it.
    returns_before: u64,
    /// The most recent bytes: those of the current record and the byte before it.
    recent: Vec<u8>,
    /// The end of `recent` in the text.
    yielded: u64,
    tail: Option<&'static [u8]>,
    /// The end of the text including the tail, once the source is exhausted.
    ends_at: Option<u64>,
}

impl<R: Read> Guard<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            since_record: 0,
            record_start: 0,
            returns_before: 0,
            recent: Vec::new(),
            yielded: 0,
            tail: None,
            ends_at: None,
        }
    }

    /// Returns the whole text: the bytes read so far, and the source of the rest. `None` if the
    /// first bytes are no longer kept.
    pub(super) fn into_text(self) -> Option<(Vec<u8>, R)> {
        if self.recent.len() as u64 != self.yielded {
            return None;
        }
        let mut text = self.recent;
        if let Some(ends_at) = self.ends_at {
            let end = usize::try_from(ends_at).ok()?.checked_sub(TAIL.len())?;
            text.truncate(end);
        }
        Some((text, self.source))
    }

    /// Notes that the current record ended at this position.
    pub(super) fn record_ended(&mut self, position: u64) {
        self.since_record = 0;
        self.record_start = position;
        self.returns_before = 0;
    }

    /// Returns the start of the last record. Line ends may precede the record there.
    pub(super) fn record_start(&self) -> u64 {
        self.record_start
    }

    /// Returns the number of carriage returns between the previous record and
    /// [`Guard::record_start`].
    pub(super) fn returns_before(&self) -> u64 {
        self.returns_before
    }

    /// Returns whether the text including the tail ends at this position. A sentinel before that is
    /// text of the list.
    pub(super) fn ends_at(&self, position: u64) -> bool {
        self.ends_at == Some(position)
    }

    /// Returns the most recent bytes: all bytes of the text until the second record is read.
    pub(super) fn recent(&self) -> &[u8] {
        &self.recent
    }

    /// Returns the bytes between two positions if they are recent enough, as the current record's
    /// are.
    pub(super) fn bytes_between(&self, from: u64, to: u64) -> Option<&[u8]> {
        self.recent.get(self.index(from)?..self.index(to)?)
    }

    /// Returns the byte at this position if it is recent enough.
    pub(super) fn recent_byte(&self, position: u64) -> Option<u8> {
        self.recent.get(self.index(position)?).copied()
    }

    /// Converts a position in the text to an index into `recent`.
    fn index(&self, position: u64) -> Option<usize> {
        let from_end = usize::try_from(self.yielded.checked_sub(position)?).ok()?;
        self.recent.len().checked_sub(from_end)
    }

    /// Moves the start of the record past blank lines, however many there are. Called when the
    /// parser has consumed all bytes: if there were only line ends since the last record, the next
    /// one has not started.
    fn skip_blank_lines(&mut self) {
        let Some(bytes) = self.bytes_between(self.record_start, self.yielded) else {
            return;
        };
        if bytes.iter().all(|byte| ends_line(*byte)) {
            let returns = bytes.iter().filter(|byte| **byte == b'\r').count();
            self.returns_before += returns as u64;
            self.record_start = self.yielded;
            self.since_record = 0;
        }
    }

    fn remember(&mut self, bytes: &[u8]) {
        // Keep the bytes of the record and the one before it.
        let kept = self
            .yielded
            .saturating_sub(self.record_start.saturating_sub(1));
        let kept = usize::try_from(kept).map_or(1, |kept| kept.max(1));
        self.recent.drain(..self.recent.len().saturating_sub(kept));
        self.recent.extend_from_slice(bytes);
        self.yielded += bytes.len() as u64;
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.skip_blank_lines();
        let read = match self.tail.as_mut() {
            Some(tail) => tail.read(buffer)?,
            None => match self.source.read(buffer)? {
                0 => {
                    self.ends_at = Some(self.yielded + TAIL.len() as u64);
                    self.tail.insert(TAIL.as_bytes()).read(buffer)?
                }
                read => {
                    self.since_record += read as u64;
                    read
                }
            },
        };
        if self.since_record > MAX_SEARCHED_BYTES + PARSER_BUFFER as u64 {
            return Err(io::Error::other(RecordTooLong));
        }
        self.remember(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
