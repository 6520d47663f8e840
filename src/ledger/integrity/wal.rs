//! Checks the write-ahead log that a killed process left, before SQLite reads it.
//!
//! SQLite treats a frame that does not match its checksum as the end of the log and discards the
//! rest. That is correct for an interrupted write, but wrong for damage in the middle: committed
//! transactions would silently disappear, and rows that were sent would look new. After a loss of
//! power any part of the last transaction may be missing. The next transaction is written only
//! after the previous one was synced, so a broken frame followed by two commits of the same log is
//! damage. Without syncs (`Durability::Process`), it cannot be distinguished from a loss of power.
//!
//! The format is SQLite's own ("Database File Format", section 4, "The Write-Ahead Log").

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The magic number without its last bit, which gives the byte order of the checksums.
const MAGIC: u32 = 0x377f_0682;

/// Returns the damage of the log, or `None` if it is intact or missing.
pub(in crate::ledger) fn damage(log: &Path) -> std::io::Result<Option<String>> {
    let file = match File::open(log) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = BufReader::with_capacity(1 << 16, file);
    let mut header = [0_u8; HEADER];
    if !read_whole(&mut bytes, &mut header)? {
        return Ok(None);
    }
    let magic = word(&header, 0);
    let page_size = word(&header, 8);
    let mut sum = Sum {
        big_endian: magic & 1 == 1,
        first: 0,
        second: 0,
    };
    sum.add(header.get(..24).unwrap_or_default());
    let sound = magic & !1 == MAGIC
        && page_size.is_power_of_two()
        && sum.is(word(&header, 24), word(&header, 28));
    if !sound {
        return Ok(Some(
            "the header of its write-ahead log is broken".to_owned(),
        ));
    }
    let salts = (word(&header, 16), word(&header, 20));
    let mut frame = vec![0_u8; FRAME_HEADER + page_size as usize];
    let mut broken = None;
    let mut number = 0_u64;
    let mut commits_after = 0;
    while read_whole(&mut bytes, &mut frame)? {
        number += 1;
        let of_this_log = (word(&frame, 8), word(&frame, 12)) == salts;
        let commits = word(&frame, 4) != 0;
        match broken {
            None => {
                sum.add(frame.get(..8).unwrap_or_default());
                sum.add(frame.get(FRAME_HEADER..).unwrap_or_default());
                if !of_this_log || !sum.is(word(&frame, 16), word(&frame, 20)) {
                    broken = Some(number);
                }
            }
            Some(broken) if of_this_log && commits => {
                commits_after += 1;
                if commits_after == 2 {
                    return Ok(Some(format!(
                        "frame {broken} of its write-ahead log is broken, but commits follow it"
                    )));
                }
            }
            Some(_) => {}
        }
    }
    Ok(None)
}

/// Returns whether the log is long enough for a frame. Frames from before the last reset count,
/// because a process may die right after writing a new header.
pub(in crate::ledger) fn has_frames(log: &Path) -> bool {
    std::fs::metadata(log).is_ok_and(|about| about.len() > (HEADER + FRAME_HEADER) as u64)
}

/// Returns whether the log exists and is not empty.
pub(in crate::ledger) fn has_bytes(log: &Path) -> bool {
    std::fs::metadata(log).is_ok_and(|about| about.len() > 0)
}

/// The checksum of the log: two running sums over pairs of words.
struct Sum {
    big_endian: bool,
    first: u32,
    second: u32,
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(8) {
            let (one, two) = if self.big_endian {
                (word(pair, 0), word(pair, 4))
            } else {
                (word(pair, 0).swap_bytes(), word(pair, 4).swap_bytes())
            };
            self.first = self.first.wrapping_add(one).wrapping_add(self.second);
            self.second = self.second.wrapping_add(two).wrapping_add(self.first);
        }
    }

    fn is(&self, first: u32, second: u32) -> bool {
        self.first == first && self.second == second
    }
}

/// Returns a big-endian word; 0 beyond the end.
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|four| four.try_into().ok())
        .map_or(0, u32::from_be_bytes)
}

/// Fills the buffer. Returns false if the file ends first.
fn read_whole(from: &mut impl Read, into: &mut [u8]) -> std::io::Result<bool> {
    match from.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
