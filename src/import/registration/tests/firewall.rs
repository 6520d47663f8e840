//! A firewall that keeps blocking.

use std::time::Duration;

use super::{
    LookupMode, Outcome, Registration, RegistrationEvent, RegistrationStep, SentBefore, lost,
    rules, taken, times, user,
};
use crate::pool::failure::{BLOCKED_BY_FIREWALL, CONNECTION_LOST, Operation};
use crate::pool::{Advice, Failure, Stop};
use crate::run::FORBIDDEN_TRIES;

#[test]
fn persistent_firewall_stops_the_run() {
    let blocked = |operation| {
        let failure = Failure::answered(operation, 403, BLOCKED_BY_FIREWALL, "WAF block.");
        assert_eq!(failure.advice, Advice::Firewalled);
        failure
    };
    let ends =
        |first: Vec<RegistrationEvent>, then: fn(Failure) -> RegistrationEvent, operation, row| {
            let user = user();
            let mut registration =
                Registration::new(&user, rules(LookupMode::Get), times(), SentBefore::No);
            registration.next(RegistrationEvent::Start, Duration::ZERO, 0.5);
            for event in first {
                registration.next(event, Duration::ZERO, 0.5);
            }
            for _ in 1..FORBIDDEN_TRIES {
                let step = registration.next(then(blocked(operation)), Duration::ZERO, 0.5);
                assert!(
                    matches!(
                        step,
                        RegistrationStep::SignUp(_) | RegistrationStep::LookUp(_)
                    ),
                    "{step:?}"
                );
            }
            let step = registration.next(then(blocked(operation)), Duration::ZERO, 0.5);
            let RegistrationStep::StopRun(stop) = step else {
                panic!("{step:?}")
            };
            assert_eq!(stop.stop, Stop::Firewall);
            assert_eq!(stop.outcome.map(|outcome| outcome.outcome), row);
        };
    let sign_up_event = |failure| RegistrationEvent::SignUp(Err(failure));
    let look_up_event = |failure| RegistrationEvent::LookUp(Err(failure));
    ends(
        vec![],
        sign_up_event,
        Operation::SignUp,
        Some(Outcome::Failed),
    );
    ends(
        vec![taken()],
        look_up_event,
        Operation::Read,
        Some(Outcome::Existed),
    );
    let unclear = RegistrationEvent::SignUp(Err(lost(CONNECTION_LOST)));
    ends(vec![unclear], look_up_event, Operation::Read, None);
}
