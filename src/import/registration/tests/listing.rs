//! Taken usernames that are looked up in the listing.

use std::time::Duration;

use super::{BEFORE_RUN, SentBefore, after, found, lost, settled, taken};
use crate::import::registration::{RegistrationEvent, RegistrationStep};
use crate::outcome::Outcome;
use crate::pool::failure::{CONNECTION_LOST, Operation};
use crate::pool::{Failure, LookupMode};

#[test]
fn taken_username_is_found_in_the_listing() {
    let list = |events| after(LookupMode::List, SentBefore::No, events);
    assert_eq!(
        list(vec![taken()]),
        RegistrationStep::FindInListing(Duration::ZERO)
    );
    let listed = RegistrationEvent::Listing(Ok(Some(found(BEFORE_RUN))));
    let outcome = settled(list(vec![taken(), listed]));
    assert_eq!(outcome.outcome, Outcome::Existed);
    assert_eq!(outcome.user_status.as_deref(), Some("UNCONFIRMED"));
    assert_eq!(outcome.user_sub.as_deref(), Some("sub-1"));
    // A user that is not listed may just have been created, so it is looked up.
    assert_eq!(
        list(vec![taken(), RegistrationEvent::Listing(Ok(None))]),
        RegistrationStep::LookUp(Duration::ZERO)
    );
}

#[test]
fn failed_listing_is_retried_and_keeps_the_outcome() {
    let fails = |code: &str| {
        let failure = Failure::answered(Operation::Read, 400, code, "no");
        RegistrationEvent::Listing(Err(failure))
    };
    let after_failures = |code: &str, many| {
        let failures = (0..many).map(|_| fails(code));
        let events = std::iter::once(taken()).chain(failures).collect();
        after(LookupMode::List, SentBefore::No, events)
    };
    let step = after_failures("TooManyRequestsException", 100);
    assert!(
        matches!(step, RegistrationStep::FindInListing(_)),
        "{step:?}"
    );
    let step = after_failures("InternalErrorException", 5);
    assert!(
        matches!(step, RegistrationStep::FindInListing(_)),
        "{step:?}"
    );
    let outcome = settled(after_failures("InternalErrorException", 6));
    assert_eq!(outcome.outcome, Outcome::Existed);
    assert_eq!(
        outcome.error_code.as_deref(),
        Some("InternalErrorException")
    );
    let RegistrationStep::StopRun(stop) = after_failures("AccessDeniedException", 1) else {
        panic!("a missing permission affects every row");
    };
    assert_eq!(
        stop.outcome.map(|outcome| outcome.outcome),
        Some(Outcome::Existed)
    );
}

#[test]
fn listing_never_settles_unclear_rows() {
    let list = |sent_before, events| after(LookupMode::List, sent_before, events);
    let lost_response = || RegistrationEvent::SignUp(Err(lost(CONNECTION_LOST)));
    assert!(matches!(
        list(SentBefore::No, vec![lost_response()]),
        RegistrationStep::LookUp(_)
    ));
    assert_eq!(
        list(SentBefore::Maybe, vec![]),
        RegistrationStep::LookUp(Duration::ZERO)
    );
    let sent_again = vec![
        lost_response(),
        RegistrationEvent::LookUp(Ok(None)),
        taken(),
    ];
    assert_eq!(
        list(SentBefore::No, sent_again),
        RegistrationStep::LookUp(Duration::ZERO)
    );
}
