//! The pool's users by name, as listed before the run. Memory stays constant for pools of any size.
//!
//! They are in a temporary database, which contains usernames and the attributes that the list
//! sets, but no passwords. `spill` would be too slow: it reads a whole partition for each lookup,
//! and a partition of tens of millions of users with their attributes is too long for that. Names
//! are compared as a whole, not by a hash, because a false match would exclude a user from the
//! import.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::integrity::seal::broken_seal;
use super::{LedgerError, schema};

/// Users are inserted in the order in which they arrive and indexed once all are there: an index
/// updated by each insert would repeatedly rewrite random pages.
const TABLE: &str = "
CREATE TABLE listing (name TEXT NOT NULL, sub TEXT, status TEXT, enabled INTEGER NOT NULL, created_ms INTEGER, modified_ms INTEGER, attributes TEXT);
";

const INDEX: &str = "CREATE INDEX names ON listing (name);";

/// A listed user, without the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingEntry {
    pub sub: Option<String>,
    /// `UserStatus`.
    pub status: Option<String>,
    pub enabled: bool,
    /// `UserCreateDate` on the service's clock, in milliseconds since the Unix epoch.
    pub created_ms: Option<i64>,
    /// `UserLastModifiedDate`, like `created_ms`.
    pub modified_ms: Option<i64>,
    /// The attributes that the user has, of those that the listing keeps.
    pub attributes: Vec<(String, String)>,
}

impl ListingEntry {
    /// Returns the value of an attribute that the listing keeps.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }
}

pub struct Listing {
    database: Connection,
    /// The attributes that it keeps.
    attributes: Vec<String>,
    indexed: bool,
}

impl Listing {
    /// Creates a listing that keeps these attributes.
    ///
    /// # Errors
    /// Fails if the temporary file cannot be created.
    pub fn new(attributes: Vec<String>) -> Result<Self, LedgerError> {
        schema::create_temporary(TABLE)
            .map(|database| Self {
                database,
                attributes,
                indexed: false,
            })
            .map_err(LedgerError::Listing)
    }

    /// Adds users, each with the name as the pool compares it.
    ///
    /// # Errors
    /// Fails if the temporary file cannot be written.
    pub fn add<'l>(
        &self,
        users: impl IntoIterator<Item = (&'l str, &'l ListingEntry)>,
    ) -> Result<(), LedgerError> {
        let add = || {
            let mut insert = self
                .database
                .prepare_cached("INSERT INTO listing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
            for (name, user) in users {
                insert.execute(params![
                    name,
                    user.sub,
                    user.status,
                    user.enabled,
                    user.created_ms,
                    user.modified_ms,
                    self.values(user)?,
                ])?;
            }
            Ok(())
        };
        add().map_err(LedgerError::Listing)
    }

    /// Returns the values of the kept attributes as JSON: an array without the names, which are the
    /// same for every user. `None` if no attributes are kept.
    fn values(&self, user: &ListingEntry) -> rusqlite::Result<Option<String>> {
        if self.attributes.is_empty() {
            return Ok(None);
        }
        let names = self.attributes.iter();
        let values: Vec<Option<&str>> = names.map(|name| user.attribute(name)).collect();
        serde_json::to_string(&values)
            .map(Some)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }

    /// Returns the attributes with these values.
    fn attributes(&self, values: Option<String>) -> rusqlite::Result<Vec<(String, String)>> {
        let Some(values) = values else {
            return Ok(Vec::new());
        };
        let values: Vec<Option<String>> =
            serde_json::from_str(&values).map_err(|_| broken_seal("listing"))?;
        let named = self.attributes.iter().cloned().zip(values);
        Ok(named
            .filter_map(|(name, value)| Some((name, value?)))
            .collect())
    }

    /// Returns the user with this name, as the pool compares it. The first call builds the index,
    /// which takes a second or two for a million users.
    ///
    /// # Errors
    /// Fails if the temporary file cannot be read or written.
    pub fn find(&mut self, name: &str) -> Result<Option<ListingEntry>, LedgerError> {
        if !self.indexed {
            self.database
                .execute_batch(INDEX)
                .map_err(LedgerError::Listing)?;
            self.indexed = true;
        }
        let find = || {
            self.database
                .prepare_cached(
                    "SELECT sub, status, enabled, created_ms, modified_ms, attributes FROM listing WHERE name = ?1 LIMIT 1",
                )?
                .query_row(params![name], |found| {
                    Ok(ListingEntry {
                        sub: found.get(0)?,
                        status: found.get(1)?,
                        enabled: found.get(2)?,
                        created_ms: found.get(3)?,
                        modified_ms: found.get(4)?,
                        attributes: self.attributes(found.get(5)?)?,
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
            modified_ms: Some(number + 1),
            attributes: vec![("name".to_owned(), format!("Zo\u{eb} \"{number}\""))],
        }
    }

    #[test]
    fn finds_added_users_by_their_whole_name_only() {
        let attributes = ["email", "name"].map(str::to_owned).to_vec();
        let mut listing = Listing::new(attributes).unwrap();
        let users: Vec<_> = (0..5_000).map(|n| (format!("user{n}"), user(n))).collect();
        for page in users.chunks(60) {
            listing
                .add(page.iter().map(|(name, user)| (name.as_str(), user)))
                .unwrap();
        }
        let bare = ListingEntry {
            sub: None,
            status: None,
            enabled: true,
            created_ms: None,
            modified_ms: None,
            attributes: Vec::new(),
        };
        listing.add([("häß'\" x", &bare)]).unwrap();
        for (name, user) in &users {
            assert_eq!(listing.find(name).unwrap().as_ref(), Some(user));
        }
        assert_eq!(listing.find("häß'\" x").unwrap(), Some(bare));
        for name in ["user5000", "USER1", "user", "user1 ", ""] {
            assert_eq!(listing.find(name).unwrap(), None, "{name:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn its_file_is_unlinked() {
        let mut listing = Listing::new(Vec::new()).unwrap();
        // More than the cache holds, so SQLite writes to its file.
        let long = "x".repeat(2_000);
        for number in 0..4_000 {
            let name = format!("{number}{long}");
            listing.add([(name.as_str(), &user(number))]).unwrap();
        }
        assert!(listing.find(&format!("7{long}")).unwrap().is_some());
        let is_ours = |file: &std::path::Path| {
            let kept = std::fs::metadata(file).is_ok_and(|about| about.len() > 6_000_000);
            let name = std::fs::read_link(file).unwrap_or_default();
            kept && name.to_string_lossy().ends_with("(deleted)")
        };
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        assert!(
            open.flatten().any(|file| is_ours(&file.path())),
            "no unlinked file of this size is open"
        );
    }
}
