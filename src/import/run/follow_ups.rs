//! Steps after sign-ups: queues users with a settled row, whose steps are sent one after the other.
//!
//! The transaction that writes a row's outcome also records its steps as pending, so that the next
//! run can send the remaining ones.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::Run;
use crate::import::breaker::{Breaker, BreakerLimits, MAX_UNREACHABLE};
use crate::import::follow_up::{StepDone, StepEnd, StepJob};
use crate::import::run_log;
use crate::import::stop::StopReason;
use crate::outcome::{
    AttributeChange, FollowUp, Outcome, RowOutcome, StepResult, StepState, UserUpdate,
};
use crate::pace::Category;
use crate::pool::{Failure, Stop, action_of, category_of, operation_of};
use crate::user::{FollowUpStep, NewUser, Password, StepKind};

/// The maximum number of users with pending steps. Beyond it, sign-ups wait, which bounds memory if
/// the steps' quota is smaller.
const MAX_USERS: usize = 1_024;

/// A user with pending steps.
#[derive(Debug)]
pub(super) struct PendingUser {
    pub(super) username: Arc<str>,
    /// Kept to remove it from responses, and wiped after the last step.
    pub(super) password: Option<Arc<Password>>,
    pub(super) follow_up: FollowUp,
    /// The attributes that an update writes.
    pub(super) changes: Arc<[AttributeChange]>,
}

impl PendingUser {
    pub(super) fn new(user: &NewUser, follow_up: FollowUp, outcome: &RowOutcome) -> Self {
        let update = outcome.update.as_ref();
        Self {
            username: user.username.as_str().into(),
            password: user.password.clone().map(Arc::new),
            follow_up,
            changes: update.map_or_else(Arc::default, |update| update.changes().into()),
        }
    }

    /// Returns the next step and its index.
    fn next(&self) -> Option<(usize, FollowUpStep)> {
        let steps = self.follow_up.steps.iter().enumerate();
        steps
            .filter(|(_, step)| step.state == StepState::Pending)
            .find_map(|(index, step)| Some((index, FollowUpStep::from_word(&step.step)?)))
    }
}

#[derive(Debug)]
pub(super) struct FollowUps {
    users: HashMap<u64, PendingUser>,
    /// Rows of users whose next step uses the quota of sign-ups, first in, first out.
    creation: VecDeque<u64>,
    /// Rows of users whose next step uses another quota.
    update: VecDeque<u64>,
    /// Step states that are not in the ledger yet. A later state of a user replaces an earlier
    /// one.
    unwritten: BTreeMap<u64, FollowUp>,
    /// Consecutive steps for which no connection could be made.
    unreachable: usize,
    breakers: [(StepKind, Breaker); StepKind::ALL.len()],
}

impl FollowUps {
    pub(super) fn new(limits: BreakerLimits) -> Self {
        Self {
            users: HashMap::new(),
            creation: VecDeque::new(),
            update: VecDeque::new(),
            unwritten: BTreeMap::new(),
            unreachable: 0,
            breakers: StepKind::ALL.map(|kind| (kind, Breaker::new(calls_of(kind), limits))),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.users.len() < MAX_USERS
    }

    /// Returns the number of users with pending steps.
    pub(super) fn users(&self) -> usize {
        self.users.len()
    }

    /// Returns whether a step waits for a permit of this category.
    pub(super) fn waits_for(&self, category: Category) -> bool {
        !self.queue(category).is_empty()
    }

    fn queue(&self, category: Category) -> &VecDeque<u64> {
        match category {
            Category::UserCreation => &self.creation,
            Category::UserRead
            | Category::UserUpdate
            | Category::UserResourceRead
            | Category::UserList => &self.update,
        }
    }

    pub(super) fn next(&mut self, category: Category) -> Option<StepJob> {
        let row = match category {
            Category::UserCreation => self.creation.pop_front(),
            Category::UserRead
            | Category::UserUpdate
            | Category::UserResourceRead
            | Category::UserList => self.update.pop_front(),
        }?;
        let user = self.users.get(&row)?;
        let (index, step) = user.next()?;
        Some(StepJob {
            row,
            username: Arc::clone(&user.username),
            password: user.password.clone(),
            index,
            step,
            changes: Arc::clone(&user.changes),
        })
    }

    /// Adds a user whose row is settled. The caller ensures that the steps are in the ledger.
    pub(super) fn add(&mut self, row: u64, user: PendingUser) {
        let next = user.next();
        self.users.insert(row, user);
        self.enqueue(row, next);
    }

    fn enqueue(&mut self, row: u64, next: Option<(usize, FollowUpStep)>) {
        let Some((_, step)) = next else {
            // All steps are done, or the ledger contains a step that this version does not know;
            // then the run is not finished.
            self.users.remove(&row);
            return;
        };
        match category_of(step.kind()) {
            Category::UserCreation => self.creation.push_back(row),
            Category::UserRead
            | Category::UserUpdate
            | Category::UserResourceRead
            | Category::UserList => {
                self.update.push_back(row);
            }
        }
    }

    /// Records the end of a step and queues the user's next one.
    fn ended(&mut self, job: &StepJob, state: StepState) {
        self.unreachable = 0;
        let Some(user) = self.users.get_mut(&job.row) else {
            return;
        };
        if let Some(step) = user.follow_up.steps.get_mut(job.index) {
            step.state = state;
        }
        self.unwritten.insert(job.row, user.follow_up.clone());
        let next = user.next();
        self.enqueue(job.row, next);
    }

    /// Queues the step again.
    fn again(&mut self, job: StepJob) {
        self.enqueue(job.row, Some((job.index, job.step)));
    }

    /// Leaves the user's steps to the next run.
    pub(super) fn leave_user(&mut self, row: u64) {
        self.users.remove(&row);
    }

    /// Leaves the steps of users that wait for a permit to the next run.
    pub(super) fn leave_waiting(&mut self) {
        for row in self.creation.drain(..).chain(self.update.drain(..)) {
            self.users.remove(&row);
        }
    }

    /// Leaves all steps to the next run.
    pub(super) fn leave(&mut self) {
        self.leave_waiting();
        self.users.clear();
    }

    /// Takes the step states that are not in the ledger yet.
    pub(super) fn unwritten(&mut self) -> Vec<(u64, FollowUp)> {
        std::mem::take(&mut self.unwritten).into_iter().collect()
    }
}

impl Run<'_> {
    /// Returns the steps after a row with this outcome, as they are written to the ledger with the
    /// outcome.
    pub(super) fn steps_after(&self, user: &NewUser, outcome: &RowOutcome) -> Option<FollowUp> {
        let writes = |update: &UserUpdate| !update.changes().is_empty();
        let update = outcome.update.as_ref().is_some_and(writes);
        let update = update.then_some(FollowUpStep::Update);
        let follows = match outcome.outcome {
            Outcome::Created => true,
            Outcome::Existed => self.plan.follow_up_existing,
            Outcome::Duplicate
            | Outcome::Invalid
            | Outcome::Skipped
            | Outcome::Rejected
            | Outcome::Failed
            | Outcome::InDoubt
            | Outcome::Unsent => false,
        };
        let others = user.follow_up.iter().filter(|_| follows);
        let steps = update.iter().chain(others);
        let steps = steps.map(|step| StepResult {
            step: step.to_string(),
            // The response shows that the user is already confirmed.
            state: if step.kind() == StepKind::Confirm && outcome.confirmed == Some(true) {
                StepState::Done
            } else {
                StepState::Pending
            },
        });
        let steps: Vec<StepResult> = steps.collect();
        (!steps.is_empty()).then_some(FollowUp { steps })
    }

    /// Queues the steps of a settled row.
    pub(super) fn follow(&mut self, row: u64, user: &NewUser, outcome: &RowOutcome) {
        if let Some(follow_up) = self.steps_after(user, outcome) {
            self.follow_ups.unwritten.insert(row, follow_up.clone());
            let pending = PendingUser::new(user, follow_up, outcome);
            self.follow_ups.add(row, pending);
        }
    }

    pub(super) fn step_done(&mut self, done: StepDone) {
        self.progress.requests.merge(&done.requests);
        self.unwritten_requests.merge(&done.requests);
        if let Some(latency) = done.latency {
            self.plan.slots.record_latency(latency);
        }
        let StepDone { job, end, .. } = done;
        match end {
            StepEnd::Ended(state) => {
                self.network_works();
                if let StepState::Failed { code, .. } = &state {
                    run_log::step_failed(job.row, operation_of(job.step.kind()), code);
                }
                self.record_in_breaker(job.step.kind(), &state);
                self.follow_ups.ended(&job, state);
            }
            StepEnd::Unreachable(failure) => {
                self.follow_ups.unreachable += 1;
                self.follow_ups.again(job);
                if self.follow_ups.unreachable >= MAX_UNREACHABLE {
                    self.stop(StopReason::Unreachable(failure.message));
                }
            }
            StepEnd::LeftPending => self.follow_ups.leave_user(job.row),
            StepEnd::StopRun(stop, failure) => {
                self.stop(refused(&job.step, stop, &failure));
                self.follow_ups.leave_user(job.row);
            }
        }
    }

    /// Passes the state of a step to its circuit breaker.
    fn record_in_breaker(&mut self, kind: StepKind, state: &StepState) {
        let (outcome, code) = match state {
            StepState::Failed { code, .. } => (Outcome::Failed, Some(code.as_str())),
            StepState::Done | StepState::Pending => (Outcome::Created, None),
        };
        let breakers = &mut self.follow_ups.breakers;
        let message = breakers
            .iter_mut()
            .find(|(of, _)| *of == kind)
            .and_then(|(_, breaker)| breaker.record(outcome, code));
        if let Some(message) = message {
            self.stop(StopReason::Breaker(message));
        }
    }
}

/// Returns the stop reason for a response that every user would get.
fn refused(step: &FollowUpStep, stop: Stop, failure: &Failure) -> StopReason {
    let hint = match stop {
        Stop::Access => format!(
            "renew the credentials (for example with `aws sso login`) and allow {} on this pool",
            action_of(step.kind())
        ),
        Stop::SignUpNotPermitted
        | Stop::SecretMissing
        | Stop::SecretRejected
        | Stop::SecretUnexpected
        | Stop::UnwritableAttribute
        | Stop::NotFound
        | Stop::GroupMissing
        | Stop::DeliveryRole
        | Stop::Firewall
        | Stop::Untrusted
        | Stop::ClockSkew => stop.hint().to_owned(),
        Stop::Refused => format!(
            "check that this pool supports {}",
            operation_of(step.kind())
        ),
    };
    StopReason::Refused {
        error: format!("{step}: {failure}"),
        hint,
    }
}

fn calls_of(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Update => "updates of existing users",
        StepKind::Confirm => "calls of AdminConfirmSignUp",
        StepKind::Verify => "calls of AdminUpdateUserAttributes",
        StepKind::AddToGroup => "calls of AdminAddUserToGroup",
        StepKind::Disable => "calls of AdminDisableUser",
    }
}
