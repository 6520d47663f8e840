//! The plan as JSON.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::RunPlan;
use crate::pace::Category;
use crate::pool::LookupMode;
use crate::preflight::prescan::PrescanPlan;
use crate::preflight::rates::Rate;
use crate::user::StepKind;

/// The requests that a run would send, and how long it would take.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PlanDocument<'a> {
    /// Requests by quota category.
    requests: BTreeMap<&'static str, PlannedRequests<'a>>,
    /// Whether the pool's users are listed before the first row.
    reads_pool_first: bool,
    /// How long that takes, if the size of the pool is known.
    seconds_to_read_pool: Option<f64>,
    /// How long the sign-ups and the steps after them take if every user exists and has to be
    /// looked up.
    seconds: u64,
    /// The same if no user exists.
    seconds_without_lookups: u64,
    /// Groups that are created first.
    groups_to_create: &'a [String],
    /// The attributes of existing users that are updated.
    updated_attributes: &'a [String],
    /// Messages that the pool would send; null if the rules of the pool are unknown.
    messages: Option<Messages>,
    /// The most users that the run can add to the monthly active users.
    active_users_at_most: u64,
    /// Whether the pool has threat protection, without which `undo` keeps confirmed users; null if
    /// the rules of the pool are unknown.
    threat_protection: Option<bool>,
}

/// Requests of one quota category.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PlannedRequests<'a> {
    /// The most requests; null if the number depends on responses.
    at_most: Option<u64>,
    /// The rate at which they are sent.
    #[cfg_attr(
        test,
        schemars(with = "crate::preflight::rates::RateDocument<'static>")
    )]
    rate: &'a Rate,
}

/// Messages to users.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Messages {
    /// Emails.
    emails: u64,
    /// SMS.
    sms: u64,
    /// Whether none is sent if the pool's PreSignUp trigger confirms and verifies the users.
    unless_trigger_confirms: bool,
}

impl Serialize for RunPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let prescan = self.prescan();
        PlanDocument {
            requests: self.by_category(),
            reads_pool_first: prescan.is_some(),
            seconds_to_read_pool: prescan
                .and_then(PrescanPlan::time)
                .map(|time| time.as_secs_f64()),
            seconds: self.time().as_secs(),
            seconds_without_lookups: self.time_without_lookups(&StepKind::ALL).as_secs(),
            groups_to_create: &self.groups_to_create,
            updated_attributes: &self.updated_attributes,
            messages: self.messages.map(|(emails, sms)| Messages {
                emails,
                sms,
                unless_trigger_confirms: self.trigger_may_confirm,
            }),
            active_users_at_most: self.active_users_at_most(),
            threat_protection: self.threat_protection,
        }
        .serialize(serializer)
    }
}

impl RunPlan {
    fn by_category(&self) -> BTreeMap<&'static str, PlannedRequests<'_>> {
        let users = self.counts.to_send;
        let mut requests = BTreeMap::new();
        let mut add = |category: Category, at_most, rate| {
            requests.insert(category.name(), PlannedRequests { at_most, rate });
        };
        let steps = |category| self.counts.steps.of_category(category);
        let creations = users + steps(Category::UserCreation);
        add(
            Category::UserCreation,
            Some(creations),
            &self.rates.creation,
        );
        let updates = steps(Category::UserUpdate);
        if updates > 0 {
            add(Category::UserUpdate, Some(updates), &self.rates.update);
        }
        let listed = match self.lookup {
            LookupMode::Get => {
                let lookups = self.lookups_at_most();
                add(Category::UserRead, Some(lookups), &self.rates.read);
                Some(0)
            }
            LookupMode::List => {
                // Only for unclear answers.
                add(Category::UserRead, None, &self.rates.read);
                Some(self.lookups_at_most())
            }
            LookupMode::None => Some(0),
        };
        let pages = match self.prescan() {
            None => Some(0),
            Some(prescan) => prescan.pages(),
        };
        let listing = listed.zip(pages).map(|(listed, pages)| listed + pages);
        if listing != Some(0) {
            add(Category::UserList, listing, &self.rates.list);
        }
        requests
    }
}
