//! The loop of an undo. It owns the truth: it alone takes users, writes the ledger and counts. Tasks only return values.
//!
//! A user is looked at, then written down as begun, then deleted. What its tasks return while one group is written makes up the next
//! group, so that a sync to the disk is paid once for several users.

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

/// On their way hold the rate when an answer takes two seconds, and the look-up before it as long.
const SECONDS: u32 = 4;

/// Users on their way, at least and at most.
const SLOTS: (u32, u32) = (4, 200);

/// How long those on their way have to finish once the undo stops.
const DRAIN: Duration = Duration::from_secs(30);

/// So many users in a row without a connection stop the undo.
const UNREACHABLE: u32 = 10;

/// How often those who watch are told.
const NOTIFY_INTERVAL: Duration = Duration::from_secs(10);

/// Users by what came of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndoTally(BTreeMap<Option<Undone>, u64>);

impl UndoTally {
    /// As the ledger has them.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(ledger: &UndoLedger) -> Result<Self, LedgerError> {
        Ok(Self(ledger.counts()?.into_iter().collect()))
    }

    /// Users of whom this came.
    #[must_use]
    pub fn count(&self, undone: Undone) -> u64 {
        self.0.get(&Some(undone)).copied().unwrap_or(0)
    }

    /// Users of whom nothing is known yet.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.0.get(&None).copied().unwrap_or(0)
    }

    /// All users that the run made.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }

    /// Users that a session would take up: those of whom nothing is known, those that failed, and with `used` those that were left
    /// alone because they were used or may have been.
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
    /// It was told to.
    Signal(Signal),
    /// Every user would meet the same answer.
    Refused(Stop, Failure),
    /// No connection could be made for several users in a row.
    Unreachable(String),
    /// A task of ours ended in a panic: its user is left open.
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
            // Its words could quote a value.
            Self::Broken(_) => f.write_str("a task of this program ended unexpectedly"),
        }
    }
}

/// How a session ended.
#[derive(Debug)]
pub struct UndoEnd {
    /// Why it ended early; none: every user is settled.
    pub stopped: Option<Why>,
    /// True where somebody did not want to wait for those on their way.
    pub at_once: bool,
    /// Users by what came of them, those of earlier sessions included.
    pub tally: UndoTally,
    /// Requests of this session.
    pub requests: RequestCounts,
}

impl UndoEnd {
    /// There was nothing left to do.
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

/// What is done with users that may be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are.
    Delete,
    /// It is only said.
    DryRun,
}

/// An undo that is about to begin.
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
    behind: u64,
    read_to_end: bool,
    tally: UndoTally,
    requests: RequestCounts,
    unreachable: u32,
    stopped: Option<Why>,
    notified: Instant,
    notify: &'w mut dyn FnMut(&UndoTally),
}

impl<'w> Undo<'w> {
    /// `times` is when the run was at work, `deletions_a_second` is what the pacer allows; `notify` is called every ten seconds.
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
            behind: 0,
            read_to_end: false,
            requests: RequestCounts::default(),
            unreachable: 0,
            stopped: None,
            notified: Instant::now(),
            notify,
        })
    }

    /// Until every user is settled, or it is stopped. The ledger comes back.
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
            // Nobody hears it where no task is left.
            let _ = self.stop.send(true);
        }
    }

    fn take_users(&mut self) -> Result<(), LedgerError> {
        while self.stopped.is_none() && self.tasks.len() < self.slots {
            if self.page.is_empty() && !self.read_to_end {
                self.page = self.ledger.open_users(self.behind, PAGE)?.into();
                self.read_to_end = self.page.len() < PAGE;
            }
            let Some(open) = self.page.pop_front() else {
                break;
            };
            self.behind = open.user.row;
            let removal = Removal::new(open, self.rules, self.learnt, Arc::clone(&self.times));
            self.go_on(removal, RemovalEvent::Start);
        }
        Ok(())
    }

    fn go_on(&mut self, removal: Removal, event: RemovalEvent) {
        self.tasks
            .spawn(remove(Arc::clone(&self.shared), removal, event));
    }

    /// Writes down what came of this task and of all that have finished with it, and lets those go on that were begun.
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
                // Nobody begins once it stops: the next session looks again.
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
