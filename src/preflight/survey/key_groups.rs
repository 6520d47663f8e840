//! Groups rows by username or address, for lists of any length in constant memory.
//!
//! A background thread hashes the keys and adds them to a [`Spill`] while the list is read and
//! checked. Passwords are never added.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::spill::{Spill, damaged, read_u64};

/// With ten million usernames of 30 bytes, a partition has 0.6 MiB. Only one is in memory at a
/// time.
const PARTITIONS: usize = 1024;
const BLOCK_BYTES: usize = 1024;

/// The length of row, line and tag before the text.
const HEADER_BYTES: usize = 8 + 8 + 1;

/// Texts are sent to the thread in batches, because waking it for each text would cost more than
/// adding the text.
const BATCH_BYTES: usize = 64 * 1024;
const QUEUED_BATCHES: usize = 4;

/// Returns the part of a text that is compared.
pub(super) type KeyFn = fn(&str) -> Cow<'_, str>;

/// Collects texts while the list is read.
pub(super) struct KeyGroups {
    /// Encoded texts, each preceded by its length.
    batch: Vec<u8>,
    sender: SyncSender<Vec<u8>>,
    thread: JoinHandle<io::Result<CollectedKeys>>,
}

/// All texts of the list.
pub(super) struct CollectedKeys {
    key: KeyFn,
    spill: Spill,
}

/// The text of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyedText<'a> {
    pub(super) row: u64,
    pub(super) line: u64,
    /// Returned unchanged.
    pub(super) tag: u8,
    pub(super) text: &'a str,
}

impl KeyGroups {
    pub(super) fn new(key: KeyFn) -> io::Result<Self> {
        let (sender, batches) = sync_channel::<Vec<u8>>(QUEUED_BATCHES);
        let thread = thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || {
                let mut keys = CollectedKeys {
                    key,
                    spill: Spill::new(PARTITIONS, BLOCK_BYTES),
                };
                for batch in batches {
                    keys.add(&batch)?;
                }
                Ok(keys)
            })?;
        Ok(Self {
            batch: Vec::with_capacity(BATCH_BYTES),
            sender,
            thread,
        })
    }

    /// Adds a text. If the thread failed, [`KeyGroups::finish`] returns its error.
    pub(super) fn add(&mut self, entry: &KeyedText<'_>) {
        let length = (HEADER_BYTES + entry.text.len()) as u64;
        for number in [length, entry.row, entry.line] {
            self.batch.extend_from_slice(&number.to_le_bytes());
        }
        self.batch.push(entry.tag);
        self.batch.extend_from_slice(entry.text.as_bytes());
        if self.batch.len() >= BATCH_BYTES {
            let full = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH_BYTES));
            let _ = self.sender.send(full);
        }
    }

    /// Waits for the thread to finish.
    pub(super) fn finish(self) -> io::Result<CollectedKeys> {
        let _ = self.sender.send(self.batch);
        drop(self.sender);
        self.thread
            .join()
            .map_err(|_| io::Error::other("the thread that compares rows ended unexpectedly"))?
    }
}

impl CollectedKeys {
    fn add(&mut self, mut batch: &[u8]) -> io::Result<()> {
        while let Some((length, rest)) = batch.split_first_chunk() {
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(io::Error::other)?;
            let (entry, rest) = rest.split_at_checked(length).ok_or_else(damaged)?;
            let key = (self.key)(decode(entry)?.text);
            let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&*key);
            self.spill.add(hash, &[entry])?;
            batch = rest;
        }
        Ok(())
    }

    /// Calls `report` for every key that several rows have, with its rows in the order of the list.
    pub(super) fn each(
        self,
        mut report: impl FnMut(&[KeyedText<'_>]) -> io::Result<()>,
    ) -> io::Result<()> {
        let key = self.key;
        self.spill.groups(|entries| {
            let mut entries = entries
                .iter()
                .map(|entry| decode(entry))
                .collect::<io::Result<Vec<_>>>()?;
            // Different keys rarely have the same hash, but it is possible.
            while let Some(first) = entries.first() {
                let first_key = key(first.text);
                let (same, others): (Vec<_>, Vec<_>) = entries
                    .iter()
                    .partition(|entry| key(entry.text) == first_key);
                if same.len() > 1 {
                    report(&same)?;
                }
                entries = others;
            }
            Ok(())
        })
    }
}

fn decode(entry: &[u8]) -> io::Result<KeyedText<'_>> {
    let (header, text) = entry.split_at_checked(HEADER_BYTES).ok_or_else(damaged)?;
    Ok(KeyedText {
        row: read_u64(header, 0)?,
        line: read_u64(header, 8)?,
        tag: *header.last().ok_or_else(damaged)?,
        text: std::str::from_utf8(text).map_err(io::Error::other)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{KeyFn, KeyGroups, KeyedText};
    use crate::user::fold;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn rows_by_repeated_key(names: &[String], key: KeyFn) -> BTreeMap<String, Vec<u64>> {
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
        let mut rows_by_key = BTreeMap::new();
        let report = |entries: &[KeyedText<'_>]| {
            for entry in entries {
                assert_eq!((entry.line, entry.tag), (entry.row + 1, tag(entry.row)));
                assert_eq!(entry.text, names[usize::try_from(entry.row - 1).unwrap()]);
            }
            let rows = entries.iter().map(|entry| entry.row).collect();
            let key = key(entries[0].text).into_owned();
            assert_eq!(rows_by_key.insert(key, rows), None);
            Ok(())
        };
        groups.finish().unwrap().each(report).unwrap();
        rows_by_key
    }

    proptest! {
        #[test]
        fn finds_the_same_groups_as_a_map_in_memory(
            names in prop::collection::vec("[aAbBßẞéÉ]{1,3}", 0..200),
            case_insensitive in any::<bool>(),
        ) {
            let key: KeyFn = if case_insensitive { fold } else { |name| name.into() };
            let mut expected: BTreeMap<String, Vec<u64>> = BTreeMap::new();
            for (row, name) in (1..).zip(&names) {
                expected.entry(key(name).into_owned()).or_default().push(row);
            }
            expected.retain(|_, rows| rows.len() > 1);
            prop_assert_eq!(rows_by_repeated_key(&names, key), expected);
        }
    }
}
