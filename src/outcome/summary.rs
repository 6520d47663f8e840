//! A run summed up, and how fast it went.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{Outcome, StepCounts, step_key};

/// Requests of one quota category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CategoryRequests {
    /// Requests sent.
    pub sent: u64,
    /// Of them, answered by "too many requests".
    pub throttled: u64,
}

/// How fast a category went for a while: a sample of the run's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateSample {
    /// The quota category.
    pub category: String,
    /// When it began: milliseconds since the Unix epoch, by this machine's clock.
    pub at_ms: i64,
    /// How long it lasted, in milliseconds.
    pub span_ms: i64,
    /// Requests sent.
    pub sent: u64,
    /// Requests that the pool answered and did not throttle. Answers come later than their requests were sent.
    pub accepted: u64,
    /// Requests answered by "too many requests".
    pub throttled: u64,
    /// Requests that the run's rate had room for in that time, in thousandths: the rate that was given, times the time.
    pub room_milli: u64,
    /// Of these, those that were allowed: fewer where the pool throttled before.
    pub allowed_milli: u64,
    /// Milliseconds in which less than the ceiling was allowed.
    pub slowed_ms: i64,
}

impl RateSample {
    /// Requests a second that were allowed, on average over the sample.
    #[must_use]
    pub fn allowed_a_second(&self) -> f64 {
        self.a_second(self.allowed_milli)
    }

    /// Requests a second that the run could send at most.
    #[must_use]
    pub fn ceiling_a_second(&self) -> f64 {
        self.a_second(self.room_milli)
    }

    /// Rounded to hundredths: more would be noise.
    fn a_second(&self, milli: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a second's worth of requests")]
        let a_second = milli as f64 / self.span_ms.max(1) as f64;
        (a_second * 100.0).round() / 100.0
    }
}

/// What was made of the rate that was allowed. Rounded to four places.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pace {
    /// Requests a second that the run could send at most, on average over its time at work.
    pub ceiling: f64,
    /// Requests a second that were allowed: fewer than that where the pool throttled.
    pub allowed: f64,
    /// The part of the ceiling that was used, 0 to 1.
    pub used_of_ceiling: f64,
    /// The part of what was allowed that was used.
    pub used_of_allowed: f64,
    /// Seconds in which less than the ceiling was allowed.
    pub slowed_seconds: f64,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Every row has an outcome that stays.
    Finished,
    /// Stopped early; the same command goes on.
    Stopped,
    /// The process ended without saying so, or is still at work.
    Interrupted,
}

/// A run summed up: a projection of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// What the run is called in logs; none for one of a version that gave none.
    pub run_id: Option<String>,
    /// How many sessions it has had: one, and one more each time that it went on.
    pub sessions: u64,
    /// How the run stands.
    pub state: RunState,
    /// Why it was stopped, when it was.
    pub stopped_because: Option<String>,
    /// The list's name as it was given.
    pub list: String,
    /// SHA-256 of the list's bytes in hexadecimal; none for standard input.
    pub fingerprint: Option<String>,
    /// The user pool.
    pub user_pool_id: String,
    /// The app client.
    pub client_id: String,
    /// When the run first began, RFC 3339.
    pub started: String,
    /// When it last ended, RFC 3339.
    pub finished: Option<String>,
    /// Time at work over all of its sessions, in seconds.
    pub active_seconds: f64,
    /// Rows in the results.
    pub rows: u64,
    /// Whether the list was read to its end: if not, rows behind the last one are not listed.
    pub read_to_end: bool,
    /// Rows by outcome; every outcome is named, also with 0.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Rows by error code.
    pub errors: BTreeMap<String, u64>,
    /// Rows by what became of the message that a sign-up can send (`sent`, `refused`, `none`), where the pool said so.
    pub deliveries: BTreeMap<&'static str, u64>,
    /// Users by the state of each step after the sign-up; empty without such steps. Keys are `confirm`, `verify_email`,
    /// `verify_phone_number`, `verify_email_and_phone_number`, `group_NAME` and `disable`.
    #[serde(serialize_with = "by_step_key")]
    pub follow_up: BTreeMap<String, StepCounts>,
    /// Steps that failed for good, by code.
    pub follow_up_errors: BTreeMap<String, u64>,
    /// Requests by quota category.
    pub requests: BTreeMap<String, CategoryRequests>,
    /// Requests a second by quota category, over the time at work.
    pub rates: BTreeMap<String, f64>,
    /// What was made of the rate that was allowed, by quota category.
    pub pace: BTreeMap<String, Pace>,
}

fn by_step_key<S: Serializer>(
    steps: &BTreeMap<String, StepCounts>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(steps.iter().map(|(step, counts)| (step_key(step), counts)))
}

impl Summary {
    /// Rows with this outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(outcome.word()).copied().unwrap_or(0)
    }
}
