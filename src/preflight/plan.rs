//! The plan of a run: requests by quota category, time, messages and active users.

mod document;

#[cfg(test)]
pub(crate) use document::PlanDocument;

use std::fmt;
use std::time::Duration;

use super::prescan::PrescanPlan;
use super::problems::follow_up::first_names;
use super::rates::{Rate, Rates};
use super::survey::{NewUserCounts, SurveyCounts};
use crate::pace::{Category, Ceilings};
use crate::plural::counted;
use crate::pool::{LookupMode, category_of};
use crate::user::StepKind;
use crate::user::pool_rules::PoolRules;

/// Whether it is known which users of the list exist.
#[derive(Debug, Clone, PartialEq)]
pub enum ExistingUsers {
    /// Each sign-up tells.
    Unknown,
    /// The pool is listed before the run begins.
    ToList(PrescanPlan),
    /// The pool was listed and has the users of this many rows.
    Listed(u64),
}

/// The plan of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    pub counts: SurveyCounts,
    pub rates: Rates,
    /// How existing users are looked up.
    pub lookup: LookupMode,
    pub existing_users: ExistingUsers,
    /// Emails and SMS to users; `None` if the pool's rules are unknown.
    pub messages: Option<(u64, u64)>,
    /// The groups to create before the first row.
    pub groups_to_create: Vec<String>,
    /// The attributes of existing users to update.
    pub updated_attributes: Vec<String>,
    /// Whether a PreSignUp trigger may confirm users, so that they get no messages.
    pub trigger_may_confirm: bool,
    /// Whether threat protection records sign-ins; `None` if the pool's rules are unknown.
    pub threat_protection: Option<bool>,
}

impl RunPlan {
    /// Computes the plan.
    #[must_use]
    pub fn new(
        counts: SurveyCounts,
        rules: Option<&PoolRules>,
        rates: Rates,
        lookup: LookupMode,
        existing_users: ExistingUsers,
    ) -> Self {
        Self {
            messages: rules.map(|rules| counts.messages(rules)),
            threat_protection: rules.map(|rules| rules.threat_protection),
            trigger_may_confirm: rules.is_some_and(|rules| rules.has_trigger("PreSignUp")),
            counts,
            rates,
            lookup,
            existing_users,
            groups_to_create: Vec::new(),
            updated_attributes: Vec::new(),
        }
    }

    /// Restricts the plan to new users once the pool was listed.
    #[must_use]
    pub fn only_new(self, new: NewUserCounts, rules: Option<&PoolRules>) -> Self {
        let counts = self.counts.only_new(new);
        Self {
            messages: rules.map(|rules| counts.messages(rules)),
            existing_users: ExistingUsers::Listed(self.counts.to_send - counts.to_send),
            counts,
            ..self
        }
    }

    /// Returns the time for sign-ups, lookups and steps. Lookups and most steps have separate
    /// quotas and run in parallel. Does not include the time to list the pool first.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.time_with(&StepKind::ALL)
    }

    /// Returns the time with only these kinds of steps.
    #[must_use]
    pub fn time_with(&self, kinds: &[StepKind]) -> Duration {
        let users = self.lookups_at_most();
        let lookups = match self.lookup {
            LookupMode::Get => seconds_at(users, &self.rates.read),
            LookupMode::List => seconds_at(users, &self.rates.list),
            LookupMode::None => 0,
        };
        let updates = if kinds.contains(&StepKind::Update) {
            self.counts.steps.of(StepKind::Update)
        } else {
            0
        };
        self.time_without_lookups(kinds)
            .max(Duration::from_secs(lookups))
            .max(Duration::from_secs(seconds_at(updates, &self.rates.update)))
    }

    /// Returns how many existing users have to be looked up, if every user may exist.
    fn lookups_at_most(&self) -> u64 {
        match self.existing_users {
            ExistingUsers::Listed(_) => 0,
            ExistingUsers::Unknown | ExistingUsers::ToList(_) => self.counts.to_send,
        }
    }

    fn prescan(&self) -> Option<&PrescanPlan> {
        match &self.existing_users {
            ExistingUsers::ToList(prescan) => Some(prescan),
            ExistingUsers::Unknown | ExistingUsers::Listed(_) => None,
        }
    }

    /// Returns the time if no user has to be looked up.
    fn time_without_lookups(&self, kinds: &[StepKind]) -> Duration {
        let steps = |category| -> u64 {
            // Only users that exist, and that are therefore looked up, are updated.
            let kinds = kinds
                .iter()
                .filter(|kind| category_of(**kind) == category && **kind != StepKind::Update);
            kinds.map(|kind| self.counts.steps.of(*kind)).sum()
        };
        let creations = self.counts.to_send + steps(Category::UserCreation);
        let creation = seconds_at(creations, &self.rates.creation);
        let update = seconds_at(steps(Category::UserUpdate), &self.rates.update);
        Duration::from_secs(creation.max(update))
    }

    /// Formats the time with these kinds of steps: "up to" if it depends on lookups that may not be
    /// needed.
    fn estimate(&self, kinds: &[StepKind]) -> String {
        let (time, without) = (self.time_with(kinds), self.time_without_lookups(kinds));
        if time > without {
            format!("up to {}", humantime::format_duration(time))
        } else {
            format!("about {}", humantime::format_duration(time))
        }
    }

    /// Formats the steps of this category that occur, like `3 AdminConfirmSignUp`.
    fn steps_on(&self, category: Category) -> Vec<String> {
        let kinds = StepKind::ALL.into_iter();
        let kinds: Vec<StepKind> = kinds
            .filter(|kind| category_of(*kind) == category)
            .collect();
        let calls = self.counts.steps.by_operation(&kinds).into_iter();
        calls
            .map(|(operation, number)| format!("{number} {operation}"))
            .collect()
    }

    fn write_requests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.sends_nothing() {
            return writeln!(f, "      requests: none (no rows to sign up)");
        }
        let up_to = match self.prescan() {
            Some(prescan) => {
                writeln!(f, "      {prescan}")?;
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
            // Steps may be skipped for users that exist already.
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
        match self.lookup {
            LookupMode::Get | LookupMode::List if self.lookups_at_most() == 0 => writeln!(
                f,
                "      UserRead: AdminGetUser for unclear answers only, at {read}"
            ),
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

    fn write_updates(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users = self.counts.steps.of(StepKind::Update);
        if users == 0 || self.updated_attributes.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "      updates: at most {} that exist and differ: {}",
            counted(users, "user", "users"),
            first_names(&self.updated_attributes)
        )
    }

    fn write_time(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.sends_nothing() {
            return Ok(());
        }
        let (time, no_lookups) = (self.time(), self.time_without_lookups(&StepKind::ALL));
        let mut alternatives = Vec::new();
        if time > no_lookups {
            alternatives.push(format!(
                "{} if no user exists yet",
                humantime::format_duration(no_lookups)
            ));
        }
        let no_steps = self.time_with(&[]);
        if time > no_steps {
            alternatives.push(format!(
                "{} without follow-up steps",
                humantime::format_duration(no_steps)
            ));
        }
        let alternatives = if alternatives.is_empty() {
            String::new()
        } else {
            format!(" ({})", alternatives.join("; "))
        };
        let time = humantime::format_duration(time);
        match self.prescan().map(PrescanPlan::time) {
            None => writeln!(
                f,
                "      time: {}{alternatives}",
                self.estimate(&StepKind::ALL)
            ),
            Some(None) => writeln!(
                f,
                "      time: up to {time}{alternatives}, plus the time to list the pool first"
            ),
            Some(Some(prescan)) => writeln!(
                f,
                "      time: about {} to list the pool, then up to {time}{alternatives}",
                humantime::format_duration(Duration::from_secs(prescan.as_secs().max(1)))
            ),
        }
    }

    /// Writes what a trigger in the pool would save.
    fn write_cheaper(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = &self.counts.steps;
        let by_trigger = steps.of(StepKind::Confirm) + steps.of(StepKind::Verify);
        if by_trigger == 0 {
            return Ok(());
        }
        writeln!(
            f,
            "      cheaper: a PreSignUp trigger that confirms and verifies the users of this \
             import (see --validation-data-file) saves {by_trigger} of these calls; time: {}",
            self.estimate(&[StepKind::Update, StepKind::AddToGroup, StepKind::Disable])
        )
    }

    /// Writes what `undo` could not revert.
    fn write_undo(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.steps.of(StepKind::Confirm) == 0 {
            return Ok(());
        }
        match self.threat_protection {
            Some(true) => Ok(()),
            Some(false) => writeln!(
                f,
                "      undo: would keep confirmed users unless you pass --even-if-used: without \
                 threat protection, nothing records who has signed in"
            ),
            None => writeln!(
                f,
                "      undo: would keep confirmed users unless you pass --even-if-used, or unless \
                 the pool has threat protection, the only record of who has signed in"
            ),
        }
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
            "plan: {}: {to_send} to send, ",
            counted(rows, "row", "rows")
        )?;
        if let ExistingUsers::Listed(existing) = self.existing_users {
            write!(f, "{existing} existing, ")?;
        }
        write!(f, "{duplicates} duplicate, {invalid} invalid")?;
        if skipped > 0 {
            write!(f, ", {skipped} skipped (--skip-where)")?;
        }
        writeln!(f)?;
        self.write_requests(f)?;
        if !self.groups_to_create.is_empty() {
            writeln!(
                f,
                "      groups: {} to create first: {}",
                self.groups_to_create.len(),
                first_names(&self.groups_to_create)
            )?;
        }
        self.write_updates(f)?;
        self.write_time(f)?;
        self.write_cheaper(f)?;
        self.write_undo(f)?;
        match self.messages {
            None => writeln!(f, "      messages: unknown (the pool's rules are unknown)")?,
            Some((0, 0)) => writeln!(f, "      messages: none")?,
            Some((emails, sms)) => {
                let counts: Vec<String> = [
                    (emails, counted(emails, "email", "emails")),
                    (sms, counted(sms, "SMS", "SMS")),
                ]
                .into_iter()
                .filter_map(|(count, text)| (count > 0).then_some(text))
                .collect();
                writeln!(f, "      messages: {}", counts.join(", "))?;
                if self.trigger_may_confirm {
                    writeln!(
                        f,
                        "                (none if the pool's PreSignUp trigger confirms and \
                         verifies users)"
                    )?;
                }
            }
        }
        f.write_str("      active users (MAU) this month: ")?;
        match to_send {
            0 => f.write_str("none"),
            _ => write!(f, "up to {to_send} more"),
        }
    }
}

/// Returns how many users per second the quotas allow, including their follow-up steps.
#[must_use]
pub fn users_per_second(counts: &SurveyCounts, ceilings: Ceilings) -> f64 {
    let steps_per_user = |category| {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        let per_user = counts.steps.of_category(category) as f64 / counts.to_send.max(1) as f64;
        per_user
    };
    // Without requests in a category, this is infinite: its quota does not limit the run.
    let users =
        |category, requests_per_user| f64::from(ceilings.of(category).get()) / requests_per_user;
    let creation = 1.0 + steps_per_user(Category::UserCreation);
    let update = steps_per_user(Category::UserUpdate);
    users(Category::UserCreation, creation).min(users(Category::UserUpdate, update))
}

/// Returns how many seconds these requests take at this rate.
fn seconds_at(requests: u64, rate: &Rate) -> u64 {
    requests.div_ceil(u64::from(rate.per_second.get()))
}

#[cfg(test)]
mod tests;
