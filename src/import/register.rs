//! Drives one [`Registration`] with permits, requests and delays. Returns a value and shares no
//! state with the loop.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::registration::{Registration, RegistrationEvent, RegistrationStep, SentBefore, StopRun};
use super::request::{RequestContext, Requested, count, permit_unless_stopped, stopped_while};
use super::resolve::Times;
use super::run_log;
use crate::outcome::RowOutcome;
use crate::pace::{Category, Permit};
use crate::pool::{Advice, Failure, Sent};
use crate::run::RequestCounts;
use crate::user::NewUser;

/// A row to be sent.
#[derive(Debug)]
pub(super) struct RegistrationJob {
    pub(super) row: u64,
    pub(super) end_byte: u64,
    pub(super) user: NewUser,
    pub(super) times: Times,
    pub(super) sent_before: SentBefore,
}

impl RegistrationJob {
    /// Returns whether the row must be looked up before it is sent.
    pub(super) fn starts_with_lookup(&self) -> bool {
        self.sent_before == SentBefore::Maybe
    }
}

/// How a row's task ended.
#[derive(Debug)]
pub(super) enum RegistrationEnd {
    Settled(RowOutcome),
    /// No connection could be made. In doubt if an earlier request may have created the user.
    Unreachable(RowOutcome),
    /// The run is stopping, and no request can have created the user.
    NeverSent,
    /// The run is stopping, and the user may have been created: the next run looks it up.
    MaybeSent,
    /// Every row would fail in the same way.
    StopRun(Box<StopRun>),
}

#[derive(Debug)]
pub(super) struct FinishedRegistration {
    pub(super) job: RegistrationJob,
    pub(super) end: RegistrationEnd,
    pub(super) requests: RequestCounts,
    /// The latency of the last sign-up.
    pub(super) latency: Option<Duration>,
}

/// Processes one row. `permit` is for the first sign-up if the dispatcher already has one.
pub(super) async fn register(
    shared: Arc<RequestContext>,
    job: RegistrationJob,
    permit: Option<Permit>,
) -> FinishedRegistration {
    let began = Instant::now();
    let mut sent = Requested::default();
    let mut end = drive(&shared, &job, permit, began, &mut sent).await;
    if let RegistrationEnd::Settled(outcome) | RegistrationEnd::Unreachable(outcome) = &mut end {
        outcome.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    }
    FinishedRegistration {
        job,
        end,
        requests: sent.requests,
        latency: sent.latency,
    }
}

async fn drive(
    shared: &RequestContext,
    job: &RegistrationJob,
    mut permit: Option<Permit>,
    began: Instant,
    requested: &mut Requested,
) -> RegistrationEnd {
    let mut stopping = shared.stopping.clone();
    let mut registration =
        Registration::new(&job.user, shared.rules.clone(), job.times, job.sent_before);
    let mut event = RegistrationEvent::Start;
    let mut unclear_since = began;
    loop {
        let since_unclear = match &event {
            RegistrationEvent::LookUp(_) => unclear_since.elapsed(),
            RegistrationEvent::Start
            | RegistrationEvent::SignUp(_)
            | RegistrationEvent::Listing(_) => Duration::ZERO,
        };
        let step = registration.next(event, since_unclear, fastrand::f64());
        event = match step {
            RegistrationStep::SignUp(wait) => {
                // The permit was granted for this request, so it is sent even if the run is
                // stopping.
                let permit = match permit.take() {
                    Some(permit) => permit,
                    None => match permit_unless_stopped(
                        shared,
                        Category::UserCreation,
                        &mut stopping,
                        wait,
                    )
                    .await
                    {
                        Some(permit) => permit,
                        None => return interrupted(&registration),
                    },
                };
                let sent = Instant::now();
                let result = sign_up(shared, job, permit, sent, requested).await;
                if result.as_ref().is_err_and(may_still_arrive) {
                    unclear_since = sent;
                }
                RegistrationEvent::SignUp(result)
            }
            RegistrationStep::LookUp(wait) => {
                // A stopping run does not wait, but it still looks the user up.
                stopped_while(&mut stopping, wait).await;
                let permit = shared.permit(Category::UserRead).await;
                let result = look_up(shared, job, permit, requested).await;
                match &result {
                    // The user is known to exist; only its details are
                    // missing.
                    Err(failure) if *stopping.borrow() && registration.existed() => {
                        return RegistrationEnd::Settled(registration.existed_unseen(failure));
                    }
                    Ok(None) | Err(_) if *stopping.borrow() && !registration.existed() => {
                        return interrupted(&registration);
                    }
                    Ok(_) | Err(_) => RegistrationEvent::LookUp(result),
                }
            }
            RegistrationStep::FindInListing(wait) => {
                stopped_while(&mut stopping, wait).await;
                let permit = shared.permit(Category::UserList).await;
                let result = find_in_listing(shared, job, permit, requested).await;
                match &result {
                    Err(failure) if *stopping.borrow() => {
                        return RegistrationEnd::Settled(registration.existed_unseen(failure));
                    }
                    Ok(_) | Err(_) => RegistrationEvent::Listing(result),
                }
            }
            RegistrationStep::Unreachable(outcome) => {
                return RegistrationEnd::Unreachable(*outcome);
            }
            RegistrationStep::Settled(outcome) => return RegistrationEnd::Settled(*outcome),
            RegistrationStep::StopRun(stop) => return RegistrationEnd::StopRun(stop),
        };
    }
}

fn interrupted(registration: &Registration<'_>) -> RegistrationEnd {
    if registration.maybe_created() {
        RegistrationEnd::MaybeSent
    } else {
        RegistrationEnd::NeverSent
    }
}

/// Returns whether the service may still create the user after this failure.
fn may_still_arrive(failure: &Failure) -> bool {
    failure.sent == Sent::Maybe || matches!(failure.advice, Advice::LookUp(_) | Advice::Undelivered)
}

async fn sign_up(
    shared: &RequestContext,
    job: &RegistrationJob,
    permit: Permit,
    sent: Instant,
    requested: &mut Requested,
) -> Result<crate::pool::SignedUp, Failure> {
    let result = shared.pool.sign_up(&job.user).await;
    requested.latency = Some(sent.elapsed());
    run_log::response(&shared.span, job.row, "SignUp", result.as_ref().err());
    count(shared, &permit, result.as_ref().err(), requested);
    result
}

async fn look_up(
    shared: &RequestContext,
    job: &RegistrationJob,
    permit: Permit,
    requested: &mut Requested,
) -> Result<Option<crate::pool::FoundUser>, Failure> {
    let NewUser {
        username, password, ..
    } = &job.user;
    let result = shared
        .pool
        .look_up_for_row(username, password.as_ref())
        .await;
    run_log::response(&shared.span, job.row, "AdminGetUser", result.as_ref().err());
    count(shared, &permit, result.as_ref().err(), requested);
    result
}

async fn find_in_listing(
    shared: &RequestContext,
    job: &RegistrationJob,
    permit: Permit,
    requested: &mut Requested,
) -> Result<Option<crate::pool::FoundUser>, Failure> {
    let (pool, name) = (&shared.pool, &job.user.username);
    let result = pool
        .find_in_listing(shared.named_by, name, job.user.password.as_ref())
        .await;
    run_log::response(&shared.span, job.row, "ListUsers", result.as_ref().err());
    count(shared, &permit, result.as_ref().err(), requested);
    result
}
