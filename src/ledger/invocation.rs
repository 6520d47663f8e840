//! How the last session was started, for reports: the version, and the command that resumes the
//! run.

use rusqlite::Connection;

use super::identity::{self, RunKind, get, name, put};
use super::integrity::seal::broken_seal;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    pub version: String,
    /// The words of the command that resumes the run, without flags that would start over or retry
    /// rows. Holds no secrets.
    pub command: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMetadata {
    pub kind: RunKind,
    /// The program's version in the last session.
    pub version: Option<String>,
    /// The words of the command that resumes the run.
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
