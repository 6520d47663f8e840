//! The plan for programs: what its text says, by name.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::RunPlan;
use crate::pace::Category;
use crate::pool::LookupMode;
use crate::pool::list::USERS_A_PAGE;
use crate::preflight::prescan::PrescanPlan;
use crate::preflight::rates::Rate;
use crate::user::StepKind;

#[derive(Serialize)]
struct PlanDocument<'a> {
    /// By quota category.
    requests: BTreeMap<&'static str, PlannedRequests<'a>>,
    /// The pool's users are read before the first row.
    reads_pool_first: bool,
    /// What that takes, where the pool's size is known.
    seconds_to_read_pool: Option<f64>,
    /// Time for the sign-ups and what follows them, if every user exists and has to be looked up.
    seconds: u64,
    /// The same if no user exists.
    seconds_without_lookups: u64,
    /// The groups that are made first.
    groups_to_make: &'a [String],
    /// None where the pool's rules are not known.
    messages: Option<Messages>,
    active_users_at_most: u64,
    /// None where the pool's rules are not known. Without it, an undo keeps users that are confirmed.
    threat_protection: Option<bool>,
}

#[derive(Serialize)]
struct PlannedRequests<'a> {
    /// None where it depends on answers that are not known yet.
    at_most: Option<u64>,
    rate: &'a Rate,
}

#[derive(Serialize)]
struct Messages {
    mails: u64,
    text_messages: u64,
    /// None of them goes out where the pool's PreSignUp trigger confirms and verifies.
    unless_trigger_confirms: bool,
}

impl Serialize for RunPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let reading = self.reading.as_ref();
        PlanDocument {
            requests: self.by_category(),
            reads_pool_first: reading.is_some(),
            seconds_to_read_pool: reading
                .and_then(PrescanPlan::time)
                .map(|time| time.as_secs_f64()),
            seconds: self.time().as_secs(),
            seconds_without_lookups: self.time_without_lookups(&StepKind::ALL).as_secs(),
            groups_to_make: &self.groups_to_make,
            messages: self.messages.map(|(mails, text_messages)| Messages {
                mails,
                text_messages,
                unless_trigger_confirms: self.trigger_decides,
            }),
            active_users_at_most: self.counts.to_send,
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
        let listed = match self.look_ups {
            LookupMode::Get => {
                add(Category::UserRead, Some(users), &self.rates.read);
                Some(0)
            }
            LookupMode::List => {
                // For unclear answers alone.
                add(Category::UserRead, None, &self.rates.read);
                Some(users)
            }
            LookupMode::None => Some(0),
        };
        let pages = match &self.reading {
            None => Some(0),
            Some(reading) => reading.users.map(|users| users.div_ceil(USERS_A_PAGE)),
        };
        let listing = listed.zip(pages).map(|(listed, pages)| listed + pages);
        if listing != Some(0) {
            add(Category::UserList, listing, &self.rates.list);
        }
        requests
    }
}
