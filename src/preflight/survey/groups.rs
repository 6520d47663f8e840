//! Which rows have the same key (a username, an address), for lists of any length in flat memory.
//!
//! Texts are dealt to a number of heaps by the hash of their keys, so that equal keys meet on the same heap, and each heap is sorted on
//! its own. They are usernames and addresses, and no passwords.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::heaps::{Heaps, broken};

/// Heaps that texts are dealt to. A million of 30 bytes make 128 of half a MiB, and one of them is in memory at a time.
const HEAPS: usize = 128;

/// Row, line, hash, length of the text, and the row's tag, in front of each.
const HEAD: usize = 8 + 8 + 8 + 8 + 1;

/// Row, line, length of the text and the row's tag, which precede each entry sent to the thread.
const HEAD_ON_ITS_WAY: usize = 8 + 8 + 8 + 1;

/// Bytes that are handed over together: waking another thread for each text would cost more than dealing it.
const TOGETHER: usize = 64 * 1024;

/// Such groups that wait at most.
const WAITING: usize = 4;

/// The part of a text that is compared.
pub(super) type KeyFn = fn(&str) -> Cow<'_, str>;

/// Takes texts in, on a thread of its own: the list is read and checked meanwhile.
pub(super) struct KeyGroups {
    group: Vec<u8>,
    to: SyncSender<Vec<u8>>,
    dealing: JoinHandle<io::Result<Dealt>>,
}

/// Texts on their heaps.
pub(super) struct Dealt {
    key: KeyFn,
    heaps: Heaps,
}

/// A row's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyedText<'a> {
    pub(super) row: u64,
    pub(super) line: u64,
    /// As it was taken in with the row.
    pub(super) tag: u8,
    pub(super) text: &'a str,
}

/// The hash of a text's key, and where on the heap its entry begins: the order of rows. Entries with the same key have the same hash:
/// hashes are sorted, and keys compared only where hashes are the same.
type EntryPosition = (u64, usize);

impl KeyGroups {
    pub(super) fn new(key: KeyFn) -> io::Result<Self> {
        let (to, groups) = sync_channel::<Vec<u8>>(WAITING);
        let dealing = thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || {
                let mut dealt = Dealt {
                    key,
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

    /// Takes a text in. Nothing is wrong until the end: a thread that failed says so there.
    pub(super) fn add(&mut self, entry: &KeyedText<'_>) {
        for number in [entry.row, entry.line, entry.text.len() as u64] {
            self.group.extend_from_slice(&number.to_le_bytes());
        }
        self.group.push(entry.tag);
        self.group.extend_from_slice(entry.text.as_bytes());
        if self.group.len() >= TOGETHER {
            let full = std::mem::replace(&mut self.group, Vec::with_capacity(TOGETHER));
            let _ = self.to.send(full);
        }
    }

    /// All of them, dealt to their heaps.
    pub(super) fn dealt(self) -> io::Result<Dealt> {
        let _ = self.to.send(self.group);
        drop(self.to);
        self.dealing
            .join()
            .map_err(|_| io::Error::other("the thread that compares rows ended unexpectedly"))?
    }
}

impl Dealt {
    /// Reports the rows of every key that more than one has, in the order of the list.
    pub(super) fn each(
        mut self,
        mut report: impl FnMut(&[KeyedText<'_>]) -> io::Result<()>,
    ) -> io::Result<()> {
        let (mut bytes, mut places) = (Vec::new(), Vec::new());
        for heap in 0..self.heaps.len() {
            self.heaps.take(heap, &mut bytes)?;
            places_of(&bytes, &mut places)?;
            places.sort_unstable();
            for same_hash in places.chunk_by(|(one, _), (next, _)| one == next) {
                if same_hash.len() > 1 {
                    let entries = same_hash.iter().map(|&(_, place)| entry(&bytes, place));
                    self.report(entries.collect::<io::Result<_>>()?, &mut report)?;
                }
            }
        }
        Ok(())
    }

    /// Entries with the same hash nearly always have the same key.
    fn report(
        &self,
        mut entries: Vec<KeyedText<'_>>,
        report: &mut impl FnMut(&[KeyedText<'_>]) -> io::Result<()>,
    ) -> io::Result<()> {
        while let Some(first) = entries.first() {
            let key = (self.key)(first.text);
            let is_same = |entry: &KeyedText<'_>| (self.key)(entry.text) == key;
            if entries.iter().all(is_same) {
                return if entries.len() > 1 {
                    report(&entries)
                } else {
                    Ok(())
                };
            }
            let (same, others): (Vec<KeyedText<'_>>, Vec<KeyedText<'_>>) =
                entries.iter().partition(|entry| is_same(entry));
            if same.len() > 1 {
                report(&same)?;
            }
            entries = others;
        }
        Ok(())
    }

    fn deal(&mut self, mut group: &[u8]) -> io::Result<()> {
        while !group.is_empty() {
            let (head, rest) = group.split_at_checked(HEAD_ON_ITS_WAY).ok_or_else(broken)?;
            let length = usize::try_from(number(head, 16)?).map_err(io::Error::other)?;
            let (text, rest) = rest.split_at_checked(length).ok_or_else(broken)?;
            self.put(&KeyedText {
                row: number(head, 0)?,
                line: number(head, 8)?,
                tag: *head.last().ok_or_else(broken)?,
                text: std::str::from_utf8(text).map_err(io::Error::other)?,
            })?;
            group = rest;
        }
        Ok(())
    }

    fn put(&mut self, entry: &KeyedText<'_>) -> io::Result<()> {
        let key = (self.key)(entry.text);
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&*key);
        let heap = usize::try_from(hash % HEAPS as u64).map_err(io::Error::other)?;
        let [row, line, hash, length] =
            [entry.row, entry.line, hash, entry.text.len() as u64].map(u64::to_le_bytes);
        self.heaps.put(
            heap,
            &[
                &row,
                &line,
                &hash,
                &length,
                &[entry.tag],
                entry.text.as_bytes(),
            ],
        )
    }
}

/// Where entries begin, in place of what was in `places`.
fn places_of(bytes: &[u8], places: &mut Vec<EntryPosition>) -> io::Result<()> {
    places.clear();
    let mut place = 0;
    while place < bytes.len() {
        let head = bytes.get(place..).ok_or_else(broken)?;
        places.push((number(head, 16)?, place));
        place = place.checked_add(HEAD + length(head)?).ok_or_else(broken)?;
    }
    Ok(())
}

fn entry(bytes: &[u8], place: usize) -> io::Result<KeyedText<'_>> {
    let entry = bytes.get(place..).ok_or_else(broken)?;
    let (head, rest) = entry.split_at_checked(HEAD).ok_or_else(broken)?;
    let text = rest.get(..length(head)?).ok_or_else(broken)?;
    Ok(KeyedText {
        row: number(head, 0)?,
        line: number(head, 8)?,
        tag: *head.last().ok_or_else(broken)?,
        text: std::str::from_utf8(text).map_err(io::Error::other)?,
    })
}

/// Of the text after the head.
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
    use super::{KeyFn, KeyGroups, KeyedText};
    use crate::user::fold;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn found(names: &[String], key: KeyFn) -> BTreeMap<String, Vec<u64>> {
        let tag = |row: u64| u8::try_from(row % 256).unwrap();
        let mut groups = KeyGroups::new(key).unwrap();
        for (row, name) in (1..).zip(names) {
            groups.add(&KeyedText {
                row,
                line: row + 1,
                tag: tag(row),
                text: name,
            });
        }
        let mut found = BTreeMap::new();
        let report = |entries: &[KeyedText<'_>]| {
            for entry in entries {
                assert_eq!((entry.line, entry.tag), (entry.row + 1, tag(entry.row)));
                assert_eq!(entry.text, names[usize::try_from(entry.row - 1).unwrap()]);
            }
            let rows = entries.iter().map(|entry| entry.row).collect();
            let key = key(entries[0].text).into_owned();
            assert_eq!(found.insert(key, rows), None);
            Ok(())
        };
        groups.dealt().unwrap().each(report).unwrap();
        found
    }

    proptest! {
        #[test]
        fn it_finds_what_a_map_in_memory_finds(
            names in prop::collection::vec("[aAbBßẞéÉ]{1,3}", 0..200),
            folds in any::<bool>(),
        ) {
            let key: KeyFn = if folds { fold } else { |name| name.into() };
            let mut expected: BTreeMap<String, Vec<u64>> = BTreeMap::new();
            for (row, name) in (1..).zip(&names) {
                expected.entry(key(name).into_owned()).or_default().push(row);
            }
            expected.retain(|_, rows| rows.len() > 1);
            prop_assert_eq!(found(&names, key), expected);
        }
    }
}
