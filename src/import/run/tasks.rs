//! Tasks in flight: one for each row and each step.
//!
//! Each future is boxed, because the runtime moves a task several times and the SDK's futures have
//! eight kilobytes. The box of a finished task is reused for the next one, because its memory is
//! still in the CPU cache.

use std::collections::HashMap;
use std::future::{Future, poll_fn};

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::ReusableBoxFuture;

use super::dispatch::{InFlight, Returned};

/// The maximum number of spare boxes. More tasks are in flight only while lookups wait.
const MAX_SPARE_BOXES: usize = 64;

type TaskFuture = ReusableBoxFuture<'static, Returned>;

#[derive(Default)]
pub(super) struct Tasks {
    tasks: JoinSet<(Returned, TaskFuture)>,
    in_flight: HashMap<Id, InFlight>,
    boxes: Vec<TaskFuture>,
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
        let mut future = match self.boxes.pop() {
            Some(mut reused) => {
                reused.set(future);
                reused
            }
            None => ReusableBoxFuture::new(future),
        };
        let task = self.tasks.spawn(async move {
            let returned = poll_fn(|context| future.poll(context)).await;
            (returned, future)
        });
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

    fn task_end(
        &mut self,
        ended: Result<(Id, (Returned, TaskFuture)), JoinError>,
    ) -> Option<TaskEnd> {
        match ended {
            Ok((id, (returned, future))) => {
                self.in_flight.remove(&id);
                if self.boxes.len() < MAX_SPARE_BOXES {
                    self.boxes.push(future);
                }
                Some(TaskEnd::Returned(returned))
            }
            Err(error) => self.in_flight.remove(&error.id()).map(TaskEnd::Panicked),
        }
    }
}
