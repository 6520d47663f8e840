//! What each session of a run leaves word of, for reports: which version it was, and the command that goes on.

use rusqlite::Connection;

use super::identity::{self, Kind, get, name, put};
use super::rows::broken_seal;

/// A session that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The program's version.
    pub version: String,
    /// The words of the command that goes on with the run, without what would begin anew or take rows back. No word holds a secret.
    pub command: Vec<String>,
}

/// What the ledger knows of a run besides its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Whether it made real users.
    pub kind: Kind,
    /// How many times it was begun or went on; none where a version that did not count began it.
    pub sessions: Option<u64>,
    /// The program's version in the last session, where it left word.
    pub version: Option<String>,
    /// The words of the command that goes on, where the last session left word.
    pub command: Option<Vec<String>>,
}

impl Session {
    pub(super) fn write(&self, database: &Connection) -> rusqlite::Result<()> {
        let known = sessions(database)?;
        // A run that has rows and no number was begun by a version that did not count: one would be too few.
        if known.is_some() || !has_rows(database)? {
            put(
                database,
                name::SESSIONS,
                &(known.unwrap_or(0) + 1).to_string(),
            )?;
        }
        put(database, name::VERSION, &self.version)?;
        let command = serde_json::json!(self.command).to_string();
        put(database, name::COMMAND, &command)
    }
}

fn sessions(database: &Connection) -> rusqlite::Result<Option<u64>> {
    Ok(get(database, name::SESSIONS)?.and_then(|sessions| sessions.parse().ok()))
}

fn has_rows(database: &Connection) -> rusqlite::Result<bool> {
    database.query_row("SELECT EXISTS (SELECT 1 FROM rows)", [], |row| row.get(0))
}

pub(super) fn about(database: &Connection) -> rusqlite::Result<About> {
    let command = match get(database, name::COMMAND)? {
        None => None,
        Some(words) => Some(serde_json::from_str(&words).map_err(|_| broken_seal("run"))?),
    };
    Ok(About {
        kind: identity::kind(database)?,
        sessions: sessions(database)?,
        version: get(database, name::VERSION)?,
        command,
    })
}
