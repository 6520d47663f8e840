//! Steps after sign-ups: queues users with a settled row, whose steps are sent one after the other.
//!
//! The transaction that writes a row's outcome also records its steps as pending, so that the next
//! run can send the remaining ones.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::Run;
use super::pending_user::PendingUser;
use crate::import::breaker::{Breaker, BreakerLimits, MAX_UNREACHABLE};
use crate::import::follow_up::{StepDone, StepEnd, StepJob};
use crate::import::run_log;
use crate::import::stop::StopReason;
use crate::import::update::PreparedUpdate;
use crate::outcome::{FollowUp, Outcome, RowOutcome, StepState, UserUpdate};
use crate::pace::Category;
use crate::pool::{Advice, Failure, Stop, action_of, category_of, operation_of};
use crate::user::{FollowUpStep, NewUser, StepKind};

/// The maximum number of users with pending steps. Beyond it, sign-ups wait, which bounds memory if
/// the steps' quota is smaller.
const MAX_USERS: usize = 1_024;

/// The maximum number of updates that are prepared before they are sent. Few, so that little time
/// passes between a lookup and its update.
const MAX_PREPARED: usize = 32;

#[derive(Debug)]
pub(super) struct FollowUps {
    users: HashMap<u64, PendingUser>,
    /// Rows of users whose next step uses the quota of sign-ups, first in, first out.
    creation: VecDeque<u64>,
    /// Rows of users whose next step uses another quota. Prepared updates come first, so that they
    /// are sent soon after their lookups.
    update: VecDeque<u64>,
    /// Rows of users to look up before their updates.
    look_up: VecDeque<u64>,
    /// Rows of users whose updates are being or have been prepared.
    preparing: HashSet<u64>,
    /// Updates that are not in the ledger yet.
    unwritten_updates: BTreeMap<u64, Option<UserUpdate>>,
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
            look_up: VecDeque::new(),
            preparing: HashSet::new(),
            unwritten_updates: BTreeMap::new(),
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
        self.job(row)
    }

    /// Returns the next user to look up for its update.
    pub(super) fn next_look_up(&mut self) -> Option<StepJob> {
        if self.preparing.len() >= MAX_PREPARED {
            return None;
        }
        let row = self.look_up.pop_front()?;
        let job = self.job(row)?;
        self.preparing.insert(row);
        Some(job)
    }

    fn job(&self, row: u64) -> Option<StepJob> {
        let user = self.users.get(&row)?;
        let (index, step) = user.next()?;
        Some(StepJob {
            row,
            username: Arc::clone(&user.username),
            password: user.password.clone(),
            index,
            step,
            update: user.update.clone(),
        })
    }

    /// Records the update of a user.
    pub(super) fn record_update(&mut self, row: u64, update: Option<UserUpdate>) {
        if let Some(user) = self.users.get_mut(&row)
            && let Some(updated) = &mut user.update
        {
            updated.recorded.clone_from(&update);
        }
        self.unwritten_updates.insert(row, update);
    }

    /// Queues an update that is in the ledger.
    pub(super) fn prepared(&mut self, row: u64, prepared: PreparedUpdate) {
        if let Some(user) = self.users.get_mut(&row)
            && let Some(updated) = &mut user.update
        {
            updated.prepared = Some(prepared);
            let next = user.next();
            self.enqueue(row, next);
        }
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
        if step == FollowUpStep::Update {
            let is_prepared = self.users.get(&row).is_some_and(PendingUser::is_prepared);
            if is_prepared {
                self.update.push_front(row);
            } else {
                self.look_up.push_back(row);
            }
            return;
        }
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
        self.preparing.remove(&job.row);
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

    /// Queues the step again. An update is decided again.
    fn requeue(&mut self, job: StepJob) {
        self.preparing.remove(&job.row);
        let user = self.users.get_mut(&job.row);
        if let Some(update) = user.and_then(|user| user.update.as_mut()) {
            update.prepared = None;
        }
        self.enqueue(job.row, Some((job.index, job.step)));
    }

    /// Leaves the user's steps to the next run.
    pub(super) fn leave_user(&mut self, row: u64) {
        self.users.remove(&row);
        self.preparing.remove(&row);
    }

    /// Leaves the steps of users that wait for a permit to the next run.
    pub(super) fn leave_waiting(&mut self) {
        let queues = [&mut self.creation, &mut self.update, &mut self.look_up];
        for row in queues.into_iter().flat_map(|queue| queue.drain(..)) {
            self.users.remove(&row);
            self.preparing.remove(&row);
        }
    }

    /// Leaves all steps to the next run.
    pub(super) fn leave(&mut self) {
        self.leave_waiting();
        self.users.clear();
    }

    /// Takes the updates that are not in the ledger yet.
    pub(super) fn unwritten_updates(&mut self) -> Vec<(u64, Option<UserUpdate>)> {
        let updates = std::mem::take(&mut self.unwritten_updates);
        updates.into_iter().collect()
    }

    /// Takes the step states that are not in the ledger yet.
    pub(super) fn unwritten(&mut self) -> Vec<(u64, FollowUp)> {
        std::mem::take(&mut self.unwritten).into_iter().collect()
    }
}

impl Run<'_> {
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
            StepEnd::Done => self.step_ended(&job, StepState::Done),
            StepEnd::Failed(failure) => self.step_failed(&job, failure),
            StepEnd::Prepared(prepared) => self.to_begin.push((job.row, prepared)),
            StepEnd::NothingToWrite(update) => {
                self.follow_ups.record_update(job.row, update);
                self.step_ended(&job, StepState::Done);
            }
            StepEnd::Unreachable(failure) => {
                self.follow_ups.unreachable += 1;
                self.follow_ups.requeue(job);
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

    fn step_failed(&mut self, job: &StepJob, failure: Failure) {
        run_log::step_failed(job.row, operation_of(job.step.kind()), &failure.code);
        let prepared = job
            .update
            .as_ref()
            .and_then(|update| update.prepared.as_ref());
        if let Some(prepared) = prepared
            && failure.advice == Advice::GiveUp
        {
            self.follow_ups
                .record_update(job.row, Some(prepared.refused()));
        }
        let Failure { code, message, .. } = failure;
        self.step_ended(job, StepState::Failed { code, message });
    }

    fn step_ended(&mut self, job: &StepJob, state: StepState) {
        self.network_works();
        self.record_in_breaker(job.step.kind(), &state);
        self.follow_ups.ended(job, state);
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
