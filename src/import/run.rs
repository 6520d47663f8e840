//! The loop. It alone takes rows, writes the ledger and counts; tasks only return values.
//!
//! A row goes through four places: `read` (it came from the list), `beginning` (the ledger is writing it down), `ready`
//! (it is on the disk and may be sent), and a task. Each place is bounded, so memory does not grow with the list.

mod dispatch;
mod follow_ups;
mod intake;
mod outcomes;
mod plan;
mod read_queue;
mod reporting;
mod span;
mod tasks;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::breaker::Breaker;
use super::progress::{Progress, Watch};
use super::rate_recorder::RateRecorder;
use super::register::RegistrationJob;
use super::request::RequestContext;
use super::run_log::{self, Slowed};
use super::slots::ReleasedSlots;
use super::stop::StopReason;
use crate::ledger::writer::Ending;
use crate::ledger::{BeginResult, Ledger, LedgerBatch, LedgerError, Span};
use crate::outcome::{Outcome, RowOutcome};
use crate::pace::{Pacer, Permit};
use crate::pool::{Cognito, now_ms};
use crate::rows::ahead::ReadAhead;
use crate::run::{RequestCounts, Signal, Signals};
use dispatch::InFlight;
use follow_ups::FollowUps;
use read_queue::ReadQueue;
use reporting::{Silence, known};
use span::Began;
use tasks::Tasks;

pub use plan::{Deadline, ImportRow, RunEnd, SessionPlan};

/// How often results are written and the watcher is told. A crash in between costs a look-up for each of these rows.
const TICK: Duration = Duration::from_millis(100);

/// Results written together at most.
const RESULTS_TOGETHER: usize = 256;

/// Rows noted as unsent together.
const NOTED_TOGETHER: usize = 1_024;

/// How long a stopped run waits for what is on its way.
const DRAIN: Duration = Duration::from_secs(30);

/// How long a stopped run, with nothing on its way any more, waits for the next rows of the list, to note them as unsent. A file
/// has them at once; who types into a pipe may never send one.
const PATIENCE: Duration = Duration::from_secs(1);

type PermitFuture = Pin<Box<dyn Future<Output = Permit>>>;

/// A group that the ledger is writing down.
struct PendingBatch {
    group: Vec<ImportRow>,
    at_ms: i64,
    begun: oneshot::Receiver<Vec<BeginResult>>,
}

/// See the module's words.
pub struct Run<'a> {
    plan: SessionPlan,
    shared: Arc<RequestContext>,
    ledger: Ledger,
    list: ReadAhead<ImportRow>,
    list_over: bool,
    /// When the list last brought rows.
    heard_of_list: Instant,
    watch: &'a mut dyn Watch,
    stopping: watch::Sender<bool>,
    stopped: Option<(StopReason, Instant)>,
    at_once: bool,
    read: ReadQueue,
    beginning: Option<PendingBatch>,
    ready: VecDeque<RegistrationJob>,
    follow_ups: FollowUps,
    /// Leave for a sign-up, or for a step that draws on the same quota.
    permit: Option<PermitFuture>,
    /// Leave for any other step.
    update_permit: Option<PermitFuture>,
    tasks: Tasks,
    unwritten: Vec<(u64, RowOutcome)>,
    /// Rows for which no connection could be made, one after the other.
    unreachable: Vec<(u64, RowOutcome)>,
    unwritten_requests: RequestCounts,
    breaker: Breaker,
    progress: Progress,
    record: RateRecorder,
    silence: Silence,
    slowed: Slowed,
    started: Instant,
    /// Up to when the time at work is in the ledger.
    noted: Instant,
    began: Began,
}

impl<'a> Run<'a> {
    /// Puts a run together. Nothing is sent yet.
    #[must_use]
    pub fn new(
        plan: SessionPlan,
        pool: Cognito,
        pacer: Pacer,
        ledger: Ledger,
        list: ReadAhead<ImportRow>,
        watch: &'a mut dyn Watch,
    ) -> Self {
        let (stopping, told) = watch::channel(false);
        let progress = Progress {
            counts: plan.before,
            ..Progress::default()
        };
        let record = RateRecorder::begin(&pacer, Instant::now(), now_ms());
        Self {
            shared: Arc::new(RequestContext {
                pool,
                pacer,
                rules: plan.rules,
                named_by: plan.named_by,
                stopping: told,
                released: ReleasedSlots::default(),
                span: tracing::Span::current(),
            }),
            breaker: Breaker::new("rows sent", plan.breaker),
            follow_ups: FollowUps::new(plan.breaker),
            plan,
            ledger,
            list,
            list_over: false,
            heard_of_list: Instant::now(),
            watch,
            stopping,
            stopped: None,
            at_once: false,
            read: ReadQueue::default(),
            beginning: None,
            ready: VecDeque::new(),
            permit: None,
            update_permit: None,
            tasks: Tasks::default(),
            unwritten: Vec::new(),
            unreachable: Vec::new(),
            unwritten_requests: RequestCounts::default(),
            progress,
            record,
            silence: Silence::default(),
            slowed: Slowed::default(),
            started: Instant::now(),
            noted: Instant::now(),
            began: Began::now(),
        }
    }

    /// A run that is stopped before its first row: its rows are noted as unsent.
    #[must_use]
    pub fn stopped(mut self, reason: StopReason) -> Self {
        self.stop(reason);
        self
    }

    /// Takes every row to its outcome, or stops.
    ///
    /// # Errors
    /// The ledger failed: nothing more was sent from then on.
    pub async fn to_the_end(mut self, signals: &mut Signals) -> Result<RunEnd, LedgerError> {
        match self.work(signals).await {
            Ok(()) => self.end().await,
            Err(error) => {
                self.report_known_counts();
                Err(error)
            }
        }
    }

    async fn work(&mut self, signals: &mut Signals) -> Result<(), LedgerError> {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.is_over() {
            self.begin_next_group().await;
            self.ask_for_permits();
            let deadline = self.deadline();
            tokio::select! {
                biased;
                error = self.ledger.failure() => return Err(error),
                signal = signals.next() => self.signal(signal),
                () = until(deadline) => self.deadline_reached(),
                Some(over) = self.tasks.next() => self.tasks_ended(over).await,
                begun = begun(&mut self.beginning) => self.group_begun(begun).await?,
                () = self.shared.released.slot_freed() => {}
                permit = given(&mut self.permit) => self.send_next(permit),
                permit = given(&mut self.update_permit) => self.update_next(permit),
                group = self.list.next(), if self.wants_rows() => self.take_group(group).await,
                _ = tick.tick() => self.write_and_report().await,
            }
        }
        Ok(())
    }

    /// Nothing is on its way, and nothing more will come.
    fn is_over(&self) -> bool {
        let waited = self.stopped.is_some()
            && self.tasks.is_empty()
            && self
                .deadline()
                .is_some_and(|deadline| Instant::now() >= deadline);
        self.at_once || waited || (self.is_idle() && self.list_over)
    }

    fn is_idle(&self) -> bool {
        self.read.is_empty()
            && self.beginning.is_none()
            && self.ready.is_empty()
            && self.tasks.is_empty()
            && self.follow_ups.is_empty()
    }

    /// While at work: when to stop taking rows. While stopping: how long to wait, for rows on their way first, then for the rest of
    /// the list.
    fn deadline(&self) -> Option<Instant> {
        let Some((_, at)) = &self.stopped else {
            return self.plan.deadline.map(|deadline| deadline.no_more_rows);
        };
        let drained = *at + DRAIN;
        Some(if !self.tasks.is_empty() {
            let over = self.plan.deadline.map(|deadline| deadline.over.max(*at));
            over.map_or(drained, |over| over.min(drained))
        } else if self.is_idle() {
            drained.min((*at).max(self.heard_of_list) + PATIENCE)
        } else {
            drained
        })
    }

    fn deadline_reached(&mut self) {
        if self.stopped.is_none() {
            self.stop(StopReason::Deadline);
        } else {
            self.abort_in_flight();
        }
    }

    /// What is still on its way is not waited for any longer. It stays begun: the next run looks it up.
    fn abort_in_flight(&mut self) {
        let rows = self.tasks.abort().filter(InFlight::is_row).count() as u64;
        self.progress.counts.add_many(Outcome::InDoubt, rows);
        self.follow_ups.leave();
    }

    fn signal(&mut self, signal: Signal) {
        if matches!(self.stopped, Some((StopReason::Signal(_), _))) {
            self.at_once = true;
            return;
        }
        self.watch.notice("stopping: no more rows are taken; waiting for those on their way (again to stop at once)");
        self.stopped = None;
        self.stop(StopReason::Signal(signal));
    }

    /// Takes no more rows. The first reason counts.
    fn stop(&mut self, reason: StopReason) {
        if self.stopped.is_some() {
            return;
        }
        self.permit = None;
        run_log::stops(&reason, self.tasks.len());
        self.update_permit = None;
        self.stopped = Some((reason, Instant::now()));
        self.stopping.send_replace(true);
    }

    fn wants_rows(&self) -> bool {
        let has_room = self.read.wants_more(self.plan.group) && self.follow_ups.has_room();
        !self.list_over && (self.stopped.is_some() || has_room)
    }

    async fn write(&mut self) {
        let since = self.since();
        self.ledger.write(since).await;
    }

    /// What the run has come to since it wrote last.
    fn since(&mut self) -> LedgerBatch {
        let mut since = LedgerBatch {
            results: std::mem::take(&mut self.unwritten),
            follow_ups: self.follow_ups.unwritten(),
            ..LedgerBatch::default()
        };
        let requests = std::mem::take(&mut self.unwritten_requests);
        if requests != RequestCounts::default() {
            since.requests = requests.by_name();
            since.active_ms = i64::try_from(self.noted.elapsed().as_millis()).unwrap_or(i64::MAX);
            self.noted = Instant::now();
            since.span = Some(self.span(self.plan.arrives_within));
        }
        since
    }

    /// When this session can have created users, if what it has sent arrives within this time.
    fn span(&mut self, arrives_within: Duration) -> Span {
        self.began
            .until_now(self.shared.pool.clock(), arrives_within)
    }

    async fn end(mut self) -> Result<RunEnd, LedgerError> {
        self.abort_in_flight();
        self.leave_unreachable().await;
        self.write_and_report().await;
        if self.progress.counts.of(Outcome::InDoubt) == 0 {
            // Nothing that was sent can arrive any more.
            let span = Some(self.span(Duration::ZERO));
            self.ledger
                .write(LedgerBatch {
                    span,
                    ..LedgerBatch::default()
                })
                .await;
        }
        self.record_rates(true).await;
        let stopped = self.stopped.map(|(reason, _)| reason);
        let finished = stopped.is_none();
        run_log::ends(finished, &self.progress);
        let closed = self
            .ledger
            .close(Ending {
                finished,
                stopped_because: stopped.as_ref().map(ToString::to_string),
                at_ms: now_ms(),
            })
            .await;
        if let Err(error) = closed {
            self.watch.notice(&known(&self.progress, 0));
            return Err(error);
        }
        Ok(RunEnd {
            stopped,
            at_once: self.at_once,
            progress: self.progress,
        })
    }
}

/// The group's verdicts; none when the ledger failed. Waits for ever while no group is being begun.
async fn begun(beginning: &mut Option<PendingBatch>) -> Option<Vec<BeginResult>> {
    match beginning {
        Some(group) => (&mut group.begun).await.ok(),
        None => std::future::pending().await,
    }
}

/// The permit that was asked for. Waits for ever while none was.
async fn given(permit: &mut Option<PermitFuture>) -> Permit {
    match permit {
        Some(permit) => permit.await,
        None => std::future::pending().await,
    }
}

pub(super) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
