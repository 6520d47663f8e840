//! The run's identity, status and invocation: named values in the table `run`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::integrity::seal::{broken_seal, value_seal};
use super::{LedgerError, RunPath};

pub(super) const NUMBER_OF_PARTS: &str = "number of parts (--part)";

/// Identifies a run. The same command has the same identity; a different identity is a different
/// run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Identity {
    /// The list's name. Not compared, because a list may be renamed.
    pub list: String,
    /// SHA-256 of the list, or null if it can be read only once.
    #[serde(rename = "list_sha256")]
    pub fingerprint: Option<String>,
    /// The meaning of each column.
    pub mapping: String,
    /// The conditions of `--where` with the names of columns, if there are any. Not compared,
    /// because they are part of the mapping.
    pub selection: Option<String>,
    /// The columns that are copied into the results.
    #[serde(rename = "kept_columns")]
    pub kept: Vec<String>,
    /// The follow-up steps, if there are any.
    pub follow_up: Option<String>,
    /// The names of the data for the pool's triggers, without values.
    #[serde(rename = "trigger_data")]
    pub told_triggers: Option<String>,
    pub user_pool_id: String,
    pub client_id: String,
    pub kind: RunKind,
    /// The number of parts into which the list is divided.
    pub parts: NonZeroU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    Import,
    /// Its simulated pool ends with the process.
    Rehearsal,
}

impl RunKind {
    /// Returns the name in the ledger and the summary.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Rehearsal => "rehearsal",
        }
    }

    pub(super) fn compare(self, database: &Connection, path: &RunPath) -> Result<(), LedgerError> {
        let found = get(database, name::KIND).map_err(|cause| LedgerError::of(path, cause))?;
        if found.as_deref() == Some(self.name()) {
            return Ok(());
        }
        Err(LedgerError::OtherRun {
            path: path.shown().to_owned(),
            what: "kind of run",
            found: found.unwrap_or_default(),
            here: self.name().to_owned(),
        })
    }
}

/// What identifies the list of a run and the meaning of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListIdentity {
    /// SHA-256 of the list, or `None` if it could be read only once.
    pub fingerprint: Option<String>,
    pub mapping: String,
}

/// A property that two commands of the same run have in common.
struct Property {
    /// Its name in the table `run`.
    name: &'static str,
    description: &'static str,
    /// Absent from the table if `None`.
    value: Option<String>,
}

impl Identity {
    fn properties(&self) -> [Property; 9] {
        let property = |name, description, value| Property {
            name,
            description,
            value,
        };
        let fingerprint = self.fingerprint.clone().unwrap_or_default();
        let kept = (!self.kept.is_empty()).then(|| serde_json::json!(self.kept).to_string());
        [
            property(name::KIND, "kind of run", Some(self.kind.name().to_owned())),
            property(name::FINGERPRINT, "list (SHA-256)", Some(fingerprint)),
            property(
                name::MAPPING,
                "mapping of columns",
                Some(self.mapping.clone()),
            ),
            property("user_pool_id", "user pool", Some(self.user_pool_id.clone())),
            property("client_id", "app client", Some(self.client_id.clone())),
            property(name::KEPT, "set of kept columns (--keep)", kept),
            property(
                name::FOLLOW_UP,
                "list of steps after a sign-up (--confirm, --verify, --group, --disable-where, --follow-up-existing)",
                self.follow_up.clone(),
            ),
            property(
                name::TOLD_TRIGGERS,
                "data for triggers (--validation-data, --client-metadata)",
                self.told_triggers.clone(),
            ),
            property(name::PARTS, NUMBER_OF_PARTS, Some(self.parts.to_string())),
        ]
    }

    pub(super) fn write(&self, database: &Connection) -> rusqlite::Result<()> {
        put(database, "list", &self.list)?;
        if let Some(selection) = &self.selection {
            put(database, name::SELECTION, selection)?;
        }
        for Property { name, value, .. } in self.properties() {
            if let Some(value) = value {
                put(database, name, &value)?;
            }
        }
        Ok(())
    }

    /// Refuses the ledger of another run.
    pub(super) fn compare(&self, database: &Connection, path: &RunPath) -> Result<(), LedgerError> {
        for here in self.properties() {
            let found = get(database, here.name).map_err(|cause| LedgerError::of(path, cause))?;
            here.require(found, path)?;
        }
        Ok(())
    }

    /// Refuses the certificate of another run.
    pub(super) fn compare_to(&self, found: &Self, path: &RunPath) -> Result<(), LedgerError> {
        let properties = self.properties().into_iter().zip(found.properties());
        for (here, found) in properties {
            here.require(found.value, path)?;
        }
        Ok(())
    }
}

impl Property {
    fn require(self, found: Option<String>, path: &RunPath) -> Result<(), LedgerError> {
        if found == self.value {
            return Ok(());
        }
        let none = || "none".to_owned();
        Err(LedgerError::OtherRun {
            path: path.shown().to_owned(),
            what: self.description,
            found: found.unwrap_or_else(none),
            here: self.value.unwrap_or_else(none),
        })
    }
}

pub(super) fn run_id(database: &Connection) -> rusqlite::Result<String> {
    get(database, name::RUN_ID)?.ok_or_else(|| broken_seal("run"))
}

/// Returns the number of rows that the ledger should have.
pub(super) fn rows(database: &Connection) -> rusqlite::Result<u64> {
    match get(database, name::ROWS)? {
        None => Ok(0),
        Some(rows) => rows.parse().map_err(|_| broken_seal("run")),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerStatus {
    /// The run can be resumed.
    Unfinished {
        /// Rows that have an outcome.
        settled: u64,
        /// Rows that were begun and have no outcome.
        maybe_sent: u64,
        /// Users with pending steps.
        to_follow: u64,
    },
    /// Every row has a final outcome.
    Finished,
}

pub(super) fn kind(database: &Connection) -> rusqlite::Result<RunKind> {
    let word = get(database, "kind")?;
    [RunKind::Import, RunKind::Rehearsal]
        .into_iter()
        .find(|kind| Some(kind.name()) == word.as_deref())
        .ok_or_else(|| broken_seal("run"))
}

/// Returns whether the run has follow-up steps.
pub(super) fn follows_up(database: &Connection) -> rusqlite::Result<bool> {
    Ok(get(database, name::FOLLOW_UP)?.is_some())
}

/// Returns the columns that the run copies into its results.
pub(super) fn kept(database: &Connection) -> rusqlite::Result<Vec<String>> {
    match get(database, name::KEPT)? {
        None => Ok(Vec::new()),
        Some(names) => serde_json::from_str(&names).map_err(|_| broken_seal("run")),
    }
}

/// How a session was started, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    pub version: String,
    /// The words of the command that resumes the run, without flags that would start over or retry
    /// rows. Contains no secrets.
    pub command: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMetadata {
    pub kind: RunKind,
    /// The program's version in the last session.
    pub version: Option<String>,
    /// The words of the command that resumes the run.
    pub command: Option<Vec<String>>,
    /// Whether this is the whole of a run in parts, which resumes part by part.
    pub is_merged: bool,
}

impl Invocation {
    pub(super) fn write(&self, database: &Connection) -> rusqlite::Result<()> {
        put(database, name::VERSION, &self.version)?;
        let command = serde_json::json!(self.command).to_string();
        put(database, name::COMMAND, &command)
    }
}

pub(super) fn metadata(database: &Connection) -> rusqlite::Result<RunMetadata> {
    let command = match get(database, name::COMMAND)? {
        None => None,
        Some(words) => Some(serde_json::from_str(&words).map_err(|_| broken_seal("run"))?),
    };
    Ok(RunMetadata {
        kind: kind(database)?,
        version: get(database, name::VERSION)?,
        command,
        is_merged: get(database, name::MERGED)?.is_some(),
    })
}

/// Names in the table `run`.
pub(super) mod name {
    pub(in super::super) const KIND: &str = "kind";
    /// SHA-256 of the list. Empty if it can be read only once.
    pub(in super::super) const FINGERPRINT: &str = "fingerprint";
    /// The meaning of each column.
    pub(in super::super) const MAPPING: &str = "mapping";
    /// The conditions of `--where`. Absent if there are none.
    pub(in super::super) const SELECTION: &str = "selection";
    /// When the run started, in milliseconds since the Unix epoch.
    pub(in super::super) const STARTED: &str = "started_ms";
    /// `1` if usernames are case-insensitive.
    pub(in super::super) const CASE_INSENSITIVE: &str = "folds";
    pub(in super::super) const SECOND_BEFORE: &str = "second_before_run_ms";
    /// The earliest time of requests that the ledger may not know, in milliseconds since the Unix
    /// epoch. Absent if there are none.
    pub(in super::super) const LOST_SINCE: &str = "lost_since_ms";
    /// `1` if the ledger was begun again after a loss and may still lack rows.
    pub(in super::super) const REBUILT: &str = "rebuilt";
    /// The endpoint of the first session: empty for AWS's own.
    pub(in super::super) const ENDPOINT: &str = "endpoint";
    /// When the last session ended, in milliseconds since the Unix epoch. Absent during a session.
    pub(in super::super) const ENDED: &str = "ended_ms";
    /// `1` if every row has a final outcome.
    pub(in super::super) const FINISHED: &str = "finished";
    /// Whether the database needs its write-ahead log: see `integrity::checkpoint`.
    pub(in super::super) const LOG: &str = "log";
    /// The number of rows in the ledger. Absent if there are none.
    pub(in super::super) const ROWS: &str = "rows";
    /// The reason why it was stopped.
    pub(in super::super) const STOPPED_BECAUSE: &str = "stopped_because";
    /// The number of rows in the whole list. Absent until it was read to its end.
    pub(in super::super) const LIST_ROWS: &str = "list_rows";
    /// The counts and groups of the list's survey, so that a resumed run need not survey it again.
    pub(in super::super) const SURVEY: &str = "survey";
    /// `1` if this ledger was merged from the ledgers of the run's parts.
    pub(in super::super) const MERGED: &str = "merged";
    /// When the last session of each part ended, in a merged ledger: a JSON array.
    pub(in super::super) const MERGED_ENDS: &str = "merged_ends";
    /// `1` if the list was read to its end.
    pub(in super::super) const READ_TO_END: &str = "read_to_end";
    /// The names of the kept columns as a JSON array. Absent if there are none.
    pub(in super::super) const KEPT: &str = "kept";
    pub(in super::super) const RUN_ID: &str = "run_id";
    /// The number of sessions.
    pub(in super::super) const SESSIONS: &str = "sessions";
    /// The follow-up steps. Absent if there are none.
    pub(in super::super) const FOLLOW_UP: &str = "follow_up";
    /// The names of the data for the pool's triggers. Absent if there is none.
    pub(in super::super) const TOLD_TRIGGERS: &str = "told_triggers";
    /// The number of parts of the run.
    pub(in super::super) const PARTS: &str = "parts";
    /// The part whose rows are in this ledger. Absent in the ledger of a whole run.
    pub(in super::super) const PART: &str = "part";
    /// Active time of all sessions in milliseconds.
    pub(in super::super) const ACTIVE: &str = "active_ms";
    /// The program's version in the last session.
    pub(in super::super) const VERSION: &str = "version";
    /// The path or address of the previous run's directory. Absent without one, like the next four.
    pub(in super::super) const PREVIOUS_DIRECTORY: &str = "previous_directory";
    pub(in super::super) const PREVIOUS_RUN_ID: &str = "previous_run_id";
    pub(in super::super) const PREVIOUS_LIST: &str = "previous_list";
    pub(in super::super) const PREVIOUS_STARTED: &str = "previous_started_ms";
    pub(in super::super) const PREVIOUS_ROWS: &str = "previous_rows";
    /// The number of users who are only in the previous list. Absent before the comparison.
    pub(in super::super) const VANISHED: &str = "vanished";
    /// The command that resumes the run, as a JSON array of its words.
    pub(in super::super) const COMMAND: &str = "command";
}

pub(super) fn put(database: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    database
        .prepare_cached(
            "INSERT INTO run VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET value = ?2, seal = ?3",
        )?
        .execute(params![name, value, value_seal(name, value)])
        .map(drop)
}

pub(super) fn remove(database: &Connection, name: &str) -> rusqlite::Result<()> {
    database
        .execute("DELETE FROM run WHERE name = ?1", params![name])
        .map(drop)
}

pub(super) fn get(database: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let found: Option<(String, i64)> = database
        .prepare_cached("SELECT value, seal FROM run WHERE name = ?1")?
        .query_row(params![name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        Some((value, seal)) if value_seal(name, &value) != seal => Err(broken_seal("run")),
        Some((value, _)) => Ok(Some(value)),
        None => Ok(None),
    }
}

pub(super) fn all(database: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let mut statement = database.prepare("SELECT name, value, seal FROM run")?;
    let rows = statement.query_map([], |row| {
        let (name, value): (String, String) = (row.get(0)?, row.get(1)?);
        if value_seal(&name, &value) == row.get::<_, i64>(2)? {
            Ok((name, value))
        } else {
            Err(broken_seal("run"))
        }
    })?;
    rows.collect()
}
