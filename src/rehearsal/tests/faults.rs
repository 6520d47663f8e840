//! Faults as a client meets them.

use super::*;

/// What the client sees of a fault, and whether the user is there afterwards.
fn struck_by(faults: Faults) -> (String, bool) {
    let rehearsed = Rehearsed::with(PoolSettings { faults, ..quick() });
    // Twice over the same client, so that a connection kept alive is met as well as a fresh one.
    rehearsed.status("nobody").unwrap_err();
    let seen = rehearsed
        .sign_up("jane")
        .map_or_else(|code| code, |_| "success".to_owned());
    assert_eq!(
        rehearsed.pool.stats().faults.values().sum::<u64>(),
        1,
        "the fault took effect"
    );
    (seen, rehearsed.status("jane").is_ok())
}

#[test]
fn faults_do_as_they_are_named() {
    const NEVER: LateFault = LateFault {
        probability: 1.0,
        delay_ms: 3_600_000,
    };
    const SOON: LateFault = LateFault {
        probability: 1.0,
        delay_ms: 1,
    };
    const BURST: BurstFault = BurstFault {
        probability: 1.0,
        requests: 3,
    };
    type RejectedFault = (fn(&mut Faults), &'static str, bool);
    let cases: [RejectedFault; 15] = [
        (|f| f.commit_then_drop = 1.0, "connection lost", true),
        (|f| f.drop_before = 1.0, "connection lost", false),
        (|f| f.commit_late = NEVER, "connection lost", false),
        (|f| f.answer_late = SOON, "success", true),
        (
            |f| f.error_500_before = 1.0,
            "InternalErrorException",
            false,
        ),
        (|f| f.error_500_after = 1.0, "InternalErrorException", true),
        (|f| f.truncated_body = 1.0, "unreadable", true),
        (|f| f.non_json_body = 1.0, "unreadable", true),
        (
            |f| f.limit_exceeded_after = 1.0,
            "LimitExceededException",
            true,
        ),
        (|f| f.throttle = 1.0, "TooManyRequestsException", false),
        (
            |f| f.throttle_burst = BURST,
            "TooManyRequestsException",
            false,
        ),
        (
            |f| f.unexpected_lambda_before = 1.0,
            "UnexpectedLambdaException",
            false,
        ),
        (
            |f| f.unexpected_lambda_after = 1.0,
            "UnexpectedLambdaException",
            true,
        ),
        (
            |f| f.lost_pool_after = Some(1),
            "ResourceNotFoundException",
            false,
        ),
        (|f| f.firewall_after = Some(1), "ForbiddenException", false),
    ];
    for (set, seen, made) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        assert_eq!(
            struck_by(faults.clone()),
            (seen.to_owned(), made),
            "{faults:?}"
        );
    }
}

#[test]
fn a_late_creation_comes_to_pass() {
    let commit_late = LateFault {
        probability: 1.0,
        delay_ms: 0,
    };
    let rehearsed = Rehearsed::with(PoolSettings {
        faults: Faults {
            commit_late,
            ..Faults::default()
        },
        ..quick()
    });
    assert_eq!(rehearsed.sign_up("jane").unwrap_err(), "connection lost");
    assert_eq!(rehearsed.status("jane").unwrap(), "UNCONFIRMED");
    assert_eq!(rehearsed.truth("jane").answers_delivered, 0);
}

#[test]
fn faults_do_not_depend_on_the_order_of_arrival() {
    let names: Vec<_> = (0..40).map(|n| format!("user-{n}")).collect();
    let outcomes = |order: &[String]| {
        let faults = Faults {
            error_500_before: 0.5,
            ..Faults::default()
        };
        let rehearsed = Rehearsed::with(PoolSettings {
            faults,
            seed: 7,
            ..quick()
        });
        let mut seen: Vec<_> = order
            .iter()
            .map(|name| (name.clone(), rehearsed.sign_up(name).is_ok()))
            .collect();
        seen.sort();
        seen
    };
    let forward = outcomes(&names);
    let backward: Vec<_> = names.iter().rev().cloned().collect();
    assert_eq!(forward, outcomes(&backward));
    let struck = forward.iter().filter(|(_, ok)| !ok).count();
    assert!((8..=32).contains(&struck), "{struck} of 40");
}

#[test]
fn look_ups_fail_as_asked() {
    type FaultCode = (fn(&mut Faults), &'static str);
    let cases: [FaultCode; 4] = [
        (|f| f.read_drop = 1.0, "connection lost"),
        (|f| f.read_500 = 1.0, "InternalErrorException"),
        (|f| f.read_throttle = 1.0, "TooManyRequestsException"),
        (
            |f| f.expired_credentials_after = Some(1),
            "ExpiredTokenException",
        ),
    ];
    for (set, seen) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        let rehearsed = Rehearsed::with(PoolSettings { faults, ..quick() });
        rehearsed.sign_up("jane").unwrap();
        assert_eq!(rehearsed.status("jane").unwrap_err(), seen);
    }
}

#[test]
fn writes_fail_as_asked_and_what_was_committed_stays() {
    type FlaggedFault = (fn(&mut Faults), &'static str, bool);
    let cases: [FlaggedFault; 4] = [
        (|f| f.write_drop_before = 1.0, "connection lost", false),
        (|f| f.write_commit_then_drop = 1.0, "connection lost", true),
        (|f| f.write_500 = 1.0, "InternalErrorException", false),
        (
            |f| f.write_throttle = 1.0,
            "TooManyRequestsException",
            false,
        ),
    ];
    type Change = (&'static str, &'static str, fn(&AuditedUser) -> bool);
    let changes: [Change; 5] = [
        ("confirm", "new", |user| {
            user.status == UserStatus::Confirmed
        }),
        ("update", "new", |user| user.attributes.contains_key("name")),
        ("join", "new", |user| user.groups == ["staff"]),
        ("disable", "new", |user| !user.enabled),
        ("enable", "shut", |user| user.enabled),
    ];
    for (set, seen, changed) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        let rehearsed = Rehearsed::with(PoolSettings {
            faults: faults.clone(),
            groups: vec!["staff".to_owned()],
            existing: vec![ExistingUser {
                username: "shut".to_owned(),
                enabled: false,
                ..ExistingUser::default()
            }],
            ..quick()
        });
        rehearsed.sign_up("new").unwrap();
        for (operation, name, is_changed) in changes {
            assert_eq!(
                rehearsed.call(operation, name),
                seen,
                "{operation}, {faults:?}"
            );
            let truth = rehearsed.truth(name);
            assert_eq!(is_changed(&truth), changed, "{operation}, {faults:?}");
        }
        assert_eq!(rehearsed.call("delete", "new"), seen);
        assert_eq!(rehearsed.status("new").is_err(), changed, "{faults:?}");
        assert_eq!(rehearsed.call("list", ""), "success");
        let stats = rehearsed.pool.stats();
        assert_eq!(stats.faults.values().sum::<u64>(), 6);
        assert_eq!(stats.deleted, u64::from(changed));
    }
}

#[test]
fn lists_fail_as_asked() {
    type CodedFault = (fn(&mut Faults), &'static str);
    let cases: [CodedFault; 3] = [
        (|f| f.list_drop = 1.0, "connection lost"),
        (|f| f.list_500 = 1.0, "InternalErrorException"),
        (|f| f.list_throttle = 1.0, "TooManyRequestsException"),
    ];
    for (set, seen) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        let rehearsed = Rehearsed::with(PoolSettings { faults, ..quick() });
        rehearsed.sign_up("jane").unwrap();
        assert_eq!(rehearsed.call("list", ""), seen);
        assert_eq!(rehearsed.call("confirm", "jane"), "success");
    }
}

#[test]
fn a_write_that_failed_can_succeed_and_no_other_operation_changes_that() {
    let names: Vec<_> = (0..8).map(|n| format!("user-{n}")).collect();
    let tries = |with_other_calls: bool| {
        let rehearsed = Rehearsed::with(PoolSettings {
            faults: Faults {
                write_500: 0.5,
                ..Faults::default()
            },
            ..quick()
        });
        let count = |name: &String| {
            rehearsed.sign_up(name).unwrap();
            (1..)
                .find(|_| {
                    if with_other_calls {
                        rehearsed.call("update", name);
                    }
                    rehearsed.call("confirm", name) == "success"
                })
                .unwrap()
        };
        names.iter().map(count).collect::<Vec<u32>>()
    };
    let alone = tries(false);
    assert_eq!(alone, tries(true));
    assert!(
        alone.contains(&1) && alone.iter().any(|tries| *tries > 1),
        "{alone:?}"
    );
}

#[test]
fn a_burst_of_throttling_ends() {
    // A probability below one lets the SignUps after the burst through; which seed is chosen does not matter to that.
    let throttle_burst = BurstFault {
        probability: 0.2,
        requests: 3,
    };
    let rehearsed = Rehearsed::with(PoolSettings {
        faults: Faults {
            throttle_burst,
            ..Faults::default()
        },
        ..quick()
    });
    let seen: Vec<_> = (0..60)
        .map(|n| rehearsed.sign_up(&format!("user-{n}")).is_ok())
        .collect();
    let text: String = seen.iter().map(|ok| if *ok { '.' } else { 'x' }).collect();
    assert!(text.contains("xxx."), "{text}");
    assert_eq!(
        text.matches('x').count() as u64,
        rehearsed.pool.stats().operations["SignUp"].throttled
    );
}

#[test]
fn a_user_is_made_though_the_client_has_left() {
    let settings = PoolSettings {
        latency: SimulatedLatency {
            base_ms: 3_600_000,
            jitter_ms: 0,
        },
        ..quick()
    };
    let rehearsed = Rehearsed::with(settings);
    let request = format!(
        r#"{{"ClientId":"{}","Username":"jane","Password":"{PASSWORD}","UserAttributes":[{{"Name":"email","Value":"j@example.com"}}]}}"#,
        rehearsed.settings.client_id
    );
    let connection = wire::begin(&rehearsed.pool, "SignUp", &request);
    // The pool decides when the request arrives; the user is there before the answer is.
    while rehearsed.pool.stats().users == 0 {
        std::thread::yield_now();
    }
    drop(connection);
    assert_eq!(rehearsed.truth("jane").answers_delivered, 0);
}
