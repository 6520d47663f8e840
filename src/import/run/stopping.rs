//! When and why a run takes no more rows, and how long it then waits.

use tokio::time::Instant;

use super::dispatch::InFlight;
use super::{REST_OF_LIST_TIME, Run, run_log};
use crate::import::stop::StopReason;
use crate::outcome::Outcome;
use crate::run::Signal;

impl Run<'_> {
    /// Stops a run that has settled as many rows as it may, if there are more.
    pub(super) fn stop_if_enough(&mut self) {
        if self.rows_left == 0
            && !self.read.is_empty()
            && self.is_drained()
            && let Some(limit) = self.plan.stop_after
        {
            self.stop(StopReason::Enough(limit));
        }
    }

    /// During the run: when to stop taking rows. While stopping: how long to wait, first for
    /// requests in flight, then for the rest of the list.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let Some((_, at)) = &self.stopped else {
            return self.plan.deadline.map(|deadline| deadline.no_more_rows);
        };
        let drained = self.grace.draining_until(*at);
        Some(if !self.tasks.is_empty() {
            let end = self.plan.deadline.map(|deadline| deadline.over.max(*at));
            end.map_or(drained, |end| end.min(drained))
        } else if self.is_idle() {
            drained.min((*at).max(self.rows_arrived) + REST_OF_LIST_TIME)
        } else {
            drained
        })
    }

    pub(super) fn deadline_reached(&mut self) {
        if self.stopped.is_none() {
            self.stop(StopReason::Deadline);
        } else {
            self.abort_in_flight();
        }
    }

    /// Stops waiting for requests in flight. Their rows stay begun, and the next run looks them up.
    pub(super) fn abort_in_flight(&mut self) {
        let rows = self.tasks.abort().filter(InFlight::is_row).count() as u64;
        self.progress.counts.add_many(Outcome::InDoubt, rows);
        self.follow_ups.leave();
    }

    pub(super) fn signal(&mut self, signal: Signal) {
        if matches!(self.stopped, Some((StopReason::Signal(_), _))) {
            self.aborted = true;
            return;
        }
        let at_once = match signal {
            Signal::Interrupt => "press Ctrl-C again to stop at once",
            Signal::Terminate => "a second SIGTERM stops at once",
        };
        self.watch.notice(&format!(
            "stopping: no more rows are sent; waiting for requests in flight ({at_once})"
        ));
        self.stopped = None;
        self.stop(StopReason::Signal(signal));
    }

    /// Stops taking rows. Only the first reason is kept.
    pub(super) fn stop(&mut self, reason: StopReason) {
        if self.stopped.is_some() {
            return;
        }
        self.permit = None;
        run_log::stops(&reason, self.tasks.len());
        self.update_permit = None;
        self.stopped = Some((reason, Instant::now()));
        self.stopping.send_replace(true);
    }
}
