//! Slots that are lent: a row that waits for the turn of its look-up, or a step for that of its next request, holds neither a
//! connection nor a request meanwhile, so somebody else may use its slot.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// See the module's words.
#[derive(Debug, Default)]
pub(super) struct ReleasedSlots {
    slots: AtomicUsize,
    another: Notify,
}

impl ReleasedSlots {
    /// How many are lent at the moment.
    pub(super) fn slots(&self) -> usize {
        self.slots.load(Ordering::Relaxed)
    }

    /// Lends the caller's slot for as long as it waits.
    pub(super) async fn release_while<T>(&self, waited_for: impl Future<Output = T>) -> T {
        let _slot = Slot::lend(&self.slots);
        self.another.notify_one();
        waited_for.await
    }

    /// Waits until one more is lent. Nothing else tells the loop of it: the task whose slot it is does not end.
    pub(super) async fn another(&self) {
        self.another.notified().await;
    }
}

/// One that is lent, until it is dropped.
struct Slot<'l>(&'l AtomicUsize);

impl<'l> Slot<'l> {
    fn lend(slots: &'l AtomicUsize) -> Self {
        slots.fetch_add(1, Ordering::Relaxed);
        Self(slots)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
