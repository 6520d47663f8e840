//! Scheduled changes of quotas, and sign-ups by other clients that use up the quota.
//!
//! There is no timer: due events are applied when a bucket or the counts are read, which clients
//! cannot distinguish from a timer.
//!
//! All times are relative to the pool's first SignUp request, so that they do not depend on how
//! long an importer takes to start.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::quota::{Buckets, QuotaCategory, QuotaSetting, Quotas};
use super::stats::LiveSignUpStats;

/// The maximum number of live sign-ups per second. Each is simulated separately, which must not
/// delay the requests.
const MAX_LIVE_SIGN_UPS: f64 = 10_000.0;

/// A change of a category's quota. GetProvisionedLimit still returns the configured rate, as if
/// other clients were using part of the quota.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaChange {
    /// Milliseconds after the pool's first SignUp request.
    pub after_ms: u64,
    /// The category whose quota changes.
    pub category: QuotaCategory,
    /// Requests per second.
    pub rate: f64,
    /// Requests at once after a pause; defaults to the rate (at least 1). Tokens beyond it are
    /// lost.
    pub burst: Option<f64>,
}

impl QuotaChange {
    fn quota(&self) -> QuotaSetting {
        let default = QuotaSetting::per_second(self.rate);
        QuotaSetting {
            burst: self.burst.unwrap_or(default.burst),
            ..default
        }
    }
}

/// Evenly spaced sign-ups by other clients, which use the quota of UserCreation but create no
/// users.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveSignUps {
    /// When the first one arrives, in milliseconds after the pool's first SignUp request.
    pub after_ms: u64,
    /// When they end (exclusive), on the same scale; by default, they continue while the pool
    /// runs.
    pub until_ms: Option<u64>,
    /// Sign-ups per second.
    pub per_second: f64,
}

/// Checks the values of the settings `quota_changes` and `live_sign_ups`.
pub(super) fn check(changes: &[QuotaChange], live: &[LiveSignUps]) -> Result<(), String> {
    if let Some(change) = changes.iter().find(|change| !change.quota().is_valid()) {
        return Err(format!(
            "quota_changes, {}: rate must be above 0 and burst at least 1",
            change.category.name()
        ));
    }
    let is_valid = |live: &LiveSignUps| {
        live.per_second > 0.0
            && live.per_second <= MAX_LIVE_SIGN_UPS
            && live.until_ms.is_none_or(|until| until > live.after_ms)
    };
    if live.iter().all(is_valid) {
        Ok(())
    } else {
        Err(format!(
            "live_sign_ups: per_second must be above 0 and at most {MAX_LIVE_SIGN_UPS}, and until_ms after after_ms"
        ))
    }
}

/// One entry of `live_sign_ups`, and how many of its sign-ups have arrived.
#[derive(Debug)]
struct LiveClient {
    plan: LiveSignUps,
    arrived: u64,
}

impl LiveClient {
    /// Returns when the next one arrives, relative to the first SignUp.
    fn due(&self) -> Option<Duration> {
        let offset =
            Duration::try_from_secs_f64(self.arrived as f64 / self.plan.per_second).ok()?;
        let due = Duration::from_millis(self.plan.after_ms).checked_add(offset)?;
        self.plan
            .until_ms
            .is_none_or(|until| due < Duration::from_millis(until))
            .then_some(due)
    }
}

/// The token buckets and the scheduled events that affect them.
#[derive(Debug)]
pub(super) struct Traffic {
    buckets: Buckets,
    first_sign_up: Option<Duration>,
    /// Pending changes, earliest first.
    changes: VecDeque<QuotaChange>,
    live: Vec<LiveClient>,
    live_stats: LiveSignUpStats,
}

impl Traffic {
    pub(super) fn new(quotas: &Quotas, changes: &[QuotaChange], live: &[LiveSignUps]) -> Traffic {
        let mut changes = changes.to_vec();
        changes.sort_by_key(|change| change.after_ms);
        let client = |plan: &LiveSignUps| LiveClient {
            plan: *plan,
            arrived: 0,
        };
        Traffic {
            buckets: Buckets::full(quotas),
            first_sign_up: None,
            changes: changes.into(),
            live: live.iter().map(client).collect(),
            live_stats: LiveSignUpStats::default(),
        }
    }

    /// Notes the arrival of a SignUp: the first one starts the schedule.
    pub(super) fn note_sign_up(&mut self, at: Duration) {
        self.first_sign_up.get_or_insert(at);
    }

    /// Takes a token of the category; returns whether one was available. Times must not decrease
    /// from call to call.
    pub(super) fn take(&mut self, category: QuotaCategory, at: Duration) -> bool {
        self.catch_up(at);
        self.buckets.take(category, at)
    }

    /// Returns the counts of live sign-ups up to this time.
    pub(super) fn live_sign_ups(&mut self, at: Duration) -> LiveSignUpStats {
        self.catch_up(at);
        self.live_stats
    }

    /// Applies all due events in chronological order; a change precedes a sign-up at the same time.
    fn catch_up(&mut self, at: Duration) {
        let Some(start) = self.first_sign_up else {
            return;
        };
        let now = at.saturating_sub(start);
        loop {
            let arrival = self
                .live
                .iter_mut()
                .filter_map(|client| Some((client.due()?, client)))
                .min_by_key(|(due, _)| *due)
                .filter(|(due, _)| *due <= now);
            let soonest = arrival.as_ref().map_or(now, |(due, _)| *due);
            let is_due =
                |change: &mut QuotaChange| Duration::from_millis(change.after_ms) <= soonest;
            if let Some(change) = self.changes.pop_front_if(is_due) {
                let due = Duration::from_millis(change.after_ms);
                self.buckets
                    .change(change.category, change.quota(), start + due);
                continue;
            }
            let Some((due, client)) = arrival else {
                return;
            };
            client.arrived += 1;
            self.live_stats.requests += 1;
            let granted = self.buckets.take(QuotaCategory::UserCreation, start + due);
            self.live_stats.over_quota += u64::from(!granted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(3);

    /// Traffic whose first SignUp arrived at `START`, with this many sign-ups per second.
    fn started(rate: f64, changes: &[QuotaChange], live: &[LiveSignUps]) -> Traffic {
        let quotas = Quotas {
            user_creation: QuotaSetting { rate, burst: 100.0 },
            ..Quotas::default()
        };
        let mut traffic = Traffic::new(&quotas, changes, live);
        traffic.note_sign_up(START);
        traffic.note_sign_up(START + Duration::from_secs(1));
        traffic
    }

    /// Returns how many of 500 simultaneous sign-ups are granted at this time after the first one.
    fn granted(traffic: &mut Traffic, after_ms: u64) -> usize {
        let at = START + Duration::from_millis(after_ms);
        (0..500)
            .filter(|_| traffic.take(QuotaCategory::UserCreation, at))
            .count()
    }

    fn change(after_ms: u64, rate: f64, burst: Option<f64>) -> QuotaChange {
        QuotaChange {
            after_ms,
            category: QuotaCategory::UserCreation,
            rate,
            burst,
        }
    }

    #[test]
    fn applies_quota_changes_on_schedule() {
        let changes = [change(3_000, 50.0, None), change(1_000, 10.0, Some(5.0))];
        let mut traffic = started(100.0, &changes, &[]);
        assert_eq!(granted(&mut traffic, 0), 100);
        assert_eq!(granted(&mut traffic, 500), 50);
        assert_eq!(
            granted(&mut traffic, 1_000),
            5,
            "tokens are cut to the new burst"
        );
        assert_eq!(granted(&mut traffic, 1_400), 4);
        assert_eq!(
            granted(&mut traffic, 4_000),
            50,
            "10 per second up to a burst of 5 until 3,000, then 50 per second up to 50"
        );
        let other = traffic.take(QuotaCategory::UserRead, START + Duration::from_secs(4));
        assert!(other, "other categories are not affected");
    }

    #[test]
    fn schedule_starts_with_the_first_sign_up() {
        let changes = [change(0, 1.0, None)];
        let live = [LiveSignUps {
            after_ms: 0,
            until_ms: None,
            per_second: 10.0,
        }];
        let mut traffic = Traffic::new(&Quotas::default(), &changes, &live);
        let later = Duration::from_secs(60);
        assert_eq!(traffic.live_sign_ups(later).requests, 0);
        assert_eq!(granted(&mut traffic, 60_000), 50);
    }

    #[test]
    fn live_sign_ups_use_the_bucket() {
        let live = [LiveSignUps {
            after_ms: 1_000,
            until_ms: Some(3_000),
            per_second: 40.0,
        }];
        let mut traffic = started(100.0, &[], &live);
        assert_eq!(granted(&mut traffic, 0), 100);
        assert_eq!(granted(&mut traffic, 975), 97);
        // 102.5 tokens since then, 40 of which went to live sign-ups between 1,000 and 1,975.
        assert_eq!(granted(&mut traffic, 1_975), 60);
        let all = traffic.live_sign_ups(START + Duration::from_secs(9));
        assert_eq!((all.requests, all.over_quota), (80, 0));
    }

    #[test]
    fn live_sign_ups_can_exceed_the_quota() {
        let live = |after_ms| LiveSignUps {
            after_ms,
            until_ms: Some(1_000),
            per_second: 10.0,
        };
        let mut traffic = started(10.0, &[change(0, 10.0, Some(1.0))], &[live(0), live(50)]);
        let stats = traffic.live_sign_ups(START + Duration::from_secs(1));
        assert_eq!(
            (stats.requests, stats.over_quota),
            (20, 10),
            "only those at a full tenth of a second find a token"
        );
        assert_eq!(granted(&mut traffic, 1_000), 1);
    }

    #[test]
    fn rejects_invalid_schedules() {
        let live = |per_second, until_ms| LiveSignUps {
            after_ms: 10,
            until_ms,
            per_second,
        };
        assert_eq!(
            check(&[change(0, 1.0, None)], &[live(1.0, Some(11))]),
            Ok(())
        );
        let refused = check(&[change(0, 0.0, None)], &[]).unwrap_err();
        assert!(refused.contains("UserCreation"), "{refused}");
        assert!(check(&[change(0, 1.0, Some(0.5))], &[]).is_err());
        for live in [live(0.0, None), live(f64::NAN, None), live(1.0, Some(10))] {
            assert!(check(&[], &[live]).is_err(), "{live:?}");
        }
    }
}
