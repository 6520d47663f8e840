//! What happens to the quotas without the client's doing: quotas that change, and other people who
//! sign up.
//!
//! It owns the plan and its order in time. `quota` owns the buckets. Nothing here runs by itself:
//! what is due is done when a bucket or the counts are asked for, which nobody can tell from a
//! timer.
//!
//! All times of a plan count from the pool's first SignUp request, so that the time an importer
//! takes to start shifts none.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::quota::{Buckets, QuotaCategory, QuotaSetting, Quotas};
use super::stats::LiveSignUpStats;

/// The most live sign-ups a second: each is simulated by itself, and they must not hold up the
/// requests.
const MOST_LIVE_SIGN_UPS: f64 = 10_000.0;

/// A category's quota from some time on. GetProvisionedLimit goes on to name the configured rate:
/// what others use of a shared quota does not lower the quota.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaChange {
    /// Milliseconds after the pool's first SignUp request.
    pub after_ms: u64,
    /// Whose quota it is.
    pub category: QuotaCategory,
    /// Requests a second.
    pub rate: f64,
    /// Requests at once after a rest; left out, the rate (at least 1). What has gathered beyond it
    /// is lost.
    pub burst: Option<f64>,
}

impl QuotaChange {
    fn quota(&self) -> QuotaSetting {
        let usual = QuotaSetting::per_second(self.rate);
        QuotaSetting {
            burst: self.burst.unwrap_or(usual.burst),
            ..usual
        }
    }
}

/// Other people's sign-ups, evenly spaced, that draw on the quota of UserCreation. They make no
/// users.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveSignUps {
    /// When the first of them comes, in milliseconds after the pool's first SignUp request.
    pub after_ms: u64,
    /// From when on none comes any more; left out, they go on for as long as the pool runs.
    pub until_ms: Option<u64>,
    /// Sign-ups a second.
    pub per_second: f64,
}

/// What is wrong with a plan, if something is.
pub(super) fn check(changes: &[QuotaChange], live: &[LiveSignUps]) -> Result<(), String> {
    if let Some(change) = changes.iter().find(|change| !change.quota().is_possible()) {
        return Err(format!(
            "quota_changes, {}: rate must be above 0 and burst at least 1",
            change.category.name()
        ));
    }
    let possible = |live: &LiveSignUps| {
        live.per_second > 0.0
            && live.per_second <= MOST_LIVE_SIGN_UPS
            && live.until_ms.is_none_or(|until| until > live.after_ms)
    };
    if live.iter().all(possible) {
        Ok(())
    } else {
        Err(format!(
            "live_sign_ups: per_second must be above 0 and at most {MOST_LIVE_SIGN_UPS}, and until_ms after after_ms"
        ))
    }
}

/// One entry of the settings' live sign-ups, and how many of them have come.
#[derive(Debug)]
struct People {
    plan: LiveSignUps,
    arrived: u64,
}

impl People {
    /// When the next of them comes, after the first SignUp, if one will.
    fn due(&self) -> Option<Duration> {
        let rest = Duration::try_from_secs_f64(self.arrived as f64 / self.plan.per_second).ok()?;
        let due = Duration::from_millis(self.plan.after_ms).checked_add(rest)?;
        self.plan
            .until_ms
            .is_none_or(|until| due < Duration::from_millis(until))
            .then_some(due)
    }
}

/// The buckets, with all that is done to them.
#[derive(Debug)]
pub(super) struct Traffic {
    buckets: Buckets,
    first_sign_up: Option<Duration>,
    /// Those to come, the soonest first.
    changes: VecDeque<QuotaChange>,
    live: Vec<People>,
    counted: LiveSignUpStats,
}

impl Traffic {
    pub(super) fn new(quotas: &Quotas, changes: &[QuotaChange], live: &[LiveSignUps]) -> Traffic {
        let mut changes = changes.to_vec();
        changes.sort_by_key(|change| change.after_ms);
        let people = |plan: &LiveSignUps| People {
            plan: *plan,
            arrived: 0,
        };
        Traffic {
            buckets: Buckets::full(quotas),
            first_sign_up: None,
            changes: changes.into(),
            live: live.iter().map(people).collect(),
            counted: LiveSignUpStats::default(),
        }
    }

    /// A SignUp arrives: the first one starts the plan.
    pub(super) fn sign_up_arrives(&mut self, at: Duration) {
        self.first_sign_up.get_or_insert(at);
    }

    /// Whether the category's quota has room for a request at this time (never earlier than the
    /// time before); if so, it is taken.
    pub(super) fn take(&mut self, category: QuotaCategory, at: Duration) -> bool {
        self.catch_up(at);
        self.buckets.take(category, at)
    }

    /// The live sign-ups up to this time.
    pub(super) fn live_sign_ups(&mut self, at: Duration) -> LiveSignUpStats {
        self.catch_up(at);
        self.counted
    }

    /// Does what is due, in the order of its times; at the same time, a change comes before a
    /// sign-up.
    fn catch_up(&mut self, at: Duration) {
        let Some(start) = self.first_sign_up else {
            return;
        };
        let now = at.saturating_sub(start);
        loop {
            let arrival = self
                .live
                .iter_mut()
                .filter_map(|people| Some((people.due()?, people)))
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
            let Some((due, people)) = arrival else {
                return;
            };
            people.arrived += 1;
            self.counted.asked += 1;
            let granted = self.buckets.take(QuotaCategory::UserCreation, start + due);
            self.counted.over_quota += u64::from(!granted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(3);

    /// Traffic whose first SignUp came at `START`, with so many sign-ups a second and none at once.
    fn started(rate: f64, changes: &[QuotaChange], live: &[LiveSignUps]) -> Traffic {
        let quotas = Quotas {
            user_creation: QuotaSetting { rate, burst: 100.0 },
            ..Quotas::default()
        };
        let mut traffic = Traffic::new(&quotas, changes, live);
        traffic.sign_up_arrives(START);
        traffic.sign_up_arrives(START + Duration::from_secs(1));
        traffic
    }

    /// How many of a great many sign-ups are let through, so long after the first one.
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
    fn a_quota_changes_at_its_time() {
        let changes = [change(3_000, 50.0, None), change(1_000, 10.0, Some(5.0))];
        let mut traffic = started(100.0, &changes, &[]);
        assert_eq!(granted(&mut traffic, 0), 100);
        assert_eq!(granted(&mut traffic, 500), 50);
        assert_eq!(
            granted(&mut traffic, 1_000),
            5,
            "what has gathered is cut to the new burst"
        );
        assert_eq!(granted(&mut traffic, 1_400), 4);
        assert_eq!(
            granted(&mut traffic, 4_000),
            50,
            "5 until 3,000 and then 50 a second, up to a burst of 50"
        );
        let other = traffic.take(QuotaCategory::UserRead, START + Duration::from_secs(4));
        assert!(other, "another category has a quota of its own");
    }

    #[test]
    fn before_the_first_sign_up_nothing_changes() {
        let changes = [change(0, 1.0, None)];
        let live = [LiveSignUps {
            after_ms: 0,
            until_ms: None,
            per_second: 10.0,
        }];
        let mut traffic = Traffic::new(&Quotas::default(), &changes, &live);
        let later = Duration::from_secs(60);
        assert_eq!(traffic.live_sign_ups(later).asked, 0);
        assert_eq!(granted(&mut traffic, 60_000), 50);
    }

    #[test]
    fn live_sign_ups_take_their_share_of_the_bucket() {
        let live = [LiveSignUps {
            after_ms: 1_000,
            until_ms: Some(3_000),
            per_second: 40.0,
        }];
        let mut traffic = started(100.0, &[], &live);
        assert_eq!(granted(&mut traffic, 0), 100);
        assert_eq!(granted(&mut traffic, 975), 97);
        // 102.5 tokens since then, of which the 40 between 1,000 and 1,975 are taken.
        assert_eq!(granted(&mut traffic, 1_975), 60);
        let all = traffic.live_sign_ups(START + Duration::from_secs(9));
        assert_eq!((all.asked, all.over_quota), (80, 0));
    }

    #[test]
    fn live_sign_ups_are_refused_as_everybody_is() {
        let people = |after_ms| LiveSignUps {
            after_ms,
            until_ms: Some(1_000),
            per_second: 10.0,
        };
        let mut traffic = started(
            10.0,
            &[change(0, 10.0, Some(1.0))],
            &[people(0), people(50)],
        );
        let counted = traffic.live_sign_ups(START + Duration::from_secs(1));
        assert_eq!(
            (counted.asked, counted.over_quota),
            (20, 10),
            "those who come at the full tenth find a token, the others come too early"
        );
        assert_eq!(granted(&mut traffic, 1_000), 1);
    }

    #[test]
    fn a_plan_that_cannot_be_is_refused() {
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
