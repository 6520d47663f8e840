//! The state machine that removes one user. Pure: events in, next step out.
//!
//! A user is kept if its `sub` is not the one that the run created, if it was created while the run
//! was not active (whatever the ledger says), or if it may have signed in and that is not allowed.
//! After an unclear deletion, the user is looked up before another deletion is sent.

mod found;

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::RunTimes;
use crate::ledger::undo::ToUndo;
use crate::outcome::{KeptReason, MadeUser, Undoing, Undone};
use crate::pool::failure::FailureKind;
use crate::pool::pages::SeenPages;
use crate::pool::{Advice, Deletion, Doings, Failure, FoundUser, Sent, Stop};
use crate::run::{FORBIDDEN_TRIES, RetryPolicy};

/// The maximum number of pages of a user's events: 6,000 events without a sign-in.
const MOST_PAGES: usize = 100;

#[derive(Debug)]
pub enum RemovalEvent {
    Start,
    /// The answer to a lookup.
    Found(Result<Option<FoundUser>, Failure>),
    /// A page of the user's events.
    Doings(Result<Doings, Failure>),
    /// The deletion is begun in the ledger.
    Begun,
    Deleted(Result<Deletion, Failure>),
}

/// The next step. Requests name the user by [`Removal::name`].
#[derive(Debug, PartialEq, Eq)]
pub enum RemovalStep {
    /// Look the user up after this delay.
    LookUp(Duration),
    /// Request the user's events after this delay: the first page, or the page of this token.
    AskDoings(Duration, Option<String>),
    /// Begin the deletion in the ledger, or report it in a dry run.
    Begin,
    /// Delete the user after this delay.
    Delete(Duration),
    /// The user has its outcome.
    Settled(Undoing),
    /// No connection could be made.
    Unreachable(Undoing),
    /// Every user would fail in the same way.
    StopRun(Stop, Failure),
}

/// Settings shared by all users.
#[derive(Debug, Clone, Copy)]
pub struct RemovalRules {
    pub retry: RetryPolicy,
    /// Also delete users that have or may have signed in.
    pub even_if_used: bool,
}

/// Properties of the pool, learned from its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Learnt {
    /// The pool does not find users by `sub`.
    pub not_by_sub: bool,
    /// The pool records no user events, or the credentials may not read them.
    pub tells_nothing: bool,
}

impl Learnt {
    pub fn merge(&mut self, other: Self) {
        self.not_by_sub |= other.not_by_sub;
        self.tells_nothing |= other.tells_nothing;
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
    /// Whether the user may be deleted is not decided.
    Judging,
    /// The deletion is begun in the ledger.
    Deleting,
}

#[derive(Debug)]
pub struct Removal {
    user: MadeUser,
    rules: RemovalRules,
    times: Arc<RunTimes>,
    learnt: Learnt,
    by: LookupKey,
    phase: Phase,
    /// One of our deletions may have arrived.
    maybe_deleted: bool,
    /// The pages so far have the user's own sign-up.
    sign_up: bool,
    pages: SeenPages,
    tries: u32,
    /// Consecutive failed lookups. All pages of events count as one.
    questions: u32,
    /// How often an existing user was reported as missing.
    vanished: u32,
    forbidden: u32,
    /// The failure to report with the outcome.
    failure: Option<Failure>,
}

impl Removal {
    /// `open` is the ledger's record of the user, and `times` when the run was active.
    #[must_use]
    pub fn new(open: ToUndo, rules: RemovalRules, learnt: Learnt, times: Arc<RunTimes>) -> Self {
        let by = if open.user.sub.is_some() && !learnt.not_by_sub {
            LookupKey::Sub
        } else {
            LookupKey::Username
        };
        Self {
            user: open.user,
            rules,
            times,
            learnt,
            by,
            phase: Phase::Judging,
            maybe_deleted: open.begun_ms.is_some(),
            sign_up: false,
            pages: SeenPages::up_to(MOST_PAGES),
            tries: 0,
            questions: 0,
            vanished: 0,
            forbidden: 0,
            failure: None,
        }
    }

    #[must_use]
    pub fn row(&self) -> u64 {
        self.user.row
    }

    /// The `sub` or username that requests name.
    #[must_use]
    pub fn name(&self) -> &str {
        match (self.by, &self.user.sub) {
            (LookupKey::Sub, Some(sub)) => sub,
            (LookupKey::Sub, None) | (LookupKey::Username, _) => &self.user.username,
        }
    }

    /// Whether this session began the deletion and no deletion can have arrived.
    #[must_use]
    pub fn was_begun_but_not_sent(&self) -> bool {
        self.phase == Phase::Deleting && !self.maybe_deleted
    }

    #[must_use]
    pub fn learnt(&self) -> Learnt {
        self.learnt
    }

    /// Returns the next step. `chance` is in 0.0..=1.0.
    pub fn next(&mut self, event: RemovalEvent, chance: f64) -> RemovalStep {
        match event {
            RemovalEvent::Start => RemovalStep::LookUp(Duration::ZERO),
            RemovalEvent::Found(Ok(found)) => {
                self.questions = 0;
                self.found(found)
            }
            RemovalEvent::Found(Err(failure)) => {
                self.unanswered(failure, chance, RemovalStep::LookUp)
            }
            RemovalEvent::Doings(Ok(doings)) => self.did(doings),
            RemovalEvent::Doings(Err(failure)) => self.not_told(failure, chance),
            RemovalEvent::Begun => {
                self.phase = Phase::Deleting;
                RemovalStep::Delete(Duration::ZERO)
            }
            RemovalEvent::Deleted(Ok(Deletion::Deleted)) => settled(Undone::Deleted),
            RemovalEvent::Deleted(Ok(Deletion::NoSuchUser)) => match self.by {
                // Deleted, or not found by `sub`: look the username up.
                LookupKey::Sub => self.look_by_name(),
                LookupKey::Username => self.absent(),
            },
            RemovalEvent::Deleted(Err(failure)) => self.not_deleted(failure, chance),
        }
    }

    fn look_by_name(&mut self) -> RemovalStep {
        self.by = LookupKey::Username;
        RemovalStep::LookUp(Duration::ZERO)
    }

    fn absent(&self) -> RemovalStep {
        settled(if self.maybe_deleted {
            Undone::Deleted
        } else {
            Undone::Gone
        })
    }

    fn did(&mut self, doings: Doings) -> RemovalStep {
        self.sign_up |= doings.sign_up;
        if doings.used {
            return settled(Undone::Kept(KeptReason::Used));
        }
        match doings.next {
            Some(token) => match self.pages.follow(doings.events, &token) {
                Ok(()) => RemovalStep::AskDoings(Duration::ZERO, Some(token)),
                Err(endless) => RemovalStep::Settled(because(
                    Undone::Kept(KeptReason::MaybeUsed),
                    endless.into(),
                )),
            },
            None if self.sign_up => RemovalStep::Begin,
            // If the sign-up was not recorded, sign-ins may not have been recorded either.
            None => settled(Undone::Kept(KeptReason::MaybeUsed)),
        }
    }

    /// The events could not be read. If that is permanent for the pool, they are not requested
    /// again.
    fn not_told(&mut self, failure: Failure, chance: f64) -> RemovalStep {
        let is_permanent = matches!(
            failure.kind(),
            FailureKind::ThreatProtectionOff | FailureKind::AccessDenied
        ) || failure.advice == Advice::Stop(Stop::Refused);
        if is_permanent {
            self.learnt.tells_nothing = true;
            return RemovalStep::Settled(because(Undone::Kept(KeptReason::MaybeUsed), failure));
        }
        self.pages = SeenPages::up_to(MOST_PAGES);
        if failure.kind() == FailureKind::UserNotFound && self.vanished < self.rules.retry.look_ups
        {
            self.vanished += 1;
            return RemovalStep::LookUp(self.rules.retry.backoff(self.vanished, chance));
        }
        let from_the_first = |wait| RemovalStep::AskDoings(wait, None);
        match failure.advice {
            Advice::GiveUp => {
                RemovalStep::Settled(because(Undone::Kept(KeptReason::MaybeUsed), failure))
            }
            Advice::Retry
            | Advice::Unreachable
            | Advice::SlowDown
            | Advice::Firewalled
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered
            | Advice::Stop(_) => self.unanswered(failure, chance, from_the_first),
        }
    }

    /// A read failed; `again` makes the step that repeats it.
    fn unanswered(
        &mut self,
        failure: Failure,
        chance: f64,
        again: fn(Duration) -> RemovalStep,
    ) -> RemovalStep {
        match failure.advice {
            Advice::Stop(stop) => RemovalStep::StopRun(stop, failure),
            Advice::SlowDown => again(self.rules.retry.backoff(1, chance)),
            Advice::Firewalled => self.firewalled(failure, chance, again),
            Advice::GiveUp => self.failed(failure),
            Advice::Retry
            | Advice::Unreachable
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered => {
                self.questions += 1;
                if self.questions < self.rules.retry.look_ups {
                    return again(self.rules.retry.backoff(self.questions, chance));
                }
                self.failed(failure)
            }
        }
    }

    fn not_deleted(&mut self, failure: Failure, chance: f64) -> RemovalStep {
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

    /// A firewall that keeps blocking requests blocks every user: the undo stops.
    fn firewalled(
        &mut self,
        failure: Failure,
        chance: f64,
        again: fn(Duration) -> RemovalStep,
    ) -> RemovalStep {
        self.forbidden += 1;
        if self.forbidden >= FORBIDDEN_TRIES {
            return RemovalStep::StopRun(Stop::Firewall, failure);
        }
        again(self.rules.retry.backoff(1, chance))
    }

    fn failed(&self, mut failure: Failure) -> RemovalStep {
        if self.maybe_deleted {
            failure
                .message
                .push_str(" (it may be deleted nevertheless)");
        }
        if failure.advice == Advice::Unreachable {
            RemovalStep::Unreachable(because(Undone::Failed, failure))
        } else {
            RemovalStep::Settled(because(Undone::Failed, failure))
        }
    }
}

fn settled(undone: Undone) -> RemovalStep {
    RemovalStep::Settled(Undoing::of(undone))
}

fn because(undone: Undone, failure: Failure) -> Undoing {
    Undoing {
        undone,
        error_code: Some(failure.code),
        error_message: Some(failure.message),
    }
}

#[cfg(test)]
mod tests;
