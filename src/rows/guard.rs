//! A reader between the source and the CSV parser that makes two broken shapes of file visible.
//!
//! - A quote that is opened and never closed swallows every row behind it. So a sentinel record is put behind the last byte:
//!   if the parser hands it out as a record of its own, every quote was closed; if it comes back inside a field, one was not.
//! - The same in a large file would pull the whole file into one record. So bytes are counted from record to record, and
//!   reading stops where a record cannot be one any more.

use std::io::{self, Read};

/// A row may hold this much, in bytes. Cognito takes at most 2,048 characters in a value and 50 custom attributes, and few
/// values are as long: a real row is far shorter.
pub const MAX_RECORD_BYTES: usize = 64 * 1024;

/// So far, in bytes, the end of a longer record is looked for: then that row alone is broken, and the next one can be read.
pub(super) const MAX_END_SOUGHT: u64 = 256 * 1024;

/// The parser reads ahead by its own buffer, so this much may be taken from the source beyond the record's own bytes.
pub(super) const PARSER_BUFFER: usize = 64 * 1024;

/// The record behind the last one. NUL keeps it apart from anything that stands in a list, and it holds no character that may
/// be a delimiter or a quote: see [`super::may_separate`].
pub(super) const SENTINEL: &str = "\u{0}endoflist\u{0}";

/// What follows the last byte of the list: the sentinel on a line of its own.
pub(super) const TAIL: &str = "\n\u{0}endoflist\u{0}\n";

/// Marks the error by which the guard stops reading.
#[derive(Debug, thiserror::Error)]
#[error("a record is longer than {MAX_END_SOUGHT} bytes")]
pub(super) struct RecordTooLong;

/// See the module's words.
pub(super) struct Guard<R> {
    source: R,
    /// Bytes taken since the last record ended.
    since_record: u64,
    /// Where in the list the record begins that is being read.
    record_begins_at: u64,
    /// The bytes that were handed out last, to tell by what a record was ended.
    recent: Vec<u8>,
    /// Where in the list `recent` ends.
    handed_out: u64,
    tail: Option<&'static [u8]>,
}

impl<R: Read> Guard<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            since_record: 0,
            record_begins_at: 0,
            recent: Vec::new(),
            handed_out: 0,
            tail: None,
        }
    }

    /// A record was handed out, up to this place: the next one may be long again.
    pub(super) fn record_ended(&mut self, at: u64) {
        self.since_record = 0;
        self.record_begins_at = at;
    }

    /// The bytes between these places of the list, if they are among the last ones handed out. Those of a record are, as long as
    /// nothing behind it has been asked for.
    pub(super) fn between(&self, from: u64, to: u64) -> Option<&[u8]> {
        let place = |at: u64| {
            let from_end = usize::try_from(self.handed_out.checked_sub(at)?).ok()?;
            self.recent.len().checked_sub(from_end)
        };
        self.recent.get(place(from)?..place(to)?)
    }

    /// The byte at this place of the list, if it is among the last ones handed out.
    pub(super) fn recent_byte(&self, place: u64) -> Option<u8> {
        let from_end = usize::try_from(self.handed_out.checked_sub(place)?).ok()?;
        let at = self.recent.len().checked_sub(from_end)?;
        self.recent.get(at).copied()
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
        let read = match self.tail.as_mut() {
            Some(tail) => tail.read(buffer)?,
            None => match self.source.read(buffer)? {
                0 => self.tail.insert(TAIL.as_bytes()).read(buffer)?,
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
