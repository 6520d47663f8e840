//! The plan of a run: requests by quota category, time, messages and active users.

mod document;
mod text;

#[cfg(test)]
pub(crate) use document::PlanDocument;

use std::time::Duration;

use super::prescan::PrescanPlan;
use super::rates::{Rate, Rates};
use super::survey::{NewUserCounts, SurveyCounts};
use crate::pace::{Category, Ceilings};
use crate::part::Part;
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
    /// The part that this process imports, and the number of rows in the whole list.
    pub part: Option<(Part, u64)>,
    /// The rows that this process imports.
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
            part: None,
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
            existing_users: ExistingUsers::Listed(
                self.counts.to_send.saturating_sub(counts.to_send),
            ),
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
        let updates = if kinds.contains(&StepKind::Update) {
            self.updates_at_most()
        } else {
            0
        };
        let (lookups, listings) = match self.lookup {
            LookupMode::Get => (users, 0),
            LookupMode::List => (0, users),
            LookupMode::None => (0, 0),
        };
        let lookups = seconds_at(lookups + updates, &self.rates.read)
            .max(seconds_at(listings, &self.rates.list));
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

    /// Returns how many existing users are updated at most. Each is looked up before its update.
    fn updates_at_most(&self) -> u64 {
        self.counts.steps.of(StepKind::Update)
    }

    /// Returns how many users become active this month at most: Cognito counts users that sign up,
    /// are looked up, or are updated.
    fn active_users_at_most(&self) -> u64 {
        match self.existing_users {
            ExistingUsers::Listed(_) => self.counts.to_send + self.updates_at_most(),
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
