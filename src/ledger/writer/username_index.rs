//! Finds the row that was begun with a username.
//!
//! The index is rebuilt from the rows in the ledger when a run resumes. An
//! index in the database itself would be written in random order: each group of rows would write
//! nearly all of its pages and sync them.

use std::io;

use sha2::{Digest as _, Sha256};

use crate::spill::{Spill, read_u64};

/// A lookup reads one partition: 50 KB for ten million rows. All blocks in memory together take at
/// most 2 MiB.
const PARTITIONS: usize = 4096;
const BLOCK_BYTES: usize = 512;

/// 4 MiB. With a million rows, 1 new username in 300 costs a lookup; with ten million, 1 in 5.
const FILTER_BITS: usize = 1 << 25;

/// Hashes a username, in the form compared by the pool, to eight bytes. Rows with the same hash are
/// then compared by name.
pub(super) fn username_hash(username: &str) -> i64 {
    let hash = Sha256::digest(username.as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hash);
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[derive(Debug)]
pub(super) struct UsernameIndex {
    rows: Spill,
    filter: HashFilter,
}

impl UsernameIndex {
    pub(super) fn new() -> Self {
        Self {
            rows: Spill::new(PARTITIONS, BLOCK_BYTES),
            filter: HashFilter::new(),
        }
    }

    pub(super) fn add(&mut self, username_hash: i64, row: i64) -> io::Result<()> {
        let hash = username_hash.cast_unsigned();
        self.filter.add(hash);
        self.rows.add(hash, &[&row.to_le_bytes()])
    }

    /// Returns the rows that have or had this hash, in no particular order.
    pub(super) fn rows(&mut self, username_hash: i64) -> io::Result<Vec<i64>> {
        let hash = username_hash.cast_unsigned();
        let mut rows = Vec::new();
        if self.filter.may_contain(hash) {
            self.rows.find(hash, |row| {
                rows.push(read_u64(row, 0)?.cast_signed());
                Ok(())
            })?;
        }
        Ok(rows)
    }
}

/// Rules out most hashes that were not added, so that a new username seldom costs a read of the
/// file: a Bloom filter with two hash functions.
#[derive(Debug)]
struct HashFilter {
    words: Vec<u64>,
}

impl HashFilter {
    fn new() -> Self {
        let words = FILTER_BITS.div_ceil(u64::BITS as usize);
        Self {
            words: vec![0; words],
        }
    }

    fn add(&mut self, hash: u64) {
        for (index, bit) in positions(hash) {
            if let Some(word) = self.words.get_mut(index) {
                *word |= bit;
            }
        }
    }

    fn may_contain(&self, hash: u64) -> bool {
        let is_set = |(index, bit)| {
            self.words
                .get(index)
                .is_none_or(|word: &u64| word & bit != 0)
        };
        positions(hash).into_iter().all(is_set)
    }
}

/// Returns the indexes of two words and a bit in each. The highest bits of the hash choose them,
/// because the lowest ones choose the partition of [`Spill`].
fn positions(hash: u64) -> [(usize, u64); 2] {
    let bits = FILTER_BITS.ilog2();
    [hash, hash << bits].map(|hash| {
        let position = hash >> (u64::BITS - bits);
        let index = position / u64::from(u64::BITS);
        (index as usize, 1 << (position % u64::from(u64::BITS)))
    })
}

#[cfg(test)]
mod tests {
    use super::{HashFilter, UsernameIndex, username_hash};

    #[test]
    fn hash_is_platform_independent() {
        // The first eight bytes of SHA-256("abc").
        assert_eq!(
            username_hash("abc"),
            i64::from_be_bytes([0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea])
        );
    }

    #[test]
    fn finds_rows_in_memory_and_in_the_file() {
        let mut index = UsernameIndex::new();
        let last = 100_000;
        for row in 1..=last {
            index
                .add(username_hash(&format!("user{row}")), row)
                .unwrap();
        }
        for row in (1..=last).step_by(97).chain([last]) {
            let found = index.rows(username_hash(&format!("user{row}"))).unwrap();
            assert_eq!(found, [row]);
        }
        assert!(index.rows(username_hash("user0")).unwrap().is_empty());
    }

    #[test]
    fn most_new_usernames_are_ruled_out_in_long_lists() {
        let mut filter = HashFilter::new();
        let hash = |user: u64| username_hash(&format!("user{user}")).cast_unsigned();
        (0..1_000_000).for_each(|user| filter.add(hash(user)));
        let new = 1_000_000..1_010_000;
        let looked_up = new.filter(|user| filter.may_contain(hash(*user))).count();
        assert!(looked_up < 100, "{looked_up}");
    }

    #[test]
    fn finds_all_rows_with_the_same_hash() {
        let mut index = UsernameIndex::new();
        for row in [7, 3, 7, 5, 3] {
            index.add(42, row).unwrap();
        }
        let mut found = index.rows(42).unwrap();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [3, 5, 7]);
    }
}
