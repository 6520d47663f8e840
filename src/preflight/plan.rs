//! What a run would do and cost: requests by quota category, time, messages, active users.

mod document;

#[cfg(test)]
pub(crate) use document::PlanDocument;

use std::fmt;
use std::time::Duration;

use super::prescan::PrescanPlan;
use super::problems::follow_up::told;
use super::rates::{Rate, Rates};
use super::survey::SurveyCounts;
use crate::pace::{Category, Ceilings};
use crate::plural::counted;
use crate::pool::{LookupMode, category_of, operation_of};
use crate::user::StepKind;
use crate::user::pool_rules::PoolRules;

/// What a run would do.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// What the list was found to be.
    pub counts: SurveyCounts,
    /// How fast, and who says so.
    pub rates: Rates,
    /// How users that exist are looked up.
    pub look_ups: LookupMode,
    /// The pool is read first.
    pub reading: Option<PrescanPlan>,
    /// Mails and text messages to people; none where the pool's rules are not known.
    pub messages: Option<(u64, u64)>,
    /// The groups that are made first.
    pub groups_to_make: Vec<String>,
    /// Whether a PreSignUp trigger may keep the messages from being sent.
    pub trigger_decides: bool,
    /// Whether threat protection tells who has signed in; none where the pool's rules are not known.
    pub threat_protection: Option<bool>,
}

impl RunPlan {
    /// Works it out.
    #[must_use]
    pub fn new(
        counts: SurveyCounts,
        rules: Option<&PoolRules>,
        rates: Rates,
        look_ups: LookupMode,
        reading: Option<PrescanPlan>,
    ) -> Self {
        Self {
            messages: rules.map(|rules| counts.messages(rules)),
            threat_protection: rules.map(|rules| rules.threat_protection),
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
        // If every user existed, each would be looked up as well.
        let users = self.counts.to_send;
        let lookups = match self.look_ups {
            LookupMode::Get => seconds_at(users, &self.rates.read),
            LookupMode::List => seconds_at(users, &self.rates.list),
            LookupMode::None => 0,
        };
        self.time_without_lookups(kinds)
            .max(Duration::from_secs(lookups))
    }

    /// The same if no user has to be looked up.
    fn time_without_lookups(&self, kinds: &[StepKind]) -> Duration {
        let steps = |category| -> u64 {
            let of = kinds.iter().filter(|kind| category_of(**kind) == category);
            of.map(|kind| self.counts.steps.of(*kind)).sum()
        };
        let creations = self.counts.to_send + steps(Category::UserCreation);
        let creation = seconds_at(creations, &self.rates.creation);
        let update = seconds_at(steps(Category::UserUpdate), &self.rates.update);
        Duration::from_secs(creation.max(update))
    }

    /// The time with these kinds of steps, in words: `up to` where lookups that may not be needed take most of it.
    fn estimate(&self, kinds: &[StepKind]) -> String {
        let (time, without) = (self.time_with(kinds), self.time_without_lookups(kinds));
        if time > without {
            format!("up to {}", humantime::format_duration(time))
        } else {
            format!("about {}", humantime::format_duration(time))
        }
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
        if self.counts.to_send == 0 {
            return writeln!(f, "      requests: none (no rows to sign up)");
        }
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
            LookupMode::Get => writeln!(
                f,
                "      UserRead: one AdminGetUser per existing user, at {read}"
            ),
            LookupMode::List => {
                writeln!(
                    f,
                    "      UserList: one ListUsers per existing user, at {list} (--lookup list)"
                )?;
                writeln!(
                    f,
                    "      UserRead: AdminGetUser for unclear answers only, at {read}"
                )
            }
            LookupMode::None => writeln!(f, "      UserRead: none (--no-lookup)"),
        }
    }

    fn how_long(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.to_send == 0 {
            return Ok(());
        }
        let (time, no_lookups) = (self.time(), self.time_without_lookups(&StepKind::ALL));
        let mut otherwise = Vec::new();
        if time > no_lookups {
            otherwise.push(format!(
                "{} if no user exists yet",
                humantime::format_duration(no_lookups)
            ));
        }
        let no_steps = self.time_with(&[]);
        if time > no_steps {
            otherwise.push(format!(
                "{} without follow-up steps",
                humantime::format_duration(no_steps)
            ));
        }
        let otherwise = if otherwise.is_empty() {
            String::new()
        } else {
            format!(" ({})", otherwise.join("; "))
        };
        let time = humantime::format_duration(time);
        match self.reading.as_ref().map(PrescanPlan::time) {
            None => writeln!(
                f,
                "      time: {}{otherwise}",
                self.estimate(&StepKind::ALL)
            ),
            Some(None) => writeln!(
                f,
                "      time: up to {time}{otherwise}, plus the time to read the pool first"
            ),
            Some(Some(reading)) => writeln!(
                f,
                "      time: about {} to read the pool, then up to {time}{otherwise}",
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
        writeln!(
            f,
            "      cheaper: a PreSignUp trigger that confirms and verifies users, recognized by --validation-data, saves {by_trigger} of these calls; time: {}",
            self.estimate(&[StepKind::AddToGroup, StepKind::Disable])
        )
    }
}

impl RunPlan {
    /// What an undo of the run could not take back.
    fn undo(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.steps.of(StepKind::Confirm) == 0 {
            return Ok(());
        }
        let why = match self.threat_protection {
            Some(true) => return Ok(()),
            Some(false) => {
                "because the pool has no threat protection, the only record of who signed in"
            }
            None => "unless the pool has threat protection, the only record of who signed in",
        };
        writeln!(
            f,
            "      undo: keeps users that this run confirms (see undo --even-if-used), {why}"
        )
    }
}

impl fmt::Display for RunPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SurveyCounts {
            rows,
            to_send,
            invalid,
            skipped,
            duplicates,
            ..
        } = self.counts;
        write!(
            f,
            "plan: {}: {to_send} to send, {duplicates} duplicate, {invalid} invalid",
            counted(rows, "row", "rows")
        )?;
        if skipped > 0 {
            write!(f, ", {skipped} skipped (--skip-where)")?;
        }
        writeln!(f)?;
        self.requests(f)?;
        if !self.groups_to_make.is_empty() {
            writeln!(
                f,
                "      groups: {} to create first: {}",
                self.groups_to_make.len(),
                told(&self.groups_to_make)
            )?;
        }
        self.how_long(f)?;
        self.cheaper(f)?;
        self.undo(f)?;
        match self.messages {
            None => writeln!(
                f,
                "      messages: unknown (the pool's rules are not known)"
            )?,
            Some((0, 0)) => writeln!(f, "      messages: none")?,
            Some((mails, texts)) => {
                writeln!(
                    f,
                    "      messages: {}, {}",
                    counted(mails, "email", "emails"),
                    counted(texts, "SMS", "SMS")
                )?;
                if self.trigger_decides {
                    writeln!(
                        f,
                        "                (none if the pool's PreSignUp trigger confirms and verifies users)"
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
pub fn users_a_second(counts: &SurveyCounts, ceilings: Ceilings) -> f64 {
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

/// Seconds that these requests take at this rate.
fn seconds_at(requests: u64, rate: &Rate) -> u64 {
    requests.div_ceil(u64::from(rate.a_second.get()))
}

#[cfg(test)]
mod tests;
