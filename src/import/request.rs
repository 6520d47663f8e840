//! What every request of a run needs: leave to be sent, an ear for the run's stop, and a place in the counts.

use std::time::Duration;

use tokio::sync::watch;

use super::registration::RegistrationRules;
use super::slots::ReleasedSlots;
use crate::pace::{Category, Pacer, Permit};
use crate::pool::{Cognito, Failure, NamedBy};
use crate::run::RequestCounts;

/// What all rows share.
#[derive(Debug)]
pub(super) struct RequestContext {
    pub(super) pool: Cognito,
    pub(super) pacer: Pacer,
    pub(super) rules: RegistrationRules,
    pub(super) named_by: NamedBy,
    /// True once the run takes no more rows.
    pub(super) stopping: watch::Receiver<bool>,
    /// Slots of those who wait for another quota than that of sign-ups.
    pub(super) released: ReleasedSlots,
    /// What the log's events stand in.
    pub(super) span: tracing::Span,
}

impl RequestContext {
    /// A permit, for a task that has a slot. Others may use the slot while it waits, unless what it waits for is the budget of sign-ups.
    pub(super) async fn permit(&self, category: Category) -> Permit {
        if let Some(permit) = self.pacer.permit_at_once(category) {
            return permit;
        }
        let permit = self.pacer.permit(category);
        match category {
            Category::UserCreation => permit.await,
            Category::UserRead
            | Category::UserUpdate
            | Category::UserResourceRead
            | Category::UserList => self.released.release_while(permit).await,
        }
    }
}

/// What was asked of the pool for one row, or for one step of a user.
#[derive(Debug, Default)]
pub(super) struct Requested {
    pub(super) requests: RequestCounts,
    /// How long the last answer took.
    pub(super) latency: Option<Duration>,
}

/// A permit after this time; none where the run stops first.
pub(super) async fn permit_unless_stopped(
    shared: &RequestContext,
    category: Category,
    stopping: &mut watch::Receiver<bool>,
    wait: Duration,
) -> Option<Permit> {
    if stopped_while(stopping, wait).await {
        return None;
    }
    tokio::select! {
        biased;
        _ = stopping.wait_for(|stopping| *stopping) => None,
        permit = shared.permit(category) => Some(permit),
    }
}

/// Waits, but not longer than until the run stops. True: it stops.
pub(super) async fn stopped_while(stopping: &mut watch::Receiver<bool>, wait: Duration) -> bool {
    if wait.is_zero() {
        return *stopping.borrow();
    }
    // A time-out means that the run goes on; an error, that the loop is gone and this task with it.
    let _ = tokio::time::timeout(wait, stopping.wait_for(|stopping| *stopping)).await;
    *stopping.borrow()
}

/// Counts a request, with the permit it had.
pub(super) fn count(
    shared: &RequestContext,
    permit: &Permit,
    failure: Option<&Failure>,
    requested: &mut Requested,
) {
    requested.requests.count(&shared.pacer, permit, failure);
}
