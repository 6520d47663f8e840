//! The progress of a verification: `verify.db` in the run's directory. It has every username of the
//! run, and the state of those users in the pool as far as it was read, so that memory stays
//! constant and an interrupted verification can continue.
//!
//! It is removed once the report is written. It is not part of the ledger: if it is damaged, or
//! belongs to another verification, the pool is read again.

mod open;
mod state;

use std::path::PathBuf;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::rows::signed;
use super::{LedgerError, RunPath};
pub use open::SavedPosition;
pub use state::{
    LookupFailure, LookupReply, Namesake, Presence, Restoration, RowState, SeenUser, UnknownPart,
    UserLookup, VerifyPosition,
};

/// Rows are inserted in the list's order. `INDEXES` follows once all are there: an index updated by
/// each insert would repeatedly rewrite random pages.
const TABLES: &str = "
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (row INTEGER PRIMARY KEY, name TEXT NOT NULL, sub TEXT, presence TEXT NOT NULL, restoration TEXT NOT NULL);
CREATE TABLE users (row INTEGER PRIMARY KEY, user TEXT NOT NULL);
CREATE TABLE namesakes (row INTEGER PRIMARY KEY, sub TEXT);
CREATE TABLE members (row INTEGER NOT NULL, in_group INTEGER NOT NULL, PRIMARY KEY (row, in_group)) WITHOUT ROWID;
CREATE TABLE missing_groups (in_group INTEGER PRIMARY KEY);
CREATE TABLE lookups (row INTEGER PRIMARY KEY, lookup TEXT NOT NULL, failure TEXT, done INTEGER NOT NULL);
CREATE TABLE extra (username TEXT PRIMARY KEY, sub TEXT) WITHOUT ROWID;
";

const INDEXES: &str = "
CREATE INDEX row_names ON rows (name);
CREATE INDEX row_subs ON rows (sub);
";

/// The progress of a verification, open for reading and writing.
#[derive(Debug)]
pub struct VerifyProgress {
    path: RunPath,
    database: Connection,
}

impl VerifyProgress {
    /// Adds a row of the run, with its username as the pool compares it.
    pub fn add_row(
        &self,
        row: u64,
        name: &str,
        sub: Option<&str>,
        presence: Presence,
    ) -> Result<(), LedgerError> {
        let insert = "INSERT INTO rows VALUES (?1, ?2, ?3, ?4, ?5)";
        let restoration = json(&Restoration::None)?;
        self.change(
            insert,
            params![signed(row), name, sub, json(&presence)?, restoration],
        )
    }

    /// Records what an undo did to the user of a row.
    pub fn set_undone(
        &self,
        row: u64,
        presence: Presence,
        restoration: Restoration,
    ) -> Result<(), LedgerError> {
        let update = "UPDATE rows SET presence = ?2, restoration = ?3 WHERE row = ?1";
        self.change(
            update,
            params![signed(row), json(&presence)?, json(&restoration)?],
        )
    }

    /// Adds a user of the pool with the usernames it definitely holds. Returns whether it belongs
    /// to a row.
    pub fn add_user(&self, names: &[String], user: &SeenUser) -> Result<bool, LedgerError> {
        match self.row_of(names, user.sub.as_deref())? {
            None => Ok(false),
            Some(Owner::User(row)) => {
                let insert = "INSERT OR REPLACE INTO users VALUES (?1, ?2)";
                self.change(insert, params![row, json(user)?])
                    .map(|()| true)
            }
            Some(Owner::Name(row)) => {
                let insert = "INSERT OR REPLACE INTO namesakes VALUES (?1, ?2)";
                self.change(insert, params![row, user.sub]).map(|()| true)
            }
        }
    }

    /// Adds a user of the pool that belongs to no row, unless a row without a `sub` has one of the
    /// names it may hold.
    pub fn add_extra(&self, possible_names: &[String], user: &SeenUser) -> Result<(), LedgerError> {
        let by_name = "SELECT row, true FROM rows WHERE name = ?1 AND sub IS NULL \
                       ORDER BY presence <> ?2 LIMIT 1";
        for name in possible_names {
            if self.find(by_name, name)?.is_some() {
                return Ok(());
            }
        }
        let insert = "INSERT OR REPLACE INTO extra VALUES (?1, ?2)";
        self.change(insert, params![user.username, user.sub])
    }

    /// Adds a member of a group. Members that belong to no row are ignored.
    pub fn add_member(
        &self,
        group: usize,
        names: &[String],
        sub: Option<&str>,
    ) -> Result<(), LedgerError> {
        match self.row_of(names, sub)? {
            Some(Owner::User(row)) => self.put_member(row, group),
            Some(Owner::Name(_)) | None => Ok(()),
        }
    }

    pub fn add_missing_group(&self, group: usize) -> Result<(), LedgerError> {
        let insert = "INSERT OR REPLACE INTO missing_groups VALUES (?1)";
        self.change(insert, params![signed(group as u64)])
    }

    /// Returns the indexes of the groups that the pool does not have.
    pub fn missing_groups(&self) -> Result<Vec<usize>, LedgerError> {
        self.indexes("SELECT in_group FROM missing_groups WHERE ?1 = 0", 0)
    }

    /// Adds a row whose user must be looked up.
    pub fn add_lookup(&self, row: u64, lookup: &UserLookup) -> Result<(), LedgerError> {
        let insert = "INSERT OR REPLACE INTO lookups VALUES (?1, ?2, NULL, 0)";
        self.change(insert, params![signed(row), json(lookup)?])
    }

    /// Returns the next lookups after this row, up to a limit.
    pub fn lookups(&self, after: u64, limit: usize) -> Result<Vec<(u64, UserLookup)>, LedgerError> {
        let read = || {
            let mut statement = self.database.prepare_cached(
                "SELECT row, lookup FROM lookups WHERE NOT done AND row > ?1 ORDER BY row LIMIT ?2",
            )?;
            let found = statement
                .query_map(params![signed(after), signed(limit as u64)], |row| {
                    Ok((row.get::<_, i64>(0)?.unsigned_abs(), column(row, 1)?))
                })?;
            found.collect::<rusqlite::Result<Vec<_>>>()
        };
        self.map_error(read())
    }

    /// Returns the number of lookups that are not done.
    pub fn open_lookups(&self) -> Result<u64, LedgerError> {
        self.count("SELECT count(*) FROM lookups WHERE NOT done")
    }

    /// Records the result of a lookup. One that failed temporarily stays open for the next session.
    pub fn finish_lookup(
        &self,
        row: u64,
        lookup: &UserLookup,
        reply: &LookupReply,
    ) -> Result<(), LedgerError> {
        let row = signed(row);
        if lookup.user && reply.failure.is_none() {
            for table in ["users", "namesakes"] {
                let delete = format!("DELETE FROM {table} WHERE row = ?1");
                self.change(&delete, params![row])?;
            }
        }
        if let Some(user) = &reply.user {
            let insert = "INSERT OR REPLACE INTO users VALUES (?1, ?2)";
            self.change(insert, params![row, json(user)?])?;
            // The listing does not show which row a user belongs to if its names are ambiguous.
            let delete = "DELETE FROM extra WHERE username = ?1";
            self.change(delete, params![user.username])?;
        }
        if let Some(sub) = &reply.namesake {
            let insert = "INSERT OR REPLACE INTO namesakes VALUES (?1, ?2)";
            self.change(insert, params![row, sub])?;
        }
        for group in &reply.groups {
            self.put_member(row, *group)?;
        }
        let failure = reply.failure.as_ref();
        let done = !failure.is_some_and(|failure| failure.is_temporary);
        let failure = failure.map(json).transpose()?;
        let update = "UPDATE lookups SET done = ?2, failure = ?3 WHERE row = ?1";
        self.change(update, params![row, done, failure])
    }

    /// Returns what is known about the user of a row; `None` for a row without a username.
    pub fn row(&self, row: u64) -> Result<Option<RowState>, LedgerError> {
        let number = signed(row);
        let read = || -> rusqlite::Result<Option<RowState>> {
            let found = self
                .database
                .prepare_cached(
                    "SELECT presence, user, namesakes.row IS NOT NULL, namesakes.sub, failure, restoration \
                     FROM rows LEFT JOIN users USING (row) LEFT JOIN namesakes USING (row) \
                     LEFT JOIN lookups USING (row) WHERE row = ?1",
                )?
                .query_row(params![number], |row| {
                    let has_namesake: bool = row.get(2)?;
                    let sub = row.get(3)?;
                    Ok(RowState {
                        presence: column(row, 0)?,
                        user: optional_column(row, 1)?,
                        namesake: has_namesake.then_some(Namesake { sub }),
                        groups: Vec::new(),
                        failure: optional_column(row, 4)?,
                        restoration: column(row, 5)?,
                    })
                });
            found.optional()
        };
        let Some(mut state) = self.map_error(read())? else {
            return Ok(None);
        };
        let groups = "SELECT in_group FROM members WHERE row = ?1";
        state.groups = self.indexes(groups, number)?;
        Ok(Some(state))
    }

    /// Calls `each` with the username and `sub` of every user that belongs to no row, in the order
    /// of usernames.
    pub fn each_extra<E: From<LedgerError>>(
        &self,
        mut each: impl FnMut(&str, Option<&str>) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |cause| E::from(self.error(cause));
        let mut statement = self
            .database
            .prepare("SELECT username, sub FROM extra ORDER BY username")
            .map_err(failed)?;
        let mut found = statement.query([]).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            let username: String = row.get(0).map_err(failed)?;
            let sub: Option<String> = row.get(1).map_err(failed)?;
            each(&username, sub.as_deref())?;
        }
        Ok(())
    }

    fn put_member(&self, row: i64, group: usize) -> Result<(), LedgerError> {
        let insert = "INSERT OR REPLACE INTO members VALUES (?1, ?2)";
        self.change(insert, params![row, signed(group as u64)])
    }

    /// Returns the row that a user of the pool belongs to. A `sub` is never used twice, but a
    /// username can be taken by another user.
    fn row_of(&self, names: &[String], sub: Option<&str>) -> Result<Option<Owner>, LedgerError> {
        let by_sub = "SELECT row, true FROM rows WHERE sub = ?1 ORDER BY presence <> ?2 LIMIT 1";
        if let Some(sub) = sub
            && let Some((row, _)) = self.find(by_sub, sub)?
        {
            return Ok(Some(Owner::User(row)));
        }
        let by_name = "SELECT row, sub IS NULL AND presence = ?2 FROM rows WHERE name = ?1 \
                       ORDER BY presence <> ?2 LIMIT 1";
        for name in names {
            if let Some((row, is_its_user)) = self.find(by_name, name)? {
                return Ok(Some(if is_its_user {
                    Owner::User(row)
                } else {
                    Owner::Name(row)
                }));
            }
        }
        Ok(None)
    }

    fn find(&self, query: &str, value: &str) -> Result<Option<(i64, bool)>, LedgerError> {
        let present = json(&Presence::Present)?;
        let find = || {
            self.database
                .prepare_cached(query)?
                .query_row(params![value, present], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()
        };
        self.map_error(find())
    }

    fn indexes(&self, query: &str, row: i64) -> Result<Vec<usize>, LedgerError> {
        let read = || {
            let mut statement = self.database.prepare_cached(query)?;
            let found = statement.query_map(params![row], |row| row.get::<_, isize>(0))?;
            found.map(|index| index.map(isize::unsigned_abs)).collect()
        };
        self.map_error(read())
    }

    fn count(&self, query: &str) -> Result<u64, LedgerError> {
        let count = self
            .database
            .query_row(query, [], |row| row.get::<_, i64>(0));
        self.map_error(count).map(i64::unsigned_abs)
    }

    fn change(&self, statement: &str, values: impl rusqlite::Params) -> Result<(), LedgerError> {
        let change = || self.database.prepare_cached(statement)?.execute(values);
        self.map_error(change()).map(drop)
    }

    fn map_error<T>(&self, result: rusqlite::Result<T>) -> Result<T, LedgerError> {
        result.map_err(|cause| self.error(cause))
    }

    fn error(&self, cause: rusqlite::Error) -> LedgerError {
        LedgerError::Verification {
            path: self.path.shown().to_owned(),
            cause,
        }
    }
}

/// The row that a user of the pool belongs to.
enum Owner {
    /// It is the user of this row.
    User(i64),
    /// It only has the username of this row.
    Name(i64),
}

fn json(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|cause| LedgerError::Verification {
        path: PathBuf::from(VerifyProgress::FILE),
        cause: rusqlite::Error::ToSqlConversionFailure(cause.into()),
    })
}

fn column<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let text: String = row.get(at)?;
    parsed(at, &text)
}

fn optional_column<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| parsed(at, &text)).transpose()
}

fn parsed<T: DeserializeOwned>(at: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|cause| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, cause.into()))
}

#[cfg(test)]
mod tests;
