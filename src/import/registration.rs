//! The state machine that brings one user to an outcome: events in, next step out.
//!
//! Invariants: after a request that may have created the user, the user is looked up before another
//! request is sent. After such a request, "username exists" no longer means that the user existed
//! before, and neither does it for a row whose earlier request the ledger may have forgotten. A row
//! that cannot be settled is in doubt.

mod lookup_result;

use std::sync::Arc;
use std::time::Duration;

use super::differences::UserComparison;
use super::resolve::Times;
use crate::outcome::{Delivery, Evidence, NOT_SETTLED, Outcome, RowOutcome};
use crate::pool::{Advice, Failure, FoundUser, IfAbsent, LookupMode, Sent, SignedUp, Stop};
use crate::run::{FORBIDDEN_TRIES, RetryPolicy};
use crate::user::NewUser;

#[derive(Debug)]
pub enum RegistrationEvent {
    Start,
    SignUp(Result<SignedUp, Failure>),
    /// The result of a lookup.
    LookUp(Result<Option<FoundUser>, Failure>),
    /// The result of ListUsers for this username.
    Listing(Result<Option<FoundUser>, Failure>),
}

#[derive(Debug, PartialEq, Eq)]
pub enum RegistrationStep {
    /// Send `SignUp` after this delay.
    SignUp(Duration),
    /// Look the user up after this delay.
    LookUp(Duration),
    /// Find the user with ListUsers after this delay. The outcome is known; only the user's details
    /// are missing.
    FindInListing(Duration),
    /// The row has its outcome.
    Settled(Box<RowOutcome>),
    /// No connection could be made. The outcome applies only if other rows find one.
    Unreachable(Box<RowOutcome>),
    /// Every row would fail in the same way.
    StopRun(Box<StopRun>),
}

/// The reason to stop the run, and the outcome of this row.
#[derive(Debug, PartialEq, Eq)]
pub struct StopRun {
    pub stop: Stop,
    pub failure: Failure,
    /// `None` if the user may have been created: the next run looks it up.
    pub outcome: Option<RowOutcome>,
}

/// Settings shared by all rows.
#[derive(Debug, Clone)]
pub struct RegistrationRules {
    pub retry: RetryPolicy,
    pub lookups: LookupMode,
    pub comparison: Arc<UserComparison>,
}

/// Whether an earlier process may have sent a request for the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentBefore {
    No,
    /// It began the row and recorded no outcome.
    Maybe,
    /// Its ledger is lost, or this one may be an older copy of it.
    Unknown,
}

#[derive(Debug)]
pub struct Registration<'u> {
    user: &'u NewUser,
    rules: RegistrationRules,
    times: Times,
    sent_before: SentBefore,
    /// A request was sent that may have created the user.
    maybe_created: bool,
    /// One of those requests got no response and may still arrive.
    unanswered: bool,
    /// The pool answered that the username exists.
    taken: bool,
    if_absent: IfAbsent,
    /// The pool created the user, but did not send the message.
    undelivered: bool,
    /// The failure to report with the outcome.
    failure: Option<Failure>,
    /// The number of sign-ups sent.
    attempts: u32,
    tries: u32,
    lookup_tries: u32,
    forbidden: u32,
}

impl<'u> Registration<'u> {
    #[must_use]
    pub fn new(
        user: &'u NewUser,
        rules: RegistrationRules,
        times: Times,
        sent_before: SentBefore,
    ) -> Self {
        let maybe_sent = sent_before == SentBefore::Maybe;
        Self {
            user,
            rules,
            times,
            sent_before,
            maybe_created: maybe_sent,
            unanswered: maybe_sent,
            taken: false,
            if_absent: IfAbsent::SendAgain,
            undelivered: false,
            failure: None,
            attempts: 0,
            tries: 0,
            lookup_tries: 0,
            forbidden: 0,
        }
    }

    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns whether the pool answered the first request with "username exists". The outcome is
    /// then known, and a lookup only adds details.
    #[must_use]
    pub fn existed(&self) -> bool {
        self.taken && !self.may_be_ours()
    }

    /// Returns whether a request was sent that may have created the user, so that the row must be
    /// looked up before it is sent again.
    #[must_use]
    pub fn maybe_created(&self) -> bool {
        self.maybe_created || (self.taken && self.may_be_ours())
    }

    /// Returns whether a request of this run, known to the ledger or not, may have created the
    /// user.
    fn may_be_ours(&self) -> bool {
        self.maybe_created || self.sent_before == SentBefore::Unknown
    }

    /// Returns the next step. `since_unclear` is the time since the last request that may still
    /// create the user was sent; only lookup results need it. `chance` is in 0.0..=1.0.
    pub fn next(
        &mut self,
        event: RegistrationEvent,
        since_unclear: Duration,
        chance: f64,
    ) -> RegistrationStep {
        match event {
            RegistrationEvent::Start if self.maybe_created && self.rules.lookups.any() => {
                RegistrationStep::LookUp(Duration::ZERO)
            }
            RegistrationEvent::Start => RegistrationStep::SignUp(Duration::ZERO),
            RegistrationEvent::SignUp(answer) => {
                self.attempts += 1;
                match answer {
                    Ok(signed_up) => self.settled(created_outcome(signed_up)),
                    Err(failure) => self.sign_up_failed(failure, chance),
                }
            }
            RegistrationEvent::LookUp(Ok(Some(found))) => self.found(&found),
            RegistrationEvent::LookUp(Ok(None)) => self.absent(since_unclear),
            RegistrationEvent::LookUp(Err(failure)) => {
                self.lookup_failed(failure, chance, RegistrationStep::LookUp)
            }
            RegistrationEvent::Listing(Ok(Some(found))) => self.found(&found),
            RegistrationEvent::Listing(Ok(None)) => self.not_listed(),
            RegistrationEvent::Listing(Err(failure)) => {
                self.lookup_failed(failure, chance, RegistrationStep::FindInListing)
            }
        }
    }

    fn sign_up_failed(&mut self, failure: Failure, chance: f64) -> RegistrationStep {
        let advice = failure.advice;
        if failure.sent == Sent::No {
            // Nothing was sent, so this is not an attempt.
            self.attempts -= 1;
        }
        match advice {
            Advice::SlowDown => RegistrationStep::SignUp(self.rules.retry.backoff(1, chance)),
            Advice::Firewalled => self.firewalled(failure, chance),
            Advice::Retry | Advice::Unreachable => {
                self.tries += 1;
                if self.tries < self.rules.retry.tries {
                    return RegistrationStep::SignUp(self.rules.retry.backoff(self.tries, chance));
                }
                let outcome = if self.may_be_ours() {
                    Outcome::InDoubt
                } else {
                    Outcome::Failed
                };
                let outcome = failed(outcome, &failure);
                if advice == Advice::Unreachable {
                    self.unreachable(outcome)
                } else {
                    self.settled(outcome)
                }
            }
            Advice::Exists => {
                self.taken = true;
                if self.failure.is_none() || !self.maybe_created {
                    self.failure = Some(failure);
                }
                match self.rules.lookups {
                    // The listing lags, so it cannot settle an unclear row.
                    LookupMode::List if self.existed() => {
                        RegistrationStep::FindInListing(Duration::ZERO)
                    }
                    LookupMode::Get | LookupMode::List => RegistrationStep::LookUp(Duration::ZERO),
                    LookupMode::None => self.taken_without_lookup(),
                }
            }
            Advice::LookUp(if_absent) => self.unclear(failure, if_absent, chance),
            Advice::Undelivered => {
                self.undelivered = true;
                self.unclear(failure, IfAbsent::SendAgain, chance)
            }
            Advice::GiveUp => self.refused(failure),
            Advice::Stop(stop) => {
                // Cognito may notice a broken delivery role after it created the user.
                self.maybe_created |= stop == Stop::DeliveryRole;
                let outcome = (!self.may_be_ours())
                    .then(|| self.with_attempts(failed(Outcome::Failed, &failure)));
                RegistrationStep::StopRun(Box::new(StopRun {
                    stop,
                    failure,
                    outcome,
                }))
            }
        }
    }

    /// Gives up on a row that the pool refuses, although an earlier request may have created the
    /// user.
    fn refused(&mut self, failure: Failure) -> RegistrationStep {
        if !self.may_be_ours() {
            return self.settled(failed(Outcome::Rejected, &failure));
        }
        let in_doubt = failed(Outcome::InDoubt, &failure);
        self.failure = Some(failure);
        self.if_absent = IfAbsent::GiveUp;
        if self.rules.lookups.any() {
            RegistrationStep::LookUp(Duration::ZERO)
        } else {
            self.settled(in_doubt)
        }
    }

    /// Stops the run if the firewall keeps blocking requests, because it would block every row.
    fn firewalled(&mut self, failure: Failure, chance: f64) -> RegistrationStep {
        self.forbidden += 1;
        if self.forbidden >= FORBIDDEN_TRIES {
            let outcome = (!self.may_be_ours())
                .then(|| self.with_attempts(failed(Outcome::Failed, &failure)));
            return RegistrationStep::StopRun(Box::new(StopRun {
                stop: Stop::Firewall,
                failure,
                outcome,
            }));
        }
        RegistrationStep::SignUp(self.rules.retry.backoff(1, chance))
    }

    fn unclear(&mut self, failure: Failure, if_absent: IfAbsent, chance: f64) -> RegistrationStep {
        self.maybe_created = true;
        self.unanswered |= failure.sent == Sent::Maybe || if_absent == IfAbsent::SendAgain;
        self.if_absent = if_absent;
        self.tries += 1;
        self.lookup_tries = 0;
        let wait = self.rules.retry.backoff(self.tries, chance);
        let in_doubt = failed(Outcome::InDoubt, &failure);
        self.failure = Some(failure);
        if self.rules.lookups.any() {
            return RegistrationStep::LookUp(wait);
        }
        if if_absent == IfAbsent::SendAgain && self.tries < self.rules.retry.tries {
            return RegistrationStep::SignUp(wait);
        }
        self.settled(in_doubt)
    }

    fn taken_without_lookup(&self) -> RegistrationStep {
        if self.maybe_created {
            self.settled_with_failure(Outcome::InDoubt)
        } else if self.may_be_ours() {
            let in_doubt = RowOutcome::of(Outcome::InDoubt);
            self.settled(in_doubt.with_error(
                NOT_SETTLED,
                "the username exists, and the ledger does not show whether this run created the user",
            ))
        } else {
            self.settled_with_failure(Outcome::Existed)
        }
    }

    fn failure_code(&self, default: &str) -> String {
        self.failure
            .as_ref()
            .map_or_else(|| default.to_owned(), |failure| failure.code.clone())
    }

    fn settled_with_failure(&self, outcome: Outcome) -> RegistrationStep {
        self.settled(match &self.failure {
            Some(failure) => failed(outcome, failure),
            None => RowOutcome::of(outcome),
        })
    }

    fn settled(&self, outcome: RowOutcome) -> RegistrationStep {
        RegistrationStep::Settled(Box::new(self.with_attempts(outcome)))
    }

    fn unreachable(&self, outcome: RowOutcome) -> RegistrationStep {
        RegistrationStep::Unreachable(Box::new(self.with_attempts(outcome)))
    }

    fn with_attempts(&self, mut outcome: RowOutcome) -> RowOutcome {
        outcome.attempts = self.attempts;
        outcome
    }
}

fn failed(outcome: Outcome, failure: &Failure) -> RowOutcome {
    RowOutcome::of(outcome).with_error(failure.code.clone(), failure.message.clone())
}

fn created_outcome(answer: SignedUp) -> RowOutcome {
    let mut outcome = RowOutcome::of(Outcome::Created);
    outcome.evidence = Some(Evidence::Answer);
    outcome.user_sub = Some(answer.sub).filter(|sub| !sub.is_empty());
    outcome.confirmed = Some(answer.confirmed);
    outcome.delivery = Some(if answer.message.is_some() {
        Delivery::Sent
    } else {
        Delivery::None
    });
    if let Some((medium, destination)) = answer.message {
        outcome.delivery_medium = Some(medium).filter(|medium| !medium.is_empty());
        outcome.delivery_destination =
            Some(destination).filter(|destination| !destination.is_empty());
    }
    outcome
}

#[cfg(test)]
mod tests;
