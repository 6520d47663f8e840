//! What is on its way: a task for each row, and for each step of a user.
//!
//! Each has its future in a box of its own: the runtime moves what a task is made of several times, and the SDK makes eight kilobytes of
//! it. The box of a row that has ended goes to the next row: it is the memory that was written last, and an allocator would give another.

use std::collections::HashMap;
use std::future::{Future, poll_fn};

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::ReusableBoxFuture;

use super::dispatch::{InFlight, Returned};

/// Boxes that are kept at most: more rows than this are on their way only where look-ups wait.
const BOXES: usize = 64;

type TaskFuture = ReusableBoxFuture<'static, Returned>;

/// See the module's words.
#[derive(Default)]
pub(super) struct Tasks {
    tasks: JoinSet<(Returned, TaskFuture)>,
    whose: HashMap<Id, InFlight>,
    boxes: Vec<TaskFuture>,
}

/// How a task ended.
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

    /// The next one that ends; none where there is none. Safe to drop and ask again.
    pub(super) async fn next(&mut self) -> Option<TaskEnd> {
        loop {
            let ended = self.tasks.join_next_with_id().await?;
            if let Some(over) = self.over(ended) {
                return Some(over);
            }
        }
    }

    /// One that has ended already.
    pub(super) fn try_next(&mut self) -> Option<TaskEnd> {
        let ended = self.tasks.try_join_next_with_id()?;
        self.over(ended)
    }

    /// Ends all of them, and says whose they were.
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
