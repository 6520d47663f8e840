//! Whether the pool is read before the run begins, to send nothing for those who exist already. Pure: from what the pool says of its
//! size, the list's length and the rates.
//!
//! How many of the list exist is not known before, so what is compared is what is: the pages of the whole pool, and trying every name.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use super::rates::{Rate, Rates};
use crate::pool::LookupMode;
use crate::pool::list::USERS_A_PAGE;
use clap::ValueEnum;

/// Pages a second, at most: each page leads to the next one, and an answer takes its time.
const PAGES_A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

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

/// How users that exist are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExistingUserPolicy {
    /// One by one.
    pub look_ups: LookupMode,
    /// All at once, before the run.
    pub prescan: PrescanMode,
}

impl ExistingUserPolicy {
    /// Whether the pool's listing is asked in any case.
    #[must_use]
    pub fn needs_listing(self) -> bool {
        self.prescan == PrescanMode::Always || self.look_ups == LookupMode::List
    }

    /// Whether the pool's listing may be asked.
    #[must_use]
    pub fn may_list(self) -> bool {
        self.look_ups.any()
            && (self.prescan != PrescanMode::Never || self.look_ups == LookupMode::List)
    }
}

/// What is known when it is weighed.
#[derive(Debug, Clone, Copy)]
pub struct ScanInput<'a> {
    /// `EstimatedNumberOfUsers`.
    pub users: Option<u64>,
    /// Rows of the list that are left to send; none where it can be read only once.
    pub rows: Option<u64>,
    /// How fast.
    pub rates: &'a Rates,
    /// The time that the run was given.
    pub time: Option<Duration>,
}

/// Reading the pool, as it is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct PrescanPlan {
    /// Users in the pool, as it says.
    pub users: Option<u64>,
    rate: Rate,
}

/// Whether the pool is read first.
#[must_use]
pub fn reading(looks: ExistingUserPolicy, known: ScanInput<'_>) -> Option<PrescanPlan> {
    let users = known.users.filter(|users| *users > 0);
    let is_read = match looks.prescan {
        PrescanMode::Never => false,
        PrescanMode::Always => looks.look_ups.any(),
        PrescanMode::Auto => looks.look_ups.any() && pays(users, known),
    };
    is_read.then(|| PrescanPlan {
        users,
        rate: known.rates.list.clone(),
    })
}

/// Whether it takes fewer requests than to try every name, and less time; and, where the time is limited, leaves the better part of it:
/// a run that does no more than read the pool each time would never end.
fn pays(users: Option<u64>, known: ScanInput<'_>) -> bool {
    let (Some(users), Some(rows)) = (users, known.rows) else {
        return false;
    };
    let pages = users.div_ceil(USERS_A_PAGE);
    let reading = time(pages, &known.rates.list);
    let trying = seconds(rows, known.rates.creation.a_second);
    pages < rows && reading < trying && known.time.is_none_or(|time| reading < time / 2)
}

fn time(pages: u64, rate: &Rate) -> Duration {
    seconds(pages, rate.a_second.min(PAGES_A_SECOND))
}

fn seconds(requests: u64, a_second: NonZeroU32) -> Duration {
    let milliseconds = u128::from(requests) * 1_000 / u128::from(a_second.get());
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}

impl PrescanPlan {
    /// Requests that it takes, where the pool said how large it is.
    #[must_use]
    pub fn pages(&self) -> Option<u64> {
        self.users.map(|users| users.div_ceil(USERS_A_PAGE))
    }

    /// The time that it takes, where the pool said how large it is.
    #[must_use]
    pub fn time(&self) -> Option<Duration> {
        self.pages().map(|pages| time(pages, &self.rate))
    }
}

impl fmt::Display for PrescanPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pages() {
            Some(pages) => write!(f, "UserList: about {pages} ListUsers")?,
            None => write!(
                f,
                "UserList: one ListUsers per {USERS_A_PAGE} users in the pool"
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
    use super::{ExistingUserPolicy, PrescanMode, ScanInput, reading};
    use crate::pool::LookupMode;
    use crate::preflight::ask::Found;
    use crate::preflight::rates::{Rates, RatesAsked};
    use std::num::NonZeroU32;
    use std::time::Duration;

    fn rates(creation: u32, list: u32) -> Rates {
        let asked = RatesAsked {
            creation: NonZeroU32::new(creation),
            read: None,
            update: None,
            list: NonZeroU32::new(list),
            share: 0.8,
        };
        Rates::new(&asked, &Found::default())
    }

    fn looks(prescan: PrescanMode, look_ups: LookupMode) -> ExistingUserPolicy {
        ExistingUserPolicy { look_ups, prescan }
    }

    fn is_read(
        looks: ExistingUserPolicy,
        users: Option<u64>,
        rows: Option<u64>,
        rates: &Rates,
    ) -> bool {
        let known = ScanInput {
            users,
            rows,
            rates,
            time: None,
        };
        reading(looks, known).is_some()
    }

    #[test]
    fn by_default_the_pool_is_read_where_that_costs_less_than_trying_every_name() {
        let auto = ExistingUserPolicy::default();
        // Users in the pool, rows to send, sign-ups a second, pages a second; whether the pool is read.
        for (users, rows, creation, list, expected) in [
            (1_000_000, 1_000_000, 40, 24, true),
            (1_000_000, 70_000, 40, 24, true),
            // 16,667 pages take as long as 66,668 sign-ups.
            (1_000_000, 66_000, 40, 24, false),
            (1_000_000, 16_000, 1, 24, false),
            (100, 1_000_000, 40, 24, true),
            (60, 5, 40, 24, true),
            (60, 4, 40, 24, false),
            // A listing that is throttled hard is no shorter way.
            (60_000, 30_000, 40, 1, false),
            (60_000, 30_000, 40, 10, true),
            (0, 1_000_000, 40, 24, false),
            (60, 0, 40, 24, false),
        ] {
            let found = is_read(auto, Some(users), Some(rows), &rates(creation, list));
            assert_eq!(
                found, expected,
                "{users} users, {rows} rows, {creation}/s, {list}/s"
            );
        }
        let rates = rates(40, 24);
        assert!(
            !is_read(auto, None, Some(1_000_000), &rates),
            "a pool of unknown size"
        );
        assert!(
            !is_read(auto, Some(1_000_000), None, &rates),
            "a list of unknown length"
        );
        let by_list = looks(PrescanMode::Auto, LookupMode::List);
        assert!(is_read(by_list, Some(60), Some(5), &rates));
    }

    #[test]
    fn always_and_never_are_meant_so_and_who_signs_nothing_reads_nothing() {
        let rates = rates(40, 24);
        let always = looks(PrescanMode::Always, LookupMode::Get);
        assert!(is_read(always, None, None, &rates));
        assert!(is_read(always, Some(1_000_000), Some(1), &rates));
        let never = looks(PrescanMode::Never, LookupMode::Get);
        assert!(!is_read(never, Some(60), Some(1_000), &rates));
        for prescan in [PrescanMode::Auto, PrescanMode::Always] {
            let unsigned = looks(prescan, LookupMode::None);
            assert!(!is_read(unsigned, Some(60), Some(1_000), &rates));
            assert!(!unsigned.may_list());
        }
        assert!(!never.may_list() && looks(PrescanMode::Never, LookupMode::List).may_list());
        assert!(always.needs_listing() && !ExistingUserPolicy::default().needs_listing());
    }

    #[test]
    fn a_run_with_little_time_spends_it_on_rows() {
        let rates = rates(40, 24);
        let read_in = |seconds| {
            let known = ScanInput {
                users: Some(1_000_000),
                rows: Some(1_000_000),
                rates: &rates,
                time: Some(Duration::from_secs(seconds)),
            };
            reading(ExistingUserPolicy::default(), known).is_some()
        };
        assert!(!read_in(14 * 60));
        assert!(read_in(60 * 60));
    }

    #[test]
    fn the_plan_says_how_many_requests_it_takes_and_how_long() {
        let rates = rates(40, 24);
        let reading = |users| {
            let known = ScanInput {
                users,
                rows: None,
                rates: &rates,
                time: None,
            };
            reading(looks(PrescanMode::Always, LookupMode::Get), known).unwrap()
        };
        let known = reading(Some(1_000_000));
        assert_eq!(
            known.to_string(),
            "UserList: about 16667 ListUsers at 24/s (--list-rate), to find existing users first (--prescan)"
        );
        assert_eq!(known.time(), Some(Duration::from_millis(1_666_700)));
        let unknown = reading(None);
        assert!(unknown.to_string().contains("per 60 users"), "{unknown}");
        assert_eq!(unknown.time(), None);
    }
}
