//! Stage 5: [`Pacer::permit`], the only way to a request.
//!
//! Owns the rate of each quota category. Does not know what is sent. `lane` is the queue of one category: it never lets more than the
//! rate through in any one second. `adapt` says what the rate is: the ceiling that it was given, and less where the pool throttles.
//! The categories know nothing of each other.

mod adapt;
mod category;
mod clock;
mod lane;

use tokio::time::Instant;

pub use category::{Category, Ceilings};
use lane::Lane;

/// Leave to send one request.
#[derive(Debug)]
#[must_use = "a permit that is not used is a request less"]
pub struct Permit {
    category: Category,
    given: Instant,
}

impl Permit {
    /// The category that it is for.
    #[must_use]
    pub fn category(&self) -> Category {
        self.category
    }
}

/// What came of a category's permits so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PaceReading {
    /// Permits given.
    pub sent: u64,
    /// Requests that the pool answered, whatever it answered, but for the next ones.
    pub accepted: u64,
    /// Requests that the pool answered by "too many requests".
    pub throttled: u64,
    /// Requests a second, never more.
    pub ceiling: f64,
    /// Requests a second that are allowed at this moment: the ceiling, or less where the pool throttled.
    pub allowed: f64,
}

/// Permits, by quota category.
#[derive(Debug)]
pub struct Pacer {
    creation: Lane,
    read: Lane,
    update: Lane,
    resource_read: Lane,
    list: Lane,
}

impl Pacer {
    /// With these ceilings.
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

    /// Waits for leave to send one request. Those who wait are served in order; one that stops waiting loses nothing but
    /// its place.
    pub async fn permit(&self, category: Category) -> Permit {
        self.lane(category).permit().await
    }

    /// As [`Pacer::permit`], where there is no need to wait: none where there is, or somebody else waits.
    pub fn permit_at_once(&self, category: Category) -> Option<Permit> {
        self.lane(category).permit_at_once()
    }

    /// The pool answered the request. One that it throttled slows its category down.
    pub fn answered(&self, permit: &Permit, throttled: bool) {
        self.lane(permit.category).answered(permit, throttled);
    }

    /// What came of a category's permits so far.
    #[must_use]
    pub fn reading(&self, category: Category) -> PaceReading {
        self.lane(category).reading()
    }

    /// How many wait for a permit of this category.
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
