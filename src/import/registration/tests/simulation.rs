//! A property test against a simulated service with random faults.

use std::time::Duration;

use proptest::prelude::*;

use super::{BEGUN, accepted, answered, found, lost, rules, times, user};
use crate::import::registration::{Registration, RegistrationEvent, RegistrationStep, SentBefore};
use crate::outcome::Outcome;
use crate::pool::failure::{ATTEMPT_TIMED_OUT, CONNECT_FAILED, CONNECTION_LOST, Operation};
use crate::pool::{Advice, Failure, LookupMode, SignedUp};

/// The reaction of the simulated service to a sign-up.
#[derive(Debug, Clone, Copy)]
enum Reaction {
    Answers,
    CommitsAndDrops,
    Drops,
    CommitsLater,
    Commits500,
    Plain500,
    CommitsLimitExceeded,
    Throttles,
    RefusesConnection,
    Rejects,
    /// A trigger refuses, even if the user exists.
    Refuses,
}

fn reaction() -> impl Strategy<Value = Reaction> {
    prop::sample::select(vec![
        Reaction::Answers,
        Reaction::CommitsAndDrops,
        Reaction::Drops,
        Reaction::CommitsLater,
        Reaction::Commits500,
        Reaction::Plain500,
        Reaction::CommitsLimitExceeded,
        Reaction::Throttles,
        Reaction::RefusesConnection,
        Reaction::Rejects,
        Reaction::Refuses,
    ])
}

/// The true state of one username in the simulated service.
struct Service {
    /// When it was created, on the clock shared by both sides.
    created: Option<i64>,
    preexisting: bool,
    /// When the request was sent that is still in transit and will create the user.
    arriving_since: Option<i64>,
    now: i64,
}

impl Service {
    fn commit(&mut self) -> Result<(), Failure> {
        if self.created.is_some() {
            return Err(answered("UsernameExistsException", ""));
        }
        self.created = Some(self.now);
        Ok(())
    }

    fn sign_up(&mut self, reaction: Reaction) -> Result<SignedUp, Failure> {
        match reaction {
            Reaction::Answers => self.commit().map(|()| accepted()),
            Reaction::CommitsAndDrops => self.commit().and(Err(lost(CONNECTION_LOST))),
            Reaction::Drops => Err(lost(CONNECTION_LOST)),
            Reaction::CommitsLater => {
                self.arriving_since = Some(self.now);
                Err(lost(ATTEMPT_TIMED_OUT))
            }
            Reaction::Commits500 => self
                .commit()
                .and(Err(answered("InternalErrorException", ""))),
            Reaction::Plain500 => Err(answered("InternalErrorException", "")),
            Reaction::CommitsLimitExceeded => self
                .commit()
                .and(Err(answered("LimitExceededException", ""))),
            Reaction::Throttles => Err(answered("TooManyRequestsException", "")),
            Reaction::RefusesConnection => Err(lost(CONNECT_FAILED)),
            Reaction::Rejects if self.created.is_none() => {
                Err(answered("InvalidParameterException", ""))
            }
            Reaction::Rejects => Err(answered("UsernameExistsException", "")),
            Reaction::Refuses => Err(answered(
                "UserLambdaValidationException",
                "PreSignUp failed with error no.",
            )),
        }
    }

    /// Lets time pass, during which a request in transit may arrive.
    fn pass(&mut self, wait: Duration, arrives: bool) {
        self.now += i64::try_from(wait.as_millis()).unwrap() + 7;
        let due = self
            .arriving_since
            .is_some_and(|since| arrives || self.now - since >= 10_000);
        if due {
            self.arriving_since = None;
            let _ = self.commit();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Whatever the service does, the outcome is true or "in doubt", and after an unclear response
    /// nothing is sent before a lookup.
    #[test]
    fn outcome_is_never_wrong(
        faults in prop::collection::vec((reaction(), any::<bool>(), any::<bool>()), 0..12),
        existed in any::<bool>(),
        unknown in any::<bool>(),
        sent_before in prop::sample::select(vec![SentBefore::No, SentBefore::Maybe, SentBefore::Unknown]),
        was_sent in any::<bool>(),
        mode in prop::sample::select(vec![LookupMode::Get, LookupMode::List, LookupMode::None]),
        chance in 0.0..1.0_f64,
    ) {
        let lookups = mode.any();
        let mut service = Service {
            created: existed.then_some(BEGUN - 3_000_000),
            preexisting: existed,
            arriving_since: None,
            now: BEGUN + 3,
        };
        // A request that is not in the ledger created the user while the run was active.
        let unknown = unknown && !existed;
        if unknown {
            service.created = Some(BEGUN - 5_000);
        }
        // An earlier process may have sent the request before it died.
        if sent_before != SentBefore::No && was_sent {
            let _ = service.commit();
        }
        let user = user();
        let mut registration = Registration::new(&user, rules(mode), times(), sent_before);
        let mut faults = faults.into_iter();
        let mut event = RegistrationEvent::Start;
        let mut unclear = sent_before == SentBefore::Maybe;
        let mut since_unclear = Duration::ZERO;
        let mut end = None;
        let mut excused = !lookups || unknown;
        let mut unseen = !lookups;
        for _ in 0..400 {
            match registration.next(event, since_unclear, chance) {
                RegistrationStep::SignUp(wait) => {
                    prop_assert!(!(unclear && lookups), "sent again before a lookup");
                    let (reaction, arrives, _) = faults.next().unwrap_or((Reaction::Answers, true, false));
                    service.pass(wait, arrives);
                    excused |= matches!(reaction, Reaction::RefusesConnection);
                    let answer = service.sign_up(reaction);
                    unclear = matches!(&answer, Err(failure) if matches!(failure.advice, Advice::LookUp(_) | Advice::Undelivered));
                    since_unclear = if unclear { Duration::ZERO } else { since_unclear + wait + Duration::from_millis(7) };
                    event = RegistrationEvent::SignUp(answer);
                }
                RegistrationStep::LookUp(wait) => {
                    let (_, arrives, fails) = faults.next().unwrap_or((Reaction::Answers, true, false));
                    service.pass(wait, arrives);
                    since_unclear += wait + Duration::from_millis(7);
                    excused |= fails;
                    unseen |= fails;
                    let answer = if fails {
                        Err(Failure::answered(Operation::Read, 500, "InternalErrorException", ""))
                    } else {
                        unclear = false;
                        Ok(service.created.map(found))
                    };
                    event = RegistrationEvent::LookUp(answer);
                }
                RegistrationStep::FindInListing(wait) => {
                    prop_assert!(!unclear && sent_before == SentBefore::No, "the listing was used for an unclear row");
                    let (_, shows, fails) = faults.next().unwrap_or((Reaction::Answers, true, false));
                    service.pass(wait, false);
                    unseen |= fails;
                    // The listing lags, so the user may be missing.
                    event = RegistrationEvent::Listing(if fails {
                        Err(Failure::answered(Operation::Read, 500, "InternalErrorException", ""))
                    } else {
                        Ok(service.created.filter(|_| shows).map(found))
                    });
                }
                RegistrationStep::Settled(outcome) | RegistrationStep::Unreachable(outcome) => {
                    end = Some(*outcome);
                    break;
                }
                RegistrationStep::StopRun(stop) => return Err(TestCaseError::fail(format!("{stop:?}"))),
            }
        }
        let outcome = end.ok_or_else(|| TestCaseError::fail("never settled"))?;
        let exists = service.created.is_some();
        match outcome.outcome {
            Outcome::Created => prop_assert!(exists && !service.preexisting && !unknown),
            Outcome::Existed => prop_assert!(exists && (service.preexisting || (unknown && unseen)), "reported as existing, but created by us"),
            Outcome::Rejected | Outcome::Failed if service.preexisting || unknown => {}
            Outcome::Rejected | Outcome::Failed => prop_assert!(!exists && service.arriving_since.is_none(), "{outcome:?}"),
            // A run whose lookups succeed settles everything.
            Outcome::InDoubt => prop_assert!(excused, "{outcome:?}"),
            Outcome::Duplicate | Outcome::Invalid | Outcome::Skipped | Outcome::Unsent => prop_assert!(false, "{outcome:?}"),
        }
    }
}
