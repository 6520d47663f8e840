//! One user's way to its deletion, as a state machine. Pure: it is told what happened, and says what to do next.
//!
//! It keeps a user whose `sub` differs from the one that the run created, a user that was created while the run was not at work, whatever
//! the ledger says, and a user that may have signed in, unless that is allowed. After a deletion without a clear answer, it looks the user up
//! before it sends another one.

mod found;

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::RunTimes;
use crate::ledger::undo::ToUndo;
use crate::outcome::{KeptReason, MadeUser, Undoing, Undone};
use crate::pool::pages::SeenPages;
use crate::pool::{Advice, Deletion, Doings, Failure, FoundUser, Sent, Stop};
use crate::run::{FORBIDDEN_TRIES, RetryPolicy};

/// Pages of what a user did, at most: 6,000 events that say nothing of a sign-in.
const MOST_PAGES: usize = 100;

/// The code of a pool without threat protection.
const REMEMBERS_NOTHING: &str = "UserPoolAddOnNotEnabledException";

/// What happened.
#[derive(Debug)]
pub enum RemovalEvent {
    /// Nothing yet.
    Start,
    /// A look-up was answered.
    Found(Result<Option<FoundUser>, Failure>),
    /// What the user did was asked for.
    Doings(Result<Doings, Failure>),
    /// The deletion is in the ledger as begun.
    Begun,
    /// `AdminDeleteUser` was answered.
    Deleted(Result<Deletion, Failure>),
}

/// What to do next. Each names the user by what the pool finds it by.
#[derive(Debug, PartialEq, Eq)]
pub enum RemovalStep {
    /// Look it up after this time.
    LookUp(Duration),
    /// Ask what it did, after this time: the first page, or the one behind this token.
    AskDoings(Duration, Option<String>),
    /// Write the deletion down as begun, or say that it would be deleted.
    Begin,
    /// Delete it after this time.
    Delete(Duration),
    /// The user has its outcome.
    Settled(Undoing),
    /// No connection could be made.
    Unreachable(Undoing),
    /// No user can go on.
    StopRun(Stop, Failure),
}

/// What holds for the whole undo.
#[derive(Debug, Clone, Copy)]
pub struct RemovalRules {
    /// How often and after how long.
    pub retry: RetryPolicy,
    /// Users that have signed in, or may have, are deleted as well.
    pub even_if_used: bool,
}

/// What is known of the pool, learnt from its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Learnt {
    /// It does not find users by their `sub`.
    pub not_by_sub: bool,
    /// It does not tell what its users do.
    pub tells_nothing: bool,
}

impl Learnt {
    /// Both together.
    pub fn merge(&mut self, other: Self) {
        self.not_by_sub |= other.not_by_sub;
        self.tells_nothing |= other.tells_nothing;
    }
}

/// By what the pool is asked for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LookupKey {
    Sub,
    Username,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Whether it may be deleted is not known.
    Judging,
    /// It may, and the ledger says so.
    Deleting,
}

/// See the module's words.
#[derive(Debug)]
pub struct Removal {
    user: MadeUser,
    rules: RemovalRules,
    times: Arc<RunTimes>,
    learnt: Learnt,
    by: LookupKey,
    phase: Phase,
    /// A deletion of ours may have arrived.
    maybe_deleted: bool,
    /// Its own sign-up was among what it did, on the pages so far.
    sign_up: bool,
    /// The pages so far.
    pages: SeenPages,
    tries: u32,
    /// Questions in a row that were not answered. The pages of what the user did are one question.
    questions: u32,
    /// How often a user that is there was said not to be.
    vanished: u32,
    forbidden: u32,
    /// The failure that matters for what is said of it.
    failure: Option<Failure>,
}

impl Removal {
    /// As the ledger knows the user. `learnt` is what is known of the pool, `times` when the run was at work.
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

    /// The row of the user.
    #[must_use]
    pub fn row(&self) -> u64 {
        self.user.row
    }

    /// What the pool is asked for the user by.
    #[must_use]
    pub fn name(&self) -> &str {
        match (self.by, &self.user.sub) {
            (LookupKey::Sub, Some(sub)) => sub,
            (LookupKey::Sub, None) | (LookupKey::Username, _) => &self.user.username,
        }
    }

    /// Whether its deletion was begun in this session, and none can have arrived.
    #[must_use]
    pub fn was_begun_but_not_sent(&self) -> bool {
        self.phase == Phase::Deleting && !self.maybe_deleted
    }

    /// What was learnt of the pool so far.
    #[must_use]
    pub fn learnt(&self) -> Learnt {
        self.learnt
    }

    /// What to do next. `chance` is from 0 up to 1.
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
                // Gone, or not found by this: its name tells.
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

    /// It is not there.
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
            // What was not remembered of its sign-up may not have been remembered of its sign-ins.
            None => settled(Undone::Kept(KeptReason::MaybeUsed)),
        }
    }

    /// What it did was not told. A pool that never tells is not asked again.
    fn not_told(&mut self, failure: Failure, chance: f64) -> RemovalStep {
        let never = failure.code == REMEMBERS_NOTHING
            || failure.code.starts_with("AccessDenied")
            || failure.advice == Advice::Stop(Stop::Refused);
        if never {
            self.learnt.tells_nothing = true;
            return RemovalStep::Settled(because(Undone::Kept(KeptReason::MaybeUsed), failure));
        }
        self.pages = SeenPages::up_to(MOST_PAGES);
        if failure.code == "UserNotFoundException" && self.vanished < self.rules.retry.look_ups {
            self.vanished += 1;
            return RemovalStep::LookUp(self.rules.retry.backoff(self.vanished, chance));
        }
        let from_the_first = |wait| RemovalStep::AskDoings(wait, None);
        match failure.advice {
            Advice::GiveUp => {
                RemovalStep::Settled(because(Undone::Kept(KeptReason::MaybeUsed), failure))
            }
            Advice::Again
            | Advice::Unreachable
            | Advice::SlowDown
            | Advice::Firewalled
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered
            | Advice::Stop(_) => self.unanswered(failure, chance, from_the_first),
        }
    }

    /// A question was not answered: `again` is how it is asked once more.
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
            Advice::Again
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
            Advice::Again
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
                .push_str(" (it may be deleted all the same)");
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
