//! Whether the pool's listing is used: before the run, to find those who exist already, or for each of them in turn.

use std::time::Duration;

use crate::pool::Cognito;
use crate::preflight::ask::{Found, LIST_ACTION, ask_listing};
use crate::preflight::prescan::{Known, Looks, Prescan, Reading, reading};
use crate::preflight::rates::{Rates, RatesAsked};

/// What it is weighed by.
pub(super) struct Weighed<'a> {
    /// The pool, where it may be asked.
    pub(super) pool: Option<&'a Cognito>,
    pub(super) looks: Looks,
    pub(super) rates: &'a RatesAsked,
    /// `EstimatedNumberOfUsers`, where it is known.
    pub(super) users: Option<u64>,
    /// Rows that are left to send, where that is known.
    pub(super) rows: Option<u64>,
    /// The time that the run was given.
    pub(super) time: Option<Duration>,
}

impl Weighed<'_> {
    /// Whether the pool is read first. Where its listing would be used, it is asked whether it may be, and how fast: what comes of that is
    /// added to `found`.
    pub(super) async fn reading(self, found: &mut Found) -> Option<Reading> {
        let wanted = self.by(found);
        if wanted.is_none() && !self.looks.needs_listing() {
            return None;
        }
        if let Some(pool) = self.pool {
            ask_listing(pool, self.rates.list.is_none(), found).await;
        }
        if found.question(LIST_ACTION).is_some() && self.looks.prescan == Prescan::Auto {
            return None;
        }
        // Once more, with the rate that is granted.
        self.by(found)
    }

    fn by(&self, found: &Found) -> Option<Reading> {
        let rates = Rates::new(self.rates, found);
        let known = Known {
            users: self.users,
            rows: self.rows,
            rates: &rates,
            time: self.time,
        };
        reading(self.looks, known)
    }
}
