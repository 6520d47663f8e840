//! An external multimap from hashes to values, in constant memory.
//!
//! Entries are partitioned by hash. Each partition keeps the block that it is filling in memory.
//! Full blocks go to one anonymous temporary file, each with a link to the previous block of its
//! partition. Short lists never need the file. It is unlinked on creation, so it disappears with
//! the process, even on SIGKILL.
//!
//! The survey reads all groups once at the end ([`Spill::groups`]). The ledger looks up one hash
//! before each row ([`Spill::find`]). It uses smaller partitions, because a lookup reads a whole
//! one.
//!
//! The listing of a pool's users (`ledger::listing`) uses SQLite instead: a pool can have tens of
//! millions of users with long values, so reading a whole partition for each lookup would cost too
//! much.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

/// The size of the link at the start of each block: offset and length of the previous block.
const LINK: usize = 8 + 8;

/// The size of the header before each value: hash and length.
const ENTRY_HEADER: usize = 8 + 4;

#[derive(Debug)]
pub(crate) struct Spill {
    block_bytes: usize,
    partitions: Vec<Partition>,
    file: Option<File>,
    file_end: u64,
    /// The buffer for blocks that are read back.
    scratch: Vec<u8>,
}

#[derive(Debug, Default)]
struct Partition {
    /// The block that is being filled: a link, then entries. Empty until the first entry.
    open: Vec<u8>,
    /// The last block in the file.
    last_written: BlockRef,
    /// The total size of the entries in the file.
    written_bytes: usize,
}

/// A block in the file, including its link. Length 0 means no block.
#[derive(Debug, Clone, Copy, Default)]
struct BlockRef {
    offset: u64,
    length: usize,
}

impl BlockRef {
    fn to_link(self) -> [u8; LINK] {
        let mut link = [0; LINK];
        let (offset, length) = link.split_at_mut(8);
        offset.copy_from_slice(&self.offset.to_le_bytes());
        length.copy_from_slice(&(self.length as u64).to_le_bytes());
        link
    }

    fn from_link(block: &[u8]) -> io::Result<Self> {
        Ok(Self {
            offset: read_u64(block, 0)?,
            length: usize::try_from(read_u64(block, 8)?).map_err(io::Error::other)?,
        })
    }
}

impl Spill {
    /// Creates an empty map. It keeps at most `partitions * block_bytes` in memory, plus one value
    /// per partition for values longer than a block.
    pub(crate) fn new(partitions: usize, block_bytes: usize) -> Self {
        Self {
            block_bytes,
            partitions: (0..partitions).map(|_| Partition::default()).collect(),
            file: None,
            file_end: 0,
            scratch: Vec::new(),
        }
    }

    /// Adds a value that consists of several parts.
    ///
    /// # Errors
    /// The temporary file cannot be created or written.
    pub(crate) fn add(&mut self, hash: u64, value: &[&[u8]]) -> io::Result<()> {
        let length: usize = value.iter().map(|part| part.len()).sum();
        let stored_length = u32::try_from(length).map_err(io::Error::other)?;
        let index = self.index(hash)?;
        let partition = self.partitions.get_mut(index).ok_or_else(damaged)?;
        let is_full = partition.open.len() + ENTRY_HEADER + length > self.block_bytes;
        if is_full && partition.open.len() > LINK {
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(crate::temporary::file()?),
            };
            file.seek(SeekFrom::Start(self.file_end))?;
            file.write_all(&partition.open)?;
            partition.last_written = BlockRef {
                offset: self.file_end,
                length: partition.open.len(),
            };
            partition.written_bytes += partition.open.len() - LINK;
            self.file_end += partition.open.len() as u64;
            partition.open.clear();
        }
        if partition.open.is_empty() {
            partition.open.reserve_exact(self.block_bytes);
            partition
                .open
                .extend_from_slice(&partition.last_written.to_link());
        }
        partition.open.extend_from_slice(&hash.to_le_bytes());
        partition
            .open
            .extend_from_slice(&stored_length.to_le_bytes());
        for part in value {
            partition.open.extend_from_slice(part);
        }
        Ok(())
    }

    /// Calls `visit` with each value of this hash, in no particular order.
    ///
    /// # Errors
    /// The temporary file cannot be read, or `visit` fails.
    pub(crate) fn find(
        &mut self,
        hash: u64,
        mut visit: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let index = self.index(hash)?;
        let partition = self.partitions.get(index).ok_or_else(damaged)?;
        visit_matches(
            partition.open.get(LINK..).unwrap_or_default(),
            hash,
            &mut visit,
        )?;
        let mut block = partition.last_written;
        while block.length > 0 {
            let file = self.file.as_mut().ok_or_else(damaged)?;
            self.scratch.resize(block.length, 0);
            file.seek(SeekFrom::Start(block.offset))?;
            file.read_exact(&mut self.scratch)?;
            block = BlockRef::from_link(&self.scratch)?;
            visit_matches(
                self.scratch.get(LINK..).unwrap_or_default(),
                hash,
                &mut visit,
            )?;
        }
        Ok(())
    }

    /// Calls `visit` for every hash with several values, in the order in which they were added.
    /// Only one partition is in memory at a time.
    ///
    /// # Errors
    /// The temporary file cannot be read, or `visit` fails.
    pub(crate) fn groups(
        mut self,
        mut visit: impl FnMut(&[&[u8]]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut positions: Vec<(u64, usize)> = Vec::new();
        for partition in std::mem::take(&mut self.partitions) {
            self.load(&partition, &mut bytes)?;
            positions.clear();
            let mut position = 0;
            while position < bytes.len() {
                let (hash, value) = entry_at(&bytes, position)?;
                positions.push((hash, position));
                position += ENTRY_HEADER + value.len();
            }
            positions.sort_unstable();
            for same_hash in positions.chunk_by(|(one, _), (next, _)| one == next) {
                if same_hash.len() > 1 {
                    let values = same_hash
                        .iter()
                        .map(|&(_, position)| entry_at(&bytes, position).map(|(_, value)| value));
                    visit(&values.collect::<io::Result<Vec<_>>>()?)?;
                }
            }
        }
        Ok(())
    }

    fn index(&self, hash: u64) -> io::Result<usize> {
        usize::try_from(hash % self.partitions.len() as u64).map_err(io::Error::other)
    }

    /// Replaces the content of `bytes` with all entries of a partition, in the order in which they
    /// were added.
    fn load(&mut self, partition: &Partition, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        bytes.resize(partition.written_bytes, 0);
        bytes.extend_from_slice(partition.open.get(LINK..).unwrap_or_default());
        let (mut block, mut end) = (partition.last_written, partition.written_bytes);
        while block.length > 0 {
            let file = self.file.as_mut().ok_or_else(damaged)?;
            let start = (end + LINK).checked_sub(block.length).ok_or_else(damaged)?;
            let entries = bytes.get_mut(start..end).ok_or_else(damaged)?;
            let mut link = [0; LINK];
            file.seek(SeekFrom::Start(block.offset))?;
            file.read_exact(&mut link)?;
            file.read_exact(entries)?;
            (block, end) = (BlockRef::from_link(&link)?, start);
        }
        Ok(())
    }
}

fn visit_matches(
    entries: &[u8],
    hash: u64,
    visit: &mut impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut position = 0;
    while position < entries.len() {
        let (entry_hash, value) = entry_at(entries, position)?;
        if entry_hash == hash {
            visit(value)?;
        }
        position += ENTRY_HEADER + value.len();
    }
    Ok(())
}

/// Returns the hash and the value of the entry at this position.
fn entry_at(entries: &[u8], position: usize) -> io::Result<(u64, &[u8])> {
    let entry = entries.get(position..).ok_or_else(damaged)?;
    let (header, rest) = entry
        .split_first_chunk::<ENTRY_HEADER>()
        .ok_or_else(damaged)?;
    let [h0, h1, h2, h3, h4, h5, h6, h7, length @ ..] = *header;
    let length = u32::from_le_bytes(length) as usize;
    let hash = u64::from_le_bytes([h0, h1, h2, h3, h4, h5, h6, h7]);
    Ok((hash, rest.get(..length).ok_or_else(damaged)?))
}

/// Reads a little-endian number at this position.
///
/// # Errors
/// Fewer than eight bytes follow.
pub(crate) fn read_u64(bytes: &[u8], position: usize) -> io::Result<u64> {
    bytes
        .get(position..)
        .and_then(|bytes| bytes.first_chunk())
        .map(|number| u64::from_le_bytes(*number))
        .ok_or_else(damaged)
}

/// Returns the error for a temporary file with unexpected content.
pub(crate) fn damaged() -> io::Error {
    io::Error::other("the temporary file was changed or truncated by another process")
}

#[cfg(test)]
mod tests {
    use super::Spill;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const BLOCK: usize = 256;

    proptest! {
        #[test]
        fn finds_and_groups_the_same_values_as_a_map_in_memory(
            added in prop::collection::vec((0..40_u64, 0..=255_u8, 0..2 * BLOCK), 0..120),
        ) {
            let mut spill = Spill::new(3, BLOCK);
            let mut expected: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
            for (hash, byte, length) in &added {
                let value = vec![*byte; *length];
                spill.add(*hash, &[&value, b"|"]).unwrap();
                let values = expected.entry(*hash).or_default();
                values.push([&value[..], b"|"].concat());
                // Lookups between additions move the file cursor.
                let mut found = 0;
                spill.find(*hash, |_| { found += 1; Ok(()) }).unwrap();
                prop_assert_eq!(found, values.len());
            }
            for hash in 0..41 {
                let mut found = Vec::new();
                spill.find(hash, |value| { found.push(value.to_vec()); Ok(()) }).unwrap();
                let mut values = expected.get(&hash).cloned().unwrap_or_default();
                found.sort();
                values.sort();
                prop_assert_eq!(found, values);
            }
            let mut groups = Vec::new();
            spill.groups(|values| {
                groups.push(values.iter().map(|value| value.to_vec()).collect::<Vec<_>>());
                Ok(())
            }).unwrap();
            let mut repeated: Vec<_> = expected.into_values().filter(|values| values.len() > 1).collect();
            groups.sort();
            repeated.sort();
            prop_assert_eq!(groups, repeated);
        }
    }

    #[test]
    fn uses_a_file_only_when_a_block_is_full() {
        let mut spill = Spill::new(2, BLOCK);
        spill.add(0, &[&[1; 100]]).unwrap();
        spill.add(1, &[&[2; 200]]).unwrap();
        assert!(spill.file.is_none());
        spill.add(2, &[&[3; 200]]).unwrap();
        assert!(spill.file.is_some());
    }
}
