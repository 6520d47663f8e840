//! Tables for single turns, and a simulated service with random faults for what must hold on every way.

use std::time::Duration;

use proptest::prelude::*;

use super::{Event, Registration, Rules, Step};
use crate::import::resolve::Times;
use crate::import::retry::RetryPolicy;
use crate::outcome::{Came, Delivery, Evidence, Outcome};
use crate::pool::failure::{ATTEMPT_TIMED_OUT, CONNECT_FAILED, CONNECTION_LOST, Operation};
use crate::pool::{Advice, Failure, FoundUser, IfAbsent, Sent, SignedUp};
use crate::user::{Attribute, NewUser};

const BEGUN: i64 = 1_000_000;

fn user() -> NewUser {
    NewUser {
        username: "ann".into(),
        password: None,
        attributes: vec![Attribute {
            name: "email".into(),
            value: "ann@example.com".into(),
        }],
    }
}

fn rules(look_ups: bool) -> Rules {
    Rules {
        retry: RetryPolicy::default(),
        look_ups,
    }
}

fn times() -> Times {
    Times {
        begun_ms: BEGUN,
        second_before_run_ms: Some(BEGUN - 10_000),
    }
}

fn answered(code: &str, message: &str) -> Failure {
    let status = if code == "InternalErrorException" {
        500
    } else {
        400
    };
    Failure::answered(Operation::SignUp, status, code, message)
}

fn lost(code: &str) -> Failure {
    Failure {
        sent: if code == CONNECT_FAILED {
            Sent::No
        } else {
            Sent::Maybe
        },
        advice: if code == CONNECT_FAILED {
            Advice::Again
        } else {
            Advice::LookUp(IfAbsent::SendAgain)
        },
        code: code.into(),
        message: "gone".into(),
    }
}

fn found(created_ms: i64) -> FoundUser {
    FoundUser {
        username: "ann".into(),
        sub: Some("sub-1".into()),
        status: Some("UNCONFIRMED".into()),
        enabled: true,
        created_ms: Some(created_ms),
        created_has_fraction: true,
        attributes: user().attributes,
    }
}

fn accepted() -> SignedUp {
    SignedUp {
        sub: "sub-1".into(),
        confirmed: false,
        message: None,
    }
}

/// Feeds events and returns the last step.
fn after(look_ups: bool, maybe_sent: bool, events: Vec<Event>) -> Step {
    let user = user();
    let mut registration = Registration::new(&user, rules(look_ups), times(), maybe_sent);
    let mut step = registration.next(Event::Start, Duration::ZERO, 0.5);
    for event in events {
        step = registration.next(event, Duration::ZERO, 0.5);
    }
    step
}

fn settled(step: Step) -> Came {
    match step {
        Step::Settled(came) => *came,
        other @ (Step::SignUp(_) | Step::LookUp(_) | Step::StopRun(_)) => {
            panic!("not settled: {other:?}")
        }
    }
}

#[test]
fn an_acceptance_is_created_by_answer() {
    let came = settled(after(true, false, vec![Event::SignUp(Ok(accepted()))]));
    assert_eq!(came.outcome, Outcome::Created);
    assert_eq!(came.evidence, Some(Evidence::Answer));
    assert_eq!(came.delivery, Some(Delivery::None));
    assert_eq!(came.attempts, 1);
}

#[test]
fn a_taken_username_is_looked_up_and_existed() {
    let taken = || {
        Event::SignUp(Err(answered(
            "UsernameExistsException",
            "User already exists",
        )))
    };
    assert_eq!(
        after(true, false, vec![taken()]),
        Step::LookUp(Duration::ZERO)
    );
    let look_up = Event::LookUp(Ok(Some(found(BEGUN + 500))));
    let came = settled(after(true, false, vec![taken(), look_up]));
    // Whatever the date says: no request of ours was lost.
    assert_eq!(came.outcome, Outcome::Existed);
    assert_eq!(came.user_status.as_deref(), Some("UNCONFIRMED"));
    let absent = settled(after(true, false, vec![taken(), Event::LookUp(Ok(None))]));
    assert_eq!(absent.outcome, Outcome::Existed);
    assert_eq!(absent.error_code.as_deref(), Some("UserNotFoundException"));
    assert_eq!(
        settled(after(false, false, vec![taken()])).outcome,
        Outcome::Existed
    );
}

#[test]
fn after_a_lost_answer_the_user_is_looked_up_before_anything_is_sent() {
    for code in [ATTEMPT_TIMED_OUT, CONNECTION_LOST] {
        let step = after(true, false, vec![Event::SignUp(Err(lost(code)))]);
        assert!(matches!(step, Step::LookUp(_)), "{step:?}");
    }
    for code in [
        "InternalErrorException",
        "LimitExceededException",
        "CodeDeliveryFailureException",
        "UnexpectedLambdaException",
    ] {
        let step = after(true, false, vec![Event::SignUp(Err(answered(code, "")))]);
        assert!(matches!(step, Step::LookUp(_)), "{code}: {step:?}");
    }
    // A row that an earlier process began is in the same position.
    assert_eq!(after(true, true, vec![]), Step::LookUp(Duration::ZERO));
}

#[test]
fn what_a_look_up_finds_after_a_lost_answer_is_judged_by_its_date() {
    let way = |created| {
        vec![
            Event::SignUp(Err(lost(CONNECTION_LOST))),
            Event::LookUp(Ok(Some(found(created)))),
        ]
    };
    let ours = settled(after(true, false, way(BEGUN + 5)));
    assert_eq!(
        (ours.outcome, ours.evidence),
        (Outcome::Created, Some(Evidence::Lookup))
    );
    assert_eq!(
        settled(after(true, false, way(BEGUN - 500_001))).outcome,
        Outcome::Existed
    );
    let gone = vec![
        Event::SignUp(Err(lost(CONNECTION_LOST))),
        Event::LookUp(Ok(None)),
    ];
    assert!(matches!(after(true, false, gone), Step::SignUp(_)));
}

#[test]
fn a_refused_message_is_created_and_undelivered() {
    let way = vec![
        Event::SignUp(Err(answered(
            "LimitExceededException",
            "Exceeded daily email limit",
        ))),
        Event::LookUp(Ok(Some(found(BEGUN + 5)))),
    ];
    let came = settled(after(true, false, way));
    assert_eq!(came.outcome, Outcome::Created);
    assert_eq!(came.delivery, Some(Delivery::Refused));
    assert_eq!(came.error_code.as_deref(), Some("LimitExceededException"));
}

#[test]
fn without_look_ups_a_taken_name_after_a_lost_answer_stays_in_doubt() {
    let lost_then = |second| vec![Event::SignUp(Err(lost(CONNECTION_LOST))), second];
    let taken = Event::SignUp(Err(answered("UsernameExistsException", "")));
    assert_eq!(
        settled(after(false, false, lost_then(taken))).outcome,
        Outcome::InDoubt
    );
    let came = settled(after(
        false,
        false,
        lost_then(Event::SignUp(Ok(accepted()))),
    ));
    assert_eq!(came.outcome, Outcome::Created);
    let taken = Event::SignUp(Err(answered("UsernameExistsException", "")));
    assert_eq!(
        settled(after(false, true, vec![taken])).outcome,
        Outcome::InDoubt
    );
}

#[test]
fn throttles_never_use_up_a_row() {
    let many = (0..1_000)
        .map(|_| Event::SignUp(Err(answered("TooManyRequestsException", ""))))
        .collect();
    assert!(matches!(after(true, false, many), Step::SignUp(_)));
}

#[test]
fn a_row_is_failed_only_when_the_last_request_can_no_longer_arrive() {
    let user = user();
    let mut registration = Registration::new(&user, rules(true), times(), false);
    let mut step = registration.next(Event::Start, Duration::ZERO, 0.0);
    for _ in 0..20 {
        step = match step {
            Step::SignUp(_) => registration.next(
                Event::SignUp(Err(lost(CONNECTION_LOST))),
                Duration::ZERO,
                0.0,
            ),
            Step::LookUp(wait) if wait > Duration::ZERO => break,
            Step::LookUp(_) => {
                registration.next(Event::LookUp(Ok(None)), Duration::from_secs(1), 0.0)
            }
            other @ (Step::Settled(_) | Step::StopRun(_)) => panic!("{other:?}"),
        };
    }
    assert_eq!(step, Step::LookUp(Duration::from_secs(14)));
    let last = registration.next(Event::LookUp(Ok(None)), Duration::from_secs(15), 0.0);
    assert_eq!(settled(last).outcome, Outcome::Failed);
}

#[test]
fn a_run_level_answer_stops_the_run_and_the_row_is_open_again() {
    let step = after(
        true,
        false,
        vec![Event::SignUp(Err(answered(
            "NotAuthorizedException",
            "SignUp is not permitted",
        )))],
    );
    let Step::StopRun(stop) = step else {
        panic!("{step:?}")
    };
    assert_eq!(stop.came.map(|came| came.outcome), Some(Outcome::Failed));
    // Behind a lost answer nothing is said of the row.
    let way = vec![
        Event::SignUp(Err(lost(CONNECTION_LOST))),
        Event::LookUp(Err(Failure::answered(
            Operation::Read,
            400,
            "AccessDeniedException",
            "",
        ))),
    ];
    let step = after(true, false, way);
    let Step::StopRun(stop) = step else {
        panic!("{step:?}")
    };
    assert_eq!(stop.came, None);
}

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
        maybe_sent in prop::sample::select(vec![None, Some(false), Some(true)]),
        look_ups in any::<bool>(),
        chance in 0.0..1.0_f64,
    ) {
        let mut service = Service {
            created: existed.then_some(BEGUN - 3_000_000),
            before_us: existed,
            coming: None,
            now: BEGUN + 3,
        };
        // An earlier process may have sent the request before it died.
        if maybe_sent == Some(true) {
            let _ = service.commit();
        }
        let user = user();
        let mut registration = Registration::new(&user, rules(look_ups), times(), maybe_sent.is_some());
        let mut faults = faults.into_iter();
        let mut event = Event::Start;
        let mut unclear = maybe_sent.is_some();
        let mut since_unclear = Duration::ZERO;
        let mut end = None;
        let mut excused = !look_ups;
        for _ in 0..400 {
            match registration.next(event, since_unclear, chance) {
                Step::SignUp(wait) => {
                    prop_assert!(!(unclear && look_ups), "sent again before a look-up");
                    let (does, arrives, _) = faults.next().unwrap_or((Does::Answers, true, false));
                    service.pass(wait, arrives);
                    excused |= matches!(does, Does::RefusesConnection);
                    let answer = service.sign_up(does);
                    unclear = matches!(&answer, Err(failure) if matches!(failure.advice, Advice::LookUp(_) | Advice::Undelivered));
                    since_unclear = if unclear { Duration::ZERO } else { since_unclear + wait + Duration::from_millis(7) };
                    event = Event::SignUp(answer);
                }
                Step::LookUp(wait) => {
                    let (_, arrives, fails) = faults.next().unwrap_or((Does::Answers, true, false));
                    service.pass(wait, arrives);
                    since_unclear += wait + Duration::from_millis(7);
                    excused |= fails;
                    let answer = if fails {
                        Err(Failure::answered(Operation::Read, 500, "InternalErrorException", ""))
                    } else {
                        unclear = false;
                        Ok(service.created.map(found))
                    };
                    event = Event::LookUp(answer);
                }
                Step::Settled(came) => {
                    end = Some(*came);
                    break;
                }
                Step::StopRun(stop) => return Err(TestCaseError::fail(format!("{stop:?}"))),
            }
        }
        let came = end.ok_or_else(|| TestCaseError::fail("never settled"))?;
        let there = service.created.is_some();
        match came.outcome {
            Outcome::Created => prop_assert!(there && !service.before_us),
            Outcome::Existed => prop_assert!(there && service.before_us, "called existing, and we made it"),
            Outcome::Rejected | Outcome::Failed if service.before_us => {}
            Outcome::Rejected | Outcome::Failed => prop_assert!(!there && service.coming.is_none(), "{came:?}"),
            // With answers to its look-ups a run settles everything.
            Outcome::InDoubt => prop_assert!(excused, "{came:?}"),
            Outcome::Duplicate | Outcome::Invalid | Outcome::Unsent => prop_assert!(false, "{came:?}"),
        }
    }
}
