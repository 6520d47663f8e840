//! Whether the pool's listing is used: before the run, to find those who exist already, or for each of them in turn.

use std::time::Duration;

use crate::preflight::attempts::PreflightCalls;
use crate::preflight::calls::Call;
use crate::preflight::prescan::{
    ExistingUserPolicy, PrescanMode, PrescanPlan, ScanInput, plan_prescan,
};
use crate::preflight::queries::{PoolAnswers, query_listing};
use crate::preflight::rates::{RateOptions, Rates};

/// What it is weighed by.
pub(super) struct ListingDecision<'a> {
    /// The pool, where it may be asked.
    pub(super) preflight: Option<PreflightCalls<'a>>,
    pub(super) looks: ExistingUserPolicy,
    pub(super) rates: &'a RateOptions,
    /// `EstimatedNumberOfUsers`, where it is known.
    pub(super) users: Option<u64>,
    /// Rows that are left to send, where that is known.
    pub(super) rows: Option<u64>,
    /// The time that the run was given.
    pub(super) time: Option<Duration>,
}

impl ListingDecision<'_> {
    /// Whether the pool is read first. Where its listing would be used, it is asked whether it may be, and how fast: what comes of that is
    /// added to `found`.
    pub(super) async fn reading(self, found: &mut PoolAnswers) -> Option<PrescanPlan> {
        let wanted = self.by(found);
        let needed = self.looks.needs_listing();
        if wanted.is_none() && !needed {
            return None;
        }
        if let Some(preflight) = self.preflight
            && found.refused_by().is_none()
        {
            query_listing(preflight, self.rates.list.is_none(), needed, found).await;
        }
        if found.failure_of(Call::ListUsers).is_some() && self.looks.prescan == PrescanMode::Auto {
            return None;
        }
        // Once more, with the rate that is granted.
        self.by(found)
    }

    fn by(&self, found: &PoolAnswers) -> Option<PrescanPlan> {
        let rates = Rates::new(self.rates, found);
        let known = ScanInput {
            users: self.users,
            rows: self.rows,
            rates: &rates,
            time: self.time,
        };
        plan_prescan(self.looks, known)
    }
}
