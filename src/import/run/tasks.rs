//! Tasks in flight: one for each row and each step.
//!
//! Each future is boxed, because the runtime moves a task several times and the SDK's futures have
//! eight kilobytes.

use std::collections::HashMap;
use std::future::Future;

use tokio::task::{Id, JoinError, JoinSet};

use super::dispatch::{InFlight, Returned};

#[derive(Default)]
pub(super) struct Tasks {
    tasks: JoinSet<Returned>,
    in_flight: HashMap<Id, InFlight>,
}

#[derive(Debug)]
pub(super) enum TaskEnd {
    Returned(Returned),
    Panicked(InFlight),
}

impl Tasks {
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub(super) fn spawn(
        &mut self,
        in_flight: InFlight,
        future: impl Future<Output = Returned> + Send + 'static,
    ) {
        let task = self.tasks.spawn(Box::pin(future));
        self.in_flight.insert(task.id(), in_flight);
    }

    /// Returns the next task that ends, or `None` without tasks. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<TaskEnd> {
        loop {
            let ended = self.tasks.join_next_with_id().await?;
            if let Some(task_end) = self.task_end(ended) {
                return Some(task_end);
            }
        }
    }

    /// Returns a task that has already ended.
    pub(super) fn try_next(&mut self) -> Option<TaskEnd> {
        let ended = self.tasks.try_join_next_with_id()?;
        self.task_end(ended)
    }

    /// Aborts all tasks and returns the rows and steps that they were processing.
    pub(super) fn abort(&mut self) -> impl Iterator<Item = InFlight> {
        std::mem::take(self).in_flight.into_values()
    }

    fn task_end(&mut self, ended: Result<(Id, Returned), JoinError>) -> Option<TaskEnd> {
        match ended {
            Ok((id, returned)) => {
                self.in_flight.remove(&id);
                Some(TaskEnd::Returned(returned))
            }
            Err(error) => self.in_flight.remove(&error.id()).map(TaskEnd::Panicked),
        }
    }
}
