//! Writes updates of users to the ledger, with the values before, before they are sent.

use tokio::sync::oneshot;

use super::Run;
use crate::import::update::PreparedUpdate;
use crate::ledger::{BeginResult, LedgerError};

/// Updates that the ledger is writing.
pub(super) struct BeginningUpdates {
    updates: Vec<(u64, PreparedUpdate)>,
    written: oneshot::Receiver<Vec<BeginResult>>,
}

impl Run<'_> {
    /// Begins the updates that were prepared while the previous ones were being written.
    pub(super) async fn begin_updates(&mut self) {
        if self.to_begin.is_empty() || self.beginning_updates.is_some() {
            return;
        }
        let updates = std::mem::take(&mut self.to_begin);
        if self.stopped.is_some() {
            for (row, _) in updates {
                self.follow_ups.leave_user(row);
            }
            return;
        }
        for (row, prepared) in &updates {
            let begun = Some(prepared.begun());
            self.follow_ups.record_update(*row, begun);
        }
        let since = self.since();
        let written = self.ledger.begin_and_write(since, Vec::new(), 0).await;
        self.beginning_updates = Some(BeginningUpdates { updates, written });
    }

    pub(super) async fn updates_begun(&mut self, is_written: bool) -> Result<(), LedgerError> {
        let Some(BeginningUpdates { updates, .. }) = self.beginning_updates.take() else {
            return Ok(());
        };
        if !is_written {
            return Err(self.ledger.failure().await);
        }
        for (row, prepared) in updates {
            if self.stopped.is_some() {
                self.follow_ups.leave_user(row);
            } else {
                self.follow_ups.prepared(row, prepared);
            }
        }
        Ok(())
    }
}

/// Returns whether the updates are on the disk. Pending while none are being written.
pub(super) async fn written(beginning: &mut Option<BeginningUpdates>) -> bool {
    match beginning {
        Some(updates) => (&mut updates.written).await.is_ok(),
        None => std::future::pending().await,
    }
}
