//! Statistics of the pool: the ground truth that tests compare with the importer's own reports.
//!
//! Memory does not grow with the number of requests: counts, the last hour by second, and the
//! arrivals within the last second.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::operation::ServiceOperation;
use super::quota::QuotaCategory;
use super::user::UserStatus;

/// How many seconds are kept in `per_second`.
const SECONDS_KEPT: usize = 3_600;

/// All counts of the pool: the response to `GET /stats`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// When the pool started, in Unix milliseconds on the pool's clock.
    pub started_ms: i64,
    /// By operation (`SignUp`); requests for any other operation count as `unknown`.
    pub operations: BTreeMap<String, OperationStats>,
    /// By quota category (`UserCreation`); only categories with requests.
    pub categories: BTreeMap<String, CategoryStats>,
    /// Sign-ups by other clients (setting `live_sign_ups`), not included in any other count.
    pub live_sign_ups: LiveSignUpStats,
    /// By fault (`commit_then_drop`): how often it took effect.
    pub faults: BTreeMap<String, u64>,
    /// Users in the pool.
    pub users: u64,
    /// Users created by SignUp, including deleted ones.
    pub created_by_sign_up: u64,
    /// Users deleted by AdminDeleteUser.
    pub deleted: u64,
}

/// The requests of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationStats {
    /// Requests that arrived.
    pub requests: u64,
    /// Responses by error code, or `OK`. A response counts once it is decided, whether or not it
    /// can be delivered.
    pub answered: BTreeMap<String, u64>,
    /// TooManyRequestsException responses, caused by the quota or by a fault.
    pub throttled: u64,
    /// Requests whose connection was closed without a response.
    pub dropped: u64,
}

/// The requests of one quota category, including throttled ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryStats {
    /// Requests that arrived.
    pub requests: u64,
    /// How many of these exceeded the quota.
    pub over_quota: u64,
    /// The requests per second, for the last 3,600 seconds that had any.
    pub per_second: VecDeque<SecondCount>,
    /// The maximum number of requests within any sliding window of one second.
    pub peak_in_any_second: u64,
}

/// Simulated sign-ups by other clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSignUpStats {
    /// Sign-ups that arrived.
    #[serde(rename = "asked")]
    pub requests: u64,
    /// How many of these exceeded the quota.
    pub over_quota: u64,
}

/// The requests of one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondCount {
    /// Seconds since the pool's start.
    pub second: u64,
    /// Requests that arrived in it.
    pub requests: u64,
    /// How many of these exceeded the quota.
    pub over_quota: u64,
}

/// The true state of one user in the pool: an element of the response to `GET /stats/users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedUser {
    /// The stored username.
    pub username: String,
    /// The `sub`.
    pub sub: String,
    /// When it was created, in Unix milliseconds on the pool's clock.
    pub created: i64,
    /// Whether it existed from the start.
    pub preexisting: bool,
    /// SignUp requests with this username, including those for deleted users of the same name.
    #[serde(rename = "sign_ups_asked")]
    pub sign_ups_received: u32,
    /// SignUp requests that created it: 0 or 1.
    pub sign_ups_accepted: u32,
    /// Successful SignUp responses that were written completely.
    #[serde(rename = "answers_delivered")]
    pub responses_delivered: u32,
    /// SignUp requests that arrived after such a response had been written.
    #[serde(rename = "sign_ups_after_answer")]
    pub sign_ups_after_response: u32,
    /// Its status.
    pub status: UserStatus,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Successful sign-ins.
    pub signed_in: u32,
    /// The groups it is in.
    pub groups: Vec<String>,
    /// Its attributes, without `sub`.
    pub attributes: BTreeMap<String, String>,
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestOutcome {
    Ok,
    Error(&'static str),
    Dropped,
}

/// Counts requests as they arrive.
#[derive(Debug)]
pub(super) struct Recorder {
    stats: Stats,
    windows: BTreeMap<QuotaCategory, VecDeque<Duration>>,
}

impl Recorder {
    pub(super) fn start(started_ms: i64) -> Recorder {
        Recorder {
            stats: Stats {
                started_ms,
                ..Stats::default()
            },
            windows: BTreeMap::new(),
        }
    }

    fn operation_mut(&mut self, operation: Option<ServiceOperation>) -> &mut OperationStats {
        let name = operation.map_or("unknown", ServiceOperation::name);
        self.stats.operations.entry(name.to_owned()).or_default()
    }

    fn category_mut(&mut self, category: QuotaCategory) -> &mut CategoryStats {
        self.stats
            .categories
            .entry(category.name().to_owned())
            .or_default()
    }

    /// Records that a request arrived at this time after the start.
    pub(super) fn record_arrival(&mut self, operation: Option<ServiceOperation>, at: Duration) {
        self.operation_mut(operation).requests += 1;
        let Some(category) = operation.map(ServiceOperation::category) else {
            return;
        };
        let window = self.windows.entry(category).or_default();
        while window
            .front()
            .is_some_and(|first| at.saturating_sub(*first) >= Duration::from_secs(1))
        {
            window.pop_front();
        }
        window.push_back(at);
        let in_window = window.len() as u64;
        let stats = self.category_mut(category);
        stats.requests += 1;
        stats.peak_in_any_second = stats.peak_in_any_second.max(in_window);
        let second = at.as_secs();
        match stats.per_second.back_mut() {
            Some(last) if last.second == second => last.requests += 1,
            _ => stats.per_second.push_back(SecondCount {
                second,
                requests: 1,
                over_quota: 0,
            }),
        }
        if stats.per_second.len() > SECONDS_KEPT {
            stats.per_second.pop_front();
        }
    }

    /// Records that the latest arrival of the category exceeded the quota.
    pub(super) fn record_over_quota(&mut self, category: QuotaCategory) {
        let stats = self.category_mut(category);
        stats.over_quota += 1;
        if let Some(second) = stats.per_second.back_mut() {
            second.over_quota += 1;
        }
    }

    /// Records that a fault took effect.
    pub(super) fn record_fault(&mut self, name: &str) {
        *self.stats.faults.entry(name.to_owned()).or_default() += 1;
    }

    /// Records that the response to a request was decided.
    pub(super) fn record_outcome(
        &mut self,
        operation: Option<ServiceOperation>,
        outcome: RequestOutcome,
    ) {
        let stats = self.operation_mut(operation);
        let code = match outcome {
            RequestOutcome::Ok => "OK",
            RequestOutcome::Error(code) => code,
            RequestOutcome::Dropped => {
                stats.dropped += 1;
                return;
            }
        };
        stats.throttled += u64::from(code == "TooManyRequestsException");
        *stats.answered.entry(code.to_owned()).or_default() += 1;
    }

    /// Records that SignUp created a user.
    pub(super) fn record_creation(&mut self) {
        self.stats.created_by_sign_up += 1;
    }

    /// Records that a user was deleted.
    pub(super) fn record_deletion(&mut self) {
        self.stats.deleted += 1;
    }

    /// Returns the counts so far, together with the given number of users and live sign-ups.
    pub(super) fn snapshot(&self, users: usize, live_sign_ups: LiveSignUpStats) -> Stats {
        Stats {
            users: users as u64,
            live_sign_ups,
            ..self.stats.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the statistics of sign-ups that arrive at these times; those from
    /// `over_quota_from_ms` on exceed the quota.
    fn stats_of_arrivals(at_ms: &[u64], over_quota_from_ms: u64) -> Stats {
        let mut recorder = Recorder::start(0);
        for ms in at_ms {
            recorder.record_arrival(Some(ServiceOperation::SignUp), Duration::from_millis(*ms));
            if *ms >= over_quota_from_ms {
                recorder.record_over_quota(QuotaCategory::UserCreation);
            }
        }
        recorder.snapshot(0, LiveSignUpStats::default())
    }

    #[test]
    fn peak_window_crosses_second_boundaries() {
        let stats = stats_of_arrivals(&[0, 900, 950, 999, 1_000, 1_899, 2_950], 999);
        let category = &stats.categories["UserCreation"];
        assert_eq!(category.peak_in_any_second, 5, "from 900 to 1899");
        let counts: Vec<_> = category
            .per_second
            .iter()
            .map(|count| (count.second, count.requests, count.over_quota))
            .collect();
        assert_eq!(counts, [(0, 4, 1), (1, 2, 2), (2, 1, 1)]);
    }

    #[test]
    fn keeps_the_seconds_of_an_hour() {
        let seconds: Vec<_> = (0..4_000).map(|second| second * 1_000).collect();
        let stats = stats_of_arrivals(&seconds, u64::MAX);
        let seconds = &stats.categories["UserCreation"].per_second;
        assert_eq!(seconds.len(), SECONDS_KEPT);
        assert_eq!(seconds.front().unwrap().second, 400);
    }

    #[test]
    fn sign_up_and_confirmation_share_a_category() {
        let mut recorder = Recorder::start(0);
        recorder.record_arrival(Some(ServiceOperation::SignUp), Duration::ZERO);
        recorder.record_arrival(Some(ServiceOperation::AdminConfirmSignUp), Duration::ZERO);
        let stats = recorder.snapshot(0, LiveSignUpStats::default());
        assert_eq!(stats.categories["UserCreation"].peak_in_any_second, 2);
        assert_eq!(stats.operations["SignUp"].requests, 1);
    }
}
