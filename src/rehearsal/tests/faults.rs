//! Injected faults as seen by a client.

use super::*;

/// Returns what the client observes, and whether the user exists afterwards.
fn sign_up_with(faults: Faults) -> (String, bool) {
    let test_pool = TestPool::with(PoolSettings { faults, ..quick() });
    // A first request, so that the fault hits a reused connection.
    test_pool.status("unknown").unwrap_err();
    let observed = test_pool
        .sign_up("jane")
        .map_or_else(|code| code, |_| "success".to_owned());
    assert_eq!(
        test_pool.server.stats().faults.values().sum::<u64>(),
        1,
        "the fault took effect"
    );
    (observed, test_pool.status("jane").is_ok())
}

#[test]
fn every_sign_up_fault_has_its_effect() {
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
    type SignUpFaultCase = (fn(&mut Faults), &'static str, bool);
    let cases: [SignUpFaultCase; 15] = [
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
    for (set, expected, created) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        assert_eq!(
            sign_up_with(faults.clone()),
            (expected.to_owned(), created),
            "{faults:?}"
        );
    }
}

#[test]
fn creates_late_users() {
    let commit_late = LateFault {
        probability: 1.0,
        delay_ms: 0,
    };
    let test_pool = TestPool::with(PoolSettings {
        faults: Faults {
            commit_late,
            ..Faults::default()
        },
        ..quick()
    });
    assert_eq!(test_pool.sign_up("jane").unwrap_err(), "connection lost");
    assert_eq!(test_pool.status("jane").unwrap(), "UNCONFIRMED");
    assert_eq!(test_pool.audited("jane").responses_delivered, 0);
}

#[test]
fn faults_do_not_depend_on_the_order_of_requests() {
    let names: Vec<_> = (0..40).map(|n| format!("user-{n}")).collect();
    let outcomes = |order: &[String]| {
        let faults = Faults {
            error_500_before: 0.5,
            ..Faults::default()
        };
        let test_pool = TestPool::with(PoolSettings {
            faults,
            seed: 7,
            ..quick()
        });
        let mut outcomes: Vec<_> = order
            .iter()
            .map(|name| (name.clone(), test_pool.sign_up(name).is_ok()))
            .collect();
        outcomes.sort();
        outcomes
    };
    let forward = outcomes(&names);
    let backward: Vec<_> = names.iter().rev().cloned().collect();
    assert_eq!(forward, outcomes(&backward));
    let failed = forward.iter().filter(|(_, ok)| !ok).count();
    assert!((8..=32).contains(&failed), "{failed} of 40");
}

#[test]
fn every_lookup_fault_has_its_effect() {
    type ReadFaultCase = (fn(&mut Faults), &'static str);
    let cases: [ReadFaultCase; 4] = [
        (|f| f.read_drop = 1.0, "connection lost"),
        (|f| f.read_500 = 1.0, "InternalErrorException"),
        (|f| f.read_throttle = 1.0, "TooManyRequestsException"),
        (
            |f| f.expired_credentials_after = Some(1),
            "ExpiredTokenException",
        ),
    ];
    for (set, expected) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        let test_pool = TestPool::with(PoolSettings { faults, ..quick() });
        test_pool.sign_up("jane").unwrap();
        assert_eq!(test_pool.status("jane").unwrap_err(), expected);
    }
}

#[test]
fn every_write_fault_has_its_effect() {
    type WriteFaultCase = (fn(&mut Faults), &'static str, bool);
    let cases: [WriteFaultCase; 4] = [
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
        ("enable", "disabled", |user| user.enabled),
    ];
    for (set, expected, changed) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        let test_pool = TestPool::with(PoolSettings {
            faults: faults.clone(),
            groups: vec!["staff".to_owned()],
            existing: vec![ExistingUser {
                username: "disabled".to_owned(),
                enabled: false,
                ..ExistingUser::default()
            }],
            ..quick()
        });
        test_pool.sign_up("new").unwrap();
        for (operation, name, is_changed) in changes {
            assert_eq!(
                test_pool.call(operation, name),
                expected,
                "{operation}, {faults:?}"
            );
            let audited = test_pool.audited(name);
            assert_eq!(is_changed(&audited), changed, "{operation}, {faults:?}");
        }
        assert_eq!(test_pool.call("delete", "new"), expected);
        assert_eq!(test_pool.status("new").is_err(), changed, "{faults:?}");
        assert_eq!(test_pool.call("list", ""), "success");
        let stats = test_pool.server.stats();
        assert_eq!(stats.faults.values().sum::<u64>(), 6);
        assert_eq!(stats.deleted, u64::from(changed));
    }
}

#[test]
fn every_list_fault_has_its_effect() {
    type ListFaultCase = (fn(&mut Faults), &'static str);
    let cases: [ListFaultCase; 3] = [
        (|f| f.list_drop = 1.0, "connection lost"),
        (|f| f.list_500 = 1.0, "InternalErrorException"),
        (|f| f.list_throttle = 1.0, "TooManyRequestsException"),
    ];
    for (set, expected) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        let test_pool = TestPool::with(PoolSettings { faults, ..quick() });
        test_pool.sign_up("jane").unwrap();
        assert_eq!(test_pool.call("list", ""), expected);
        assert_eq!(test_pool.call("confirm", "jane"), "success");
    }
}

#[test]
fn write_faults_are_drawn_per_operation_and_call() {
    let names: Vec<_> = (0..8).map(|n| format!("user-{n}")).collect();
    let tries = |with_other_calls: bool| {
        let test_pool = TestPool::with(PoolSettings {
            faults: Faults {
                write_500: 0.5,
                ..Faults::default()
            },
            ..quick()
        });
        let count = |name: &String| {
            test_pool.sign_up(name).unwrap();
            (1..)
                .find(|_| {
                    if with_other_calls {
                        test_pool.call("update", name);
                    }
                    test_pool.call("confirm", name) == "success"
                })
                .unwrap()
        };
        names.iter().map(count).collect::<Vec<u32>>()
    };
    let attempts = tries(false);
    assert_eq!(attempts, tries(true));
    assert!(
        attempts.contains(&1) && attempts.iter().any(|count| *count > 1),
        "{attempts:?}"
    );
}

#[test]
fn throttling_burst_ends() {
    // With a probability below one, SignUps after the burst can succeed, whatever the seed.
    let throttle_burst = BurstFault {
        probability: 0.2,
        requests: 3,
    };
    let test_pool = TestPool::with(PoolSettings {
        faults: Faults {
            throttle_burst,
            ..Faults::default()
        },
        ..quick()
    });
    let succeeded: Vec<_> = (0..60)
        .map(|n| test_pool.sign_up(&format!("user-{n}")).is_ok())
        .collect();
    let text: String = succeeded
        .iter()
        .map(|ok| if *ok { '.' } else { 'x' })
        .collect();
    assert!(text.contains("xxx."), "{text}");
    assert_eq!(
        text.matches('x').count() as u64,
        test_pool.server.stats().operations["SignUp"].throttled
    );
}

#[test]
fn creates_the_user_even_if_the_client_disconnects() {
    let settings = PoolSettings {
        latency: SimulatedLatency {
            base_ms: 3_600_000,
            jitter_ms: 0,
        },
        ..quick()
    };
    let test_pool = TestPool::with(settings);
    let request = format!(
        r#"{{"ClientId":"{}","Username":"jane","Password":"{PASSWORD}","UserAttributes":[{{"Name":"email","Value":"j@example.com"}}]}}"#,
        test_pool.settings.client_id
    );
    let connection = wire::send(&test_pool.server, "SignUp", &request);
    // The user is created when the request arrives, before the response is sent.
    while test_pool.server.stats().users == 0 {
        std::thread::yield_now();
    }
    drop(connection);
    assert_eq!(test_pool.audited("jane").responses_delivered, 0);
}
