//! Decides whether to list the pool's users before the run, so that no request is sent for users
//! that exist. Pure: a function of the pool's size, the list's length and the rates.
//!
//! It is unknown how many users of the list exist, so the decision compares the cost of listing the
//! whole pool with the cost of trying every username.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::ValueEnum;

use super::rates::{Rate, Rates};
use crate::pool::LookupMode;
use crate::pool::list::USERS_PER_PAGE;

/// The maximum number of pages per second, because each page has to arrive before the next one can
/// be requested.
const MAX_PAGES_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// When the pool is listed before the first sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum PrescanMode {
    /// If listing the pool takes fewer requests and less time
    #[default]
    Auto,
    /// Always list the pool
    Always,
    /// Never list the pool
    Never,
}

/// How existing users are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExistingUserPolicy {
    /// One by one.
    pub lookup: LookupMode,
    /// All at once, before the run.
    pub prescan: PrescanMode,
}

impl ExistingUserPolicy {
    /// Returns whether the run requires ListUsers.
    #[must_use]
    pub fn needs_listing(self) -> bool {
        self.prescan == PrescanMode::Always || self.lookup == LookupMode::List
    }

    /// Returns whether the run may use ListUsers.
    #[must_use]
    pub fn may_list(self) -> bool {
        self.lookup.any() && (self.prescan != PrescanMode::Never || self.lookup == LookupMode::List)
    }
}

/// The input to [`plan_prescan`].
#[derive(Debug, Clone, Copy)]
pub struct ScanInput<'a> {
    /// `EstimatedNumberOfUsers`.
    pub users: Option<u64>,
    /// Rows still to send; `None` if the list can be read only once.
    pub rows: Option<u64>,
    pub rates: &'a Rates,
    /// The time limit of the run.
    pub time: Option<Duration>,
}

/// A plan to list the pool's users before the run.
#[derive(Debug, Clone, PartialEq)]
pub struct PrescanPlan {
    /// The pool's own estimate of its number of users.
    pub users: Option<u64>,
    rate: Rate,
}

/// Decides whether to list the pool's users first.
#[must_use]
pub fn plan_prescan(policy: ExistingUserPolicy, input: ScanInput<'_>) -> Option<PrescanPlan> {
    let users = input.users.filter(|users| *users > 0);
    let is_planned = match policy.prescan {
        PrescanMode::Never => false,
        PrescanMode::Always => policy.lookup.any(),
        PrescanMode::Auto => policy.lookup.any() && pays_off(users, input),
    };
    is_planned.then(|| PrescanPlan {
        users,
        rate: input.rates.list.clone(),
    })
}

/// Returns whether listing takes fewer requests and less time than trying every username. If the
/// time is limited, listing must leave more than half of it: a run that only lists the pool each
/// time would never finish.
fn pays_off(users: Option<u64>, input: ScanInput<'_>) -> bool {
    let (Some(users), Some(rows)) = (users, input.rows) else {
        return false;
    };
    if input.rates.list.has_too_many_parts() {
        return false;
    }
    let pages = users.div_ceil(USERS_PER_PAGE);
    let listing = listing_time(pages, &input.rates.list);
    let sign_ups = time_at(rows, input.rates.creation.per_second);
    pages < rows && listing < sign_ups && input.time.is_none_or(|time| listing < time / 2)
}

fn listing_time(pages: u64, rate: &Rate) -> Duration {
    time_at(pages, rate.per_second.min(MAX_PAGES_PER_SECOND))
}

fn time_at(requests: u64, per_second: NonZeroU32) -> Duration {
    let milliseconds = u128::from(requests) * 1_000 / u128::from(per_second.get());
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}

impl PrescanPlan {
    /// Returns the number of requests, if the pool's size is known.
    #[must_use]
    pub fn pages(&self) -> Option<u64> {
        self.users.map(|users| users.div_ceil(USERS_PER_PAGE))
    }

    /// Returns the time it takes, if the pool's size is known.
    #[must_use]
    pub fn time(&self) -> Option<Duration> {
        self.pages().map(|pages| listing_time(pages, &self.rate))
    }
}

impl fmt::Display for PrescanPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pages() {
            Some(pages) => write!(f, "UserList: about {pages} ListUsers")?,
            None => write!(
                f,
                "UserList: one ListUsers per {USERS_PER_PAGE} users in the pool"
            )?,
        }
        write!(
            f,
            " at {}, to find existing users first (--prescan)",
            self.rate
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{ExistingUserPolicy, PrescanMode, ScanInput, plan_prescan};
    use crate::pool::LookupMode;
    use crate::preflight::queries::PoolAnswers;
    use crate::preflight::rates::{RateOptions, Rates};
    use std::num::NonZeroU32;
    use std::time::Duration;

    fn rates(creation: u32, list: u32) -> Rates {
        let options = RateOptions {
            creation: NonZeroU32::new(creation),
            list: NonZeroU32::new(list),
            ..RateOptions::of_share(0.8)
        };
        Rates::new(&options, &PoolAnswers::default())
    }

    fn policy(prescan: PrescanMode, lookup: LookupMode) -> ExistingUserPolicy {
        ExistingUserPolicy { lookup, prescan }
    }

    fn is_planned(
        policy: ExistingUserPolicy,
        users: Option<u64>,
        rows: Option<u64>,
        rates: &Rates,
    ) -> bool {
        let input = ScanInput {
            users,
            rows,
            rates,
            time: None,
        };
        plan_prescan(policy, input).is_some()
    }

    #[test]
    fn auto_lists_the_pool_if_that_costs_less_than_trying_every_username() {
        let auto = ExistingUserPolicy::default();
        // Users in the pool, rows to send, sign-ups per second, pages per second, expected.
        for (users, rows, creation, list, expected) in [
            (1_000_000, 1_000_000, 40, 24, true),
            (1_000_000, 70_000, 40, 24, true),
            // 16,667 pages take as long as 66,668 sign-ups.
            (1_000_000, 66_000, 40, 24, false),
            (1_000_000, 16_000, 1, 24, false),
            (100, 1_000_000, 40, 24, true),
            (60, 5, 40, 24, true),
            (60, 4, 40, 24, false),
            // A low rate makes listing slower.
            (60_000, 30_000, 40, 1, false),
            (60_000, 30_000, 40, 10, true),
            (0, 1_000_000, 40, 24, false),
            (60, 0, 40, 24, false),
        ] {
            let planned = is_planned(auto, Some(users), Some(rows), &rates(creation, list));
            assert_eq!(
                planned, expected,
                "{users} users, {rows} rows, {creation}/s, {list}/s"
            );
        }
        let rates = rates(40, 24);
        assert!(
            !is_planned(auto, None, Some(1_000_000), &rates),
            "a pool of unknown size"
        );
        assert!(
            !is_planned(auto, Some(1_000_000), None, &rates),
            "a list of unknown length"
        );
        let by_list = policy(PrescanMode::Auto, LookupMode::List);
        assert!(is_planned(by_list, Some(60), Some(5), &rates));
    }

    #[test]
    fn always_and_never_are_unconditional_but_unsigned_runs_never_list() {
        let rates = rates(40, 24);
        let always = policy(PrescanMode::Always, LookupMode::Get);
        assert!(is_planned(always, None, None, &rates));
        assert!(is_planned(always, Some(1_000_000), Some(1), &rates));
        let never = policy(PrescanMode::Never, LookupMode::Get);
        assert!(!is_planned(never, Some(60), Some(1_000), &rates));
        for prescan in [PrescanMode::Auto, PrescanMode::Always] {
            let unsigned = policy(prescan, LookupMode::None);
            assert!(!is_planned(unsigned, Some(60), Some(1_000), &rates));
            assert!(!unsigned.may_list());
        }
        assert!(!never.may_list() && policy(PrescanMode::Never, LookupMode::List).may_list());
        assert!(always.needs_listing() && !ExistingUserPolicy::default().needs_listing());
    }

    #[test]
    fn a_short_time_limit_prevents_listing() {
        let rates = rates(40, 24);
        let is_planned_within = |seconds| {
            let input = ScanInput {
                users: Some(1_000_000),
                rows: Some(1_000_000),
                rates: &rates,
                time: Some(Duration::from_secs(seconds)),
            };
            plan_prescan(ExistingUserPolicy::default(), input).is_some()
        };
        assert!(!is_planned_within(14 * 60));
        assert!(is_planned_within(60 * 60));
    }

    #[test]
    fn displays_the_number_of_requests_and_their_rate() {
        let rates = rates(40, 24);
        let plan = |users| {
            let input = ScanInput {
                users,
                rows: None,
                rates: &rates,
                time: None,
            };
            plan_prescan(policy(PrescanMode::Always, LookupMode::Get), input).unwrap()
        };
        let known = plan(Some(1_000_000));
        assert_eq!(
            known.to_string(),
            "UserList: about 16667 ListUsers at 24/s (--list-rate), to find existing users first \
             (--prescan)"
        );
        assert_eq!(known.time(), Some(Duration::from_millis(1_666_700)));
        let unknown = plan(None);
        assert!(unknown.to_string().contains("per 60 users"), "{unknown}");
        assert_eq!(unknown.time(), None);
    }
}
