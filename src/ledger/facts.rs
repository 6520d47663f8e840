//! What a run knows from its beginning, and its sessions: named values in the table `run`.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::identity::{get, name, put, run_id};
use super::integrity::seal::broken_seal;
use super::times::REST_OF_SECOND;

/// Determined when the run started, and valid for all of its sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Facts {
    /// When the run started, in milliseconds since the Unix epoch.
    pub started_ms: i64,
    /// Whether usernames are case-insensitive.
    pub case_insensitive: bool,
    /// A second on the service's clock that ended before the first sign-up, in milliseconds since
    /// the Unix epoch. `None` if the service's time is unknown.
    pub second_before_run_ms: Option<i64>,
    /// The endpoint: empty for AWS's own.
    pub endpoint: Option<String>,
}

impl Facts {
    /// Returns the latest creation time of users that certainly existed before the run, in
    /// milliseconds since the Unix epoch on the service's clock.
    #[must_use]
    pub fn certainly_before_ms(&self) -> i64 {
        self.second_before_run_ms
            .map_or(i64::MIN, |second| second.saturating_add(REST_OF_SECOND))
    }

    /// Returns a time before the run's first request, in milliseconds since the Unix epoch on the
    /// service's clock.
    #[must_use]
    pub fn before_first_request_ms(&self) -> i64 {
        self.second_before_run_ms
            .map_or(0, |second| second.saturating_add(REST_OF_SECOND))
    }

    pub(super) fn write(&self, database: &Connection) -> rusqlite::Result<()> {
        put(database, name::STARTED, &self.started_ms.to_string())?;
        put(
            database,
            name::CASE_INSENSITIVE,
            if self.case_insensitive { "1" } else { "0" },
        )?;
        if let Some(second) = self.second_before_run_ms {
            put(database, name::SECOND_BEFORE, &second.to_string())?;
        }
        match &self.endpoint {
            Some(endpoint) => put(database, name::ENDPOINT, endpoint),
            None => Ok(()),
        }
    }

    pub(super) fn read(database: &Connection) -> rusqlite::Result<Self> {
        let number = |name| -> rusqlite::Result<Option<i64>> {
            Ok(get(database, name)?.and_then(|value| value.parse().ok()))
        };
        Ok(Self {
            started_ms: number(name::STARTED)?.unwrap_or(0),
            case_insensitive: number(name::CASE_INSENSITIVE)? == Some(1),
            second_before_run_ms: number(name::SECOND_BEFORE)?,
            endpoint: get(database, name::ENDPOINT)?,
        })
    }
}

/// Identifies a session in the log, the ledger and the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// 16 random hexadecimal digits, the same for all sessions of the run.
    pub run_id: String,
    /// 1 for the first session.
    pub number: u64,
}

impl Session {
    pub(super) fn first() -> Self {
        Self::first_of(&format!("{:016x}", fastrand::u64(..)))
    }

    /// Returns the first session in a ledger of this run.
    pub(super) fn first_of(run_id: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            number: 1,
        }
    }

    /// Returns a session of a run whose ledger is lost, and with it the number of sessions.
    pub(super) fn after_loss(run_id: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            number: 2,
        }
    }

    /// Returns the next session of the run in this ledger.
    pub(super) fn next(database: &Connection) -> rusqlite::Result<Self> {
        let number = get(database, name::SESSIONS)?.and_then(|number| number.parse::<u64>().ok());
        Ok(Self {
            run_id: run_id(database)?,
            number: number.ok_or_else(|| broken_seal("run"))? + 1,
        })
    }

    pub(super) fn write(&self, database: &Connection) -> rusqlite::Result<()> {
        put(database, name::RUN_ID, &self.run_id)?;
        put(database, name::SESSIONS, &self.number.to_string())
    }
}
