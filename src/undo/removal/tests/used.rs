//! Users that may have signed in since the run.

use super::{NOW, RULES, after, failure, found, made, new, outcome, removal, times};
use crate::ledger::undo::ToUndo;
use crate::outcome::{KeptReason, Undone};
use crate::pool::{Advice, Sent, Stop, UserEvents};
use crate::undo::removal::{Removal, RemovalEvent, RemovalRules, RemovalStep};

#[test]
fn decides_by_recorded_events() {
    let confirmed = || found("ann", "sub-1", "CONFIRMED");
    let events = |sign_up, used, next: Option<&str>| {
        RemovalEvent::EventsRead(Ok(UserEvents {
            events: 1,
            sign_up,
            used,
            next: next.map(str::to_owned),
        }))
    };
    assert_eq!(
        after(&mut new(), [confirmed()]),
        RemovalStep::ReadEvents(NOW, None)
    );
    let after_events =
        |pages: Vec<RemovalEvent>| after(&mut new(), [confirmed()].into_iter().chain(pages));
    assert_eq!(
        after_events(vec![events(true, false, None)]),
        RemovalStep::Begin
    );
    assert_eq!(
        after_events(vec![events(true, true, None)]),
        outcome(Undone::Kept(KeptReason::Used))
    );
    // Threat protection was off when the user signed up.
    assert_eq!(
        after_events(vec![events(false, false, None)]),
        outcome(Undone::Kept(KeptReason::MaybeUsed))
    );
    assert_eq!(
        after_events(vec![events(false, false, Some("more"))]),
        RemovalStep::ReadEvents(NOW, Some("more".into()))
    );
    let pages = vec![
        events(true, false, Some("more")),
        events(false, false, None),
    ];
    assert_eq!(after_events(pages), RemovalStep::Begin);
    let pages = vec![
        events(true, false, Some("more")),
        events(false, true, Some("more")),
    ];
    assert_eq!(after_events(pages), outcome(Undone::Kept(KeptReason::Used)));
}

#[test]
fn keeps_confirmed_users_if_the_pool_has_no_events() {
    for (code, advice) in [
        ("UserPoolAddOnNotEnabledException", Advice::GiveUp),
        ("AccessDeniedException", Advice::Stop(Stop::Access)),
        ("UnknownOperationException", Advice::Stop(Stop::Refused)),
    ] {
        let mut ann = new();
        let unavailable = RemovalEvent::EventsRead(Err(failure(Sent::Answered, advice, code)));
        let RemovalStep::Settled(kept) =
            after(&mut ann, [found("ann", "sub-1", "CONFIRMED"), unavailable])
        else {
            panic!("{code}");
        };
        assert_eq!(kept.undone, Undone::Kept(KeptReason::MaybeUsed), "{code}");
        assert!(ann.behavior().hides_events, "{code}");
        let open = ToUndo {
            user: made(Some("sub-1"), None),
            begun_ms: None,
            outcome: None,
        };
        let mut next = Removal::new(open, RULES, ann.behavior(), times());
        for status in ["CONFIRMED", "RESET_REQUIRED", "NEW_STATUS"] {
            let step = after(&mut next, [found("ann", "sub-1", status)]);
            assert_eq!(
                step,
                outcome(Undone::Kept(KeptReason::MaybeUsed)),
                "{status}"
            );
        }
    }
    let mut ann = new();
    let expired = failure(
        Sent::Answered,
        Advice::Stop(Stop::Access),
        "ExpiredTokenException",
    );
    let events = [
        found("ann", "sub-1", "CONFIRMED"),
        RemovalEvent::EventsRead(Err(expired.clone())),
    ];
    assert_eq!(
        after(&mut ann, events),
        RemovalStep::StopRun(Stop::Access, expired)
    );
}

#[test]
fn even_if_used_reads_no_events() {
    let rules = RemovalRules {
        even_if_used: true,
        ..RULES
    };
    let mut ann = removal(made(Some("sub-1"), None), None, rules);
    assert_eq!(
        after(&mut ann, [found("ann", "sub-1", "CONFIRMED")]),
        RemovalStep::Begin
    );
}
