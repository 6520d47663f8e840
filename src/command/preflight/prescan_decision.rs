//! Decides whether to list the pool before the first row.

use std::time::Duration;

use crate::preflight::attempts::PreflightCalls;
use crate::preflight::calls::Call;
use crate::preflight::prescan::{
    ExistingUserPolicy, PrescanMode, PrescanPlan, ScanInput, plan_prescan,
};
use crate::preflight::queries::{PoolAnswers, query_listing};
use crate::preflight::rates::{RateOptions, Rates};

/// Whether to list the pool before the first row.
pub(in crate::command) struct PrescanDecision<'a> {
    /// `None` if the pool is not called.
    pub(in crate::command) calls: Option<PreflightCalls<'a>>,
    pub(in crate::command) policy: ExistingUserPolicy,
    pub(in crate::command) rates: &'a RateOptions,
    /// `EstimatedNumberOfUsers`, if known.
    pub(in crate::command) users: Option<u64>,
    /// Rows to send, if known.
    pub(in crate::command) rows: Option<u64>,
    pub(in crate::command) time_limit: Option<Duration>,
}

impl PrescanDecision<'_> {
    /// If the listing would be used, queries whether it is permitted, and its quota. Adds the
    /// answers to `found`.
    pub(in crate::command) async fn decide(self, found: &mut PoolAnswers) -> Option<PrescanPlan> {
        let is_needed = self.policy.needs_listing();
        if self.plan(found).is_none() && !is_needed {
            return None;
        }
        if let Some(calls) = self.calls
            && found.refused_by().is_none()
        {
            query_listing(calls, self.rates.list.is_none(), is_needed, found).await;
        }
        if found.failure_of(Call::ListUsers).is_some() && self.policy.prescan == PrescanMode::Auto {
            return None;
        }
        // The quota is known now.
        self.plan(found)
    }

    fn plan(&self, found: &PoolAnswers) -> Option<PrescanPlan> {
        let rates = Rates::new(self.rates, found);
        let input = ScanInput {
            users: self.users,
            rows: self.rows,
            rates: &rates,
            time: self.time_limit,
        };
        plan_prescan(self.policy, input)
    }
}
