//! Handles what row tasks return: outcomes, counts, and reasons to stop. Steps are in `follow_ups`.

use super::dispatch::{InFlight, Returned};
use super::tasks::TaskEnd;
use super::{MAX_RESULTS_BATCH, Run};
use crate::import::breaker::MAX_UNREACHABLE;
use crate::import::register::{FinishedRegistration, RegistrationEnd, RegistrationJob};
use crate::import::registration::StopRun;
use crate::import::run_log;
use crate::import::stop::StopReason;
use crate::outcome::{Outcome, RowOutcome};
use crate::pool::Stop;

impl Run<'_> {
    /// Handles a task that ended, and all others that have ended by now.
    pub(super) async fn tasks_ended(&mut self, end: TaskEnd) {
        self.task_ended(end);
        while let Some(end) = self.tasks.try_next() {
            self.task_ended(end);
        }
        if self.unwritten.len() >= MAX_RESULTS_BATCH {
            self.write().await;
        }
    }

    fn task_ended(&mut self, end: TaskEnd) {
        match end {
            TaskEnd::Returned(Returned::Row(done)) => self.row_done(*done),
            TaskEnd::Returned(Returned::Step(done)) => self.step_done(*done),
            // The row may have been sent. It stays begun in the ledger, and the next run looks it
            // up.
            TaskEnd::Panicked(InFlight::Row(row)) => {
                tracing::error!(row, "a task panicked");
                self.progress.counts.add(Outcome::InDoubt);
            }
            // The step stays pending in the ledger, and the next run takes it.
            TaskEnd::Panicked(InFlight::Step(row)) => {
                tracing::error!(row, "a step after the sign-up panicked");
                self.follow_ups.leave_user(row);
            }
        }
    }

    fn row_done(&mut self, done: FinishedRegistration) {
        self.progress.requests.merge(&done.requests);
        self.unwritten_requests.merge(&done.requests);
        if let Some(latency) = done.latency {
            self.plan.slots.record_latency(latency);
        }
        let FinishedRegistration { job, end, .. } = done;
        if matches!(
            end,
            RegistrationEnd::Settled(_) | RegistrationEnd::StopRun(_)
        ) {
            self.network_works();
        }
        match end {
            RegistrationEnd::Settled(outcome) => {
                self.lost_rows.settled(job.sent_before, &outcome);
                self.follow(job.row, &job.user, &outcome);
                self.settle(job.row, job.end_byte, outcome);
            }
            RegistrationEnd::Unreachable(outcome) => {
                let error = outcome.error_message.clone().unwrap_or_default();
                self.unreachable.push((job.row, outcome));
                if self.unreachable.len() >= MAX_UNREACHABLE {
                    self.stop(StopReason::Unreachable(error));
                }
            }
            RegistrationEnd::NeverSent => {
                self.ready.push_back(job);
            }
            RegistrationEnd::MaybeSent => self.progress.counts.add(Outcome::InDoubt),
            RegistrationEnd::StopRun(stop) => self.refused(job, *stop),
        }
    }

    /// Settles rows without a connection once a response shows that the network works. A
    /// stopping run keeps them open.
    pub(super) fn network_works(&mut self) {
        if self.stopped.is_none() {
            let unreachable = std::mem::take(&mut self.unreachable);
            for (row, outcome) in unreachable {
                self.settle(row, 0, outcome);
            }
        }
    }

    fn refused(&mut self, job: RegistrationJob, stop: StopRun) {
        let mut hint = stop.stop.hint().to_owned();
        if stop.stop == Stop::UnwritableAttribute {
            let names: Vec<&str> = job
                .user
                .attributes
                .iter()
                .map(|attribute| &*attribute.name)
                .collect();
            hint = format!("row {} sets {}; {hint}", job.row, names.join(", "));
        }
        self.stop(StopReason::Refused {
            error: stop.failure.to_string(),
            hint,
        });
        match stop.outcome {
            Some(mut outcome) => {
                outcome.stopped_the_run = outcome.outcome == Outcome::Failed;
                self.follow(job.row, &job.user, &outcome);
                self.settle(job.row, job.end_byte, outcome);
            }
            None => self.progress.counts.add(Outcome::InDoubt),
        }
    }

    pub(super) fn settle(&mut self, row: u64, end_byte: u64, outcome: RowOutcome) {
        run_log::row(row, outcome.outcome, outcome.error_code.as_deref());
        self.progress.sent_now += 1;
        self.count(outcome.outcome, end_byte);
        if let Some(message) = self
            .breaker
            .record(outcome.outcome, outcome.error_code.as_deref())
            && !outcome.stopped_the_run
        {
            self.stop(StopReason::Breaker(message));
        }
        self.unwritten.push((row, outcome));
    }

    pub(super) fn count(&mut self, outcome: Outcome, end_byte: u64) {
        self.progress.counts.add(outcome);
        self.progress.rows_now += 1;
        self.progress.bytes = self.progress.bytes.max(end_byte);
    }

    /// Settles rows without a connection, or leaves them to the next run if this one stops.
    pub(super) async fn leave_unreachable(&mut self) {
        let mut unsent = Vec::new();
        for (row, outcome) in std::mem::take(&mut self.unreachable) {
            if self.stopped.is_none() {
                self.settle(row, 0, outcome);
            } else if outcome.outcome == Outcome::InDoubt {
                self.progress.counts.add(Outcome::InDoubt);
            } else {
                self.progress.counts.add(Outcome::Unsent);
                unsent.push(row);
            }
        }
        self.ledger.never_sent(unsent).await;
    }
}
