//! The state machine that removes one user: events in, next step out.
//!
//! A user is kept if its `sub` is not the one that the run created, if it was created while the run
//! was not active (whatever the ledger says), or if it may have signed in and that is not allowed.
//! After an unclear deletion, the user is looked up before another deletion is sent.

mod found;
mod restore;

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::RunTimes;
use crate::ledger::undo::ToUndo;
use crate::outcome::{AffectedUser, KeptReason, UndoOutcome, Undone};
use crate::pool::failure::FailureKind;
use crate::pool::pages::SeenPages;
use crate::pool::{Advice, Deletion, Failure, FoundUser, Sent, Stop, UserEvents};
use crate::run::{FORBIDDEN_TRIES, RetryPolicy};

/// The maximum number of pages of a user's events: 6,000 events without a sign-in.
const MAX_PAGES: usize = 100;

#[derive(Debug)]
pub enum RemovalEvent {
    Start,
    /// The result of a lookup.
    Found(Result<Option<FoundUser>, Failure>),
    /// A page of the user's events.
    EventsRead(Result<UserEvents, Failure>),
    /// The deletion is begun in the ledger.
    Begun,
    Deleted(Result<Deletion, Failure>),
    Restored(Result<(), Failure>),
}

/// The next step. Requests identify the user by [`Removal::name`].
#[derive(Debug, PartialEq, Eq)]
pub enum RemovalStep {
    /// Look the user up after this delay.
    LookUp(Duration),
    /// Request the user's events after this delay: the first page, or the page of this token.
    ReadEvents(Duration, Option<String>),
    /// Begin the deletion or restoration in the ledger, or report it in a dry run.
    Begin,
    /// Delete the user after this delay.
    Delete(Duration),
    /// Write [`Removal::restoration`] after this delay.
    Restore(Duration),
    /// The user has its outcome.
    Settled(UndoOutcome),
    /// No connection could be made.
    Unreachable(UndoOutcome),
    /// Every user would fail in the same way.
    StopRun(Stop, Failure),
}

/// Settings shared by all users.
#[derive(Debug, Clone, Copy)]
pub struct RemovalRules {
    pub retry: RetryPolicy,
    /// Also delete users that have or may have signed in.
    pub even_if_used: bool,
    /// Restore addresses even if the pool may send messages to them.
    pub allow_messages: bool,
}

/// Properties of the pool, learned from its responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolBehavior {
    /// The pool does not find users by `sub`.
    pub hides_subs: bool,
    /// The pool records no user events, or the credentials may not read them.
    pub hides_events: bool,
}

impl PoolBehavior {
    pub fn merge(&mut self, other: Self) {
        self.hides_subs |= other.hides_subs;
        self.hides_events |= other.hides_events;
    }
}

/// How requests identify the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LookupKey {
    Sub,
    Username,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It is undecided whether the user may be deleted.
    Deciding,
    /// The deletion or restoration is begun in the ledger.
    Deleting,
}

#[derive(Debug)]
pub struct Removal {
    user: AffectedUser,
    rules: RemovalRules,
    times: Arc<RunTimes>,
    behavior: PoolBehavior,
    key: LookupKey,
    phase: Phase,
    /// The attributes to restore, with their previous values.
    restoration: Vec<(String, String)>,
    /// The attributes that have changed since the run wrote them.
    changed: Vec<String>,
    /// The addresses that are not restored, because the pool may send messages to them.
    withheld: Vec<String>,
    /// Whether an attribute has its previous value.
    has_previous: bool,
    /// Whether one of our deletions may have arrived.
    maybe_deleted: bool,
    /// Whether the pages so far contain the user's sign-up.
    sign_up: bool,
    pages: SeenPages,
    tries: u32,
    /// Consecutive failed lookups. All pages of events count as one.
    failed_reads: u32,
    /// How often an existing user was reported as missing.
    vanished: u32,
    forbidden: u32,
    /// The failure to report with the outcome.
    failure: Option<Failure>,
}

impl Removal {
    /// Creates the state machine from the ledger's record of the user. `times` is when the run was
    /// active.
    #[must_use]
    pub fn new(
        open: ToUndo,
        rules: RemovalRules,
        behavior: PoolBehavior,
        times: Arc<RunTimes>,
    ) -> Self {
        let key = if open.user.sub.is_some() && !behavior.hides_subs {
            LookupKey::Sub
        } else {
            LookupKey::Username
        };
        let restores = !open.user.changes.is_empty();
        Self {
            user: open.user,
            rules,
            times,
            behavior,
            key,
            phase: Phase::Deciding,
            restoration: Vec::new(),
            changed: Vec::new(),
            withheld: Vec::new(),
            has_previous: false,
            maybe_deleted: open.begun_ms.is_some() && !restores,
            sign_up: false,
            pages: SeenPages::up_to(MAX_PAGES),
            tries: 0,
            failed_reads: 0,
            vanished: 0,
            forbidden: 0,
            failure: None,
        }
    }

    #[must_use]
    pub fn row(&self) -> u64 {
        self.user.row
    }

    /// Returns the `sub` or username that identifies the user in requests.
    #[must_use]
    pub fn name(&self) -> &str {
        match (self.key, &self.user.sub) {
            (LookupKey::Sub, Some(sub)) => sub,
            (LookupKey::Sub, None) | (LookupKey::Username, _) => &self.user.username,
        }
    }

    /// Returns whether this session began the deletion and no deletion can have arrived.
    #[must_use]
    pub fn was_begun_but_not_sent(&self) -> bool {
        self.phase == Phase::Deleting && !self.maybe_deleted
    }

    #[must_use]
    pub fn behavior(&self) -> PoolBehavior {
        self.behavior
    }

    /// Returns the next step. `chance` is in 0.0..=1.0.
    pub fn next(&mut self, event: RemovalEvent, chance: f64) -> RemovalStep {
        match event {
            RemovalEvent::Start => RemovalStep::LookUp(Duration::ZERO),
            RemovalEvent::Found(Ok(found)) => {
                self.failed_reads = 0;
                self.found(found)
            }
            RemovalEvent::Found(Err(failure)) => {
                self.read_failed(failure, chance, RemovalStep::LookUp)
            }
            RemovalEvent::EventsRead(Ok(events)) => self.events_read(events),
            RemovalEvent::EventsRead(Err(failure)) => self.events_failed(failure, chance),
            RemovalEvent::Begun => {
                self.phase = Phase::Deleting;
                if self.restores() {
                    RemovalStep::Restore(Duration::ZERO)
                } else {
                    RemovalStep::Delete(Duration::ZERO)
                }
            }
            RemovalEvent::Deleted(Ok(Deletion::Deleted)) => settled(Undone::Deleted),
            RemovalEvent::Deleted(Ok(Deletion::NoSuchUser)) => match self.key {
                // Deleted, or not found by `sub`: look the username up.
                LookupKey::Sub => self.look_up_by_name(),
                LookupKey::Username => self.absent(),
            },
            RemovalEvent::Deleted(Err(failure)) => self.deletion_failed(failure, chance),
            RemovalEvent::Restored(Ok(())) => self.restored(),
            RemovalEvent::Restored(Err(failure)) => self.restoration_failed(failure, chance),
        }
    }

    fn look_up_by_name(&mut self) -> RemovalStep {
        self.key = LookupKey::Username;
        RemovalStep::LookUp(Duration::ZERO)
    }

    fn absent(&self) -> RemovalStep {
        settled(if self.maybe_deleted {
            Undone::Deleted
        } else {
            Undone::Gone
        })
    }

    fn events_read(&mut self, events: UserEvents) -> RemovalStep {
        self.sign_up |= events.sign_up;
        if events.used {
            return settled(Undone::Kept(KeptReason::Used));
        }
        match events.next {
            Some(token) => match self.pages.follow(events.events, &token) {
                Ok(()) => RemovalStep::ReadEvents(Duration::ZERO, Some(token)),
                Err(endless) => RemovalStep::Settled(with_failure(
                    Undone::Kept(KeptReason::MaybeUsed),
                    endless.into(),
                )),
            },
            None if self.sign_up => RemovalStep::Begin,
            // If the sign-up was not recorded, sign-ins may not have been recorded either.
            None => settled(Undone::Kept(KeptReason::MaybeUsed)),
        }
    }

    /// Handles a failure to read the events. If it is permanent for the pool, they are not
    /// requested again.
    fn events_failed(&mut self, failure: Failure, chance: f64) -> RemovalStep {
        let is_permanent = matches!(
            failure.kind(),
            FailureKind::ThreatProtectionOff | FailureKind::AccessDenied
        ) || failure.advice == Advice::Stop(Stop::Refused);
        if is_permanent {
            self.behavior.hides_events = true;
            return RemovalStep::Settled(with_failure(
                Undone::Kept(KeptReason::MaybeUsed),
                failure,
            ));
        }
        self.pages = SeenPages::up_to(MAX_PAGES);
        if failure.kind() == FailureKind::UserNotFound && self.vanished < self.rules.retry.lookups {
            self.vanished += 1;
            return RemovalStep::LookUp(self.rules.retry.backoff(self.vanished, chance));
        }
        let restart = |wait| RemovalStep::ReadEvents(wait, None);
        if failure.advice == Advice::GiveUp {
            let kept = Undone::Kept(KeptReason::MaybeUsed);
            return RemovalStep::Settled(with_failure(kept, failure));
        }
        self.read_failed(failure, chance, restart)
    }

    /// Handles a failed read; `retry` creates the step that repeats it.
    fn read_failed(
        &mut self,
        failure: Failure,
        chance: f64,
        retry: fn(Duration) -> RemovalStep,
    ) -> RemovalStep {
        match failure.advice {
            Advice::Stop(stop) => RemovalStep::StopRun(stop, failure),
            Advice::SlowDown => retry(self.rules.retry.backoff(1, chance)),
            Advice::Firewalled => self.firewalled(failure, chance, retry),
            Advice::GiveUp => self.failed(failure),
            Advice::Retry
            | Advice::Unreachable
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered => {
                self.failed_reads += 1;
                if self.failed_reads < self.rules.retry.lookups {
                    return retry(self.rules.retry.backoff(self.failed_reads, chance));
                }
                self.failed(failure)
            }
        }
    }

    fn deletion_failed(&mut self, failure: Failure, chance: f64) -> RemovalStep {
        match failure.advice {
            Advice::Stop(stop) => RemovalStep::StopRun(stop, failure),
            Advice::SlowDown => RemovalStep::Delete(self.rules.retry.backoff(1, chance)),
            Advice::Firewalled => self.firewalled(failure, chance, RemovalStep::Delete),
            Advice::GiveUp => self.failed(failure),
            Advice::Retry
            | Advice::Unreachable
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered => {
                self.tries += 1;
                let wait = self.rules.retry.backoff(self.tries, chance);
                let sent = failure.sent;
                if sent == Sent::No && self.tries >= self.rules.retry.tries {
                    return self.failed(failure);
                }
                self.failure = Some(failure);
                match sent {
                    Sent::No => RemovalStep::Delete(wait),
                    Sent::Maybe | Sent::Answered => {
                        self.maybe_deleted = true;
                        RemovalStep::LookUp(wait)
                    }
                }
            }
        }
    }

    /// Stops the undo if the firewall keeps blocking requests, because it would block every user.
    fn firewalled(
        &mut self,
        failure: Failure,
        chance: f64,
        retry: fn(Duration) -> RemovalStep,
    ) -> RemovalStep {
        self.forbidden += 1;
        if self.forbidden >= FORBIDDEN_TRIES {
            return RemovalStep::StopRun(Stop::Firewall, failure);
        }
        retry(self.rules.retry.backoff(1, chance))
    }

    fn failed(&self, mut failure: Failure) -> RemovalStep {
        if self.maybe_deleted {
            failure
                .message
                .push_str(" (the user may have been deleted)");
        }
        if failure.advice == Advice::Unreachable {
            RemovalStep::Unreachable(with_failure(Undone::Failed, failure))
        } else {
            RemovalStep::Settled(with_failure(Undone::Failed, failure))
        }
    }
}

fn settled(undone: Undone) -> RemovalStep {
    RemovalStep::Settled(UndoOutcome::of(undone))
}

fn with_failure(undone: Undone, failure: Failure) -> UndoOutcome {
    UndoOutcome {
        undone,
        error_code: Some(failure.code),
        error_message: Some(failure.message),
    }
}

#[cfg(test)]
mod tests;
