mod used;

use std::sync::Arc;
use std::time::Duration;

use super::{PoolBehavior, Removal, RemovalEvent, RemovalRules, RemovalStep};
use crate::ledger::undo::ToUndo;
use crate::ledger::{RunTimes, Span};
use crate::outcome::{AffectedUser, KeptReason, UndoOutcome, Undone};
use crate::pool::{Advice, Deletion, Failure, FoundUser, Sent};
use crate::run::RetryPolicy;

const RULES: RemovalRules = RemovalRules {
    retry: RetryPolicy {
        tries: 3,
        lookups: 3,
        base: Duration::ZERO,
        cap: Duration::ZERO,
        settle: Duration::ZERO,
    },
    even_if_used: false,
    allow_messages: false,
};

/// The run was active when the users of these tests were created.
fn times() -> Arc<RunTimes> {
    Arc::new(RunTimes {
        second_before_run_ms: None,
        sessions: vec![Span {
            from_ms: 4_000,
            until_ms: 6_500,
        }],
    })
}

fn made(sub: Option<&str>, created_ms: Option<i64>) -> AffectedUser {
    AffectedUser {
        row: 1,
        username: "ann".into(),
        sub: sub.map(str::to_owned),
        created_ms,
        changes: Vec::new(),
    }
}

fn removal(user: AffectedUser, begun_ms: Option<i64>, rules: RemovalRules) -> Removal {
    let open = ToUndo {
        user,
        begun_ms,
        outcome: None,
    };
    Removal::new(open, rules, PoolBehavior::default(), times())
}

fn new() -> Removal {
    removal(made(Some("sub-1"), None), None, RULES)
}

fn user(username: &str, sub: &str, status: &str) -> FoundUser {
    FoundUser {
        modified_ms: None,
        username: username.into(),
        sub: Some(sub.into()),
        status: Some(status.into()),
        enabled: true,
        created_ms: Some(5_000),
        created_has_fraction: false,
        attributes: Vec::new(),
    }
}

fn found(username: &str, sub: &str, status: &str) -> RemovalEvent {
    RemovalEvent::Found(Ok(Some(user(username, sub, status))))
}

fn failure(sent: Sent, advice: Advice, code: &str) -> Failure {
    Failure::new(sent, advice, code, "message")
}

fn lost() -> RemovalEvent {
    RemovalEvent::Deleted(Err(failure(Sent::Maybe, Advice::Retry, "ConnectionLost")))
}

fn absent() -> RemovalEvent {
    RemovalEvent::Found(Ok(None))
}

const NOW: Duration = Duration::ZERO;

/// Starts the removal, feeds these events, and returns the last step.
fn after(removal: &mut Removal, events: impl IntoIterator<Item = RemovalEvent>) -> RemovalStep {
    let mut step = removal.next(RemovalEvent::Start, 0.5);
    for event in events {
        step = removal.next(event, 0.5);
    }
    step
}

fn outcome(undone: Undone) -> RemovalStep {
    RemovalStep::Settled(UndoOutcome::of(undone))
}

#[test]
fn deletes_unconfirmed_users_by_sub() {
    let mut ann = new();
    assert_eq!(after(&mut ann, []), RemovalStep::LookUp(NOW));
    assert_eq!(ann.name(), "sub-1");
    assert_eq!(
        ann.next(found("ann", "sub-1", "UNCONFIRMED"), 0.5),
        RemovalStep::Begin
    );
    assert_eq!(ann.next(RemovalEvent::Begun, 0.5), RemovalStep::Delete(NOW));
    assert_eq!(ann.name(), "sub-1");
    let step = ann.next(RemovalEvent::Deleted(Ok(Deletion::Deleted)), 0.5);
    assert_eq!(step, outcome(Undone::Deleted));
    assert_eq!(ann.behavior(), PoolBehavior::default());
}

#[test]
fn uses_the_username_if_the_pool_does_not_find_subs() {
    let mut ann = new();
    assert_eq!(after(&mut ann, [absent()]), RemovalStep::LookUp(NOW));
    assert_eq!(ann.name(), "ann");
    assert_eq!(
        ann.next(found("ann", "sub-1", "UNCONFIRMED"), 0.5),
        RemovalStep::Begin
    );
    assert!(ann.behavior().hides_subs);
    assert_eq!(ann.next(RemovalEvent::Begun, 0.5), RemovalStep::Delete(NOW));
    assert_eq!(ann.name(), "ann");
    let open = ToUndo {
        user: made(Some("sub-2"), None),
        begun_ms: None,
        outcome: None,
    };
    assert_eq!(
        Removal::new(open, RULES, ann.behavior(), times()).name(),
        "ann"
    );
}

#[test]
fn never_deletes_a_user_with_another_sub() {
    for status in ["UNCONFIRMED", "CONFIRMED"] {
        for even_if_used in [false, true] {
            let rules = RemovalRules {
                even_if_used,
                ..RULES
            };
            let mut ann = removal(made(Some("sub-1"), None), None, rules);
            let step = after(&mut ann, [absent(), found("ann", "sub-2", status)]);
            assert_eq!(step, outcome(Undone::Kept(KeptReason::AnotherUser)));
        }
    }
    // Not even one whose username equals the `sub`.
    let step = after(
        &mut new(),
        [found("sub-1", "sub-2", "UNCONFIRMED"), absent()],
    );
    assert_eq!(step, outcome(Undone::Gone));
    // Another user takes the name between the lookup and the deletion.
    let mut ann = new();
    let step = after(
        &mut ann,
        [
            found("ann", "sub-1", "UNCONFIRMED"),
            RemovalEvent::Begun,
            RemovalEvent::Deleted(Ok(Deletion::NoSuchUser)),
            found("ann", "sub-2", "UNCONFIRMED"),
        ],
    );
    assert_eq!(step, outcome(Undone::Kept(KeptReason::AnotherUser)));
}

#[test]
fn user_found_by_alias_is_another_user() {
    let step = after(&mut new(), [absent(), found("bob", "sub-2", "CONFIRMED")]);
    assert_eq!(step, outcome(Undone::Gone));
}

#[test]
fn missing_users_are_gone_or_deleted() {
    assert_eq!(
        after(&mut new(), [absent(), absent()]),
        outcome(Undone::Gone)
    );
    let mut begun = removal(made(Some("sub-1"), None), Some(7_000), RULES);
    assert_eq!(
        after(&mut begun, [absent(), absent()]),
        outcome(Undone::Deleted)
    );
    let deleting = [
        found("ann", "sub-1", "UNCONFIRMED"),
        RemovalEvent::Begun,
        lost(),
        absent(),
        absent(),
    ];
    assert_eq!(after(&mut new(), deleting), outcome(Undone::Deleted));
    let retaken = [
        found("ann", "sub-1", "UNCONFIRMED"),
        RemovalEvent::Begun,
        lost(),
        absent(),
        found("ann", "sub-2", "CONFIRMED"),
    ];
    assert_eq!(after(&mut new(), retaken), outcome(Undone::Deleted));
}

#[test]
fn unclear_deletions_are_looked_up_and_retried() {
    let mut ann = new();
    let began = [found("ann", "sub-1", "UNCONFIRMED"), RemovalEvent::Begun];
    assert_eq!(after(&mut ann, began), RemovalStep::Delete(NOW));
    for _ in 0..2 {
        assert_eq!(ann.next(lost(), 0.5), RemovalStep::LookUp(NOW));
        // Its status no longer matters.
        assert_eq!(
            ann.next(found("ann", "sub-1", "CONFIRMED"), 0.5),
            RemovalStep::Delete(NOW)
        );
    }
    assert_eq!(ann.next(lost(), 0.5), RemovalStep::LookUp(NOW));
    let RemovalStep::Settled(last) = ann.next(found("ann", "sub-1", "UNCONFIRMED"), 0.5) else {
        panic!("never settles");
    };
    assert_eq!(last.to_string(), "failed: ConnectionLost");
    assert!(
        last.error_message
            .unwrap()
            .contains("may have been deleted")
    );
}

#[test]
fn identifies_users_without_sub_by_creation_time() {
    let look_up = |created_ms, event| {
        let mut ann = removal(made(None, created_ms), None, RULES);
        let step = after(&mut ann, [event]);
        (step, ann.name().to_owned())
    };
    let unconfirmed = || found("ann", "sub-1", "UNCONFIRMED");
    assert_eq!(look_up(Some(5_000), unconfirmed()).0, RemovalStep::Begin);
    assert_eq!(
        look_up(Some(5_001), unconfirmed()).0,
        outcome(Undone::Kept(KeptReason::AnotherUser))
    );
    assert_eq!(
        look_up(None, unconfirmed()).0,
        outcome(Undone::Kept(KeptReason::NotIdentified))
    );
    assert_eq!(look_up(None, absent()).0, outcome(Undone::Gone));
    // Once the `sub` is known, no other user is deleted.
    let mut ann = removal(made(None, Some(5_000)), None, RULES);
    let lost = [
        unconfirmed(),
        RemovalEvent::Begun,
        lost(),
        found("ann", "sub-2", "UNCONFIRMED"),
    ];
    assert_eq!(after(&mut ann, lost), outcome(Undone::Deleted));
}

#[test]
fn throttling_never_fails_a_user_but_a_refusal_does() {
    let mut ann = new();
    let began = [found("ann", "sub-1", "UNCONFIRMED"), RemovalEvent::Begun];
    after(&mut ann, began);
    for _ in 0..50 {
        let throttled = failure(Sent::Answered, Advice::SlowDown, "TooManyRequestsException");
        assert_eq!(
            ann.next(RemovalEvent::Deleted(Err(throttled)), 0.5),
            RemovalStep::Delete(NOW)
        );
    }
    let refused = failure(Sent::Answered, Advice::GiveUp, "InvalidParameterException");
    let RemovalStep::Settled(last) = ann.next(RemovalEvent::Deleted(Err(refused)), 0.5) else {
        panic!("not settled");
    };
    assert_eq!(last.to_string(), "failed: InvalidParameterException");
    let mut unanswered = new();
    let mut step = after(&mut unanswered, []);
    for _ in 0..3 {
        assert_eq!(step, RemovalStep::LookUp(NOW));
        let broken = failure(Sent::Answered, Advice::Retry, "InternalErrorException");
        step = unanswered.next(RemovalEvent::Found(Err(broken)), 0.5);
    }
    assert!(matches!(step, RemovalStep::Settled(last) if last.undone == Undone::Failed));
}

#[test]
fn never_deletes_users_created_while_the_run_was_inactive() {
    let even_if_used = RemovalRules {
        even_if_used: true,
        ..RULES
    };
    for rules in [RULES, even_if_used] {
        // Regardless of what the ledger says about `sub`, creation time and deletion.
        for (user_made, begun) in [
            (made(Some("sub-1"), None), None),
            (made(Some("sub-1"), Some(1_000)), Some(9_000)),
        ] {
            for created in [1_000, 3_000, 7_000] {
                let mut other = user("ann", "sub-1", "UNCONFIRMED");
                other.created_ms = Some(created);
                let mut ann = removal(user_made.clone(), begun, rules);
                let step = after(&mut ann, [RemovalEvent::Found(Ok(Some(other)))]);
                let RemovalStep::Settled(outcome) = step else {
                    panic!("{created}: {step:?}")
                };
                assert_eq!(
                    outcome.undone,
                    Undone::Kept(KeptReason::OutsideRun),
                    "{created}"
                );
                assert!(outcome.error_message.is_some());
            }
        }
        let mut undated = user("ann", "sub-1", "UNCONFIRMED");
        undated.created_ms = None;
        let mut ann = removal(made(Some("sub-1"), None), None, rules);
        let step = after(&mut ann, [RemovalEvent::Found(Ok(Some(undated)))]);
        let kept = UndoOutcome::of(Undone::Kept(KeptReason::NotIdentified));
        assert_eq!(step, RemovalStep::Settled(kept));
    }
}
