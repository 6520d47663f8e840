//! The loop of an undo. It owns all state: it alone takes users, writes to the ledger and counts.
//! Tasks return values.
//!
//! A user is looked up, then its deletion is begun in the ledger, then it is deleted. Tasks that
//! end while a group is written form the next group, so several users share one sync.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::removal::{Learnt, Removal, RemovalEvent, RemovalRules};
use super::remove::{FinishedRemoval, RemovalContext, RemovalEnd, remove};
use crate::ledger::undo::{ToUndo, UndoRecord};
use crate::ledger::{LedgerError, RunTimes, UndoLedger};
use crate::outcome::{KeptReason, Undoing, Undone};
use crate::pace::Pacer;
use crate::pool::{Cognito, Failure, Stop, now_ms};
use crate::process::room_for_connections;
use crate::run::{RequestCounts, Signal, Signals};

/// Users read from the ledger at a time.
const PAGE: usize = 256;

/// The slots sustain the rate if a deletion takes two seconds and the lookup before it another two.
const SECONDS: u32 = 4;

/// The minimum and maximum number of users in flight.
const SLOTS: (u32, u32) = (4, 200);

/// How long a stopping undo waits for requests in flight.
const DRAIN: Duration = Duration::from_secs(30);

/// Consecutive users without a connection before the undo stops.
const UNREACHABLE: u32 = 10;

/// The interval of progress messages.
const NOTIFY_INTERVAL: Duration = Duration::from_secs(10);

/// Users by outcome. `None` is the key of users without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndoTally(BTreeMap<Option<Undone>, u64>);

impl UndoTally {
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(ledger: &UndoLedger) -> Result<Self, LedgerError> {
        Ok(Self(ledger.counts()?.into_iter().collect()))
    }

    #[must_use]
    pub fn count(&self, undone: Undone) -> u64 {
        self.0.get(&Some(undone)).copied().unwrap_or(0)
    }

    /// Users without an outcome.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.0.get(&None).copied().unwrap_or(0)
    }

    /// All users that the run created.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }

    /// Users that a session would process: those without an outcome, those that failed, and with
    /// `used` those that were kept because they have or may have signed in.
    #[must_use]
    pub fn left(&self, used: bool) -> u64 {
        let kept = self.count(Undone::Kept(KeptReason::Used))
            + self.count(Undone::Kept(KeptReason::MaybeUsed));
        self.open() + self.count(Undone::Failed) + if used { kept } else { 0 }
    }

    fn settle(&mut self, undone: Undone) {
        if let Some(open) = self.0.get_mut(&None) {
            *open = open.saturating_sub(1);
        }
        *self.0.entry(Some(undone)).or_default() += 1;
    }
}

/// Why an undo ended early.
#[derive(Debug)]
pub enum Why {
    Signal(Signal),
    /// Every user would get the same answer.
    Refused(Stop, Failure),
    /// No connection could be made for several consecutive users.
    Unreachable(String),
    /// A task panicked. Its user stays open.
    Broken(JoinError),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => f.write_str(signal.name()),
            Self::Refused(Stop::Access, failure) => write!(
                f,
                "{failure}; renew the credentials (for example with `aws sso login`) and let them use cognito-idp:AdminGetUser and \
                 cognito-idp:AdminDeleteUser on this pool (`cognito-import iam-policy --undo` prints the policy)"
            ),
            Self::Refused(Stop::NotFound, failure) => write!(
                f,
                "{failure}; check --region, --profile and --endpoint-url: this is not where the run was"
            ),
            Self::Refused(stop @ (Stop::Firewall | Stop::ClockSkew | Stop::Untrusted), failure) => {
                write!(f, "{failure}; {}", stop.hint())
            }
            Self::Refused(_, failure) => write!(f, "{failure}"),
            Self::Unreachable(error) => write!(
                f,
                "no connection could be made for ten users in a row ({error}); check the network, --region, --endpoint-url and HTTPS_PROXY"
            ),
            // The message of a panic could quote a value.
            Self::Broken(_) => f.write_str("a task of this program ended unexpectedly"),
        }
    }
}

/// How a session ended.
#[derive(Debug)]
pub struct UndoEnd {
    /// Why it ended early, or `None` if every user has an outcome.
    pub stopped: Option<Why>,
    /// A second signal ended the undo without waiting for requests in flight.
    pub at_once: bool,
    /// Users by outcome, including earlier sessions.
    pub tally: UndoTally,
    /// Requests of this session.
    pub requests: RequestCounts,
}

impl UndoEnd {
    /// The result if nothing was left to do.
    #[must_use]
    pub fn before_it_began(tally: UndoTally) -> Self {
        Self {
            stopped: None,
            at_once: false,
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
    learnt: Learnt,
    stop: watch::Sender<bool>,
    tasks: JoinSet<FinishedRemoval>,
    slots: usize,
    page: VecDeque<ToUndo>,
    last_row: u64,
    read_to_end: bool,
    tally: UndoTally,
    requests: RequestCounts,
    unreachable: u32,
    stopped: Option<Why>,
    notified: Instant,
    notify: &'w mut dyn FnMut(&UndoTally),
}

impl<'w> Undo<'w> {
    /// `times` is when the run was active, and `deletions_a_second` is the ceiling of the pacer;
    /// `notify` is called every ten seconds.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn new(
        ledger: UndoLedger,
        pool: Cognito,
        pacer: Pacer,
        (rules, mode): (RemovalRules, Mode),
        times: RunTimes,
        deletions_a_second: NonZeroU32,
        notify: &'w mut dyn FnMut(&UndoTally),
    ) -> Result<Self, LedgerError> {
        let (stop, stopping) = watch::channel(false);
        let slots = deletions_a_second
            .get()
            .saturating_mul(SECONDS)
            .clamp(SLOTS.0, SLOTS.1);
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
            learnt: Learnt::default(),
            stop,
            tasks: JoinSet::new(),
            slots: (slots as usize).min(room_for_connections(1).unwrap_or(usize::MAX)),
            page: VecDeque::new(),
            last_row: 0,
            read_to_end: false,
            requests: RequestCounts::default(),
            unreachable: 0,
            stopped: None,
            notified: Instant::now(),
            notify,
        })
    }

    /// Runs until every user has an outcome or the undo is stopped. Returns the ledger.
    ///
    /// # Errors
    /// The ledger cannot be read or written: nothing more is sent.
    pub async fn to_the_end(
        mut self,
        signals: &mut Signals,
    ) -> Result<(UndoEnd, UndoLedger), LedgerError> {
        let mut over: Option<Instant> = None;
        let mut at_once = false;
        loop {
            self.take_users()?;
            if self.tasks.is_empty() {
                break;
            }
            let drained = over.unwrap_or_else(|| Instant::now() + DRAIN);
            tokio::select! {
                biased;
                signal = signals.next() => {
                    at_once = self.stopped.is_some();
                    self.stop(Why::Signal(signal));
                }
                done = self.tasks.join_next() => self.finished(done)?,
                () = sleep_until(drained), if over.is_some() => at_once = true,
            }
            if at_once {
                self.tasks.abort_all();
                break;
            }
            if self.stopped.is_some() {
                over = over.or(Some(Instant::now() + DRAIN));
            }
            if self.notified.elapsed() >= NOTIFY_INTERVAL {
                self.notified = Instant::now();
                (self.notify)(&self.tally);
            }
        }
        let ended = UndoEnd {
            stopped: self.stopped,
            at_once,
            tally: self.tally,
            requests: self.requests,
        };
        Ok((ended, self.ledger))
    }

    fn stop(&mut self, why: Why) {
        if self.stopped.is_none() {
            self.stopped = Some(why);
            // Fails only if no task is left to receive it.
            let _ = self.stop.send(true);
        }
    }

    fn take_users(&mut self) -> Result<(), LedgerError> {
        while self.stopped.is_none() && self.tasks.len() < self.slots {
            if self.page.is_empty() && !self.read_to_end {
                self.page = self.ledger.open_users(self.last_row, PAGE)?.into();
                self.read_to_end = self.page.len() < PAGE;
            }
            let Some(open) = self.page.pop_front() else {
                break;
            };
            self.last_row = open.user.row;
            let removal = Removal::new(open, self.rules, self.learnt, Arc::clone(&self.times));
            self.go_on(removal, RemovalEvent::Start);
        }
        Ok(())
    }

    fn go_on(&mut self, removal: Removal, event: RemovalEvent) {
        self.tasks
            .spawn(remove(Arc::clone(&self.shared), removal, event));
    }

    /// Records the results of this task and of all others that have ended, and continues with users
    /// whose deletion was begun.
    fn finished(
        &mut self,
        first: Option<Result<FinishedRemoval, JoinError>>,
    ) -> Result<(), LedgerError> {
        let mut notes = Vec::new();
        let mut begun = Vec::new();
        let mut next = first;
        while let Some(done) = next {
            match done {
                Ok(done) => self.note(done, &mut notes, &mut begun),
                Err(error) => self.stop(Why::Broken(error)),
            }
            next = self.tasks.try_join_next();
        }
        if !notes.is_empty() {
            self.ledger.write(&notes, now_ms())?;
        }
        for removal in begun {
            self.go_on(removal, RemovalEvent::Begun);
        }
        Ok(())
    }

    fn note(
        &mut self,
        done: FinishedRemoval,
        notes: &mut Vec<(u64, UndoRecord)>,
        begun: &mut Vec<Removal>,
    ) {
        self.learnt.merge(done.learnt);
        self.requests.merge(&done.requests);
        match done.end {
            RemovalEnd::ToBegin(removal) => match self.mode {
                // A stopping undo begins nothing: the next session starts these users over.
                Mode::Delete if self.stopped.is_some() => {}
                Mode::Delete => {
                    notes.push((done.row, UndoRecord::Begun));
                    begun.push(*removal);
                }
                Mode::DryRun => self.settled(done.row, Undoing::of(Undone::Deleted), notes),
            },
            RemovalEnd::Settled(outcome) => {
                self.unreachable = 0;
                self.settled(done.row, outcome, notes);
            }
            RemovalEnd::Unreachable(outcome) => {
                self.unreachable += 1;
                if self.unreachable >= UNREACHABLE {
                    let error = outcome.error_message.clone().unwrap_or_default();
                    self.stop(Why::Unreachable(error));
                }
                self.settled(done.row, outcome, notes);
            }
            RemovalEnd::NotSent => notes.push((done.row, UndoRecord::NotSent)),
            RemovalEnd::LeftOpen => {}
            RemovalEnd::StopRun(stop, failure) => self.stop(Why::Refused(stop, failure)),
        }
    }

    fn settled(&mut self, row: u64, outcome: Undoing, notes: &mut Vec<(u64, UndoRecord)>) {
        self.tally.settle(outcome.undone);
        notes.push((row, UndoRecord::Came(outcome)));
    }
}
