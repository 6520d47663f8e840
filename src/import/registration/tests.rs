//! Single transitions of the state machine.

use std::sync::Arc;
use std::time::Duration;

use super::{Registration, RegistrationEvent, RegistrationRules, RegistrationStep, SentBefore};
use crate::import::resolve::Times;
use crate::outcome::{CREATED_DURING_RUN, Delivery, Evidence, Outcome, RowOutcome};
use crate::pool::failure::{ATTEMPT_TIMED_OUT, CONNECT_FAILED, CONNECTION_LOST, Operation};
use crate::pool::{Advice, Failure, FoundUser, IfAbsent, LookupMode, Sent, SignedUp};
use crate::run::RetryPolicy;
use crate::user::{Attribute, NewUser};

mod firewall;
mod listing;
mod lost_rows;
mod simulation;

const BEGUN: i64 = 1_000_000;

/// When the run began, on the service's clock.
const RUN_BEGAN: i64 = BEGUN - 10_000;

/// A time before the run.
const BEFORE_RUN: i64 = RUN_BEGAN - 1_000;

fn user() -> NewUser {
    NewUser {
        username: "ann".into(),
        password: None,
        attributes: vec![Attribute {
            name: "email".into(),
            value: "ann@example.com".into(),
        }],
        follow_up: Vec::new(),
        dated_ms: None,
    }
}

fn rules(lookups: LookupMode) -> RegistrationRules {
    RegistrationRules {
        retry: RetryPolicy::default(),
        lookups,
        comparison: Arc::default(),
    }
}

fn times() -> Times {
    Times {
        begun_ms: BEGUN,
        second_before_run_ms: Some(RUN_BEGAN),
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
    let (sent, advice) = if code == CONNECT_FAILED {
        (Sent::No, Advice::Unreachable)
    } else {
        (Sent::Maybe, Advice::LookUp(IfAbsent::SendAgain))
    };
    Failure::new(sent, advice, code, "gone")
}

fn found(created_ms: i64) -> FoundUser {
    FoundUser {
        username: "ann".into(),
        sub: Some("sub-1".into()),
        status: Some("UNCONFIRMED".into()),
        enabled: true,
        created_ms: Some(created_ms),
        created_has_fraction: true,
        modified_ms: None,
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
fn after(
    lookups: LookupMode,
    sent_before: SentBefore,
    events: Vec<RegistrationEvent>,
) -> RegistrationStep {
    let user = user();
    let mut registration = Registration::new(&user, rules(lookups), times(), sent_before);
    let mut step = registration.next(RegistrationEvent::Start, Duration::ZERO, 0.5);
    for event in events {
        step = registration.next(event, Duration::ZERO, 0.5);
    }
    step
}

fn settled(step: RegistrationStep) -> RowOutcome {
    match step {
        RegistrationStep::Settled(outcome) | RegistrationStep::Unreachable(outcome) => *outcome,
        other @ (RegistrationStep::SignUp(_)
        | RegistrationStep::LookUp(_)
        | RegistrationStep::FindInListing(_)
        | RegistrationStep::StopRun(_)) => {
            panic!("not settled: {other:?}")
        }
    }
}

#[test]
fn accepted_sign_up_is_created() {
    let outcome = settled(after(
        LookupMode::Get,
        SentBefore::No,
        vec![RegistrationEvent::SignUp(Ok(accepted()))],
    ));
    assert_eq!(outcome.outcome, Outcome::Created);
    assert_eq!(outcome.evidence, Some(Evidence::Answer));
    assert_eq!(outcome.delivery, Some(Delivery::None));
    assert_eq!(outcome.attempts, 1);
}

#[test]
fn taken_username_is_looked_up_and_existed() {
    let taken = || {
        RegistrationEvent::SignUp(Err(answered(
            "UsernameExistsException",
            "User already exists",
        )))
    };
    assert_eq!(
        after(LookupMode::Get, SentBefore::No, vec![taken()]),
        RegistrationStep::LookUp(Duration::ZERO)
    );
    let look_up = RegistrationEvent::LookUp(Ok(Some(found(BEFORE_RUN))));
    let outcome = settled(after(
        LookupMode::Get,
        SentBefore::No,
        vec![taken(), look_up],
    ));
    assert_eq!(outcome.outcome, Outcome::Existed);
    assert_eq!(outcome.user_status.as_deref(), Some("UNCONFIRMED"));
    let absent = settled(after(
        LookupMode::Get,
        SentBefore::No,
        vec![taken(), RegistrationEvent::LookUp(Ok(None))],
    ));
    assert_eq!(absent.outcome, Outcome::Existed);
    assert_eq!(absent.error_code.as_deref(), Some("UserNotFoundException"));
    assert_eq!(
        settled(after(LookupMode::None, SentBefore::No, vec![taken()])).outcome,
        Outcome::Existed
    );
}

fn taken() -> RegistrationEvent {
    RegistrationEvent::SignUp(Err(answered(
        "UsernameExistsException",
        "User already exists",
    )))
}

#[test]
fn taken_username_is_in_doubt_if_a_matching_user_is_newer_than_the_run() {
    let looked_up = |lookups, user: FoundUser| {
        let answer = match lookups {
            LookupMode::List => RegistrationEvent::Listing(Ok(Some(user))),
            LookupMode::Get | LookupMode::None => RegistrationEvent::LookUp(Ok(Some(user))),
        };
        settled(after(lookups, SentBefore::No, vec![taken(), answer]))
    };
    for lookups in [LookupMode::Get, LookupMode::List] {
        // Before and after the first request in the ledger.
        for created in [BEGUN - 5_000, BEGUN + 500] {
            let outcome = looked_up(lookups, found(created));
            assert_eq!(outcome.outcome, Outcome::InDoubt, "{created}");
            assert_eq!(outcome.error_code.as_deref(), Some(CREATED_DURING_RUN));
            assert_eq!(outcome.user_sub.as_deref(), Some("sub-1"));
            let mut other = found(created);
            other.attributes.clear();
            let outcome = looked_up(lookups, other);
            assert_eq!(outcome.outcome, Outcome::Existed, "somebody else's");
        }
        let mut undated = found(0);
        undated.created_ms = None;
        assert_eq!(looked_up(lookups, undated).outcome, Outcome::Existed);
    }
}

#[test]
fn looks_up_the_user_after_an_unclear_response() {
    for code in [ATTEMPT_TIMED_OUT, CONNECTION_LOST] {
        let step = after(
            LookupMode::Get,
            SentBefore::No,
            vec![RegistrationEvent::SignUp(Err(lost(code)))],
        );
        assert!(matches!(step, RegistrationStep::LookUp(_)), "{step:?}");
    }
    for code in [
        "InternalErrorException",
        "LimitExceededException",
        "CodeDeliveryFailureException",
        "UnexpectedLambdaException",
    ] {
        let step = after(
            LookupMode::Get,
            SentBefore::No,
            vec![RegistrationEvent::SignUp(Err(answered(code, "")))],
        );
        assert!(
            matches!(step, RegistrationStep::LookUp(_)),
            "{code}: {step:?}"
        );
    }
    // A row that an earlier process began is in the same position.
    assert_eq!(
        after(LookupMode::Get, SentBefore::Maybe, vec![]),
        RegistrationStep::LookUp(Duration::ZERO)
    );
}

#[test]
fn creation_time_decides_after_a_lost_response() {
    let events = |created| {
        vec![
            RegistrationEvent::SignUp(Err(lost(CONNECTION_LOST))),
            RegistrationEvent::LookUp(Ok(Some(found(created)))),
        ]
    };
    let ours = settled(after(LookupMode::Get, SentBefore::No, events(BEGUN + 5)));
    assert_eq!(
        (ours.outcome, ours.evidence),
        (Outcome::Created, Some(Evidence::Lookup))
    );
    assert_eq!(
        settled(after(
            LookupMode::Get,
            SentBefore::No,
            events(BEGUN - 500_001)
        ))
        .outcome,
        Outcome::Existed
    );
    let absent = vec![
        RegistrationEvent::SignUp(Err(lost(CONNECTION_LOST))),
        RegistrationEvent::LookUp(Ok(None)),
    ];
    assert!(matches!(
        after(LookupMode::Get, SentBefore::No, absent),
        RegistrationStep::SignUp(_)
    ));
}

#[test]
fn refused_message_is_created_and_undelivered() {
    let events = vec![
        RegistrationEvent::SignUp(Err(answered(
            "LimitExceededException",
            "Exceeded daily email limit",
        ))),
        RegistrationEvent::LookUp(Ok(Some(found(BEGUN + 5)))),
    ];
    let outcome = settled(after(LookupMode::Get, SentBefore::No, events));
    assert_eq!(outcome.outcome, Outcome::Created);
    assert_eq!(outcome.delivery, Some(Delivery::Refused));
    assert_eq!(
        outcome.error_code.as_deref(),
        Some("LimitExceededException")
    );
}

#[test]
fn without_lookups_a_taken_name_after_a_lost_response_is_in_doubt() {
    let lost_then = |second| {
        vec![
            RegistrationEvent::SignUp(Err(lost(CONNECTION_LOST))),
            second,
        ]
    };
    let taken = RegistrationEvent::SignUp(Err(answered("UsernameExistsException", "")));
    assert_eq!(
        settled(after(LookupMode::None, SentBefore::No, lost_then(taken))).outcome,
        Outcome::InDoubt
    );
    let outcome = settled(after(
        LookupMode::None,
        SentBefore::No,
        lost_then(RegistrationEvent::SignUp(Ok(accepted()))),
    ));
    assert_eq!(outcome.outcome, Outcome::Created);
    let taken = RegistrationEvent::SignUp(Err(answered("UsernameExistsException", "")));
    assert_eq!(
        settled(after(LookupMode::None, SentBefore::Maybe, vec![taken])).outcome,
        Outcome::InDoubt
    );
}

#[test]
fn throttling_never_fails_a_row() {
    let many = (0..1_000)
        .map(|_| RegistrationEvent::SignUp(Err(answered("TooManyRequestsException", ""))))
        .collect();
    assert!(matches!(
        after(LookupMode::Get, SentBefore::No, many),
        RegistrationStep::SignUp(_)
    ));
}

#[test]
fn row_fails_only_once_the_last_request_can_no_longer_arrive() {
    let user = user();
    let mut registration =
        Registration::new(&user, rules(LookupMode::Get), times(), SentBefore::No);
    let mut step = registration.next(RegistrationEvent::Start, Duration::ZERO, 0.0);
    for _ in 0..20 {
        step = match step {
            RegistrationStep::SignUp(_) => registration.next(
                RegistrationEvent::SignUp(Err(lost(CONNECTION_LOST))),
                Duration::ZERO,
                0.0,
            ),
            RegistrationStep::LookUp(wait) if wait > Duration::ZERO => break,
            RegistrationStep::LookUp(_) => registration.next(
                RegistrationEvent::LookUp(Ok(None)),
                Duration::from_secs(1),
                0.0,
            ),
            other @ (RegistrationStep::FindInListing(_)
            | RegistrationStep::Settled(_)
            | RegistrationStep::Unreachable(_)
            | RegistrationStep::StopRun(_)) => {
                panic!("{other:?}")
            }
        };
    }
    assert_eq!(step, RegistrationStep::LookUp(Duration::from_secs(14)));
    let last = registration.next(
        RegistrationEvent::LookUp(Ok(None)),
        Duration::from_secs(15),
        0.0,
    );
    assert_eq!(settled(last).outcome, Outcome::Failed);
}

#[test]
fn run_level_error_stops_the_run_and_leaves_the_row_open() {
    let step = after(
        LookupMode::Get,
        SentBefore::No,
        vec![RegistrationEvent::SignUp(Err(answered(
            "NotAuthorizedException",
            "SignUp is not permitted",
        )))],
    );
    let RegistrationStep::StopRun(stop) = step else {
        panic!("{step:?}")
    };
    assert_eq!(
        stop.outcome.map(|outcome| outcome.outcome),
        Some(Outcome::Failed)
    );
    // After a lost response, the row has no outcome.
    let events = vec![
        RegistrationEvent::SignUp(Err(lost(CONNECTION_LOST))),
        RegistrationEvent::LookUp(Err(Failure::answered(
            Operation::Read,
            400,
            "AccessDeniedException",
            "",
        ))),
    ];
    let step = after(LookupMode::Get, SentBefore::No, events);
    let RegistrationStep::StopRun(stop) = step else {
        panic!("{step:?}")
    };
    assert_eq!(stop.outcome, None);
}
