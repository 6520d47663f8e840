//! Rate limiting: every request needs a permit from [`Pacer::permit`].
//!
//! `lane` is the queue of one category, which never exceeds the rate in any one second. `adapt`
//! sets the rate: the configured ceiling, or less while the pool throttles. Categories are
//! independent.

mod adapt;
mod category;
mod clock;
mod lane;

use tokio::time::Instant;

pub use category::{Category, Ceilings};
use lane::Lane;

/// Permission to send one request.
#[derive(Debug)]
#[must_use = "a permit that is not used is a request less"]
pub struct Permit {
    category: Category,
    given: Instant,
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
    /// Requests with any answer that was not throttled.
    pub accepted: u64,
    /// Requests that were throttled.
    pub throttled: u64,
    /// The maximum, in requests a second.
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

    /// A permit without waiting, or `None` if the caller would have to wait.
    pub fn permit_at_once(&self, category: Category) -> Option<Permit> {
        self.lane(category).permit_at_once()
    }

    /// Records an answer. A throttled one slows its category down.
    pub fn answered(&self, permit: &Permit, throttled: bool) {
        self.lane(permit.category).answered(permit, throttled);
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
