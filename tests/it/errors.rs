//! Transport errors and rejections, and the outcome of the row.

use std::time::{SystemTime, UNIX_EPOCH};

use cognito_import::rehearsal::{
    BurstFault, DatePrecision, ErrorNameStyle, ErrorPlace, ErrorWireForm, ExistingUser, Faults,
    LateFault, PoolSettings, PreSignUp,
};

use crate::harness::{Pool, TestDir, existing_user, quick, users};

fn with_faults(faults: Faults) -> Pool {
    Pool::start(PoolSettings {
        faults,
        seed: 11,
        ..quick()
    })
}

#[test]
fn throttled_rows_are_created_and_throttles_counted() {
    let dir = TestDir::new();
    let pool = with_faults(Faults {
        throttle: 0.1,
        throttle_burst: BurstFault {
            probability: 0.02,
            requests: 5,
        },
        ..Faults::default()
    });
    let list = dir.file("users.csv", users(60));
    dir.import(&pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 60);
    let throttled = pool.stats().operations["SignUp"].throttled;
    assert!(throttled > 0, "the pool throttled some requests");
    assert_eq!(
        results.summary["requests"]["UserCreation"]["throttled"],
        throttled
    );
    assert_eq!(
        results.summary["requests"]["UserCreation"]["sent"],
        pool.requests("SignUp")
    );
    let attempts: u64 = results
        .rows
        .iter()
        .map(|row| row["attempts"].parse::<u64>().unwrap())
        .sum();
    assert_eq!(attempts, pool.requests("SignUp"));
}

#[test]
fn error_codes_are_recognized_in_every_place_and_form() {
    let dir = TestDir::new();
    for place_of_name in [ErrorPlace::Header, ErrorPlace::Type, ErrorPlace::Code] {
        for style in [
            ErrorNameStyle::Plain,
            ErrorNameStyle::Uri,
            ErrorNameStyle::Namespace,
        ] {
            let pool = Pool::start(PoolSettings {
                error_wire_form: ErrorWireForm {
                    place: place_of_name,
                    style,
                },
                existing: vec![existing_user("user0001")],
                faults: Faults {
                    throttle: 0.3,
                    ..Faults::default()
                },
                ..quick()
            });
            let list = users(4) + "weak,password,weak@example.com\nodd,Passw0rd!,odd\n";
            let list = dir.file("users.csv", list);
            let run = format!("{place_of_name:?}-{style:?}");
            // Without lookups a run need not wait a second before its first sign-up.
            dir.import(&pool, list)
                .args(["--no-lookup", "--no-preflight", "--run-dir", &run])
                .run()
                .exits(1);
            let results = dir.results_in(&run);
            assert_eq!(
                results.outcomes(),
                [
                    "existed", "created", "created", "created", "rejected", "rejected"
                ],
                "{run}"
            );
            assert_eq!(
                results.row(1)["error_code"],
                "UsernameExistsException",
                "{run}"
            );
            assert_eq!(
                results.row(5)["error_code"],
                "InvalidPasswordException",
                "{run}"
            );
            assert_eq!(
                results.row(6)["error_code"],
                "InvalidParameterException",
                "{run}"
            );
        }
    }
}

#[test]
fn look_up_error_codes_are_recognized_in_every_form() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        error_wire_form: ErrorWireForm {
            place: ErrorPlace::Header,
            style: ErrorNameStyle::Uri,
        },
        faults: Faults {
            drop_before: 0.3,
            ..Faults::default()
        },
        ..quick()
    });
    let list = dir.file("users.csv", users(20));
    dir.import(&pool, list).run().exits(0);
    assert_eq!(dir.results().count("created"), 20);
    assert_eq!(
        pool.stats().operations["AdminGetUser"].answered.get("OK"),
        None
    );
}

#[test]
fn a_trigger_rejection_shows_the_message_of_the_trigger() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::Refuse {
            message: "not a customer".to_owned(),
        },
        ..quick()
    });
    let list = dir.file("users.csv", users(5));
    dir.import(&pool, list).arg("--no-preflight").run().exits(1);
    for row in &dir.results().rows {
        assert_eq!(row["outcome"], "rejected");
        assert_eq!(row["error_code"], "UserLambdaValidationException");
        assert!(row["error_message"].contains("not a customer"));
    }
    assert_eq!(
        pool.requests("AdminGetUser"),
        0,
        "a lookup is not necessary"
    );
}

/// Half of all answers are unclear. The pool's own record decides what is true.
#[test]
fn missing_answers_are_settled_by_looking_up() {
    let dir = TestDir::new();
    let pool = with_faults(Faults {
        commit_then_drop: 0.1,
        drop_before: 0.1,
        error_500_before: 0.1,
        error_500_after: 0.1,
        truncated_body: 0.1,
        non_json_body: 0.1,
        limit_exceeded_after: 0.05,
        unexpected_lambda_before: 0.05,
        unexpected_lambda_after: 0.05,
        ..Faults::default()
    });
    let list = dir.file("users.csv", users(150));
    let output = dir.import(&pool, list).run();
    let results = dir.results();
    let truth = pool.users();
    for row in &results.rows {
        let user = truth.get(&row["username"]);
        match row["outcome"].as_str() {
            "created" => assert_eq!(user.unwrap().sub, row["user_sub"]),
            "failed" => assert!(user.is_none(), "{row:?}"),
            other => panic!("{other}: {row:?}"),
        }
        let delivered = user.map_or(0, |user| user.responses_delivered);
        if row["evidence"] == "answer" {
            assert_eq!(delivered, 1);
        }
    }
    assert!(results.rows.iter().any(|row| row["evidence"] == "lookup"));
    assert!(
        results.count("created") >= 145,
        "five attempts each: {:?}",
        results.counts()
    );
    output.exits(i32::from(results.count("failed") > 0));
}

/// Half of the users were created in the second in which the run starts, and half of all answers
/// are lost.
#[test]
fn own_users_are_recognized_despite_clock_skew() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(20));
    let mut runs = Vec::new();
    for (name, offset_s, precision) in [
        ("behind", -3_600, DatePrecision::Milliseconds),
        ("behind-s", -3_600, DatePrecision::Seconds),
        ("even-s", 0, DatePrecision::Seconds),
        ("ahead", 3_600, DatePrecision::Milliseconds),
        ("ahead-s", 3_600, DatePrecision::Seconds),
    ] {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let existing_user = |number: usize| ExistingUser {
            username: format!("user{number:04}"),
            attributes: [("email".to_owned(), format!("user{number:04}@example.com"))].into(),
            created: Some(i64::try_from(now.as_secs()).unwrap() + offset_s),
            ..ExistingUser::default()
        };
        let pool = Pool::start(PoolSettings {
            date_offset_ms: offset_s * 1_000,
            create_date_precision: precision,
            existing: (1..=10).map(|number| existing_user(2 * number)).collect(),
            faults: Faults {
                commit_then_drop: 0.5,
                ..Faults::default()
            },
            ..quick()
        });
        let running = dir.import(&pool, list).args(["--run-dir", name]).start();
        runs.push((name, pool, running));
    }
    for (name, pool, running) in runs {
        running.wait().exits(0);
        let expected = ["created", "existed"].repeat(10);
        assert_eq!(dir.results_in(name).outcomes(), expected, "{name}");
        assert!(pool.stats().faults["commit_then_drop"] > 5, "{name}");
    }
}

#[test]
fn without_lookup_a_lost_answer_leaves_the_row_in_doubt() {
    let dir = TestDir::new();
    let pool = with_faults(Faults {
        commit_then_drop: 0.5,
        ..Faults::default()
    });
    let list = dir.file("users.csv", users(20));
    dir.import(&pool, list)
        .args(["--no-lookup", "--allow-messages"])
        .run()
        .exits(5)
        .names(["in_doubt"]);
    let results = dir.results();
    let truth = pool.users();
    for row in &results.rows {
        let user = &truth[&row["username"]];
        let expected = if user.responses_delivered == 1 {
            "created"
        } else {
            "in_doubt"
        };
        assert_eq!(row["outcome"], expected, "{row:?}");
    }
    assert!(results.count("in_doubt") > 0 && results.count("created") > 0);
}

#[test]
fn an_answer_after_the_timeout_is_looked_up_and_not_resent() {
    let dir = TestDir::new();
    let pool = with_faults(Faults {
        answer_late: LateFault {
            probability: 1.0,
            delay_ms: 60_000,
        },
        ..Faults::default()
    });
    let list = dir.file("users.csv", users(5));
    dir.import(&pool, list)
        .args(["--attempt-timeout", "300ms"])
        .run()
        .exits(0);
    let results = dir.results();
    for row in &results.rows {
        assert_eq!(
            (row["outcome"].as_str(), row["evidence"].as_str()),
            ("created", "lookup")
        );
    }
    assert_eq!(pool.requests("SignUp"), 5);
}

#[test]
fn a_user_created_after_the_connection_closed_is_not_failed() {
    let dir = TestDir::new();
    let pool = with_faults(Faults {
        commit_late: LateFault {
            probability: 1.0,
            delay_ms: 700,
        },
        ..Faults::default()
    });
    let list = dir.file("users.csv", users(5));
    dir.import(&pool, list)
        .args(["--settle-time", "2s"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 5);
    assert_eq!(pool.users().len(), 5);
}

#[test]
fn a_message_delivery_failure_neither_fails_nor_resends_the_row() {
    let dir = TestDir::new();
    let pool = with_faults(Faults {
        limit_exceeded_after: 1.0,
        ..Faults::default()
    });
    let list = dir.file("users.csv", users(5));
    dir.import(&pool, list).run().exits(0);
    for row in &dir.results().rows {
        assert_eq!(row["outcome"], "created");
        assert_eq!(row["delivery"], "refused");
    }
    assert_eq!(pool.requests("SignUp"), 5);
}
