//! Bytes dealt to heaps, of any length in flat memory, by way of one temporary file.
//!
//! What waits for a heap goes to the file's end once it is a block, and each block says where the one before it stands. One file
//! takes one inode and one descriptor, however many heaps there are; where a list is short, there is none. The file has no name
//! on the disk and is gone with the process.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

/// Bytes that wait for each heap, or a few more.
const BLOCK: usize = 4 * 1024;

/// Where a block of a heap stands, and its length: in front of the one that came after it.
const LINK: usize = 8 + 8;

/// See the module's words.
pub(super) struct Heaps {
    heaps: Vec<Heap>,
    file: Option<File>,
    end: u64,
}

#[derive(Default)]
struct Heap {
    /// Behind room for the link to the block before.
    waiting: Vec<u8>,
    last: Block,
    in_file: usize,
}

/// Where it begins in the file, and its length without the link. None where the length is 0.
#[derive(Clone, Copy, Default)]
struct Block {
    at: u64,
    length: usize,
}

impl Block {
    fn link(self) -> [u8; LINK] {
        let mut link = [0; LINK];
        link[..8].copy_from_slice(&self.at.to_le_bytes());
        link[8..].copy_from_slice(&(self.length as u64).to_le_bytes());
        link
    }

    fn linked(link: [u8; LINK]) -> io::Result<Self> {
        let [a, b, c, d, e, f, g, h, length @ ..] = link;
        Ok(Self {
            at: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            length: usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?,
        })
    }
}

impl Heaps {
    pub(super) fn new(heaps: usize) -> Self {
        Self {
            heaps: (0..heaps).map(|_| Heap::default()).collect(),
            file: None,
            end: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.heaps.len()
    }

    /// Puts the pieces on a heap, one behind the other.
    ///
    /// # Errors
    /// They cannot be written down.
    pub(super) fn put(&mut self, heap: usize, pieces: &[&[u8]]) -> io::Result<()> {
        let heap = self.heaps.get_mut(heap).ok_or_else(no_heap)?;
        if heap.waiting.is_empty() {
            heap.waiting.reserve_exact(BLOCK);
            heap.waiting.extend_from_slice(&heap.last.link());
        }
        let long = pieces.iter().map(|piece| piece.len()).sum::<usize>();
        if heap.waiting.len() + long > BLOCK && heap.waiting.len() > LINK {
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(tempfile::tempfile()?),
            };
            file.write_all(&heap.waiting)?;
            let length = heap.waiting.len() - LINK;
            heap.last = Block {
                at: self.end,
                length,
            };
            heap.in_file += length;
            self.end += heap.waiting.len() as u64;
            heap.waiting.clear();
            heap.waiting.extend_from_slice(&heap.last.link());
        }
        for piece in pieces {
            heap.waiting.extend_from_slice(piece);
        }
        Ok(())
    }

    /// Takes a heap away: all that was put on it, in order, in place of what was in `bytes`.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn take(&mut self, heap: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        let heap = std::mem::take(self.heaps.get_mut(heap).ok_or_else(no_heap)?);
        bytes.clear();
        bytes.resize(heap.in_file, 0);
        bytes.extend_from_slice(heap.waiting.get(LINK..).unwrap_or_default());
        let (mut block, mut before) = (heap.last, heap.in_file);
        while block.length > 0 {
            let file = self.file.as_mut().ok_or_else(broken)?;
            let from = before.checked_sub(block.length).ok_or_else(broken)?;
            let into = bytes.get_mut(from..before).ok_or_else(broken)?;
            let mut link = [0; LINK];
            file.seek(SeekFrom::Start(block.at))?;
            file.read_exact(&mut link)?;
            file.read_exact(into)?;
            (block, before) = (Block::linked(link)?, from);
        }
        Ok(())
    }
}

/// A temporary file that does not hold what was written to it.
pub(super) fn broken() -> io::Error {
    io::Error::other("a temporary file does not hold what was written to it")
}

fn no_heap() -> io::Error {
    io::Error::other("there is no such heap")
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Heaps};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_put_on_a_heap_comes_back_in_order(
            puts in prop::collection::vec((0..3_usize, 0..=255_u8, 0..2 * BLOCK), 0..60),
        ) {
            let mut heaps = Heaps::new(3);
            let mut expected = vec![Vec::new(); 3];
            for (heap, byte, length) in &puts {
                let piece = vec![*byte; *length];
                heaps.put(*heap, &[&piece, b"|"]).unwrap();
                expected[*heap].extend_from_slice(&piece);
                expected[*heap].push(b'|');
            }
            let mut bytes = b"left from before".to_vec();
            for (heap, expected) in expected.iter().enumerate() {
                heaps.take(heap, &mut bytes).unwrap();
                prop_assert_eq!(&bytes, expected);
            }
        }
    }

    #[test]
    fn little_needs_no_file_and_much_needs_one() {
        let mut heaps = Heaps::new(2);
        heaps.put(0, &[&[1; 1_000]]).unwrap();
        heaps.put(1, &[&[2; 3_000]]).unwrap();
        assert!(heaps.file.is_none());
        heaps.put(0, &[&[1; BLOCK]]).unwrap();
        assert!(heaps.file.is_some());
        assert!(heaps.put(2, &[b"x"]).is_err());
        assert!(heaps.take(2, &mut Vec::new()).is_err());
    }
}
