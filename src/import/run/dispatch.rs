//! The dispatcher: takes a permit for the next row that is ready, and gives the row a task of its own.

use std::sync::Arc;

use super::{PermitFuture, Run};
use crate::import::register::{Job, register};
use crate::pace::{Category, Permit};

/// Rows that may wait for a look-up's turn beside those that are on their way. Look-ups have a budget of their own: where it is the
/// smaller one, or others use it, sign-ups go on meanwhile, until so many wait. Each holds its row and its task, and neither
/// a connection nor a request.
const LOOK_UPS_WAITING: usize = 512;

impl Run<'_> {
    /// One permit at a time, and only when there is a row to send and a slot for it. A row that may have been
    /// sent begins with a look-up, or with a permit of its own.
    pub(super) fn ask_for_permit(&mut self) {
        while self.stopped.is_none() && self.has_slot() {
            match self.ready.front() {
                Some(job) if job.maybe_sent => {
                    if let Some(job) = self.ready.pop_front() {
                        self.spawn(job, None);
                    }
                }
                Some(_) if self.permit.is_none() => {
                    // Where there is no need to wait, a permit costs neither a future nor a turn of the loop.
                    let pacer = &self.shared.pacer;
                    match pacer.permit_at_once(Category::UserCreation) {
                        Some(permit) => self.send_next(permit),
                        None => self.permit = Some(self.next_permit()),
                    }
                }
                Some(_) | None => break,
            }
        }
    }

    fn next_permit(&self) -> PermitFuture {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { shared.pacer.permit(Category::UserCreation).await })
    }

    fn has_slot(&self) -> bool {
        let slots = self.plan.slots.limit();
        let pacer = &self.shared.pacer;
        let waiting = pacer.waiting(Category::UserRead) + pacer.waiting(Category::UserList);
        self.tasks.len() < slots + LOOK_UPS_WAITING
            && self.tasks.len().saturating_sub(waiting) < slots
    }

    pub(super) fn send_next(&mut self, permit: Permit) {
        self.permit = None;
        if let Some(job) = self.ready.pop_front() {
            self.spawn(job, Some(permit));
        }
    }

    fn spawn(&mut self, job: Job, permit: Option<Permit>) {
        let row = job.row;
        // In a box of its own: the runtime moves what a task is made of several times, and the SDK makes ten kilobytes of it.
        let way = Box::pin(register(Arc::clone(&self.shared), job, permit));
        let task = self.tasks.spawn(way);
        self.rows_of_tasks.insert(task.id(), row);
    }
}
