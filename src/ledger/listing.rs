//! The pool's users, as its listing showed them before the run: who has which name. For pools of any size in flat memory.
//!
//! They are in a database without a name (`unnamed`), which holds usernames, no passwords. Names are compared whole, not by a hash: calling
//! a user existing by mistake would leave somebody out.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::LedgerError;
use super::unnamed::{CACHE_KIB, unnamed};

/// Names are first put down in the order in which they come, and sorted once all are there: an index that grew with each of them would
/// be written all over again and again.
const TABLE: &str = "
CREATE TABLE listing (name TEXT NOT NULL, sub TEXT, status TEXT, enabled INTEGER NOT NULL, created_ms INTEGER);
";

/// See [`TABLE`].
const SORTED: &str = "CREATE INDEX names ON listing (name);";

/// A user of the pool as the listing showed it, without its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingEntry {
    /// `sub`.
    pub sub: Option<String>,
    /// `UserStatus`, as the pool words it.
    pub status: Option<String>,
    /// `Enabled`.
    pub enabled: bool,
    /// `UserCreateDate`: milliseconds since the Unix epoch on the service's clock.
    pub created_ms: Option<i64>,
}

/// See the module's words.
pub struct Listing {
    database: Connection,
    sorted: bool,
}

impl Listing {
    /// An empty one.
    ///
    /// # Errors
    /// There is no room for a temporary file.
    pub fn new() -> Result<Self, LedgerError> {
        unnamed(TABLE, CACHE_KIB)
            .map(|database| Self {
                database,
                sorted: false,
            })
            .map_err(LedgerError::Listing)
    }

    /// Adds users, each with its name as the pool compares it.
    ///
    /// # Errors
    /// There is no room in the temporary file.
    pub fn add<'l>(
        &self,
        users: impl IntoIterator<Item = (&'l str, &'l ListingEntry)>,
    ) -> Result<(), LedgerError> {
        let add = || {
            let mut insert = self
                .database
                .prepare_cached("INSERT INTO listing VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (name, user) in users {
                insert.execute(params![
                    name,
                    user.sub,
                    user.status,
                    user.enabled,
                    user.created_ms
                ])?;
            }
            Ok(())
        };
        add().map_err(LedgerError::Listing)
    }

    /// The user who has this name, as the pool compares it. The first question sorts the names, which takes a second or two for a
    /// million of them.
    ///
    /// # Errors
    /// There is no room in the temporary file, or it cannot be read.
    pub fn find(&mut self, name: &str) -> Result<Option<ListingEntry>, LedgerError> {
        if !self.sorted {
            self.database
                .execute_batch(SORTED)
                .map_err(LedgerError::Listing)?;
            self.sorted = true;
        }
        let find = || {
            self.database
                .prepare_cached(
                    "SELECT sub, status, enabled, created_ms FROM listing WHERE name = ?1 LIMIT 1",
                )?
                .query_row(params![name], |found| {
                    Ok(ListingEntry {
                        sub: found.get(0)?,
                        status: found.get(1)?,
                        enabled: found.get(2)?,
                        created_ms: found.get(3)?,
                    })
                })
                .optional()
        };
        find().map_err(LedgerError::Listing)
    }
}

#[cfg(test)]
mod tests {
    use super::{Listing, ListingEntry};

    fn user(number: i64) -> ListingEntry {
        ListingEntry {
            sub: Some(format!("{number:08x}-0000-4000-8000-{number:012x}")),
            status: Some("CONFIRMED".to_owned()),
            enabled: number % 2 == 0,
            created_ms: Some(number),
        }
    }

    #[test]
    fn who_was_added_is_found_by_the_whole_name_and_nobody_else_is() {
        let mut listing = Listing::new().unwrap();
        let users: Vec<_> = (0..5_000).map(|n| (format!("user{n}"), user(n))).collect();
        for page in users.chunks(60) {
            listing
                .add(page.iter().map(|(name, user)| (name.as_str(), user)))
                .unwrap();
        }
        let nobody = ListingEntry {
            sub: None,
            status: None,
            enabled: true,
            created_ms: None,
        };
        listing.add([("häß'\" x", &nobody)]).unwrap();
        for (name, user) in &users {
            assert_eq!(listing.find(name).unwrap().as_ref(), Some(user));
        }
        assert_eq!(listing.find("häß'\" x").unwrap(), Some(nobody));
        for name in ["user5000", "USER1", "user", "user1 ", ""] {
            assert_eq!(listing.find(name).unwrap(), None, "{name:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn its_file_has_no_name() {
        let mut listing = Listing::new().unwrap();
        // More than the cache holds: SQLite has to write to its file.
        let long = "x".repeat(2_000);
        for number in 0..4_000 {
            let name = format!("{number}{long}");
            listing.add([(name.as_str(), &user(number))]).unwrap();
        }
        assert!(listing.find(&format!("7{long}")).unwrap().is_some());
        // Whoever opens them by what the system shows still reads them; by name nobody does.
        let is_ours = |file: &std::path::Path| {
            let kept = std::fs::metadata(file).is_ok_and(|about| about.len() > 6_000_000);
            let name = std::fs::read_link(file).unwrap_or_default();
            kept && name.to_string_lossy().ends_with("(deleted)")
        };
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        assert!(
            open.flatten().any(|file| is_ours(&file.path())),
            "a file of its size that has no name"
        );
    }
}
