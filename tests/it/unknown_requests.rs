//! Users created during the run by requests that its ledger does not record.

use std::fs;

use cognito_import::rehearsal::{ExistingUser, UserStatus};

use crate::harness::{Pool, TestDir, quick, users};

/// Replaces the ledger of a killed run with a copy from some rows earlier.
fn restore_older_ledger(dir: &TestDir, pool: &Pool) {
    let list = dir.file("users.csv", users(200));
    let running = dir.import(pool, list).args(["--rate", "60"]).start();
    let copy = |from: &str, to: &str| {
        fs::copy(dir.path("run").join(from), dir.path(to)).unwrap();
    };
    pool.wait_for_requests("SignUp", 6);
    // A snapshot of the files as a kill would leave them now.
    for file in ["ledger.db", "ledger.db-wal"] {
        copy(file, file);
    }
    let before = pool.requests("SignUp");
    pool.wait_for_requests("SignUp", before + 81);
    running.signal("KILL");
    running.wait();
    fs::remove_file(dir.path("run/ledger.db-shm")).unwrap();
    for file in ["ledger.db", "ledger.db-wal"] {
        fs::rename(dir.path(file), dir.path("run").join(file)).unwrap();
    }
}

#[test]
fn users_missing_from_an_older_ledger_are_created_by_the_run() {
    for flags in [
        ["--lookup", "get", "--prescan", "never"],
        ["--lookup", "list", "--prescan", "never"],
        ["--lookup", "get", "--prescan", "always"],
    ] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        restore_older_ledger(&dir, &pool);
        let created_before = pool.users().len();
        dir.import(&pool, "users.csv").args(flags).run().exits(0);
        let results = dir.results();
        assert_eq!(results.count("created"), 200, "{flags:?}");
        let by_lookup = results
            .rows
            .iter()
            .filter(|row| row["evidence"] == "lookup");
        let by_lookup = by_lookup.count();
        assert!((1..=created_before).contains(&by_lookup), "{by_lookup}");
        dir.undo(&pool).run().exits(0);
        assert!(pool.users().is_empty());
    }
}

/// Another client signs a user up.
fn sign_up(pool: &Pool, username: &str, email: &str) {
    let sdk = pool.sdk();
    let email = aws_sdk_cognitoidentityprovider::types::AttributeType::builder()
        .name("email")
        .value(email)
        .build()
        .unwrap();
    let call = sdk.client.sign_up().client_id(&pool.settings().client_id);
    let call = call.username(username).password("Passw0rd!else");
    sdk.wait(call.user_attributes(email).send()).unwrap();
}

#[test]
fn a_user_created_concurrently_is_in_doubt_unless_it_differs() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.existing.push(ExistingUser {
        username: "user0002".to_owned(),
        attributes: [("email".to_owned(), "user0002@example.com".to_owned())].into(),
        status: UserStatus::Unconfirmed,
        ..ExistingUser::default()
    });
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(120));
    let running = dir.import(&pool, list).args(["--rate", "20"]).start();
    pool.wait_for_requests("SignUp", 1);
    sign_up(&pool, "user0119", "user0119@example.com");
    sign_up(&pool, "user0120", "other@example.com");
    running.wait().exits(5);
    let results = dir.results();
    assert_eq!(results.for_user("user0002")["outcome"], "existed");
    assert_eq!(results.for_user("user0119")["outcome"], "in_doubt");
    assert_eq!(results.for_user("user0120")["outcome"], "existed");
    assert_eq!(results.count("created"), 117);
}
