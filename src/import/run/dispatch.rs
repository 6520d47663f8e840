//! The dispatcher: takes a permit for the next ready row or step and spawns its task.

use std::sync::Arc;

use super::{PermitFuture, Run};
use crate::import::follow_up::{StepDone, StepJob, send_step};
use crate::import::register::{FinishedRegistration, RegistrationJob, register};
use crate::import::update::prepare_update;
use crate::pace::{Category, Permit};

/// The maximum number of tasks, beyond the slots, that wait for a lookup or step permit. Their
/// quotas are separate, so sign-ups continue. Each holds its row and its task, but neither a
/// connection nor a request.
const MAX_WAITING: usize = 512;

#[derive(Debug)]
pub(super) enum Returned {
    Row(Box<FinishedRegistration>),
    Step(Box<StepDone>),
}

/// The row or step that a task processes.
#[derive(Debug, Clone, Copy)]
pub(super) enum InFlight {
    /// The row with this number.
    Row(u64),
    /// A step of the user of this row.
    Step(u64),
}

impl InFlight {
    pub(super) fn is_row(&self) -> bool {
        match self {
            Self::Row(_) => true,
            Self::Step(_) => false,
        }
    }
}

impl Run<'_> {
    /// Requests at most one permit of a category at a time, and only if there is something to send
    /// and a free slot. A row that may have been sent starts with a lookup and takes its
    /// permits itself.
    pub(super) fn request_permits(&mut self) {
        if self.stopped.is_some() {
            return;
        }
        while self.has_slot() {
            let has_room = self.follow_ups.has_room();
            if has_room
                && self
                    .ready
                    .front()
                    .is_some_and(RegistrationJob::starts_with_lookup)
            {
                if let Some(job) = self.ready.pop_front() {
                    self.spawn(job, None);
                }
                continue;
            }
            let wanted = (has_room && !self.ready.is_empty())
                || self.follow_ups.waits_for(Category::UserCreation);
            if !wanted || self.permit.is_some() {
                break;
            }
            // A permit that is available immediately costs neither a future nor an iteration of the
            // loop.
            match self.shared.pacer.try_permit(Category::UserCreation) {
                Some(permit) => self.send_next(permit),
                None => self.permit = Some(self.request_permit(Category::UserCreation)),
            }
        }
        while self.has_slot() {
            let Some(job) = self.follow_ups.next_look_up() else {
                break;
            };
            self.spawn_look_up(job);
        }
        let updates = self.follow_ups.waits_for(Category::UserUpdate);
        if updates && self.update_permit.is_none() && self.has_slot() {
            self.update_permit = Some(self.request_permit(Category::UserUpdate));
        }
    }

    fn request_permit(&self, category: Category) -> PermitFuture {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { shared.pacer.permit(category).await })
    }

    pub(super) fn has_slot(&self) -> bool {
        let slots = self.plan.slots.limit();
        self.tasks.len() < slots + MAX_WAITING
            && self
                .tasks
                .len()
                .saturating_sub(self.shared.released.count())
                < slots
    }

    /// Sends the next step or sign-up. Steps come first, so that few users are incomplete.
    pub(super) fn send_next(&mut self, permit: Permit) {
        self.permit = None;
        if let Some(step) = self.follow_ups.next(Category::UserCreation) {
            self.spawn_step(step, permit);
        } else if let Some(job) = self.ready.pop_front() {
            self.spawn(job, Some(permit));
        }
    }

    pub(super) fn send_next_update(&mut self, permit: Permit) {
        self.update_permit = None;
        if let Some(step) = self.follow_ups.next(Category::UserUpdate) {
            self.spawn_step(step, permit);
        }
    }

    fn spawn(&mut self, job: RegistrationJob, permit: Option<Permit>) {
        let (row, shared) = (job.row, Arc::clone(&self.shared));
        self.tasks.spawn(InFlight::Row(row), async move {
            let done = register(shared, job, permit).await;
            Returned::Row(Box::new(done))
        });
    }

    fn spawn_look_up(&mut self, job: StepJob) {
        let (row, shared) = (job.row, Arc::clone(&self.shared));
        self.tasks.spawn(InFlight::Step(row), async move {
            let done = prepare_update(shared, job).await;
            Returned::Step(Box::new(done))
        });
    }

    fn spawn_step(&mut self, job: StepJob, permit: Permit) {
        let (row, shared) = (job.row, Arc::clone(&self.shared));
        self.tasks.spawn(InFlight::Step(row), async move {
            let done = send_step(shared, job, permit).await;
            Returned::Step(Box::new(done))
        });
    }
}
