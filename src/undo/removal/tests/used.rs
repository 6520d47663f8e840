//! Whether the user has done something since the run.

use super::{NOW, RULES, after, failure, found, made, new, outcome, removal, times};
use crate::ledger::undo::ToUndo;
use crate::outcome::{KeptReason, Undone};
use crate::pool::{Advice, Doings, Sent, Stop};
use crate::undo::removal::{Removal, RemovalEvent, RemovalRules, RemovalStep};

#[test]
fn what_the_user_did_decides_where_the_pool_tells_it() {
    let confirmed = || found("ann", "sub-1", "CONFIRMED");
    let doings = |sign_up, used, next: Option<&str>| {
        RemovalEvent::Doings(Ok(Doings {
            events: 1,
            sign_up,
            used,
            next: next.map(str::to_owned),
        }))
    };
    assert_eq!(
        after(&mut new(), [confirmed()]),
        RemovalStep::AskDoings(NOW, None)
    );
    let asked =
        |events: Vec<RemovalEvent>| after(&mut new(), [confirmed()].into_iter().chain(events));
    assert_eq!(asked(vec![doings(true, false, None)]), RemovalStep::Begin);
    assert_eq!(
        asked(vec![doings(true, true, None)]),
        outcome(Undone::Kept(KeptReason::Used))
    );
    // Threat protection was not on when it signed up.
    assert_eq!(
        asked(vec![doings(false, false, None)]),
        outcome(Undone::Kept(KeptReason::MaybeUsed))
    );
    assert_eq!(
        asked(vec![doings(false, false, Some("more"))]),
        RemovalStep::AskDoings(NOW, Some("more".into()))
    );
    let pages = vec![
        doings(true, false, Some("more")),
        doings(false, false, None),
    ];
    assert_eq!(asked(pages), RemovalStep::Begin);
    let pages = vec![
        doings(true, false, Some("more")),
        doings(false, true, Some("more")),
    ];
    assert_eq!(asked(pages), outcome(Undone::Kept(KeptReason::Used)));
}

#[test]
fn a_pool_that_does_not_tell_is_asked_once_and_nobody_is_deleted_on_a_guess() {
    for (code, advice) in [
        ("UserPoolAddOnNotEnabledException", Advice::GiveUp),
        ("AccessDeniedException", Advice::Stop(Stop::Access)),
        ("UnknownOperationException", Advice::Stop(Stop::Refused)),
    ] {
        let mut ann = new();
        let told = RemovalEvent::Doings(Err(failure(Sent::Answered, advice, code)));
        let RemovalStep::Settled(kept) =
            after(&mut ann, [found("ann", "sub-1", "CONFIRMED"), told])
        else {
            panic!("{code}");
        };
        assert_eq!(kept.undone, Undone::Kept(KeptReason::MaybeUsed), "{code}");
        assert!(ann.learnt().tells_nothing, "{code}");
        let open = ToUndo {
            user: made(Some("sub-1"), None),
            begun_ms: None,
            outcome: None,
        };
        let mut next = Removal::new(open, RULES, ann.learnt(), times());
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
        RemovalEvent::Doings(Err(expired.clone())),
    ];
    assert_eq!(
        after(&mut ann, events),
        RemovalStep::StopRun(Stop::Access, expired)
    );
}

#[test]
fn even_if_used_asks_nothing_of_what_it_did() {
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
