//! The summary of a run, and its request rates.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::{ExistingUserCounts, Outcome, StepCounts, step_key};

/// Requests of one quota category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CategoryRequests {
    /// Requests sent.
    pub sent: u64,
    /// Requests that the pool throttled.
    pub throttled: u64,
}

/// A sample of a category's request rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateSample {
    /// The quota category.
    pub category: String,
    /// The start in milliseconds since the Unix epoch, on the local clock.
    pub at_ms: i64,
    /// The duration in milliseconds.
    pub span_ms: i64,
    /// Requests sent.
    pub sent: u64,
    /// Responses that were not throttled. Their requests may have been sent in an earlier sample.
    pub accepted: u64,
    /// Responses with "too many requests".
    pub throttled: u64,
    /// The number of requests that the ceiling allows in this time, in thousandths.
    pub room_milli: u64,
    /// The number of requests that were allowed after throttling, in thousandths.
    pub allowed_milli: u64,
    /// Milliseconds in which the allowed rate was below the ceiling.
    pub slowed_ms: i64,
}

impl RateSample {
    /// Returns the average allowed rate in requests per second.
    #[must_use]
    pub fn allowed_per_second(&self) -> f64 {
        self.per_second(self.allowed_milli)
    }

    /// Returns the ceiling in requests per second.
    #[must_use]
    pub fn ceiling_per_second(&self) -> f64 {
        self.per_second(self.room_milli)
    }

    /// Converts to requests per second, rounded to hundredths.
    fn per_second(&self, milli: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a second's worth of requests")]
        let per_second = milli as f64 / self.span_ms.max(1) as f64;
        (per_second * 100.0).round() / 100.0
    }
}

/// How much of the permitted rate was used, rounded to four decimal places.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Pace {
    /// The highest rate that the run may use, in requests per second, averaged over the active
    /// time.
    pub ceiling: f64,
    /// The rate that throttling left, in requests per second.
    pub allowed: f64,
    /// The share of the ceiling that was used, from 0 to 1.
    pub used_of_ceiling: f64,
    /// The share of the allowed rate that was used.
    pub used_of_allowed: f64,
    /// Seconds in which the allowed rate was below the ceiling.
    pub slowed_seconds: f64,
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Every row has its final outcome.
    Finished,
    /// Stopped early; the same command resumes it.
    Stopped,
    /// The process ended without recording its end, or is still running.
    Interrupted,
}

/// The summary of a run, a projection of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// The ID of the run in logs; null if it has none.
    pub run_id: Option<String>,
    /// The number of sessions: 1, plus 1 for each resume.
    pub sessions: u64,
    /// The state of the run.
    pub state: RunState,
    /// Why the run was stopped, if it was.
    pub stopped_because: Option<String>,
    /// The name of the list, as given.
    pub list: String,
    /// SHA-256 of the list in hexadecimal; null for standard input.
    pub fingerprint: Option<String>,
    /// The ID of the user pool.
    pub user_pool_id: String,
    /// The ID of the app client.
    pub client_id: String,
    /// The start of the first session, RFC 3339.
    pub started: String,
    /// The end of the last session, RFC 3339.
    pub finished: Option<String>,
    /// Seconds that the sessions took in total.
    pub active_seconds: f64,
    /// Rows in the results.
    pub rows: u64,
    /// Whether the list was read to its end. If not, rows after the last one read are missing from
    /// the results.
    pub read_to_end: bool,
    /// Rows by outcome, with the outcomes that no row has.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Rows by error code.
    pub errors: BTreeMap<String, u64>,
    /// Rows by delivery of the message that a sign-up can send (`sent`, `refused`, `none`), where
    /// the pool reported it.
    pub deliveries: BTreeMap<&'static str, u64>,
    /// Users that existed, by how they compare with the list.
    pub existing_users: ExistingUserCounts,
    /// Users that existed, by attribute whose value in the pool is not the list's. A user with
    /// several such attributes is counted for each.
    pub differs: BTreeMap<String, u64>,
    /// Users by the state of each step after the sign-up; empty without such steps. Keys are
    /// `update`, `confirm`, `verify_email`, `verify_phone_number`, `verify_email_and_phone_number`,
    /// `group_NAME` and `disable`.
    #[serde(serialize_with = "by_step_key")]
    pub follow_up: BTreeMap<String, StepCounts>,
    /// Steps that failed permanently, by error code.
    pub follow_up_errors: BTreeMap<String, u64>,
    /// Requests by quota category.
    pub requests: BTreeMap<String, CategoryRequests>,
    /// Requests per second by quota category, averaged over the active time.
    pub rates: BTreeMap<String, f64>,
    /// How much of the permitted rate was used, by quota category.
    pub pace: BTreeMap<String, Pace>,
    /// The previous run and how this one differs; null without `--previous`.
    pub previous: Option<PreviousSummary>,
}

/// The previous run (`--previous`) and how this one differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PreviousSummary {
    /// The directory of the previous run.
    pub run_directory: String,
    /// The ID of the previous run in logs.
    pub run_id: String,
    /// The name of its list.
    pub list: String,
    /// Its start, RFC 3339.
    pub started: String,
    /// The number of rows in its list.
    pub rows: u64,
    /// The differences; null until this run is finished.
    pub differences: Option<PreviousDifferences>,
}

/// How a run differs from its previous run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PreviousDifferences {
    /// Rows whose username is not in the previous list, without duplicate and skipped rows.
    pub new: u64,
    /// Users that the previous run created, found existing or knew as a problem, and that are not
    /// in this list.
    pub vanished: u64,
    /// Users that existed and have another value of an attribute in the pool than in the list.
    pub differing: u64,
    /// Rows that are invalid or rejected, as in the previous run and for the same reason.
    pub known: u64,
    /// Other rows that are invalid, rejected or failed.
    pub newly_broken: u64,
}

fn by_step_key<S: Serializer>(
    steps: &BTreeMap<String, StepCounts>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(steps.iter().map(|(step, counts)| (step_key(step), counts)))
}

impl Summary {
    /// Returns the start of the first session.
    #[must_use]
    pub fn started_at(&self) -> Option<SystemTime> {
        humantime::parse_rfc3339(&self.started).ok()
    }

    /// Returns the end of the last session, or `None` while the run is active.
    #[must_use]
    pub fn finished_at(&self) -> Option<SystemTime> {
        humantime::parse_rfc3339(self.finished.as_deref()?).ok()
    }

    /// Returns the time from the start of the first session to the end of the last one, including
    /// the time between sessions, or `None` while the run is active.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.finished_at()?.duration_since(self.started_at()?).ok()
    }

    /// Returns the number of users that existed and that the run updated, or may have updated.
    #[must_use]
    pub fn updated_users(&self) -> u64 {
        self.existing_users.updated
    }

    /// Returns the number of rows that are known problems of the previous run.
    #[must_use]
    pub fn known(&self) -> u64 {
        let differences = self
            .previous
            .as_ref()
            .and_then(|previous| previous.differences);
        differences.map_or(0, |differences| differences.known)
    }

    /// Returns the number of rows with this outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(outcome.name()).copied().unwrap_or(0)
    }
}
