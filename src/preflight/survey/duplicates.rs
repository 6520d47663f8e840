//! Which usernames stand more than once, for lists of any length in flat memory.
//!
//! Usernames are dealt to a number of temporary files by their hash, so that equal ones meet in the same file, and each file is
//! sorted on its own. The files have no name on the disk and are gone with the process. They hold usernames, no passwords.

use std::borrow::Cow;
use std::fs::File;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};

use crate::user::fold;

/// Files that usernames are dealt to. A million of 30 bytes make 64 of 700 KiB, and one of them is in memory at a time.
const FILES: usize = 64;

/// Bytes that wait for each file.
const BUFFER: usize = 8 * 1024;

/// Row, line, length of the username, and how the user can be reached, in front of each.
const HEAD: usize = 8 + 8 + 4 + 1;

/// See the module's words.
pub(super) struct Duplicates {
    folds: bool,
    files: Vec<Option<BufWriter<File>>>,
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
    pub(super) reach: u8,
}

struct Entry<'a> {
    claim: Cow<'a, str>,
    username: &'a str,
    row: u64,
    line: u64,
    reach: u8,
}

impl Duplicates {
    pub(super) fn new(folds: bool) -> Self {
        Self {
            folds,
            files: (0..FILES).map(|_| None).collect(),
        }
    }

    /// Takes a username in.
    pub(super) fn add(&mut self, row: u64, line: u64, username: &str, reach: u8) -> io::Result<()> {
        let claim = claim(username, self.folds);
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&*claim);
        let file = usize::try_from(hash % FILES as u64).unwrap_or(0);
        let Some(place) = self.files.get_mut(file) else {
            return Ok(());
        };
        let to = match place {
            Some(to) => to,
            None => place.insert(BufWriter::with_capacity(BUFFER, tempfile::tempfile()?)),
        };
        let length = u32::try_from(username.len()).map_err(io::Error::other)?;
        to.write_all(&row.to_le_bytes())?;
        to.write_all(&line.to_le_bytes())?;
        to.write_all(&length.to_le_bytes())?;
        to.write_all(&[reach])?;
        to.write_all(username.as_bytes())
    }

    /// Tells of every row whose username stands earlier, by row within each file.
    pub(super) fn each(
        self,
        mut tell: impl FnMut(&Double<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        for file in self.files.into_iter().flatten() {
            let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.seek(SeekFrom::Start(0))?;
            bytes.clear();
            file.read_to_end(&mut bytes)?;
            let mut entries = entries(&bytes, self.folds)?;
            entries.sort_unstable_by(|a, b| a.claim.cmp(&b.claim).then(a.row.cmp(&b.row)));
            let mut first: Option<&Entry<'_>> = None;
            for entry in &entries {
                match first {
                    Some(first) if first.claim == entry.claim => tell(&Double {
                        row: entry.row,
                        line: entry.line,
                        username: entry.username,
                        first_row: first.row,
                        first_line: first.line,
                        reach: entry.reach,
                    })?,
                    Some(_) | None => first = Some(entry),
                }
            }
        }
        Ok(())
    }
}

/// The username as the pool compares it.
fn claim(username: &str, folds: bool) -> Cow<'_, str> {
    let is_folded = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if folds && !username.bytes().all(is_folded) {
        Cow::Owned(fold(username))
    } else {
        Cow::Borrowed(username)
    }
}

fn entries(mut bytes: &[u8], folds: bool) -> io::Result<Vec<Entry<'_>>> {
    let broken = || io::Error::other("a temporary file does not hold what was written to it");
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or_else(broken)?;
        let number = |from: usize| {
            let bytes = head.get(from..from + 8)?;
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        };
        let length = head
            .get(16..20)
            .and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)))
            .ok_or_else(broken)?;
        let (username, rest) = rest.split_at_checked(length as usize).ok_or_else(broken)?;
        let username = std::str::from_utf8(username).map_err(io::Error::other)?;
        entries.push(Entry {
            claim: claim(username, folds),
            username,
            row: number(0).ok_or_else(broken)?,
            line: number(8).ok_or_else(broken)?,
            reach: *head.last().ok_or_else(broken)?,
        });
        bytes = rest;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::Duplicates;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn reach_of(row: u64) -> u8 {
        u8::try_from(row % 4).unwrap()
    }

    fn found(names: &[String], folds: bool) -> BTreeMap<u64, (u64, String)> {
        let mut duplicates = Duplicates::new(folds);
        for (row, name) in (1..).zip(names) {
            duplicates.add(row, row + 1, name, reach_of(row)).unwrap();
        }
        let mut found = BTreeMap::new();
        duplicates
            .each(|double| {
                assert_eq!(
                    (double.line, double.first_line),
                    (double.row + 1, double.first_row + 1)
                );
                assert_eq!(double.reach, reach_of(double.row));
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
