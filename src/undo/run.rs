//! The loop of an undo. It owns all state: users to process, the ledger, and the counts. Tasks only
//! return values.
//!
//! A user is looked up, its deletion is begun in the ledger, and then it is deleted. Tasks that end
//! while a group is written form the next group, so that several users share one sync.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::removal::{PoolBehavior, Removal, RemovalEvent, RemovalRules};
use super::remove::{FinishedRemoval, RemovalContext, RemovalEnd, remove};
use crate::ledger::undo::{ToUndo, UndoRecord};
use crate::ledger::{LedgerError, RunTimes, UndoLedger};
use crate::outcome::{UndoOutcome, Undone};
use crate::pace::Pacer;
use crate::pool::{Cognito, Failure, Stop, now_ms};
use crate::process::room_for_connections;
use crate::run::{RequestCounts, Signal, Signals, Silence};

/// The number of users read from the ledger at a time.
const PAGE_SIZE: usize = 256;

/// Slots per deletion per second: enough if a deletion and the lookup before it take two seconds
/// each.
const SLOTS_PER_RATE: u32 = 4;

/// The minimum and maximum number of users in flight.
const SLOT_LIMITS: (u32, u32) = (4, 200);

/// The number of consecutive users without a connection after which the undo stops.
const MAX_UNREACHABLE: u32 = 10;

/// The interval of progress messages.
const NOTIFY_INTERVAL: Duration = Duration::from_secs(10);

/// The interval at which responses are looked for.
const TICK: Duration = Duration::from_secs(1);

/// Users by outcome. `None` is the key of users without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndoTally(BTreeMap<Option<Undone>, u64>);

impl UndoTally {
    /// Counts the users of a ledger.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn of(ledger: &UndoLedger) -> Result<Self, LedgerError> {
        Ok(Self(ledger.counts()?.into_iter().collect()))
    }

    #[must_use]
    pub fn count(&self, undone: Undone) -> u64 {
        self.0.get(&Some(undone)).copied().unwrap_or(0)
    }

    /// Returns the number of users without an outcome.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.0.get(&None).copied().unwrap_or(0)
    }

    /// Returns the number of users.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }

    /// Returns whether nothing of the run is left of any user.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let mut outcomes = self.0.iter().filter(|(_, users)| **users > 0);
        outcomes.all(|(undone, _)| undone.is_some_and(Undone::is_complete))
    }

    fn settle(&mut self, undone: Undone) {
        if let Some(open) = self.0.get_mut(&None) {
            *open = open.saturating_sub(1);
        }
        *self.0.entry(Some(undone)).or_default() += 1;
    }
}

/// The reason why an undo ended early.
#[derive(Debug)]
pub enum UndoStopReason {
    Signal(Signal),
    /// Every user would get the same response.
    Refused(Stop, Failure),
    /// No connection could be made for several consecutive users.
    Unreachable(String),
    /// A task panicked. Its user stays open.
    Broken(JoinError),
}

impl fmt::Display for UndoStopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => f.write_str(signal.name()),
            Self::Refused(Stop::Access, failure) => write!(
                f,
                "{failure}; renew the credentials (for example with `aws sso login`) and allow \
                 cognito-idp:AdminGetUser and cognito-idp:AdminDeleteUser on this pool \
                 (`cognito-import iam-policy --undo` prints the policy)"
            ),
            Self::Refused(Stop::NotFound, failure) => write!(
                f,
                "{failure}; check --region, --profile and --endpoint-url: the run was in another \
                 place"
            ),
            Self::Refused(stop @ (Stop::Firewall | Stop::ClockSkew | Stop::Untrusted), failure) => {
                write!(f, "{failure}; {}", stop.hint())
            }
            Self::Refused(_, failure) => write!(f, "{failure}"),
            Self::Unreachable(error) => write!(
                f,
                "no connection could be made for ten users in a row ({error}); check the network, \
                 --region, --endpoint-url and HTTPS_PROXY"
            ),
            // The panic message could quote a value.
            Self::Broken(_) => f.write_str("a task of this program ended unexpectedly"),
        }
    }
}

/// How a session ended.
#[derive(Debug)]
pub struct UndoEnd {
    /// The reason why it ended early, or `None` if every user has an outcome.
    pub stopped: Option<UndoStopReason>,
    /// Whether a second signal ended the undo without waiting for requests in flight.
    pub aborted: bool,
    /// Users by outcome, including earlier sessions.
    pub tally: UndoTally,
    /// Requests of this session.
    pub requests: RequestCounts,
}

impl UndoEnd {
    /// Creates the result for an undo with nothing left to do.
    #[must_use]
    pub fn nothing_to_do(tally: UndoTally) -> Self {
        Self {
            stopped: None,
            aborted: false,
            tally,
            requests: RequestCounts::default(),
        }
    }
}

/// Whether users are really deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Delete,
    /// Only report what would be deleted.
    DryRun,
}

/// An undo of one run.
pub struct Undo<'w> {
    ledger: UndoLedger,
    shared: Arc<RemovalContext>,
    rules: RemovalRules,
    times: Arc<RunTimes>,
    mode: Mode,
    behavior: PoolBehavior,
    stop: watch::Sender<bool>,
    tasks: JoinSet<FinishedRemoval>,
    slots: usize,
    page: VecDeque<ToUndo>,
    last_row: u64,
    read_to_end: bool,
    tally: UndoTally,
    requests: RequestCounts,
    unreachable: u32,
    stopped: Option<UndoStopReason>,
    silence: Silence,
    notified: Instant,
    notify: &'w mut dyn FnMut(&UndoTally, Option<Duration>),
}

impl<'w> Undo<'w> {
    /// Creates an undo. `times` is when the run was active, `deletions_per_second` is the ceiling
    /// of the pacer. `notify` is called every ten seconds, with the time since the pool last
    /// answered if requests are unanswered.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn new(
        ledger: UndoLedger,
        pool: Cognito,
        pacer: Pacer,
        (rules, mode): (RemovalRules, Mode),
        times: RunTimes,
        deletions_per_second: NonZeroU32,
        notify: &'w mut dyn FnMut(&UndoTally, Option<Duration>),
    ) -> Result<Self, LedgerError> {
        let (stop, stopping) = watch::channel(false);
        let slots = deletions_per_second
            .get()
            .saturating_mul(SLOTS_PER_RATE)
            .clamp(SLOT_LIMITS.0, SLOT_LIMITS.1);
        Ok(Self {
            tally: UndoTally::of(&ledger)?,
            ledger,
            shared: Arc::new(RemovalContext {
                pool,
                pacer,
                stopping,
            }),
            rules,
            times: Arc::new(times),
            mode,
            behavior: PoolBehavior::default(),
            stop,
            tasks: JoinSet::new(),
            slots: (slots as usize).min(room_for_connections(1).unwrap_or(usize::MAX)),
            page: VecDeque::new(),
            last_row: 0,
            read_to_end: false,
            requests: RequestCounts::default(),
            unreachable: 0,
            stopped: None,
            silence: Silence::default(),
            notified: Instant::now(),
            notify,
        })
    }

    /// Runs until every user has an outcome or the undo is stopped. Returns the ledger.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read or written. Nothing more is sent then.
    pub async fn run(
        mut self,
        signals: &mut Signals,
    ) -> Result<(UndoEnd, UndoLedger), LedgerError> {
        let mut deadline: Option<Instant> = None;
        let mut aborted = false;
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.take_users()?;
            if self.tasks.is_empty() {
                break;
            }
            // Unused unless it is stopping.
            let drain_deadline = deadline.unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                signal = signals.next() => {
                    aborted = self.stopped.is_some();
                    self.stop(UndoStopReason::Signal(signal));
                }
                done = self.tasks.join_next() => self.record_finished(done)?,
                () = sleep_until(drain_deadline), if deadline.is_some() => break,
                _ = tick.tick() => self.report(),
            }
            if aborted {
                break;
            }
            if self.stopped.is_some() {
                let draining_until = || signals.grace().draining_until(Instant::now());
                deadline = deadline.or_else(|| Some(draining_until()));
            }
        }
        // The next session looks up the users of the requests in flight.
        self.tasks.abort_all();
        let ended = UndoEnd {
            stopped: self.stopped,
            aborted,
            tally: self.tally,
            requests: self.requests,
        };
        Ok((ended, self.ledger))
    }

    fn report(&mut self) {
        let now = Instant::now();
        let silent = self.silence.update(&self.shared.pacer, now);
        if now - self.notified >= NOTIFY_INTERVAL {
            self.notified = now;
            (self.notify)(&self.tally, silent);
        }
    }

    fn stop(&mut self, reason: UndoStopReason) {
        if self.stopped.is_none() {
            self.stopped = Some(reason);
            // Fails only if no task is left to receive it.
            let _ = self.stop.send(true);
        }
    }

    fn take_users(&mut self) -> Result<(), LedgerError> {
        while self.stopped.is_none() && self.tasks.len() < self.slots {
            if self.page.is_empty() && !self.read_to_end {
                self.page = self.ledger.open_users(self.last_row, PAGE_SIZE)?.into();
                self.read_to_end = self.page.len() < PAGE_SIZE;
            }
            let Some(open) = self.page.pop_front() else {
                break;
            };
            self.last_row = open.user.row;
            let removal = Removal::new(open, self.rules, self.behavior, Arc::clone(&self.times));
            self.spawn(removal, RemovalEvent::Start);
        }
        Ok(())
    }

    fn spawn(&mut self, removal: Removal, event: RemovalEvent) {
        self.tasks
            .spawn(remove(Arc::clone(&self.shared), removal, event));
    }

    /// Records the results of this task and of all others that have ended, and continues with users
    /// whose deletion was begun.
    fn record_finished(
        &mut self,
        first: Option<Result<FinishedRemoval, JoinError>>,
    ) -> Result<(), LedgerError> {
        let mut records = Vec::new();
        let mut begun = Vec::new();
        let mut next = first;
        while let Some(done) = next {
            match done {
                Ok(done) => self.apply(done, &mut records, &mut begun),
                Err(error) => self.stop(UndoStopReason::Broken(error)),
            }
            next = self.tasks.try_join_next();
        }
        if !records.is_empty() {
            self.ledger.write(&records, now_ms())?;
        }
        for removal in begun {
            self.spawn(removal, RemovalEvent::Begun);
        }
        Ok(())
    }

    fn apply(
        &mut self,
        done: FinishedRemoval,
        records: &mut Vec<(u64, UndoRecord)>,
        begun: &mut Vec<Removal>,
    ) {
        self.behavior.merge(done.behavior);
        self.requests.merge(&done.requests);
        match done.end {
            RemovalEnd::ToBegin(removal) => match self.mode {
                // A stopping undo begins nothing: the next session starts these users over.
                Mode::Delete if self.stopped.is_some() => {}
                Mode::Delete => {
                    records.push((done.row, UndoRecord::Begun));
                    begun.push(*removal);
                }
                Mode::DryRun => self.settle(done.row, removal.dry_run(), records),
            },
            RemovalEnd::Settled(outcome) => {
                self.unreachable = 0;
                self.settle(done.row, outcome, records);
            }
            RemovalEnd::Unreachable(outcome) => {
                self.unreachable += 1;
                if self.unreachable >= MAX_UNREACHABLE {
                    let error = outcome.error_message.clone().unwrap_or_default();
                    self.stop(UndoStopReason::Unreachable(error));
                }
                self.settle(done.row, outcome, records);
            }
            RemovalEnd::NotSent => records.push((done.row, UndoRecord::NotSent)),
            RemovalEnd::LeftOpen => {}
            RemovalEnd::StopRun(stop, failure) => self.stop(UndoStopReason::Refused(stop, failure)),
        }
    }

    fn settle(&mut self, row: u64, outcome: UndoOutcome, records: &mut Vec<(u64, UndoRecord)>) {
        self.tally.settle(outcome.undone);
        records.push((row, UndoRecord::Settled(outcome)));
    }
}
