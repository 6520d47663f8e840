//! The loop of a run. It owns all state: the rows, the ledger and the counts. Tasks only return
//! values.
//!
//! A row is in one of four places: `read` (from the list), `beginning` (being written to the
//! ledger), `ready` (on disk, may be sent) or a task. Each place is bounded, so memory does not
//! grow with the list.

mod dispatch;
mod follow_ups;
mod intake;
mod lost_rows;
mod outcomes;
mod pending_user;
mod plan;
mod read_queue;
mod reporting;
mod span;
mod stopping;
mod tasks;
mod updates;

use std::collections::VecDeque;
use std::future::Future;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::breaker::Breaker;
use super::progress::{Progress, Watch};
use super::rate_recorder::RateRecorder;
use super::register::RegistrationJob;
use super::registration::SentBefore;
use super::request::RequestContext;
use super::run_log::{self, Slowed};
use super::slots::ReleasedSlots;
use super::stop::StopReason;
use super::update::PreparedUpdate;
use crate::ledger::writer::Ending;
use crate::ledger::{BeginResult, Ledger, LedgerBatch, LedgerError, Span};
use crate::outcome::{Outcome, RowOutcome};
use crate::pace::{Pacer, Permit};
use crate::pool::{Cognito, now_ms};
use crate::rows::prefetch::Prefetch;
use crate::run::{Grace, RequestCounts, Signals, Silence};
use follow_ups::FollowUps;
use lost_rows::LostRows;
use read_queue::ReadQueue;
use reporting::counts_at_failure;
use span::SessionStart;
use tasks::Tasks;
use updates::{BeginningUpdates, written};

pub use plan::{Deadline, ImportRow, RunEnd, SessionPlan};

/// The interval of ledger writes and progress updates. After a crash, each row with an unwritten
/// result costs a lookup.
const TICK: Duration = Duration::from_millis(100);

/// The maximum number of results in one write.
const MAX_RESULTS_BATCH: usize = 256;

/// The maximum number of unsent rows in one write.
const MAX_UNSENT_BATCH: usize = 1_024;

/// How long a stopping run without requests in flight waits for the next rows of the list, to
/// record them as unsent. A file has them at once; a pipe may never send any.
const REST_OF_LIST_TIME: Duration = Duration::from_secs(1);

type PermitFuture = Pin<Box<dyn Future<Output = Permit>>>;

/// A group of rows that the ledger is writing.
struct PendingBatch {
    group: Vec<ImportRow>,
    at_ms: i64,
    /// For the rows that the ledger did not know.
    sent_before: SentBefore,
    begun: oneshot::Receiver<Vec<BeginResult>>,
}

pub struct Run<'a> {
    plan: SessionPlan,
    shared: Arc<RequestContext>,
    ledger: Ledger,
    list: Prefetch<ImportRow>,
    list_over: bool,
    /// When rows last arrived from the list.
    rows_arrived: Instant,
    watch: &'a mut dyn Watch,
    stopping: watch::Sender<bool>,
    stopped: Option<(StopReason, Instant)>,
    grace: Grace,
    aborted: bool,
    read: ReadQueue,
    /// How many rows may still be begun.
    rows_left: u64,
    lost_rows: LostRows,
    beginning: Option<PendingBatch>,
    ready: VecDeque<RegistrationJob>,
    follow_ups: FollowUps,
    /// Updates to write to the ledger.
    to_begin: Vec<(u64, PreparedUpdate)>,
    beginning_updates: Option<BeginningUpdates>,
    /// The pending permit for a sign-up, or for a step of the same quota.
    permit: Option<PermitFuture>,
    /// The pending permit for any other step.
    update_permit: Option<PermitFuture>,
    tasks: Tasks,
    unwritten: Vec<(u64, RowOutcome)>,
    /// Consecutive rows for which no connection could be made.
    unreachable: Vec<(u64, RowOutcome)>,
    unwritten_requests: RequestCounts,
    breaker: Breaker,
    progress: Progress,
    recorder: RateRecorder,
    silence: Silence,
    slowed: Slowed,
    started: Instant,
    /// The end of the active time that is already in the ledger.
    active_until: Instant,
    session_start: SessionStart,
}

impl<'a> Run<'a> {
    /// Prepares a run. Sends nothing.
    #[must_use]
    pub fn new(
        plan: SessionPlan,
        pool: Cognito,
        pacer: Pacer,
        ledger: Ledger,
        list: Prefetch<ImportRow>,
        grace: Grace,
        watch: &'a mut dyn Watch,
    ) -> Self {
        let (stopping, stop_receiver) = watch::channel(false);
        let progress = Progress {
            counts: plan.before,
            ..Progress::default()
        };
        let lost_rows = LostRows::new(plan.lost_since_ms, plan.retries);
        let recorder = RateRecorder::begin(&pacer, Instant::now(), now_ms());
        Self {
            shared: Arc::new(RequestContext {
                pool,
                pacer,
                rules: plan.rules.clone(),
                named_by: plan.named_by,
                stopping: stop_receiver,
                released: ReleasedSlots::default(),
                span: tracing::Span::current(),
            }),
            breaker: Breaker::new("rows sent", plan.breaker),
            follow_ups: FollowUps::new(plan.breaker),
            rows_left: plan.stop_after.map_or(u64::MAX, NonZeroU64::get),
            plan,
            ledger,
            list,
            list_over: false,
            rows_arrived: Instant::now(),
            watch,
            stopping,
            stopped: None,
            grace,
            aborted: false,
            read: ReadQueue::default(),
            lost_rows,
            beginning: None,
            ready: VecDeque::new(),
            to_begin: Vec::new(),
            beginning_updates: None,
            permit: None,
            update_permit: None,
            tasks: Tasks::default(),
            unwritten: Vec::new(),
            unreachable: Vec::new(),
            unwritten_requests: RequestCounts::default(),
            progress,
            recorder,
            silence: Silence::default(),
            slowed: Slowed::default(),
            started: Instant::now(),
            active_until: Instant::now(),
            session_start: SessionStart::now(),
        }
    }

    /// Processes every row, or stops early.
    ///
    /// # Errors
    /// The ledger failed. Nothing was sent after that.
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
            self.stop_if_enough();
            self.begin_next_group().await;
            self.begin_updates().await;
            self.request_permits();
            let deadline = self.deadline();
            tokio::select! {
                biased;
                error = self.ledger.failure() => return Err(error),
                signal = signals.next() => self.signal(signal),
                () = until(deadline) => self.deadline_reached(),
                Some(end) = self.tasks.next() => self.tasks_ended(end).await,
                begun = begun(&mut self.beginning) => self.group_begun(begun).await?,
                written = written(&mut self.beginning_updates) => self.updates_begun(written).await?,
                () = self.shared.released.slot_freed() => {}
                permit = granted(&mut self.permit) => self.send_next(permit),
                permit = granted(&mut self.update_permit) => self.send_next_update(permit),
                group = self.list.next(), if self.wants_rows() => self.take_group(group).await,
                _ = tick.tick() => self.write_and_report().await,
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        let waited = self.stopped.is_some()
            && self.tasks.is_empty()
            && self
                .deadline()
                .is_some_and(|deadline| Instant::now() >= deadline);
        self.aborted || waited || (self.is_idle() && self.list_over)
    }

    fn is_idle(&self) -> bool {
        self.read.is_empty() && self.is_drained()
    }

    /// Returns whether every row that was begun is settled, with its steps.
    fn is_drained(&self) -> bool {
        self.beginning.is_none()
            && self.ready.is_empty()
            && self.tasks.is_empty()
            && self.follow_ups.is_empty()
    }

    fn wants_rows(&self) -> bool {
        let has_room = self.read.wants_more(self.plan.group) && self.follow_ups.has_room();
        !self.list_over && (self.stopped.is_some() || has_room)
    }

    async fn write(&mut self) {
        let since = self.since();
        self.ledger.write(since).await;
    }

    /// Everything since the last write.
    fn since(&mut self) -> LedgerBatch {
        let mut since = LedgerBatch {
            results: std::mem::take(&mut self.unwritten),
            updates: self.follow_ups.unwritten_updates(),
            follow_ups: self.follow_ups.unwritten(),
            ..LedgerBatch::default()
        };
        since.no_more_lost_rows = self.lost_rows.take_ended();
        let requests = std::mem::take(&mut self.unwritten_requests);
        if requests != RequestCounts::default() {
            since.requests = requests.by_name();
            since.active_ms =
                i64::try_from(self.active_until.elapsed().as_millis()).unwrap_or(i64::MAX);
            self.active_until = Instant::now();
            since.span = Some(self.span(self.plan.arrives_within));
        }
        since
    }

    /// Returns the time span in which this session can have created users, if its requests arrive
    /// within `arrives_within`. It includes the time of sessions that the ledger does not know.
    fn span(&mut self, arrives_within: Duration) -> Span {
        let clock = self.shared.pool.clock();
        let mut span = self.session_start.until_now(clock, arrives_within);
        if let Some(since_ms) = self.plan.lost_since_ms {
            span.from_ms = span.from_ms.min(since_ms);
        }
        span
    }

    async fn end(mut self) -> Result<RunEnd, LedgerError> {
        self.abort_in_flight();
        self.leave_unreachable().await;
        self.write_and_report().await;
        if self.progress.counts.of(Outcome::InDoubt) == 0 {
            // Every request was answered, so none can arrive later.
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
            self.watch.notice(&counts_at_failure(&self.progress, 0));
            return Err(error);
        }
        Ok(RunEnd {
            stopped,
            aborted: self.aborted,
            progress: self.progress,
        })
    }
}

/// Returns the results of the group being begun, or `None` if the ledger failed. Pending while no
/// group is being begun.
async fn begun(beginning: &mut Option<PendingBatch>) -> Option<Vec<BeginResult>> {
    match beginning {
        Some(group) => (&mut group.begun).await.ok(),
        None => std::future::pending().await,
    }
}

/// Returns the permit that was requested. Pending while none was.
async fn granted(permit: &mut Option<PermitFuture>) -> Permit {
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
