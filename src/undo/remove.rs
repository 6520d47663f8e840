//! Drives one [`Removal`] with permits, requests and delays. Returns a value and shares no state
//! with the loop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::removal::{PoolBehavior, Removal, RemovalEvent, RemovalStep};
use crate::detail;
use crate::outcome::UndoOutcome;
use crate::pace::{Category, Pacer, Permit};
use crate::pool::{Cognito, Failure, Stop};
use crate::run::RequestCounts;

/// Shared by the tasks of all users.
#[derive(Debug)]
pub(super) struct RemovalContext {
    pub(super) pool: Cognito,
    pub(super) pacer: Pacer,
    /// True once the undo is stopping.
    pub(super) stopping: watch::Receiver<bool>,
}

/// How a user's task ended.
#[derive(Debug)]
pub(super) enum RemovalEnd {
    /// The user may be deleted or restored once that is begun in the ledger.
    ToBegin(Box<Removal>),
    /// The user has its outcome.
    Settled(UndoOutcome),
    /// No connection could be made.
    Unreachable(UndoOutcome),
    /// The undo is stopping. The deletion was begun and no request can have arrived.
    NotSent,
    /// The undo is stopping: the next one starts this user over.
    LeftOpen,
    /// Every user would fail in the same way.
    StopRun(Stop, Failure),
}

#[derive(Debug)]
pub(super) struct FinishedRemoval {
    pub(super) row: u64,
    pub(super) end: RemovalEnd,
    pub(super) behavior: PoolBehavior,
    pub(super) requests: RequestCounts,
}

/// Continues a removal with this event.
pub(super) async fn remove(
    shared: Arc<RemovalContext>,
    mut removal: Removal,
    event: RemovalEvent,
) -> FinishedRemoval {
    let mut requests = RequestCounts::default();
    let end = drive(&shared, &mut removal, event, &mut requests).await;
    let (row, behavior) = (removal.row(), removal.behavior());
    let end = match end {
        Paused::ToBegin => RemovalEnd::ToBegin(Box::new(removal)),
        Paused::Ended(end) => end,
    };
    FinishedRemoval {
        row,
        end,
        behavior,
        requests,
    }
}

enum Paused {
    ToBegin,
    Ended(RemovalEnd),
}

async fn drive(
    shared: &RemovalContext,
    removal: &mut Removal,
    mut event: RemovalEvent,
    requests: &mut RequestCounts,
) -> Paused {
    let mut stopping = shared.stopping.clone();
    loop {
        let step = removal.next(event, fastrand::f64());
        let (category, wait) = match &step {
            RemovalStep::LookUp(wait) => (Category::UserRead, *wait),
            RemovalStep::ReadEvents(wait, _) => (Category::UserResourceRead, *wait),
            RemovalStep::Delete(wait) | RemovalStep::Restore(wait) => (Category::UserUpdate, *wait),
            RemovalStep::Begin => return Paused::ToBegin,
            RemovalStep::Settled(outcome) => {
                return Paused::Ended(RemovalEnd::Settled(outcome.clone()));
            }
            RemovalStep::Unreachable(outcome) => {
                return Paused::Ended(RemovalEnd::Unreachable(outcome.clone()));
            }
            RemovalStep::StopRun(stop, failure) => {
                return Paused::Ended(RemovalEnd::StopRun(*stop, failure.clone()));
            }
        };
        let Some(permit) = permit(shared, &mut stopping, category, wait).await else {
            return Paused::Ended(if removal.was_begun_but_not_sent() {
                RemovalEnd::NotSent
            } else {
                RemovalEnd::LeftOpen
            });
        };
        let name = removal.name();
        event = match &step {
            RemovalStep::ReadEvents(_, token) => {
                let result = shared.pool.user_events(name, token.as_deref()).await;
                requests.count(&shared.pacer, &permit, result.as_ref().err());
                RemovalEvent::EventsRead(result)
            }
            RemovalStep::Delete(_) => {
                let result = shared.pool.delete(name).await;
                requests.count(&shared.pacer, &permit, result.as_ref().err());
                log(removal.row(), "AdminDeleteUser", result.as_ref().err());
                RemovalEvent::Deleted(result)
            }
            RemovalStep::Restore(_) => {
                let attributes: Vec<(&str, &str)> = removal.restoration().collect();
                let update = shared.pool.update_attributes(name, &attributes, None);
                let result = update.await;
                requests.count(&shared.pacer, &permit, result.as_ref().err());
                let operation = "AdminUpdateUserAttributes";
                log(removal.row(), operation, result.as_ref().err());
                RemovalEvent::Restored(result)
            }
            // All other steps returned above.
            RemovalStep::LookUp(_)
            | RemovalStep::Begin
            | RemovalStep::Settled(_)
            | RemovalStep::Unreachable(_)
            | RemovalStep::StopRun(..) => {
                let result = shared.pool.find(name).await;
                requests.count(&shared.pacer, &permit, result.as_ref().err());
                RemovalEvent::Found(result)
            }
        };
    }
}

/// Returns a permit after `wait`, or `None` if the undo stops first.
async fn permit(
    shared: &RemovalContext,
    stopping: &mut watch::Receiver<bool>,
    category: Category,
    wait: Duration,
) -> Option<Permit> {
    let delayed_permit = async {
        tokio::time::sleep(wait).await;
        shared.pacer.permit(category).await
    };
    tokio::select! {
        biased;
        _ = stopping.wait_for(|stopping| *stopping) => None,
        permit = delayed_permit => Some(permit),
    }
}

fn log(row: u64, operation: &'static str, failure: Option<&Failure>) {
    match failure {
        Some(failure) => {
            detail::debug!(row, operation, code = failure.code, "{}", failure.message);
        }
        None => detail::trace!(row, operation, "answered"),
    }
}
