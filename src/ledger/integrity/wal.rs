//! Looks at the write-ahead log that a killed process left behind, before SQLite does.
//!
//! SQLite takes a frame that does not match its checksum for the end of the log, and forgets what comes behind it: right for
//! a write that was cut off, wrong for damage in the middle. There, whole transactions would vanish without a word, and rows
//! that were sent would be new again. Loss of power can leave any part of the last transaction on the disk and not the rest, its
//! commit included; but the one after it is written only when that one is synced. So: a broken frame with two commits of the
//! same log behind it is damage. Without syncs (`Durability::Process`) nothing can be told.
//!
//! The format is SQLite's own ("Database File Format", section 4, "The Write-Ahead Log").

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The magic number without its last bit, which says how the checksums take their words.
const MAGIC: u32 = 0x377f_0682;

/// Whether the log is damaged; none where there is no log, or it is in order.
///
/// # Errors
/// It cannot be read.
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
    let mut commits_behind = 0;
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
                commits_behind += 1;
                if commits_behind == 2 {
                    return Ok(Some(format!(
                        "frame {broken} of its write-ahead log is broken, and commits stand behind it"
                    )));
                }
            }
            Some(_) => {}
        }
    }
    Ok(None)
}

/// Whether the log has room for a frame at least. One whose frames are of an earlier round counts: a process may die just after it has
/// written a new header.
pub(in crate::ledger) fn has_frames(log: &Path) -> bool {
    std::fs::metadata(log).is_ok_and(|about| about.len() > (HEADER + FRAME_HEADER) as u64)
}

/// Whether there is a log with anything in it.
pub(in crate::ledger) fn has_bytes(log: &Path) -> bool {
    std::fs::metadata(log).is_ok_and(|about| about.len() > 0)
}

/// The log's checksum: two sums over pairs of words.
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

/// A big-endian word; 0 beyond the end.
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|four| four.try_into().ok())
        .map_or(0, u32::from_be_bytes)
}

/// False where the file ends first.
fn read_whole(from: &mut impl Read, into: &mut [u8]) -> std::io::Result<bool> {
    match from.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
