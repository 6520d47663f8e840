//! What a run would do and cost: requests by quota category, time, messages, active users.

mod document;

use std::fmt;
use std::time::Duration;

use super::objections::follow_up::told;
use super::prescan::Reading;
use super::rates::{Rate, Rates};
use super::survey::{Counts, StepTotals};
use crate::pace::{Category, Ceilings};
use crate::pool::{LookUps, category_of, operation_of};
use crate::user::StepKind;
use crate::user::pool_rules::PoolRules;

/// What a run would do.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// What the list was found to be.
    pub counts: Counts,
    /// How fast, and who says so.
    pub rates: Rates,
    /// How users that exist are looked up.
    pub look_ups: LookUps,
    /// The pool is read first.
    pub reading: Option<Reading>,
    /// Mails and text messages to people; none where the pool's rules are not known.
    pub messages: Option<(u64, u64)>,
    /// The groups that are made first.
    pub groups_to_make: Vec<String>,
    /// Whether a PreSignUp trigger may keep the messages from being sent.
    pub trigger_decides: bool,
}

impl RunPlan {
    /// Works it out.
    #[must_use]
    pub fn new(
        counts: Counts,
        rules: Option<&PoolRules>,
        rates: Rates,
        look_ups: LookUps,
        reading: Option<Reading>,
    ) -> Self {
        Self {
            messages: rules.map(|rules| counts.messages(rules)),
            trigger_decides: rules.is_some_and(|rules| rules.has_trigger("PreSignUp")),
            counts,
            rates,
            look_ups,
            reading,
            groups_to_make: Vec::new(),
        }
    }

    /// The time that the sign-ups take at the rate, and what follows them. Look-ups and most steps have budgets of their own and go on
    /// beside them. The time that it takes to read the pool is not in it.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.time_with(&StepKind::ALL)
    }

    /// The same with these kinds of steps alone.
    #[must_use]
    pub fn time_with(&self, kinds: &[StepKind]) -> Duration {
        let users = self.counts.to_send;
        let steps = |category| -> u64 {
            let of = kinds.iter().filter(|kind| category_of(**kind) == category);
            of.map(|kind| self.counts.steps.of(*kind)).sum()
        };
        let at = |requests: u64, rate: &Rate| requests.div_ceil(u64::from(rate.a_second.get()));
        // If every user existed, each would be looked up as well.
        let look_ups = match self.look_ups {
            LookUps::Get => at(users, &self.rates.read),
            LookUps::List => at(users, &self.rates.list),
            LookUps::None => 0,
        };
        let creation = at(users + steps(Category::UserCreation), &self.rates.creation);
        let update = at(steps(Category::UserUpdate), &self.rates.update);
        Duration::from_secs(creation.max(update).max(look_ups))
    }

    /// Steps of these kinds as `3 AdminConfirmSignUp`, but for those that do not occur.
    fn steps_on(&self, category: Category) -> Vec<String> {
        StepKind::ALL
            .into_iter()
            .filter(|kind| category_of(*kind) == category && self.counts.steps.of(*kind) > 0)
            .map(|kind| format!("{} {}", self.counts.steps.of(kind), operation_of(kind)))
            .collect()
    }
}

impl RunPlan {
    fn requests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let up_to = match &self.reading {
            Some(reading) => {
                writeln!(f, "      {reading}")?;
                "up to "
            }
            None => "",
        };
        let Rates {
            creation,
            read,
            list,
            ..
        } = &self.rates;
        writeln!(
            f,
            "      UserCreation: {up_to}{} SignUp{} at {creation}",
            self.counts.to_send,
            // Only users who are made, or who are meant as well, are followed up.
            match self.steps_on(Category::UserCreation).as_slice() {
                [] => String::new(),
                steps => format!(" and up to {}", steps.join(", ")),
            }
        )?;
        let updates = self.steps_on(Category::UserUpdate);
        if !updates.is_empty() {
            writeln!(
                f,
                "      UserUpdate: up to {} at {}",
                updates.join(", "),
                self.rates.update
            )?;
        }
        match self.look_ups {
            LookUps::Get => writeln!(
                f,
                "      UserRead: one AdminGetUser for each user that exists, at {read}"
            ),
            LookUps::List => {
                writeln!(
                    f,
                    "      UserList: one ListUsers for each user that exists, at {list} (--lookup list)"
                )?;
                writeln!(
                    f,
                    "      UserRead: AdminGetUser for unclear answers alone, at {read}"
                )
            }
            LookUps::None => writeln!(f, "      UserRead: none (--no-lookup)"),
        }
    }

    fn how_long(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without = if self.counts.steps == StepTotals::NONE {
            String::new()
        } else {
            format!(
                " ({} without what follows the sign-ups)",
                humantime::format_duration(self.time_with(&[]))
            )
        };
        let trying = format!("{}{without}", humantime::format_duration(self.time()));
        match self.reading.as_ref().map(Reading::time) {
            None => writeln!(f, "      time: about {trying}"),
            Some(None) => writeln!(
                f,
                "      time: up to {trying}, and before that the time it takes to read the pool"
            ),
            Some(Some(reading)) => writeln!(
                f,
                "      time: about {} to read the pool, then up to {trying}",
                humantime::format_duration(Duration::from_secs(reading.as_secs().max(1)))
            ),
        }
    }
}

impl RunPlan {
    /// What a trigger of the pool would save.
    fn cheaper(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = &self.counts.steps;
        let by_trigger = steps.of(StepKind::Confirm) + steps.of(StepKind::Verify);
        if by_trigger == 0 {
            return Ok(());
        }
        let rest = self.time_with(&[StepKind::AddToGroup, StepKind::Disable]);
        writeln!(
            f,
            "      cheaper: a PreSignUp trigger that confirms and verifies those who sign up with some --validation-data takes {by_trigger} of \
             these calls away; time: about {}",
            humantime::format_duration(rest)
        )
    }
}

impl fmt::Display for RunPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            rows,
            to_send,
            invalid,
            duplicates,
            ..
        } = self.counts;
        writeln!(
            f,
            "plan: {rows} rows: {to_send} to send, {duplicates} duplicate, {invalid} invalid"
        )?;
        self.requests(f)?;
        if !self.groups_to_make.is_empty() {
            writeln!(
                f,
                "      groups: {} made first: {}",
                self.groups_to_make.len(),
                told(&self.groups_to_make)
            )?;
        }
        self.how_long(f)?;
        self.cheaper(f)?;
        match self.messages {
            None => writeln!(f, "      messages: not known, for the pool's rules are not")?,
            Some((0, 0)) => writeln!(f, "      messages: none")?,
            Some((mails, texts)) => {
                writeln!(
                    f,
                    "      messages: {} and {} to as many people",
                    counted(mails, "mail"),
                    counted(texts, "text message")
                )?;
                if self.trigger_decides {
                    writeln!(
                        f,
                        "                (none where the pool's PreSignUp trigger confirms and verifies)"
                    )?;
                }
            }
        }
        write!(
            f,
            "      active users (MAU) this month: up to {to_send} more"
        )
    }
}

/// Users a second that the rates have room for, with the steps that follow a sign-up.
#[must_use]
pub fn users_a_second(counts: &Counts, ceilings: Ceilings) -> f64 {
    let steps_a_user = |category| {
        let of = StepKind::ALL
            .into_iter()
            .filter(|kind| category_of(*kind) == category);
        let steps: u64 = of.map(|kind| counts.steps.of(kind)).sum();
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        let a_user = steps as f64 / counts.to_send.max(1) as f64;
        a_user
    };
    let users =
        |category, requests_a_user| f64::from(ceilings.of(category).get()) / requests_a_user;
    let creation = 1.0 + steps_a_user(Category::UserCreation);
    let update = steps_a_user(Category::UserUpdate);
    users(Category::UserCreation, creation).min(users(Category::UserUpdate, update))
}

/// A number of things.
pub(super) fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::{Ceilings, Counts, Rates, RunPlan, StepKind, users_a_second};
    use crate::pool::LookUps;
    use crate::preflight::ask::Found;
    use crate::preflight::rates::RatesAsked;
    use std::num::NonZeroU32;
    use std::time::Duration;

    #[test]
    fn users_a_second_are_those_of_the_slowest_budget_with_their_steps() {
        let rate = |a_second| NonZeroU32::new(a_second).unwrap();
        let ceilings = Ceilings {
            creation: rate(40),
            read: rate(96),
            update: rate(25),
            resource_read: rate(40),
            list: rate(24),
        };
        let mut counts = Counts::default();
        let near = |counts: &Counts, expected: f64| {
            let found = users_a_second(counts, ceilings);
            assert!(
                (found - expected).abs() < 1e-9,
                "{found} and not {expected}"
            );
        };
        near(&counts, 40.0);
        counts.to_send = 10;
        near(&counts, 40.0);
        for _ in 0..10 {
            counts.steps.add(StepKind::Confirm);
        }
        near(&counts, 20.0);
        for _ in 0..20 {
            counts.steps.add(StepKind::AddToGroup);
        }
        near(&counts, 12.5);
    }

    #[test]
    fn time_is_that_of_the_slower_budget() {
        let counts = Counts {
            rows: 1_001,
            to_send: 1_001,
            ..Counts::default()
        };
        let plan = |read, look_ups| {
            let asked = RatesAsked {
                creation: NonZeroU32::new(50),
                read: NonZeroU32::new(read),
                update: None,
                list: NonZeroU32::new(5),
                share: 1.0,
            };
            let rates = Rates::new(&asked, &Found::default());
            RunPlan::new(counts, None, rates, look_ups, None).time()
        };
        assert_eq!(plan(120, LookUps::Get), Duration::from_secs(21));
        assert_eq!(plan(10, LookUps::Get), Duration::from_secs(101));
        assert_eq!(plan(10, LookUps::None), Duration::from_secs(21));
        assert_eq!(plan(10, LookUps::List), Duration::from_secs(201));
    }

    /// The plan for so many users, each of whom has these steps, at the default quotas, all of which may be used.
    fn plan_at_defaults(users: u64, kinds: &[StepKind]) -> RunPlan {
        let mut counts = Counts {
            rows: users,
            to_send: users,
            ..Counts::default()
        };
        for _ in 0..users {
            for kind in kinds {
                counts.steps.add(*kind);
            }
        }
        let asked = RatesAsked {
            creation: None,
            read: None,
            update: None,
            list: None,
            share: 1.0,
        };
        let rates = Rates::new(&asked, &Found::default());
        RunPlan::new(counts, None, rates, LookUps::Get, None)
    }

    #[test]
    fn steps_share_the_quotas_of_an_account() {
        use StepKind::{AddToGroup, Confirm, Disable, Verify};
        // Users a second: 50; 25; 12.5; 12.5; 25; 8.33.
        for (kinds, seconds) in [
            (&[] as &[StepKind], 20),
            (&[Confirm], 40),
            (&[Confirm, Verify, AddToGroup], 80),
            (&[Verify, AddToGroup], 80),
            (&[Disable], 40),
            (&[Confirm, Verify, AddToGroup, AddToGroup], 120),
        ] {
            let plan = plan_at_defaults(1_000, kinds);
            assert_eq!(plan.time(), Duration::from_secs(seconds), "{kinds:?}");
        }
    }

    #[test]
    fn the_plan_names_the_calls_their_time_and_the_cheaper_way() {
        let all = [StepKind::Confirm, StepKind::Verify, StepKind::AddToGroup];
        let mut plan = plan_at_defaults(1_000, &all);
        plan.groups_to_make = vec!["beta".to_owned(), "staff".to_owned()];
        let said = plan.to_string();
        for words in [
            "UserCreation: 1000 SignUp and up to 1000 AdminConfirmSignUp at 50 a second",
            "UserUpdate: up to 1000 AdminUpdateUserAttributes, 1000 AdminAddUserToGroup at 25 a second",
            "groups: 2 made first: beta, staff",
            "time: about 1m 20s (20s without what follows the sign-ups)",
            "takes 2000 of these calls away; time: about 40s",
        ] {
            assert!(said.contains(words), "{words:?} in\n{said}");
        }
        let plain = plan_at_defaults(1_000, &[]).to_string();
        assert!(
            !plain.contains("UserUpdate") && !plain.contains("cheaper"),
            "{plain}"
        );
    }
}
