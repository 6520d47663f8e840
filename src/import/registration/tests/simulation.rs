//! A simulated service with random faults: what must hold on every way.

use std::time::Duration;

use proptest::prelude::*;

use super::{BEGUN, accepted, answered, found, lost, rules, times, user};
use crate::import::registration::{Registration, RegistrationEvent, RegistrationStep};
use crate::outcome::Outcome;
use crate::pool::failure::{ATTEMPT_TIMED_OUT, CONNECT_FAILED, CONNECTION_LOST, Operation};
use crate::pool::{Advice, Failure, LookupMode, SignedUp};

/// What the simulated service does with one sign-up.
#[derive(Debug, Clone, Copy)]
enum Does {
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
    /// A trigger refuses, whoever is there already.
    Refuses,
}

fn does() -> impl Strategy<Value = Does> {
    prop::sample::select(vec![
        Does::Answers,
        Does::CommitsAndDrops,
        Does::Drops,
        Does::CommitsLater,
        Does::Commits500,
        Does::Plain500,
        Does::CommitsLimitExceeded,
        Does::Throttles,
        Does::RefusesConnection,
        Does::Rejects,
        Does::Refuses,
    ])
}

/// The truth of one username in the simulated service.
struct Service {
    /// When it was created, on the one clock that both use here.
    created: Option<i64>,
    before_us: bool,
    /// Since when a request is on its way that will make the user.
    coming: Option<i64>,
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

    fn sign_up(&mut self, does: Does) -> Result<SignedUp, Failure> {
        match does {
            Does::Answers => self.commit().map(|()| accepted()),
            Does::CommitsAndDrops => self.commit().and(Err(lost(CONNECTION_LOST))),
            Does::Drops => Err(lost(CONNECTION_LOST)),
            Does::CommitsLater => {
                self.coming = Some(self.now);
                Err(lost(ATTEMPT_TIMED_OUT))
            }
            Does::Commits500 => self
                .commit()
                .and(Err(answered("InternalErrorException", ""))),
            Does::Plain500 => Err(answered("InternalErrorException", "")),
            Does::CommitsLimitExceeded => self
                .commit()
                .and(Err(answered("LimitExceededException", ""))),
            Does::Throttles => Err(answered("TooManyRequestsException", "")),
            Does::RefusesConnection => Err(lost(CONNECT_FAILED)),
            Does::Rejects if self.created.is_none() => {
                Err(answered("InvalidParameterException", ""))
            }
            Does::Rejects => Err(answered("UsernameExistsException", "")),
            Does::Refuses => Err(answered(
                "UserLambdaValidationException",
                "PreSignUp failed with error no.",
            )),
        }
    }

    /// Time passes; what is coming may arrive.
    fn pass(&mut self, wait: Duration, arrives: bool) {
        self.now += i64::try_from(wait.as_millis()).unwrap() + 7;
        let due = self
            .coming
            .is_some_and(|since| arrives || self.now - since >= 10_000);
        if due {
            self.coming = None;
            let _ = self.commit();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Whatever the service does, the outcome is the truth or "in doubt", no user is asked for again whose answer had
    /// arrived, and after an unclear answer nothing is sent before a look-up.
    #[test]
    fn no_way_ends_in_a_wrong_outcome(
        faults in prop::collection::vec((does(), any::<bool>(), any::<bool>()), 0..12),
        existed in any::<bool>(),
        unknown in any::<bool>(),
        maybe_sent in prop::sample::select(vec![None, Some(false), Some(true)]),
        mode in prop::sample::select(vec![LookupMode::Get, LookupMode::List, LookupMode::None]),
        chance in 0.0..1.0_f64,
    ) {
        let look_ups = mode.any();
        let mut service = Service {
            created: existed.then_some(BEGUN - 3_000_000),
            before_us: existed,
            coming: None,
            now: BEGUN + 3,
        };
        // A request that the ledger does not know made the user while the run was at work.
        let unknown = unknown && !existed;
        if unknown {
            service.created = Some(BEGUN - 5_000);
        }
        // An earlier process may have sent the request before it died.
        if maybe_sent == Some(true) {
            let _ = service.commit();
        }
        let user = user();
        let mut registration = Registration::new(&user, rules(mode), times(), maybe_sent.is_some());
        let mut faults = faults.into_iter();
        let mut event = RegistrationEvent::Start;
        let mut unclear = maybe_sent.is_some();
        let mut since_unclear = Duration::ZERO;
        let mut end = None;
        let mut excused = !look_ups || unknown;
        let mut unseen = !look_ups;
        for _ in 0..400 {
            match registration.next(event, since_unclear, chance) {
                RegistrationStep::SignUp(wait) => {
                    prop_assert!(!(unclear && look_ups), "sent again before a look-up");
                    let (does, arrives, _) = faults.next().unwrap_or((Does::Answers, true, false));
                    service.pass(wait, arrives);
                    excused |= matches!(does, Does::RefusesConnection);
                    let answer = service.sign_up(does);
                    unclear = matches!(&answer, Err(failure) if matches!(failure.advice, Advice::LookUp(_) | Advice::Undelivered));
                    since_unclear = if unclear { Duration::ZERO } else { since_unclear + wait + Duration::from_millis(7) };
                    event = RegistrationEvent::SignUp(answer);
                }
                RegistrationStep::LookUp(wait) => {
                    let (_, arrives, fails) = faults.next().unwrap_or((Does::Answers, true, false));
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
                    prop_assert!(!unclear && maybe_sent.is_none(), "the listing was asked about an unclear row");
                    let (_, shows, fails) = faults.next().unwrap_or((Does::Answers, true, false));
                    service.pass(wait, false);
                    unseen |= fails;
                    // It lags behind: who is there is shown or not.
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
        let there = service.created.is_some();
        match outcome.outcome {
            Outcome::Created => prop_assert!(there && !service.before_us && !unknown),
            Outcome::Existed => prop_assert!(there && (service.before_us || (unknown && unseen)), "called existing, and we made it"),
            Outcome::Rejected | Outcome::Failed if service.before_us || unknown => {}
            Outcome::Rejected | Outcome::Failed => prop_assert!(!there && service.coming.is_none(), "{outcome:?}"),
            // With answers to its look-ups a run settles everything.
            Outcome::InDoubt => prop_assert!(excused, "{outcome:?}"),
            Outcome::Duplicate | Outcome::Invalid | Outcome::Skipped | Outcome::Unsent => prop_assert!(false, "{outcome:?}"),
        }
    }
}
