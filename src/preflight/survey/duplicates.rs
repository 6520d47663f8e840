//! Which usernames stand more than once, for lists of any length in flat memory.
//!
//! Usernames are dealt to a number of heaps by their hash, so that equal ones meet on the same heap, and each heap is sorted on
//! its own. They are usernames, and no passwords.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::counted::Counted;
use super::heaps::{Heaps, broken};
use crate::user::fold;

/// Heaps that usernames are dealt to. A million of 30 bytes make 128 of half a MiB, and one of them is in memory at a time.
const HEAPS: usize = 128;

/// Row, line, hash, length of the username, and what the row was counted for, in front of each.
const HEAD: usize = 8 + 8 + 8 + 8 + 1;

/// Row, line, length of the username, and what the row was counted for, in front of each on its way to the thread.
const HEAD_ON_ITS_WAY: usize = 8 + 8 + 8 + 1;

/// Bytes that are handed over together: waking another thread for each username would cost more than dealing it.
const TOGETHER: usize = 64 * 1024;

/// Such groups that wait at most.
const WAITING: usize = 4;

/// See the module's words. Dealing has a thread of its own: the list is read and checked meanwhile.
pub(super) struct Duplicates {
    group: Vec<u8>,
    to: SyncSender<Vec<u8>>,
    dealing: JoinHandle<io::Result<Dealt>>,
}

/// Usernames on their heaps.
pub(super) struct Dealt {
    folds: bool,
    heaps: Heaps,
}

/// A username that stands earlier in the list.
pub(super) struct Double<'a> {
    pub(super) row: u64,
    pub(super) line: u64,
    /// As it stands in this row.
    pub(super) username: &'a str,
    pub(super) first_row: u64,
    pub(super) first_line: u64,
    /// As it was taken in with this row.
    pub(super) counted: Counted,
}

/// A row as it stands on a heap.
struct Entry<'a> {
    row: u64,
    line: u64,
    counted: Counted,
    username: &'a str,
}

/// The hash of an entry's username, and where on the heap the entry begins: the order of rows. Whoever has the same claim has the
/// same hash: hashes are sorted, and claims compared only where hashes are the same.
type Place = (u64, usize);

impl Duplicates {
    pub(super) fn new(folds: bool) -> io::Result<Self> {
        let (to, groups) = sync_channel::<Vec<u8>>(WAITING);
        let dealing = thread::Builder::new()
            .name("usernames".to_owned())
            .spawn(move || {
                let mut dealt = Dealt {
                    folds,
                    heaps: Heaps::new(HEAPS),
                };
                for group in groups {
                    dealt.deal(&group)?;
                }
                Ok(dealt)
            })?;
        Ok(Self {
            group: Vec::with_capacity(TOGETHER),
            to,
            dealing,
        })
    }

    /// Takes a username in. Nothing is wrong until the end: a thread that failed says so there.
    pub(super) fn add(&mut self, row: u64, line: u64, username: &str, counted: Counted) {
        for number in [row, line, username.len() as u64] {
            self.group.extend_from_slice(&number.to_le_bytes());
        }
        self.group.push(counted.0);
        self.group.extend_from_slice(username.as_bytes());
        if self.group.len() >= TOGETHER {
            let full = std::mem::replace(&mut self.group, Vec::with_capacity(TOGETHER));
            let _ = self.to.send(full);
        }
    }

    /// All of them, dealt to their heaps.
    pub(super) fn dealt(self) -> io::Result<Dealt> {
        let _ = self.to.send(self.group);
        drop(self.to);
        self.dealing.join().map_err(|_| {
            io::Error::other("the thread that compares usernames ended unexpectedly")
        })?
    }
}

impl Dealt {
    /// Tells of every row whose username stands earlier.
    pub(super) fn each(
        mut self,
        mut tell: impl FnMut(&Double<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let (mut bytes, mut places) = (Vec::new(), Vec::new());
        for heap in 0..self.heaps.len() {
            self.heaps.take(heap, &mut bytes)?;
            places_of(&bytes, &mut places)?;
            places.sort_unstable();
            for same_hash in places.chunk_by(|(one, _), (next, _)| one == next) {
                if same_hash.len() > 1 {
                    let entries = same_hash.iter().map(|&(_, place)| entry(&bytes, place));
                    let entries = entries.collect::<io::Result<Vec<Entry<'_>>>>()?;
                    tell_doubles(&entries, self.folds, &mut tell)?;
                }
            }
        }
        Ok(())
    }

    fn deal(&mut self, mut group: &[u8]) -> io::Result<()> {
        while !group.is_empty() {
            let (head, rest) = group.split_at_checked(HEAD_ON_ITS_WAY).ok_or_else(broken)?;
            let (row, line) = (number(head, 0)?, number(head, 8)?);
            let length = usize::try_from(number(head, 16)?).map_err(io::Error::other)?;
            let (username, rest) = rest.split_at_checked(length).ok_or_else(broken)?;
            self.put(
                row,
                line,
                std::str::from_utf8(username).map_err(io::Error::other)?,
                *head.last().ok_or_else(broken)?,
            )?;
            group = rest;
        }
        Ok(())
    }

    fn put(&mut self, row: u64, line: u64, username: &str, counted: u8) -> io::Result<()> {
        let claim = claim(username, self.folds);
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&*claim);
        let heap = usize::try_from(hash % HEAPS as u64).map_err(io::Error::other)?;
        let [row, line, hash, length] =
            [row, line, hash, username.len() as u64].map(u64::to_le_bytes);
        self.heaps.put(
            heap,
            &[&row, &line, &hash, &length, &[counted], username.as_bytes()],
        )
    }
}

/// Of entries with the same hash, in the order of their rows, those that have the same claim as an earlier one.
fn tell_doubles(
    entries: &[Entry<'_>],
    folds: bool,
    tell: &mut impl FnMut(&Double<'_>) -> io::Result<()>,
) -> io::Result<()> {
    for (place, entry) in entries.iter().enumerate().skip(1) {
        let own = claim(entry.username, folds);
        let mut earlier = entries.iter().take(place);
        if let Some(first) = earlier.find(|first| claim(first.username, folds) == own) {
            tell(&Double {
                row: entry.row,
                line: entry.line,
                username: entry.username,
                first_row: first.row,
                first_line: first.line,
                counted: entry.counted,
            })?;
        }
    }
    Ok(())
}

/// The username as the pool compares it.
fn claim(username: &str, folds: bool) -> Cow<'_, str> {
    if folds {
        fold(username)
    } else {
        Cow::Borrowed(username)
    }
}

/// Where entries begin, in place of what was in `places`.
fn places_of(bytes: &[u8], places: &mut Vec<Place>) -> io::Result<()> {
    places.clear();
    let mut place = 0;
    while place < bytes.len() {
        let head = bytes.get(place..).ok_or_else(broken)?;
        places.push((number(head, 16)?, place));
        place = place.checked_add(HEAD + length(head)?).ok_or_else(broken)?;
    }
    Ok(())
}

fn entry(bytes: &[u8], place: usize) -> io::Result<Entry<'_>> {
    let entry = bytes.get(place..).ok_or_else(broken)?;
    let (head, rest) = entry.split_at_checked(HEAD).ok_or_else(broken)?;
    let username = rest.get(..length(head)?).ok_or_else(broken)?;
    Ok(Entry {
        row: number(head, 0)?,
        line: number(head, 8)?,
        counted: Counted(*head.last().ok_or_else(broken)?),
        username: std::str::from_utf8(username).map_err(io::Error::other)?,
    })
}

/// Of the username behind the head.
fn length(head: &[u8]) -> io::Result<usize> {
    usize::try_from(number(head, 24)?).map_err(io::Error::other)
}

fn number(head: &[u8], at: usize) -> io::Result<u64> {
    head.get(at..at + 8)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u64::from_le_bytes)
        .ok_or_else(broken)
}

#[cfg(test)]
mod tests {
    use super::{Counted, Duplicates};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn counted(row: u64) -> Counted {
        Counted(u8::try_from(row % 256).unwrap())
    }

    fn found(names: &[String], folds: bool) -> BTreeMap<u64, (u64, String)> {
        let mut duplicates = Duplicates::new(folds).unwrap();
        for (row, name) in (1..).zip(names) {
            duplicates.add(row, row + 1, name, counted(row));
        }
        let mut found = BTreeMap::new();
        duplicates
            .dealt()
            .unwrap()
            .each(|double| {
                assert_eq!(
                    (double.line, double.first_line),
                    (double.row + 1, double.first_row + 1)
                );
                assert_eq!(double.counted, counted(double.row));
                let before =
                    found.insert(double.row, (double.first_row, double.username.to_owned()));
                assert_eq!(before, None);
                Ok(())
            })
            .unwrap();
        found
    }

    proptest! {
        #[test]
        fn it_finds_what_a_map_in_memory_finds(
            names in prop::collection::vec("[aAbBßẞéÉ]{1,3}", 0..200),
            folds in any::<bool>(),
        ) {
            let mut first: BTreeMap<String, u64> = BTreeMap::new();
            let mut expected = BTreeMap::new();
            for (row, name) in (1..).zip(&names) {
                let key = if folds { name.to_lowercase() } else { name.clone() };
                let earlier = *first.entry(key).or_insert(row);
                if earlier != row {
                    expected.insert(row, (earlier, name.clone()));
                }
            }
            prop_assert_eq!(found(&names, folds), expected);
        }
    }
}
