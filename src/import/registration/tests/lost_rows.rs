//! Rows that an earlier session may have sent although the ledger does not know them.

use std::time::Duration;

use super::{BEFORE_RUN, BEGUN, accepted, after, answered, found, settled, taken};
use crate::import::registration::{RegistrationEvent, RegistrationStep, SentBefore};
use crate::outcome::{Evidence, Outcome};
use crate::pool::LookupMode;

fn after_loss(lookups: LookupMode, events: Vec<RegistrationEvent>) -> RegistrationStep {
    after(lookups, SentBefore::Unknown, events)
}

#[test]
fn a_lost_row_is_sent_first() {
    for lookups in [LookupMode::Get, LookupMode::List, LookupMode::None] {
        assert_eq!(
            after_loss(lookups, vec![]),
            RegistrationStep::SignUp(Duration::ZERO)
        );
    }
    let accepted = vec![RegistrationEvent::SignUp(Ok(accepted()))];
    let outcome = settled(after_loss(LookupMode::Get, accepted));
    assert_eq!(
        (outcome.outcome, outcome.evidence),
        (Outcome::Created, Some(Evidence::Answer))
    );
}

#[test]
fn a_taken_username_of_a_lost_row_is_judged_by_its_creation_time() {
    for lookups in [LookupMode::Get, LookupMode::List] {
        assert_eq!(
            after_loss(lookups, vec![taken()]),
            RegistrationStep::LookUp(Duration::ZERO),
            "the listing lags"
        );
        let judged = |created| {
            let look_up = RegistrationEvent::LookUp(Ok(Some(found(created))));
            settled(after_loss(lookups, vec![taken(), look_up]))
        };
        let ours = judged(BEGUN + 5);
        assert_eq!(
            (ours.outcome, ours.evidence, ours.attempts),
            (Outcome::Created, Some(Evidence::Lookup), 1)
        );
        assert_eq!(judged(BEFORE_RUN).outcome, Outcome::Existed);
        // The ledger knows all requests up to this time.
        assert_eq!(judged(BEGUN - 5_000).outcome, Outcome::InDoubt);
    }
    let mut other = found(BEGUN + 5);
    other.attributes.clear();
    let look_up = RegistrationEvent::LookUp(Ok(Some(other)));
    let outcome = settled(after_loss(LookupMode::Get, vec![taken(), look_up]));
    assert_eq!(outcome.outcome, Outcome::InDoubt);
    // The name is an alias of another user.
    let absent = vec![taken(), RegistrationEvent::LookUp(Ok(None))];
    let outcome = settled(after_loss(LookupMode::Get, absent));
    assert_eq!(outcome.outcome, Outcome::Existed);
}

#[test]
fn without_lookups_a_lost_row_that_is_not_created_is_in_doubt() {
    for code in ["UsernameExistsException", "InvalidPasswordException"] {
        let refused = vec![RegistrationEvent::SignUp(Err(answered(code, "")))];
        let outcome = settled(after_loss(LookupMode::None, refused));
        assert_eq!(outcome.outcome, Outcome::InDoubt, "{code}");
    }
}

#[test]
fn a_refused_lost_row_is_looked_up() {
    let refused = || {
        RegistrationEvent::SignUp(Err(answered(
            "UserLambdaValidationException",
            "PreSignUp failed with error no.",
        )))
    };
    let judged = |user| {
        let look_up = RegistrationEvent::LookUp(Ok(user));
        settled(after_loss(LookupMode::Get, vec![refused(), look_up]))
    };
    assert_eq!(judged(None).outcome, Outcome::Rejected);
    assert_eq!(judged(Some(found(BEGUN + 5))).outcome, Outcome::Created);
    assert_eq!(judged(Some(found(BEFORE_RUN))).outcome, Outcome::Existed);
}
