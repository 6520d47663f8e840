//! By what each session of a run was begun, for reports: which version it was, and the command that goes on.

use rusqlite::Connection;

use super::identity::{self, RunKind, get, name, put};
use super::integrity::seal::broken_seal;

/// By what a session is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The program's version.
    pub version: String,
    /// The words of the command that goes on with the run, without what would begin anew or take rows back. No word holds a secret.
    pub command: Vec<String>,
}

/// What the ledger knows of a run besides its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMetadata {
    /// Whether it made real users.
    pub kind: RunKind,
    /// The program's version in the last session, where it left word.
    pub version: Option<String>,
    /// The words of the command that goes on, where the last session left word.
    pub command: Option<Vec<String>>,
}

impl Invocation {
    pub(super) fn write(&self, database: &Connection) -> rusqlite::Result<()> {
        put(database, name::VERSION, &self.version)?;
        let command = serde_json::json!(self.command).to_string();
        put(database, name::COMMAND, &command)
    }
}

pub(super) fn about(database: &Connection) -> rusqlite::Result<RunMetadata> {
    let command = match get(database, name::COMMAND)? {
        None => None,
        Some(words) => Some(serde_json::from_str(&words).map_err(|_| broken_seal("run"))?),
    };
    Ok(RunMetadata {
        kind: identity::kind(database)?,
        version: get(database, name::VERSION)?,
        command,
    })
}
