//! Takes rows from the list and begins them in the ledger before they may be sent. Once the run
//! stops, records the rest as unsent.

use std::borrow::Cow;

use tokio::time::Instant;

use super::pending_user::PendingUser;
use super::{MAX_UNSENT_BATCH, PendingBatch, Run};
use crate::import::ImportRow;
use crate::import::register::RegistrationJob;
use crate::import::registration::SentBefore;
use crate::import::resolve::Times;
use crate::import::run_log;
use crate::import::stop::StopReason;
use crate::ledger::listing::ListingEntry;
use crate::ledger::resume_cursor::PriorState;
use crate::ledger::writer::ReadRow;
use crate::ledger::{BeginResult, LedgerError, NewRow, ToBegin};
use crate::outcome::{Evidence, Outcome, RowOutcome, RowResult, UserUpdate};
use crate::rows::prefetch::Prefetched;
use crate::user::{NewUser, NotSent, Row, fold};

impl Run<'_> {
    pub(super) async fn take_group(&mut self, group: Prefetched<ImportRow>) {
        self.rows_arrived = Instant::now();
        match group {
            Prefetched::Rows(mut rows) => {
                self.take_followed(&mut rows);
                let rows = self.settle_begun_before(rows);
                self.read.extend(rows);
                if self.stopped.is_some() {
                    self.record_unsent().await;
                }
            }
            Prefetched::End { selected: rows, .. } => {
                self.list_over = true;
                self.ledger.read_to_end(rows).await;
            }
            Prefetched::Failed(error) => {
                self.list_over = true;
                self.stop(StopReason::List(error));
            }
        }
    }

    /// Removes rows whose sign-up an earlier session settled and whose steps are pending, and
    /// queues these steps. A stopping run leaves them pending in the ledger.
    fn take_followed(&mut self, rows: &mut Vec<ImportRow>) {
        rows.retain_mut(|listed| match &mut listed.before {
            PriorState::ToFollow(left) => {
                if self.stopped.is_none() {
                    let user = listed.row.user.as_ref().ok().cloned();
                    let pending = PendingUser::resumed(std::mem::take(left), user);
                    self.follow_ups.add(listed.row.number, pending);
                }
                false
            }
            PriorState::Nothing | PriorState::Begun { .. } | PriorState::Settled => true,
        });
    }

    /// Settles rows that an earlier session may have sent and that must not be sent now. Returns
    /// the others.
    fn settle_begun_before(&mut self, rows: Vec<ImportRow>) -> Vec<ImportRow> {
        let (begun, others): (Vec<ImportRow>, Vec<ImportRow>) =
            rows.into_iter().partition(|listed| {
                listed.row.user.is_err() && matches!(listed.before, PriorState::Begun { .. })
            });
        for listed in begun {
            let Err(reason) = listed.row.user else {
                continue;
            };
            let (_, outcome) = not_sent(reason);
            let message = format!(
                "an earlier session may have sent this row, but now it is {}: {}",
                outcome.outcome.name(),
                outcome
                    .error_message
                    .as_deref()
                    .unwrap_or("--skip-where excludes it")
            );
            let code = outcome
                .error_code
                .unwrap_or_else(|| outcome.outcome.name().to_owned());
            let outcome = RowOutcome::of(Outcome::InDoubt).with_error(code, message);
            self.rows_left = self.rows_left.saturating_sub(1);
            self.settle(listed.row.number, listed.row.end_byte, outcome);
        }
        others
    }

    /// Returns the ledger record of an invalid or skipped row.
    fn never_sent(&mut self, row: Row) -> Option<NewRow> {
        let (username, outcome) = not_sent(row.user.err()?);
        self.count(outcome.outcome, row.end_byte);
        run_log::row(row.number, outcome.outcome, outcome.error_code.as_deref());
        Some(NewRow::Settled(Box::new(RowResult {
            is_new: false,
            known: false,
            row: row.number,
            line: row.line,
            kept: row.kept,
            outcome,
            follow_up: None,
            username,
        })))
    }

    /// Records the rows that were not sent. Rows begun by an earlier process stay begun.
    async fn record_unsent(&mut self) {
        let mut rows = Vec::new();
        for ImportRow { row, before, .. } in self.read.take_all() {
            if let PriorState::Begun { .. } = before {
                self.progress.counts.add(Outcome::InDoubt);
            } else if row.user.is_err() {
                rows.extend(self.never_sent(row));
            } else {
                self.progress.counts.add(Outcome::Unsent);
                rows.push(NewRow::Unsent(ReadRow {
                    row: row.number,
                    line: row.line,
                    username: row.username().map(str::to_owned),
                    kept: row.kept,
                }));
            }
        }
        let mut rows = rows.into_iter();
        loop {
            let group: Vec<NewRow> = rows.by_ref().take(MAX_UNSENT_BATCH).collect();
            if group.is_empty() {
                break;
            }
            self.ledger.note(group).await;
        }
    }

    /// Begins the next rows in the ledger while the previous ones are being sent.
    pub(super) async fn begin_next_group(&mut self) {
        if self.stopped.is_some() {
            self.record_unsent_ready().await;
            return;
        }
        let has_enough = self.ready.len() > self.plan.group || !self.follow_ups.has_room();
        if self.beginning.is_some() || self.read.is_empty() || has_enough || self.rows_left == 0 {
            return;
        }
        // Each group costs a transaction and a sync, so larger groups are cheaper per row. While
        // there is enough to send, a group that is not full waits for more rows.
        let is_full_group = !self.wants_rows();
        if !is_full_group && self.ready.len() > self.plan.group / 2 {
            return;
        }
        let lost_since_ms = self.lost_rows.since_ms();
        let at_ms = lost_since_ms.unwrap_or_else(|| self.shared.pool.earliest_time());
        let taken = self.read.take(self.plan.group, self.rows_left);
        self.rows_left -= taken.len() as u64;
        let mut group = Vec::with_capacity(taken.len());
        let mut new_rows = Vec::with_capacity(taken.len());
        for mut listed in taken {
            if listed.row.user.is_err() {
                new_rows.extend(self.never_sent(listed.row));
                continue;
            }
            if listed.before == PriorState::Nothing {
                new_rows.extend(self.to_begin(&mut listed).map(NewRow::ToBegin));
            }
            group.push(listed);
        }
        // Outcomes of earlier rows go into the same transaction.
        let mut since = self.since();
        since.span = Some(self.span(self.plan.arrives_within));
        let begun = self.ledger.begin_and_write(since, new_rows, at_ms).await;
        self.beginning = Some(PendingBatch {
            group,
            at_ms,
            sent_before: match lost_since_ms {
                Some(_) => SentBefore::Unknown,
                None => SentBefore::No,
            },
            begun,
        });
    }

    /// Returns the ledger record of a row before it is sent.
    fn to_begin(&self, listed: &mut ImportRow) -> Option<ToBegin> {
        let kept = std::mem::take(&mut listed.row.kept);
        let user = listed.row.user.as_ref().ok()?;
        let existing = listed.existing.as_ref();
        let outcome = existing.map(|existing| self.existed(user, existing));
        let compared_as = if self.plan.case_insensitive {
            if_changed(fold(&user.username))
        } else {
            None
        };
        Some(ToBegin {
            row: listed.row.number,
            line: listed.row.line,
            username: user.username.clone(),
            compared_as,
            kept,
            follow_up: outcome
                .as_ref()
                .and_then(|outcome| self.steps_after(user, outcome)),
            outcome: outcome.map(Box::new),
        })
    }

    pub(super) async fn group_begun(
        &mut self,
        begun: Option<Vec<BeginResult>>,
    ) -> Result<(), LedgerError> {
        let Some(PendingBatch {
            group,
            at_ms,
            sent_before,
            begun: _,
        }) = self.beginning.take()
        else {
            return Ok(());
        };
        // The ledger's thread has failed: nothing of this group is sent.
        let Some(begun) = begun else {
            return Err(self.ledger.failure().await);
        };
        let mut results = begun.into_iter();
        for listed in group {
            let (begun_ms, sent_before) = match &listed.before {
                PriorState::Begun { at_ms } => (*at_ms, SentBefore::Maybe),
                PriorState::Nothing | PriorState::Settled | PriorState::ToFollow(_) => {
                    if let Some(BeginResult::SameAs(_)) = results.next() {
                        self.count(Outcome::Duplicate, listed.row.end_byte);
                        run_log::row(listed.row.number, Outcome::Duplicate, None);
                        continue;
                    }
                    if let Some(existing) = &listed.existing {
                        // Its outcome was written when it was begun. It was not sent, so the
                        // breaker ignores it.
                        self.count(Outcome::Existed, listed.row.end_byte);
                        run_log::row(listed.row.number, Outcome::Existed, None);
                        self.follow_listed(&listed.row, existing);
                        continue;
                    }
                    (at_ms, sent_before)
                }
            };
            if let Ok(user) = listed.row.user {
                self.ready.push_back(RegistrationJob {
                    row: listed.row.number,
                    end_byte: listed.row.end_byte,
                    user,
                    times: Times {
                        begun_ms,
                        second_before_run_ms: self.plan.second_before_run_ms,
                    },
                    sent_before,
                });
            }
        }
        Ok(())
    }

    /// Returns the outcome of a row whose user is in the listing.
    fn existed(&self, user: &NewUser, listed_user: &ListingEntry) -> RowOutcome {
        let mut outcome = RowOutcome::of(Outcome::Existed);
        outcome.evidence = Some(Evidence::Listing);
        outcome.user_sub.clone_from(&listed_user.sub);
        outcome.user_status.clone_from(&listed_user.status);
        outcome.confirmed = listed_user
            .status
            .as_deref()
            .map(|status| status == "CONFIRMED");
        outcome.enabled = Some(listed_user.enabled);
        outcome.created_at = listed_user.created_ms;
        let value = |name: &str| listed_user.attribute(name);
        let comparison = &self.plan.rules.comparison;
        outcome.differs = Some(comparison.differences(user, value));
        let update = comparison.update(user, listed_user.modified_ms, value);
        outcome.update = update.map(UserUpdate::planned);
        outcome
    }

    /// Queues the steps of a user found by the listing. The ledger already has them.
    fn follow_listed(&mut self, row: &Row, listed_user: &ListingEntry) {
        let Ok(user) = &row.user else { return };
        let outcome = self.existed(user, listed_user);
        if let Some(follow_up) = self.steps_after(user, &outcome)
            && self.stopped.is_none()
        {
            let pending = PendingUser::new(user, follow_up, &outcome);
            self.follow_ups.add(row.number, pending);
        }
    }

    /// Records rows that were begun but not sent as unsent, because the run is stopping.
    async fn record_unsent_ready(&mut self) {
        self.follow_ups.leave_waiting();
        if self.beginning.is_none() && !self.ready.is_empty() {
            let mut unsent = Vec::new();
            for job in self.ready.drain(..) {
                if job.starts_with_lookup() {
                    self.progress.counts.add(Outcome::InDoubt);
                } else {
                    self.progress.counts.add(Outcome::Unsent);
                    unsent.push(job.row);
                }
            }
            self.ledger.never_sent(unsent).await;
        }
        self.record_unsent().await;
    }
}

/// Returns the outcome of a row that is not sent, and its username if it could be read.
fn not_sent(reason: NotSent) -> (Option<String>, RowOutcome) {
    match reason {
        NotSent::Invalid(broken) => {
            let outcome =
                RowOutcome::of(Outcome::Invalid).with_error(broken.code(), broken.to_string());
            (broken.username, outcome)
        }
        NotSent::Skipped { username } => (username, RowOutcome::of(Outcome::Skipped)),
    }
}

/// Returns the case-folded username, if it differs.
fn if_changed(folded: Cow<'_, str>) -> Option<String> {
    match folded {
        Cow::Borrowed(_) => None,
        Cow::Owned(folded) => Some(folded),
    }
}
