//! Row outcomes made from the pool's answers.

use crate::outcome::{Delivery, Evidence, Outcome, RowOutcome};
use crate::pool::{Failure, SignedUp};

pub(super) fn failed(outcome: Outcome, failure: &Failure) -> RowOutcome {
    RowOutcome::of(outcome).with_error(failure.code.clone(), failure.message.clone())
}

pub(super) fn created_outcome(answer: SignedUp) -> RowOutcome {
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
