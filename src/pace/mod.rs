//! Rate limiting: every request needs a permit from [`Pacer::permit`].
//!
//! `lane` is the queue of one category, which never exceeds the rate in any one second. `adapt`
//! sets the rate: the configured ceiling, or less while the pool throttles. Categories are
//! independent.

mod adapt;
mod category;
mod lane;

use tokio::time::Instant;

pub use category::{Category, Ceilings};
use lane::Lane;

/// Permission to send one request.
#[derive(Debug)]
#[must_use = "an unused permit wastes a request"]
pub struct Permit {
    category: Category,
    granted_at: Instant,
}

impl Permit {
    #[must_use]
    pub fn category(&self) -> Category {
        self.category
    }
}

/// Counters and rates of a category.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PaceReading {
    /// Permits granted.
    pub sent: u64,
    /// Requests that were answered and not throttled.
    pub accepted: u64,
    /// Requests that were throttled.
    pub throttled: u64,
    /// The maximum, in requests per second.
    pub ceiling: f64,
    /// The current rate: the ceiling, or less while the pool throttles.
    pub allowed: f64,
}

/// Grants permits by quota category.
#[derive(Debug)]
pub struct Pacer {
    creation: Lane,
    read: Lane,
    update: Lane,
    resource_read: Lane,
    list: Lane,
}

impl Pacer {
    #[must_use]
    pub fn new(ceilings: Ceilings) -> Self {
        let lane = |category| Lane::new(category, ceilings.of(category));
        Self {
            creation: lane(Category::UserCreation),
            read: lane(Category::UserRead),
            update: lane(Category::UserUpdate),
            resource_read: lane(Category::UserResourceRead),
            list: lane(Category::UserList),
        }
    }

    /// Waits for permission to send one request. First come, first served. Cancel safe.
    pub async fn permit(&self, category: Category) -> Permit {
        self.lane(category).permit().await
    }

    /// Returns a permit if one is available without waiting.
    pub fn try_permit(&self, category: Category) -> Option<Permit> {
        self.lane(category).try_permit()
    }

    /// Records a response. A throttled one slows its category down.
    pub fn record_response(&self, permit: &Permit, throttled: bool) {
        self.lane(permit.category)
            .record_response(permit, throttled);
    }

    #[must_use]
    pub fn reading(&self, category: Category) -> PaceReading {
        self.lane(category).reading()
    }

    /// Returns the number of tasks that wait for a permit of this category.
    #[must_use]
    pub fn waiting(&self, category: Category) -> usize {
        self.lane(category).waiting()
    }

    fn lane(&self, category: Category) -> &Lane {
        match category {
            Category::UserCreation => &self.creation,
            Category::UserRead => &self.read,
            Category::UserUpdate => &self.update,
            Category::UserResourceRead => &self.resource_read,
            Category::UserList => &self.list,
        }
    }
}

#[cfg(test)]
mod tests;
