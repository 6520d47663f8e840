//! A reader between the source and the CSV parser that makes two broken shapes of file visible.
//!
//! - A quote that is opened and never closed swallows every row after it. So a sentinel record follows the last byte: if the
//!   parser hands it out as a record of its own, every quote was closed; if it comes back inside a field, one was not. The list
//!   may hold the same text, so the sentinel counts only where the exhausted source and the tail end.
//! - The same in a large file would pull the whole file into one record. So bytes are counted from record to record, and
//!   reading stops where a record cannot be one any more.

use std::io::{self, Read};

use super::dialect::ends_line;

/// A row may hold this much, in bytes. Cognito takes at most 2,048 characters in a value and 50 custom attributes, and few
/// values are as long: a real row is far shorter.
pub const MAX_RECORD_BYTES: usize = 64 * 1024;

/// So far, in bytes, the end of a longer record is looked for: then that row alone is broken, and the next one can be read.
pub(super) const MAX_END_SOUGHT: u64 = 256 * 1024;

/// The parser reads ahead by its own buffer, so this much may be taken from the source beyond the record's own bytes.
pub(super) const PARSER_BUFFER: usize = 64 * 1024;

/// The record after the last one. It holds no character that may be a delimiter or a quote: see [`super::may_separate`].
pub(super) const SENTINEL: &str = "\u{0}endoflist\u{0}";

/// What follows the last byte of the list: the sentinel on a line of its own.
pub(super) const TAIL: &str = "\n\u{0}endoflist\u{0}\n";

/// Marks the error by which the guard stops reading.
#[derive(Debug, thiserror::Error)]
#[error("a record is longer than {MAX_END_SOUGHT} bytes")]
pub(super) struct RecordTooLong;

/// Hands on the source's bytes, then [`TAIL`], and remembers where the record begins that is being parsed.
pub(super) struct Guard<R> {
    source: R,
    /// Bytes taken since the last record ended.
    since_record: u64,
    /// Where in the text the record begins that is being read, blank lines before it left out.
    record_begins_at: u64,
    /// Returns among the blank lines before it.
    returns_before: u64,
    /// The bytes that were handed out last: those of the record, and the one before it.
    recent: Vec<u8>,
    /// Where in the text `recent` ends.
    handed_out: u64,
    tail: Option<&'static [u8]>,
    /// Where the text with its tail ends, once the source is exhausted.
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

    /// A record was handed out, up to this place: the next one may be long again.
    pub(super) fn record_ended(&mut self, at: u64) {
        self.since_record = 0;
        self.record_begins_at = at;
        self.returns_before = 0;
    }

    /// Where the record begins that was read last. Line ends may still precede it.
    pub(super) fn record_begins_at(&self) -> u64 {
        self.record_begins_at
    }

    /// Returns between the record before and [`Guard::record_begins_at`].
    pub(super) fn returns_before(&self) -> u64 {
        self.returns_before
    }

    /// Whether the text, with the tail, ends at this place. Before that, a sentinel is the list's own text.
    pub(super) fn ends_at(&self, place: u64) -> bool {
        self.ends_at == Some(place)
    }

    /// The bytes that were handed out last: from the first one on, as long as the first record was not followed by another one.
    pub(super) fn recent(&self) -> &[u8] {
        &self.recent
    }

    /// The bytes between these places of the text, if they are among the last ones handed out. Those of a record are, as long as
    /// nothing after it has been asked for.
    pub(super) fn between(&self, from: u64, to: u64) -> Option<&[u8]> {
        self.recent.get(self.index(from)?..self.index(to)?)
    }

    /// The byte at this place of the text, if it is among the last ones handed out.
    pub(super) fn recent_byte(&self, place: u64) -> Option<u8> {
        self.recent.get(self.index(place)?).copied()
    }

    /// Where this place of the text is in `recent`.
    fn index(&self, place: u64) -> Option<usize> {
        let from_end = usize::try_from(self.handed_out.checked_sub(place)?).ok()?;
        self.recent.len().checked_sub(from_end)
    }

    /// The parser asks for more, so it has used up everything that it was given. If that was nothing but line ends since the last
    /// record, the record has not begun: blank lines are not part of it, however many there are.
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
        // The record's own bytes stay, and the one before them.
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
