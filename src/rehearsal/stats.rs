//! The truth about what was asked and answered, for those who check the importer's own account
//! against it.
//!
//! What it keeps does not grow with the number of requests: counts, the last hour by seconds, and
//! the arrivals of the last second.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::operation::ServiceOperation;
use super::quota::QuotaCategory;
use super::user::UserStatus;

/// How many seconds are remembered one by one.
const SECONDS_KEPT: usize = 3_600;

/// Everything the pool counted, as `GET /stats` answers it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// When the pool started, in milliseconds since 1970 on the pool's clock.
    pub started_ms: i64,
    /// By operation (`SignUp`); what asks for no operation that the pool knows counts as
    /// `unknown`.
    pub operations: BTreeMap<String, OperationStats>,
    /// By quota category (`UserCreation`); only those that were asked for.
    pub categories: BTreeMap<String, CategoryStats>,
    /// Other people's sign-ups, as the setting `live_sign_ups` has them; they are in no other
    /// count.
    pub live_sign_ups: LiveSignUpStats,
    /// By fault (`commit_then_drop`): how often it was drawn and took effect.
    pub faults: BTreeMap<String, u64>,
    /// Users in the pool.
    pub users: u64,
    /// Users that SignUp made, the deleted ones among them.
    pub created_by_sign_up: u64,
    /// Users that AdminDeleteUser took away.
    pub deleted: u64,
}

/// The requests for one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationStats {
    /// Requests that arrived.
    pub requests: u64,
    /// By the answer's error code, or `OK`. An answer counts when it is decided, whether or not it
    /// can be delivered.
    pub answered: BTreeMap<String, u64>,
    /// Answers TooManyRequestsException, by quota or by fault.
    pub throttled: u64,
    /// Requests whose connection was closed without an answer.
    pub dropped: u64,
}

/// The requests of one quota category, throttled ones included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryStats {
    /// Requests that arrived.
    pub requests: u64,
    /// Of these, the ones over the quota.
    pub over_quota: u64,
    /// The requests of each second in which there were any, the last 3,600 such seconds.
    pub per_second: VecDeque<SecondCount>,
    /// The most requests that arrived within any one second, wherever it begins.
    pub peak_in_any_second: u64,
}

/// Simulated sign-ups of other people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSignUpStats {
    /// Those that came.
    pub asked: u64,
    /// Of these, the ones over the quota.
    pub over_quota: u64,
}

/// The requests of one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondCount {
    /// Seconds since the pool's start.
    pub second: u64,
    /// Requests that arrived in it.
    pub requests: u64,
    /// Of these, the ones over the quota.
    pub over_quota: u64,
}

/// What really became of one user who is in the pool, as `GET /stats/users` answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedUser {
    /// The stored username.
    pub username: String,
    /// The `sub`.
    pub sub: String,
    /// When it was made, in milliseconds since 1970 on the pool's clock.
    pub created: i64,
    /// Whether it was there from the start.
    pub preexisting: bool,
    /// SignUp requests that named it, or another user of the same name who was deleted.
    pub sign_ups_asked: u32,
    /// SignUp requests that made it: 0 or 1.
    pub sign_ups_accepted: u32,
    /// Answers to SignUp with status 200 that were written out whole.
    pub answers_delivered: u32,
    /// SignUps that named the user after such an answer had been written out.
    pub sign_ups_after_answer: u32,
    /// How it stands.
    pub status: UserStatus,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Sign-ins that succeeded.
    pub signed_in: u32,
    /// The groups it is in.
    pub groups: Vec<String>,
    /// Its attributes, without `sub`.
    pub attributes: BTreeMap<String, String>,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    Ok,
    Error(&'static str),
    Dropped,
}

/// Counts as requests come in.
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

    fn operation(&mut self, operation: Option<ServiceOperation>) -> &mut OperationStats {
        let name = operation.map_or("unknown", ServiceOperation::name);
        self.stats.operations.entry(name.to_owned()).or_default()
    }

    fn category(&mut self, category: QuotaCategory) -> &mut CategoryStats {
        self.stats
            .categories
            .entry(category.name().to_owned())
            .or_default()
    }

    /// A request arrived, so long after the start.
    pub(super) fn arrived(&mut self, operation: Option<ServiceOperation>, at: Duration) {
        self.operation(operation).requests += 1;
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
        let stats = self.category(category);
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

    /// The request that arrived last found its category's quota used up.
    pub(super) fn over_quota(&mut self, category: QuotaCategory) {
        let stats = self.category(category);
        stats.over_quota += 1;
        if let Some(second) = stats.per_second.back_mut() {
            second.over_quota += 1;
        }
    }

    /// A fault took effect.
    pub(super) fn fault(&mut self, name: &str) {
        *self.stats.faults.entry(name.to_owned()).or_default() += 1;
    }

    /// A request's answer was decided.
    pub(super) fn answered(&mut self, operation: Option<ServiceOperation>, answered: Answered) {
        let stats = self.operation(operation);
        let code = match answered {
            Answered::Ok => "OK",
            Answered::Error(code) => code,
            Answered::Dropped => {
                stats.dropped += 1;
                return;
            }
        };
        stats.throttled += u64::from(code == "TooManyRequestsException");
        *stats.answered.entry(code.to_owned()).or_default() += 1;
    }

    /// Another user was made by SignUp.
    pub(super) fn created(&mut self) {
        self.stats.created_by_sign_up += 1;
    }

    /// A user was deleted.
    pub(super) fn deleted(&mut self) {
        self.stats.deleted += 1;
    }

    /// The counts so far, of a pool with so many users and live sign-ups.
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

    /// Counts by a recorder at which sign-ups arrive at these times, each of the last ones over the
    /// quota.
    fn recorder_of_arrivals(at_ms: &[u64], over_quota_from_ms: u64) -> Stats {
        let mut recorder = Recorder::start(0);
        for ms in at_ms {
            recorder.arrived(Some(ServiceOperation::SignUp), Duration::from_millis(*ms));
            if *ms >= over_quota_from_ms {
                recorder.over_quota(QuotaCategory::UserCreation);
            }
        }
        recorder.snapshot(0, LiveSignUpStats::default())
    }

    #[test]
    fn the_peak_is_found_across_the_seconds_edge() {
        let stats = recorder_of_arrivals(&[0, 900, 950, 999, 1_000, 1_899, 2_950], 999);
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
    fn seconds_are_kept_for_an_hour() {
        let seconds: Vec<_> = (0..4_000).map(|second| second * 1_000).collect();
        let stats = recorder_of_arrivals(&seconds, u64::MAX);
        let kept = &stats.categories["UserCreation"].per_second;
        assert_eq!(kept.len(), SECONDS_KEPT);
        assert_eq!(kept.front().unwrap().second, 400);
    }

    #[test]
    fn sign_up_and_confirm_count_together() {
        let mut recorder = Recorder::start(0);
        recorder.arrived(Some(ServiceOperation::SignUp), Duration::ZERO);
        recorder.arrived(Some(ServiceOperation::AdminConfirmSignUp), Duration::ZERO);
        let stats = recorder.snapshot(0, LiveSignUpStats::default());
        assert_eq!(stats.categories["UserCreation"].peak_in_any_second, 2);
        assert_eq!(stats.operations["SignUp"].requests, 1);
    }
}
