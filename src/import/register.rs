//! Takes one user through [`Registration`]: permits, requests, waits. Only returns a value: the loop owns the truth.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::event::RequestCounts;
use super::logged;
use super::registration::{Event, Registration, Step, StopRun};
use super::request::{Requested, Shared, count, permit_unless_stopped, stopped_while};
use super::resolve::Times;
use crate::outcome::{Came, Outcome};
use crate::pace::{Category, Permit};
use crate::pool::failure::CONNECT_FAILED;
use crate::pool::{Advice, Failure, Sent};
use crate::user::NewUser;

/// One row on its way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) row: u64,
    pub(super) end_byte: u64,
    pub(super) user: NewUser,
    pub(super) times: Times,
    /// An earlier process began it and did not settle it.
    pub(super) maybe_sent: bool,
}

/// How a row's way ended.
#[derive(Debug)]
pub(super) enum End {
    /// With an outcome.
    Settled(Came),
    /// No connection could be made. In doubt, where an earlier request may have made the user.
    Unreachable(Came),
    /// The run stops, and nothing was made.
    NeverSent,
    /// The run stops, and the user may have been made: the next run looks.
    MaybeSent,
    /// No row can go on.
    StopRun(Box<StopRun>),
}

/// What a task returns.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) job: Job,
    pub(super) end: End,
    pub(super) requests: RequestCounts,
    /// How long the last sign-up's answer took.
    pub(super) latency: Option<Duration>,
}

/// Takes the row to its end. `permit` is leave for the first sign-up, where the dispatcher took one.
pub(super) async fn register(shared: Arc<Shared>, job: Job, permit: Option<Permit>) -> Done {
    let began = Instant::now();
    let mut sent = Requested::default();
    let mut end = take(&shared, &job, permit, began, &mut sent).await;
    if let End::Settled(came) | End::Unreachable(came) = &mut end {
        came.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    }
    Done {
        job,
        end,
        requests: sent.requests,
        latency: sent.latency,
    }
}

async fn take(
    shared: &Shared,
    job: &Job,
    mut permit: Option<Permit>,
    began: Instant,
    requested: &mut Requested,
) -> End {
    let mut stopping = shared.stopping.clone();
    let mut registration = Registration::new(&job.user, shared.rules, job.times, job.maybe_sent);
    let mut event = Event::Start;
    let mut unclear = began;
    loop {
        let since_unclear = match &event {
            Event::LookUp(_) => unclear.elapsed(),
            Event::Start | Event::SignUp(_) | Event::Listing(_) => Duration::ZERO,
        };
        let step = registration.next(event, since_unclear, fastrand::f64());
        event = match step {
            Step::SignUp(wait) => {
                // A permit in hand was taken for this request: it goes out, also while the run stops.
                let leave = match permit.take() {
                    Some(leave) => leave,
                    None => match permit_unless_stopped(
                        shared,
                        Category::UserCreation,
                        &mut stopping,
                        wait,
                    )
                    .await
                    {
                        Some(leave) => leave,
                        None => return left_behind(&registration),
                    },
                };
                let sent = Instant::now();
                let answer = sign_up(shared, job, leave, sent, requested).await;
                if answer.as_ref().is_err_and(may_still_arrive) {
                    unclear = sent;
                }
                Event::SignUp(answer)
            }
            Step::LookUp(wait) => {
                // A run that stops has no time to wait, but it looks before it leaves.
                stopped_while(&mut stopping, wait).await;
                let leave = shared.permit(Category::UserRead).await;
                let answer = look_up(shared, job, leave, requested).await;
                match &answer {
                    // The pool has answered for this row; only how the user stands is not known.
                    Err(failure) if *stopping.borrow() && registration.existed() => {
                        return End::Settled(registration.existed_unseen(failure));
                    }
                    Ok(None) | Err(_) if *stopping.borrow() && !registration.existed() => {
                        return left_behind(&registration);
                    }
                    Ok(_) | Err(_) => Event::LookUp(answer),
                }
            }
            Step::FindInListing(wait) => {
                stopped_while(&mut stopping, wait).await;
                let leave = shared.permit(Category::UserList).await;
                let answer = find_in_listing(shared, job, leave, requested).await;
                match &answer {
                    Err(failure) if *stopping.borrow() => {
                        return End::Settled(registration.existed_unseen(failure));
                    }
                    Ok(_) | Err(_) => Event::Listing(answer),
                }
            }
            Step::Settled(came)
                if came.outcome != Outcome::Existed
                    && came.error_code.as_deref() == Some(CONNECT_FAILED) =>
            {
                return End::Unreachable(*came);
            }
            Step::Settled(came) => return End::Settled(*came),
            Step::StopRun(stop) => return End::StopRun(stop),
        };
    }
}

fn left_behind(registration: &Registration<'_>) -> End {
    if registration.maybe_made() {
        End::MaybeSent
    } else {
        End::NeverSent
    }
}

/// Whether the service may make the user after this failure.
fn may_still_arrive(failure: &Failure) -> bool {
    failure.sent == Sent::Maybe || matches!(failure.advice, Advice::LookUp(_) | Advice::Undelivered)
}

async fn sign_up(
    shared: &Shared,
    job: &Job,
    leave: Permit,
    sent: Instant,
    requested: &mut Requested,
) -> Result<crate::pool::SignedUp, Failure> {
    let answer = shared.pool.sign_up(&job.user).await;
    requested.latency = Some(sent.elapsed());
    logged::answer(&shared.span, job.row, "SignUp", answer.as_ref().err());
    count(shared, &leave, answer.as_ref().err(), requested);
    answer
}

async fn look_up(
    shared: &Shared,
    job: &Job,
    leave: Permit,
    requested: &mut Requested,
) -> Result<Option<crate::pool::FoundUser>, Failure> {
    let NewUser {
        username, password, ..
    } = &job.user;
    let answer = shared
        .pool
        .look_up_for_row(username, password.as_ref())
        .await;
    logged::answer(&shared.span, job.row, "AdminGetUser", answer.as_ref().err());
    count(shared, &leave, answer.as_ref().err(), requested);
    answer
}

async fn find_in_listing(
    shared: &Shared,
    job: &Job,
    leave: Permit,
    requested: &mut Requested,
) -> Result<Option<crate::pool::FoundUser>, Failure> {
    let (pool, name) = (&shared.pool, &job.user.username);
    let answer = pool
        .find_in_listing(shared.named_by, name, job.user.password.as_ref())
        .await;
    logged::answer(&shared.span, job.row, "ListUsers", answer.as_ref().err());
    count(shared, &leave, answer.as_ref().err(), requested);
    answer
}
