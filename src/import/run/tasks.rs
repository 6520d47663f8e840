//! Tasks in flight: one for each row and each step.
//!
//! Each future is boxed because the runtime moves a task several times and the SDK's futures have
//! eight kilobytes. The box of a finished task is reused for the next one, because its memory is
//! still in the CPU cache.

use std::collections::HashMap;
use std::future::{Future, poll_fn};

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::ReusableBoxFuture;

use super::dispatch::{InFlight, Returned};

/// The maximum number of spare boxes. More tasks are in flight only while lookups wait.
const BOXES: usize = 64;

type TaskFuture = ReusableBoxFuture<'static, Returned>;

#[derive(Default)]
pub(super) struct Tasks {
    tasks: JoinSet<(Returned, TaskFuture)>,
    whose: HashMap<Id, InFlight>,
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
        whose: InFlight,
        way: impl Future<Output = Returned> + Send + 'static,
    ) {
        let mut way = match self.boxes.pop() {
            Some(mut reused) => {
                reused.set(way);
                reused
            }
            None => ReusableBoxFuture::new(way),
        };
        let task = self.tasks.spawn(async move {
            let returned = poll_fn(|context| way.poll(context)).await;
            (returned, way)
        });
        self.whose.insert(task.id(), whose);
    }

    /// Returns the next task that ends, or `None` without tasks. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<TaskEnd> {
        loop {
            let ended = self.tasks.join_next_with_id().await?;
            if let Some(over) = self.over(ended) {
                return Some(over);
            }
        }
    }

    /// A task that has already ended.
    pub(super) fn try_next(&mut self) -> Option<TaskEnd> {
        let ended = self.tasks.try_join_next_with_id()?;
        self.over(ended)
    }

    /// Aborts all tasks and returns what they were for.
    pub(super) fn abort(&mut self) -> impl Iterator<Item = InFlight> {
        std::mem::take(self).whose.into_values()
    }

    fn over(&mut self, ended: Result<(Id, (Returned, TaskFuture)), JoinError>) -> Option<TaskEnd> {
        match ended {
            Ok((id, (returned, way))) => {
                self.whose.remove(&id);
                if self.boxes.len() < BOXES {
                    self.boxes.push(way);
                }
                Some(TaskEnd::Returned(returned))
            }
            Err(error) => self.whose.remove(&error.id()).map(TaskEnd::Panicked),
        }
    }
}
