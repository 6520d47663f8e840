//! `--lookup list`: existing users are found in the pool's listing, so they do not count as monthly
//! active users.

use std::collections::BTreeMap;

use cognito_import::rehearsal::{ExistingUser, PoolSettings, QuotaSetting, UserStatus};

use crate::harness::{Emulator, Pool, ProgramCommand, TestDir, quick, users};

fn existing_user(username: &str, status: UserStatus) -> ExistingUser {
    ExistingUser {
        username: username.to_owned(),
        attributes: BTreeMap::from([("email".to_owned(), "there@example.com".to_owned())]),
        status,
        ..ExistingUser::default()
    }
}

fn by_list(dir: &TestDir, pool: &Pool, list: &str) -> ProgramCommand {
    dir.import(pool, list)
        .args(["--lookup", "list", "--prescan", "never"])
}

/// The number of lookups, without the permission probe.
fn lookups(pool: &Pool) -> u64 {
    pool.requests("AdminGetUser").saturating_sub(1)
}

#[test]
fn existing_users_are_found_in_the_listing_and_not_billed() {
    let dir = TestDir::new();
    let odd = r#"a"b"#;
    let pool = Pool::start(PoolSettings {
        existing: vec![
            existing_user("user0002", UserStatus::Confirmed),
            existing_user("user0003", UserStatus::ForceChangePassword),
            existing_user(odd, UserStatus::Confirmed),
        ],
        ..quick()
    });
    let list = users(4) + "\"a\"\"b\",Passw0rd!5,odd@example.com\n";
    let list = dir.file("users.csv", list);
    by_list(&dir, &pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(
        results.outcomes(),
        ["created", "existed", "existed", "created", "existed"]
    );
    let truth = pool.users();
    for (name, status) in [
        ("user0002", "CONFIRMED"),
        ("user0003", "FORCE_CHANGE_PASSWORD"),
        (odd, "CONFIRMED"),
    ] {
        let row = results.for_user(name);
        assert_eq!((&*row["user_status"], &*row["enabled"]), (status, "true"));
        assert_eq!(row["user_sub"], truth[name].sub);
        assert_eq!((&*row["evidence"], &*row["error_code"]), ("", ""));
    }
    assert_eq!(lookups(&pool), 0);
    // The first one is the permission probe.
    assert_eq!(pool.requests("ListUsers"), 1 + 3);
    assert_eq!(results.summary["requests"]["UserList"]["sent"], 3);
}

#[test]
fn the_listing_is_searched_by_address_if_addresses_are_usernames() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        username_attributes: vec!["email".to_owned(), "phone_number".to_owned()],
        existing: vec![
            existing_user("ann@example.com", UserStatus::Confirmed),
            existing_user("+12025550001", UserStatus::Unconfirmed),
        ]
        .into_iter()
        .map(|user| ExistingUser {
            attributes: BTreeMap::new(),
            ..user
        })
        .collect(),
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "username,password,email\nAnn@example.com,Passw0rd!1,\n+12025550001,Passw0rd!1,b@example.com\n",
    );
    by_list(&dir, &pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.row(1)["user_status"], "CONFIRMED");
    assert_eq!(results.row(2)["user_status"], "UNCONFIRMED");
    assert_eq!(lookups(&pool), 0);
}

#[test]
fn a_user_not_yet_listed_is_looked_up() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        list_lag_ms: 3_600_000,
        ..quick()
    });
    let list = dir.file("users.csv", users(2));
    dir.import(&pool, list)
        .args(["--run-dir", "first"])
        .run()
        .exits(0);
    by_list(&dir, &pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["existed", "existed"]);
    for row in &results.rows {
        assert_eq!(row["user_status"], "UNCONFIRMED");
    }
    assert_eq!(
        lookups(&pool),
        3,
        "two users, and the second run's permission probe"
    );
}

#[test]
fn a_lost_answer_is_settled_by_a_consistent_look_up() {
    let dir = TestDir::new();
    let mut settings = PoolSettings {
        list_lag_ms: 3_600_000,
        ..quick()
    };
    settings.faults.commit_then_drop = 1.0;
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(5));
    by_list(&dir, &pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 5);
    assert!(results.rows.iter().all(|row| row["evidence"] == "lookup"));
    assert_eq!(pool.requests("ListUsers"), 1);
}

/// A pool with `user0001` to `user0150`.
fn with_150_users() -> PoolSettings {
    let names = (1..=150).map(|number| format!("user{number:04}"));
    PoolSettings {
        existing: names
            .map(|name| existing_user(&name, UserStatus::Confirmed))
            .collect(),
        ..quick()
    }
}

#[test]
fn a_throttled_listing_does_not_delay_sign_ups() {
    let dir = TestDir::new();
    // The permission probe and four lookups succeed. The other lookups never do.
    let mut settings = with_150_users();
    settings.quotas.user_list = QuotaSetting {
        rate: 1e-9,
        burst: 5.0,
    };
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(250));
    let running = by_list(&dir, &pool, list)
        .args(["--list-rate", "30", "--concurrency", "4"])
        .start();
    // If rows that wait for the listing occupied their slots, no more than eight would be sent.
    pool.wait_for_requests("SignUp", 250);
    running.signal("KILL");
    running.wait();
    assert!(pool.stats().operations["ListUsers"].throttled > 0);
}

#[test]
fn rows_are_settled_despite_a_throttled_listing() {
    let dir = TestDir::new();
    let mut settings = with_150_users();
    settings.faults.list_throttle = 0.05;
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(250));
    by_list(&dir, &pool, list)
        .args(["--list-rate", "30", "--concurrency", "4"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(
        results.counts(),
        [("created", 100), ("existed", 150)].into()
    );
    let existed = results
        .rows
        .iter()
        .filter(|row| row["outcome"] == "existed");
    assert!(existed.clone().all(|row| row["user_status"] == "CONFIRMED"));
    assert!(results.summary["requests"]["UserList"]["throttled"].as_u64() > Some(0));
}

#[test]
fn a_failing_listing_is_retried() {
    let dir = TestDir::new();
    let mut settings = PoolSettings {
        existing: (1..=20)
            .map(|number| existing_user(&format!("user{number:04}"), UserStatus::Confirmed))
            .collect(),
        // The permission probe is answered eventually.
        seed: 5,
        ..quick()
    };
    settings.faults.list_drop = 0.15;
    settings.faults.list_500 = 0.15;
    settings.faults.list_throttle = 0.15;
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(20));
    by_list(&dir, &pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("existed"), 20);
    let seen = |row: &&crate::harness::CsvRow| row["user_status"] == "CONFIRMED";
    assert!(
        results.rows.iter().filter(seen).count() >= 18,
        "six attempts each"
    );
    assert!(pool.requests("ListUsers") > 21, "some failed");
    assert_eq!(lookups(&pool), 0);
}

#[test]
fn no_lookup_equals_lookup_none_and_conflicts_with_it() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        existing: vec![existing_user("user0001", UserStatus::Confirmed)],
        ..quick()
    });
    let list = dir.file("users.csv", users(2));
    let import = || dir.import(&pool, list).without_env("AWS_ACCESS_KEY_ID");
    import()
        .args(["--lookup", "none", "--run-dir", "none"])
        .arg("--allow-messages")
        .run()
        .exits(0);
    let results = dir.results_in("none");
    assert_eq!(results.outcomes(), ["existed", "created"]);
    assert_eq!(pool.stats().operations.len(), 1, "nothing but SignUp");
    let both = import().args(["--lookup", "get"]).arg("--no-lookup");
    both.run().exits(2).names(["--no-lookup", "--lookup"]);
}

#[test]
fn the_emulator_s_listing_gives_the_same_results() {
    let Some(emulator) = Emulator::without_auth() else {
        return;
    };
    use aws_sdk_cognitoidentityprovider::types::UsernameAttributeType;
    for by_email in [false, true] {
        let pool = emulator.pool(by_email.then_some(UsernameAttributeType::Email));
        let dir = TestDir::new();
        let name = |number: usize| format!("user{number:04}@example.com");
        let mut lists = [
            "username,password\n".to_owned(),
            "username,password\n".to_owned(),
        ];
        for number in 1..=130 {
            for (list, of) in lists.iter_mut().zip([120, 130]) {
                if number <= of {
                    *list += &format!("{},Passw0rd!{number}\n", name(number));
                }
            }
        }
        let first = dir.file("first.csv", &lists[0]);
        pool.import(&dir, first)
            .args(["--run-dir", "first"])
            .run()
            .exits(0);
        let first = dir.results_in("first");
        assert_eq!(first.count("created"), 120);
        let list = dir.file("users.csv", &lists[1]);
        let import = |run: &str, flags: [&str; 2]| {
            pool.import(&dir, list).args(["--run-dir", run]).args(flags)
        };
        import("read", ["--prescan", "always"]).run().exits(0);
        let read = dir.results_in("read");
        assert_eq!(read.counts(), [("created", 10), ("existed", 120)].into());
        // A sign-up whose answer is lost is resent; listed users are never sent.
        assert!(read.rows[..120].iter().all(|row| row["attempts"] == "0"));
        import("searched", ["--lookup", "list"])
            .args(["--prescan", "never"])
            .run()
            .exits(0);
        let searched = dir.results_in("searched");
        assert_eq!(searched.count("existed"), 130);
        for (number, first) in first.rows.iter().enumerate() {
            let (read, searched) = (read.row(number + 1), searched.row(number + 1));
            assert_eq!(read["evidence"], "listing");
            for column in ["user_sub", "username"] {
                assert_eq!(read[column], first[column], "{column}");
                assert_eq!(searched[column], first[column], "{column}");
            }
            for column in ["user_status", "enabled", "created_at"] {
                assert_eq!(read[column], searched[column], "{column}");
                assert!(!read[column].is_empty(), "{column}");
            }
        }
    }
}
