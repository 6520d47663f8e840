//! Handles the results of lookups.

use std::time::Duration;

use super::{Registration, RegistrationStep, StopRun};
use crate::import::resolve::{Doubt, UserOwner, owner_of};
use crate::outcome::{
    CREATED_DURING_RUN, Delivery, Evidence, NOT_SETTLED, Outcome, RowOutcome, UserUpdate,
};
use crate::pool::failure::USER_NOT_FOUND;
use crate::pool::{Advice, Failure, FoundUser, IfAbsent, Stop};
use crate::run::FORBIDDEN_TRIES;

impl Registration<'_> {
    pub(super) fn found(&self, found: &FoundUser) -> RegistrationStep {
        let owner = owner_of(found, self.user, &self.rules.comparison, self.times);
        let mut outcome = if self.may_be_ours() {
            self.maybe_ours(owner)
        } else {
            self.taken_from_the_start(owner)
        };
        if outcome.outcome == Outcome::Created {
            outcome.evidence = Some(Evidence::Lookup);
            if self.undelivered {
                outcome.delivery = Some(Delivery::Refused);
                if let Some(failure) = &self.failure {
                    outcome = outcome.with_error(failure.code.clone(), failure.message.clone());
                }
            }
        }
        outcome.user_sub.clone_from(&found.sub);
        outcome.user_status.clone_from(&found.status);
        outcome.confirmed = found.status.as_deref().map(|status| status == "CONFIRMED");
        outcome.enabled = Some(found.enabled);
        outcome.created_at = found.created_ms;
        if outcome.outcome == Outcome::Existed {
            let value = |name: &str| found.attribute(name);
            let comparison = &self.rules.comparison;
            let differs = comparison.differences(self.user, value);
            let update = comparison.update(self.user, found.modified_ms, value);
            outcome.update = update.map(UserUpdate::planned);
            outcome.differs = Some(differs);
        }
        self.settled(outcome)
    }

    /// Decides about a user that was found after a request that may have created it.
    fn maybe_ours(&self, owner: UserOwner) -> RowOutcome {
        match owner {
            UserOwner::Ours => RowOutcome::of(Outcome::Created),
            UserOwner::Theirs => RowOutcome::of(Outcome::Existed),
            UserOwner::Unsettled(doubt) => {
                // "Exists" is no reason for doubt.
                let code = if self.maybe_created {
                    self.failure_code(NOT_SETTLED)
                } else {
                    NOT_SETTLED.to_owned()
                };
                RowOutcome::of(Outcome::InDoubt).with_error(code, doubt.message())
            }
        }
    }

    /// Decides about a user if the first request was answered with "username exists": as far as the
    /// ledger knows, we did not create this user. A user created since the run began with the
    /// attributes of the row is in doubt nevertheless: the ledger may be an older copy, or
    /// another process may be importing the same list.
    fn taken_from_the_start(&self, owner: UserOwner) -> RowOutcome {
        match owner {
            UserOwner::Theirs | UserOwner::Unsettled(Doubt::NoDate | Doubt::OtherAttributes) => {
                RowOutcome::of(Outcome::Existed)
            }
            UserOwner::Ours | UserOwner::Unsettled(Doubt::BeforeTheRow | Doubt::NoTime) => {
                RowOutcome::of(Outcome::InDoubt).with_error(
                    CREATED_DURING_RUN,
                    "the username exists; its user was created since this run began and has the \
                     attributes of the row, but the ledger has no request that could have created \
                     it",
                )
            }
        }
    }

    pub(super) fn absent(&mut self, since_unclear: Duration) -> RegistrationStep {
        if self.taken {
            let outcome = if self.maybe_created {
                Outcome::InDoubt
            } else {
                Outcome::Existed
            };
            let outcome = RowOutcome::of(outcome).with_error(
                USER_NOT_FOUND,
                "the username exists, but a lookup does not find the user: it is probably another \
                 user's alias, or the user was deleted in the meantime",
            );
            return self.settled(outcome);
        }
        if self.if_absent == IfAbsent::SendAgain && self.tries < self.rules.retry.tries {
            return RegistrationStep::SignUp(Duration::ZERO);
        }
        // A request without a response may still arrive. Absence proves nothing until the settle
        // time is over.
        match self.rules.retry.settle.checked_sub(since_unclear) {
            Some(wait) if self.unanswered && !wait.is_zero() => RegistrationStep::LookUp(wait),
            Some(_) | None if self.if_absent == IfAbsent::GiveUp => {
                self.settled_with_failure(Outcome::Rejected)
            }
            Some(_) | None => self.settled_with_failure(Outcome::Failed),
        }
    }

    /// Looks up a user that is not listed. The listing lags, so the user may just have been
    /// created, perhaps by a request of this run that the ledger does not know. A lookup is
    /// consistent.
    pub(super) fn not_listed(&mut self) -> RegistrationStep {
        self.lookup_tries = 0;
        RegistrationStep::LookUp(Duration::ZERO)
    }

    /// Handles a failed lookup; `retry` creates the step that repeats it.
    pub(super) fn lookup_failed(
        &mut self,
        failure: Failure,
        chance: f64,
        retry: fn(Duration) -> RegistrationStep,
    ) -> RegistrationStep {
        match failure.advice {
            Advice::Firewalled => {
                self.forbidden += 1;
                if self.forbidden >= FORBIDDEN_TRIES {
                    return self.stop_run_after_look_up(Stop::Firewall, failure);
                }
                return retry(self.rules.retry.backoff(self.forbidden, chance));
            }
            Advice::SlowDown => return retry(self.rules.retry.backoff(1, chance)),
            Advice::Stop(stop) => return self.stop_run_after_look_up(stop, failure),
            Advice::Retry
            | Advice::Unreachable
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered => {
                self.lookup_tries += 1;
                if self.lookup_tries < self.rules.retry.lookups {
                    return retry(self.rules.retry.backoff(self.lookup_tries, chance));
                }
            }
            Advice::GiveUp => {}
        }
        if self.may_be_ours() {
            let message = format!("the lookup failed: {}", failure.message);
            let is_unreachable = failure.advice == Advice::Unreachable;
            let outcome = RowOutcome::of(Outcome::InDoubt).with_error(failure.code, message);
            return if is_unreachable {
                self.unreachable(outcome)
            } else {
                self.settled(outcome)
            };
        }
        let outcome = self.existed_unseen(&failure);
        self.settled(outcome)
    }

    fn stop_run_after_look_up(&self, stop: Stop, failure: Failure) -> RegistrationStep {
        let outcome = (!self.may_be_ours()).then(|| self.existed_unseen(&failure));
        RegistrationStep::StopRun(Box::new(StopRun {
            stop,
            failure,
            outcome,
        }))
    }

    /// Returns the outcome if the pool answered that the username exists and the user's details
    /// could not be read.
    #[must_use]
    pub fn existed_unseen(&self, failure: &Failure) -> RowOutcome {
        let message = format!(
            "the username exists; the lookup failed: {}",
            failure.message
        );
        self.with_attempts(
            RowOutcome::of(Outcome::Existed).with_error(failure.code.clone(), message),
        )
    }
}
