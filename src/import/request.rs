//! Permits, cancellation and request counting, shared by every request.

use std::time::Duration;

use tokio::sync::watch;

use super::registration::RegistrationRules;
use super::slots::ReleasedSlots;
use crate::pace::{Category, Pacer, Permit};
use crate::pool::{Cognito, Failure, NamedBy};
use crate::run::RequestCounts;

/// Shared by the tasks of all rows.
#[derive(Debug)]
pub(super) struct RequestContext {
    pub(super) pool: Cognito,
    pub(super) pacer: Pacer,
    pub(super) rules: RegistrationRules,
    pub(super) named_by: NamedBy,
    /// True once the run is stopping.
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) released: ReleasedSlots,
    /// The parent span of log events.
    pub(super) span: tracing::Span,
}

impl RequestContext {
    /// Returns a permit for a task that holds a slot. The slot is released while the task waits for
    /// any category but sign-ups.
    pub(super) async fn permit(&self, category: Category) -> Permit {
        if let Some(permit) = self.pacer.try_permit(category) {
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

/// The requests sent for one row or one step.
#[derive(Debug, Default)]
pub(super) struct Requested {
    pub(super) requests: RequestCounts,
    /// The latency of the last answer.
    pub(super) latency: Option<Duration>,
}

/// Returns a permit after `wait`, or `None` if the run stops first.
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

/// Waits until the time is over or the run stops, and returns whether it stops.
pub(super) async fn stopped_while(stopping: &mut watch::Receiver<bool>, wait: Duration) -> bool {
    if wait.is_zero() {
        return *stopping.borrow();
    }
    // A timeout means that the run continues. An error means that the loop ended, and this task
    // ends with it.
    let _ = tokio::time::timeout(wait, stopping.wait_for(|stopping| *stopping)).await;
    *stopping.borrow()
}

pub(super) fn count(
    shared: &RequestContext,
    permit: &Permit,
    failure: Option<&Failure>,
    requested: &mut Requested,
) {
    requested.requests.count(&shared.pacer, permit, failure);
}
