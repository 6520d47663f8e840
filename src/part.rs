//! A part of a list, so that several processes can share a run.
//!
//! Which part a row belongs to depends only on its username, or on its number if it has none.
//! Every process reads the whole list and sends the rows of its part. Usernames that differ only in
//! case are in the same part, so duplicates are found as in a single process.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;

use sha2::{Digest as _, Sha256};

/// One of the parts of a list, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    index: u32,
    parts: NonZeroU32,
}

impl Part {
    /// Returns `None` if there are not that many parts.
    #[must_use]
    pub fn new(index: u32, parts: NonZeroU32) -> Option<Self> {
        (index < parts.get()).then_some(Self { index, parts })
    }

    /// Parses `I/N`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (index, parts) = text.split_once('/')?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(index) || !is_number(parts) {
            return None;
        }
        Self::new(index.parse().ok()?, parts.parse().ok()?)
    }

    /// Parses the name of a part's directory.
    #[must_use]
    pub fn of_directory_name(name: &str) -> Option<Self> {
        let (index, parts) = name.strip_prefix("part-")?.split_once("-of-")?;
        Self::parse(&format!("{index}/{parts}"))
    }

    /// Returns the parts of a list, in order.
    pub fn all(parts: NonZeroU32) -> impl Iterator<Item = Self> {
        (0..parts.get()).map(move |index| Self { index, parts })
    }

    /// Returns the number of parts.
    #[must_use]
    pub fn parts(self) -> NonZeroU32 {
        self.parts
    }

    /// Returns its place among the parts, from 0.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    /// Returns the part that contains a row: the first 8 bytes of the SHA-256 of the username in
    /// lowercase, or else the number of the row, modulo the number of parts.
    #[must_use]
    pub fn of_row(username: Option<&str>, row: u64, parts: NonZeroU32) -> Self {
        let number = username.map_or(row, hash);
        let index = (number % u64::from(parts.get())) as u32;
        Self { index, parts }
    }

    #[must_use]
    pub fn contains(self, username: Option<&str>, row: u64) -> bool {
        Self::of_row(username, row, self.parts) == self
    }

    /// Returns the name of its directory in that of the run.
    #[must_use]
    pub fn directory_name(self) -> String {
        format!("part-{}-of-{}", self.index, self.parts)
    }
}

fn hash(username: &str) -> u64 {
    let is_lowercase = username.is_ascii() && !username.bytes().any(|b| b.is_ascii_uppercase());
    let lowercase: Cow<'_, str> = if is_lowercase {
        username.into()
    } else {
        username.to_lowercase().into()
    };
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(lowercase.as_bytes()));
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.parts)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::Part;

    fn parts(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    fn part_of(username: Option<&str>, row: u64, number: u32) -> Vec<u32> {
        Part::all(parts(number))
            .filter(|part| part.contains(username, row))
            .map(|part| part.index)
            .collect()
    }

    /// The expected values were computed with Python's `hashlib`.
    #[test]
    fn membership_never_changes() {
        for (username, expected) in [
            ("ann", [0, 0, 2, 2, 1, 6, 870]),
            ("Ann", [0, 0, 2, 2, 1, 6, 870]),
            ("ann@example.com", [0, 1, 0, 1, 2, 5, 453]),
            ("ÅSA", [0, 0, 0, 0, 5, 0, 336]),
            ("müller", [0, 1, 1, 3, 1, 3, 819]),
            ("", [0, 0, 1, 0, 1, 4, 652]),
        ] {
            for (number, expected) in [1, 2, 3, 4, 7, 8, 1_000].into_iter().zip(expected) {
                let found = part_of(Some(username), 5, number);
                assert_eq!(found, [expected], "{username} of {number}");
            }
        }
        for (row, expected) in [(1, 1), (7, 0), (8, 1), (u64::MAX, 1)] {
            assert_eq!(part_of(None, row, 7), [expected], "row {row}");
        }
    }

    #[test]
    fn text_names_a_part_that_exists() {
        for text in ["0/1", "3/8", "7/8"] {
            let part = Part::parse(text).unwrap();
            assert_eq!(part.to_string(), text);
        }
        for text in [
            "",
            "3",
            "/",
            "8/8",
            "0/0",
            "-1/8",
            "+1/8",
            "1/+8",
            " 1/8",
            "1/8 ",
            "1/8/2",
            "4294967296/4294967297",
        ] {
            assert_eq!(Part::parse(text), None, "{text:?}");
        }
        let part = Part::parse("3/8").unwrap();
        assert_eq!(part.directory_name(), "part-3-of-8");
        assert_eq!(Part::of_directory_name("part-3-of-8"), Some(part));
        for name in ["part-8-of-8", "part-3", "parts-3-of-8", "part-3-of-8-old"] {
            assert_eq!(Part::of_directory_name(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_row_is_in_exactly_one_part(
            username in proptest::option::of(".{0,12}"),
            row in 1_u64..,
            number in 1_u32..50,
        ) {
            prop_assert_eq!(part_of(username.as_deref(), row, number).len(), 1);
        }

        #[test]
        fn spellings_of_a_username_share_a_part(
            username in ".{0,12}",
            rows in (1_u64.., 1_u64..),
            number in 1_u32..50,
        ) {
            let one = part_of(Some(&username), rows.0, number);
            let lowercase = username.to_lowercase();
            prop_assert_eq!(&one, &part_of(Some(&lowercase), rows.1, number));
            // A pool without case treats names as one if they have the same lowercase form.
            let uppercase = username.to_uppercase();
            if uppercase.to_lowercase() == lowercase {
                prop_assert_eq!(&one, &part_of(Some(&uppercase), rows.1, number));
            }
        }
    }
}
