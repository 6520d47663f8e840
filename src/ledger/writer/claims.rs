//! Which rows may be sent with which username: how the ledger finds the row that has one already.
//!
//! The rows themselves hold it, and what is here is made of them again whenever a run goes on. The last claims are in memory; once they
//! are many, they go into a database without a name, sorted. An index in the ledger, which grows with every row, would be hit anywhere:
//! a group of rows would write nearly all of its pages, and have them synced.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use crate::ledger::unnamed::unnamed;

/// Claims in memory at most: what a table of half a MiB holds (seven of eight places), and most lists have fewer. With a million in the
/// file behind it, each of its pages (4 KiB) is written for six of them.
const IN_MEMORY: usize = 28_672;

/// SQLite's page cache in KiB for the others. They are written in order, and each row that is begun looks for its mark there: a page or two,
/// which the system has in memory.
const CACHE_KIB: i64 = 64;

const TABLE: &str =
    "CREATE TABLE claims (mark INTEGER, row INTEGER, PRIMARY KEY (mark, row)) WITHOUT ROWID;";

const INSERT: &str = "INSERT OR IGNORE INTO claims VALUES (?1, ?2)";

/// What stands for a username as the pool compares it: eight bytes instead of a name. Rows with the same mark are then compared by name.
pub(super) fn mark(claim: &str) -> i64 {
    let hash = Sha256::digest(claim.as_bytes());
    hash.iter()
        .take(8)
        .fold(0, |mark, byte| (mark << 8) | i64::from(*byte))
}

/// A mark is a part of a hash already. std's table takes a place by the lowest bits, so the highest bits of the mark are turned to there:
/// going through the table then gives the marks almost in order, and nothing needs to be sorted before it goes into the file. If std
/// chose its places in another way, that would be slower, and nothing else.
#[derive(Default)]
struct InOrder(u64);

impl Hasher for InOrder {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_i64(&mut self, mark: i64) {
        self.0 = mark.cast_unsigned().rotate_left(IN_MEMORY.ilog2() + 1);
    }
}

/// See the module's words.
pub(super) struct UsernameIndex {
    /// All of it from the beginning on: a table that grows takes the old one's place and the new one's at once.
    recent: HashMap<i64, i64, BuildHasherDefault<InOrder>>,
    /// None while all are in memory.
    others: Option<Connection>,
}

impl UsernameIndex {
    /// Those of a run that begins.
    pub(super) fn none() -> Self {
        Self {
            recent: HashMap::with_capacity_and_hasher(IN_MEMORY, BuildHasherDefault::default()),
            others: None,
        }
    }

    /// A row has this mark. It may be said twice.
    pub(super) fn add(&mut self, mark: i64, row: i64) -> rusqlite::Result<()> {
        if self.recent.len() == IN_MEMORY {
            let others = opened(&mut self.others)?;
            let mut insert = others.prepare(INSERT)?;
            for (mark, row) in self.recent.drain() {
                insert.execute(params![mark, row])?;
            }
        }
        match self.recent.entry(mark) {
            Entry::Vacant(place) => {
                place.insert(row);
            }
            Entry::Occupied(place) if *place.get() == row => {}
            // Two names with the same mark, or a row that gave its claim back.
            Entry::Occupied(_) => {
                opened(&mut self.others)?
                    .prepare_cached(INSERT)?
                    .execute(params![mark, row])?;
            }
        }
        Ok(())
    }

    /// Rows that have this mark, or had it once, in no order.
    pub(super) fn rows(&self, mark: i64) -> rusqlite::Result<Vec<i64>> {
        let mut rows: Vec<i64> = self.recent.get(&mark).copied().into_iter().collect();
        if let Some(others) = &self.others {
            let mut search = others.prepare_cached("SELECT row FROM claims WHERE mark = ?1")?;
            let mut found = search.query(params![mark])?;
            while let Some(holder) = found.next()? {
                rows.push(holder.get(0)?);
            }
        }
        Ok(rows)
    }
}

/// The file behind the memory, which is made when it is needed first.
fn opened(others: &mut Option<Connection>) -> rusqlite::Result<&Connection> {
    let there = match others.take() {
        Some(there) => there,
        None => unnamed(TABLE, CACHE_KIB)?,
    };
    Ok(others.insert(there))
}

#[cfg(test)]
mod tests {
    use super::{IN_MEMORY, UsernameIndex, mark};

    #[test]
    fn a_mark_is_the_same_on_every_machine() {
        // The first eight bytes of SHA-256("abc").
        assert_eq!(
            mark("abc"),
            i64::from_be_bytes([0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea])
        );
    }

    #[test]
    fn marks_leave_the_memory_nearly_in_order() {
        let mut claims = UsernameIndex::none();
        for row in 1..=i64::try_from(IN_MEMORY).unwrap() {
            claims.add(mark(&format!("user{row}")), row).unwrap();
        }
        assert_eq!(claims.recent.capacity(), IN_MEMORY, "it never grows");
        let marks: Vec<u64> = claims
            .recent
            .keys()
            .map(|mark| mark.cast_unsigned())
            .collect();
        // One whose place is taken has another one near it; the last ones may have the first places.
        let far = marks
            .array_windows()
            .filter(|[one, next]| one.abs_diff(*next) > u64::MAX / 100)
            .count();
        assert!(far < 100, "{far} of {IN_MEMORY}");
    }

    #[test]
    fn rows_are_found_in_memory_and_behind_it() {
        let mut claims = UsernameIndex::none();
        let last = i64::try_from(IN_MEMORY).unwrap() * 5 / 2;
        for row in 1..=last {
            claims.add(mark(&format!("user{row}")), row).unwrap();
        }
        for row in 1..=last {
            let found = claims.rows(mark(&format!("user{row}"))).unwrap();
            assert_eq!(found, [row]);
        }
        assert!(claims.rows(mark("nobody")).unwrap().is_empty());
    }

    #[test]
    fn rows_with_the_same_mark_are_all_found() {
        let mut claims = UsernameIndex::none();
        for row in [7, 3, 7, 5, 3] {
            claims.add(42, row).unwrap();
        }
        let mut found = claims.rows(42).unwrap();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, [3, 5, 7]);
    }
}
