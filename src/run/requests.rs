//! Counts of requests by quota category.

use crate::outcome::CategoryRequests;
use crate::pace::{Category, Pacer, Permit};
use crate::pool::{Failure, Sent};

/// Requests sent and throttled in each quota category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts([CategoryRequests; Category::ALL.len()]);

impl RequestCounts {
    pub fn add(&mut self, category: Category, throttled: bool) {
        if let Some(requests) = self.0.get_mut(category as usize) {
            requests.sent += 1;
            requests.throttled += u64::from(throttled);
        }
    }

    /// Counts a request that used this permit, and reports its response to the pacer. A request
    /// that was never sent does not count. One without a response counts, but does not tell the
    /// pacer anything about the quota.
    pub fn count(&mut self, pacer: &Pacer, permit: &Permit, failure: Option<&Failure>) {
        let sent = failure.map_or(Sent::Answered, |failure| failure.sent);
        let throttled = failure.is_some_and(Failure::is_throttled);
        match sent {
            Sent::No => return,
            Sent::Maybe => {}
            Sent::Answered => pacer.record_response(permit, throttled),
        }
        self.add(permit.category(), throttled);
    }

    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            mine.sent += theirs.sent;
            mine.throttled += theirs.throttled;
        }
    }

    /// Returns the counts of every category, with its name.
    #[must_use]
    pub fn by_name(&self) -> Vec<(&'static str, CategoryRequests)> {
        Category::ALL
            .map(|category| (category.name(), self.of(category)))
            .to_vec()
    }

    #[must_use]
    pub fn of(&self, category: Category) -> CategoryRequests {
        self.0.get(category as usize).copied().unwrap_or_default()
    }
}
