//! Users that were created while the run was at work by requests that its ledger does not know: they are never called existing.

use std::fs;

use cognito_import::rehearsal::{ExistingUser, UserStatus};

use crate::harness::{Place, Pool, quick, until, users};

/// Makes the ledger of a run that was killed what it was some rows earlier.
fn with_an_older_ledger(place: &Place, pool: &Pool) {
    let list = place.file("users.csv", users(200));
    let running = place.import(pool, list).args(["--rate", "60"]).start();
    let copy = |from: &str, to: &str| {
        fs::copy(place.path("run").join(from), place.path(to)).unwrap();
    };
    until("some sign-ups", || (pool.asked("SignUp") > 5).then_some(()));
    // What a process would leave that dies now.
    for file in ["ledger.db", "ledger.db-wal"] {
        copy(file, file);
    }
    let then = pool.asked("SignUp");
    until("more sign-ups", || {
        (pool.asked("SignUp") > then + 80).then_some(())
    });
    running.signal("KILL");
    running.end();
    fs::remove_file(place.path("run/ledger.db-shm")).unwrap();
    for file in ["ledger.db", "ledger.db-wal"] {
        fs::rename(place.path(file), place.path("run").join(file)).unwrap();
    }
}

#[test]
fn an_older_copy_of_the_ledger_does_not_make_its_users_existing() {
    for how in [
        ["--lookup", "get", "--prescan", "never"],
        ["--lookup", "list", "--prescan", "never"],
        ["--lookup", "get", "--prescan", "always"],
    ] {
        let place = Place::new();
        let pool = Pool::start(quick());
        with_an_older_ledger(&place, &pool);
        let again = || place.import(&pool, "users.csv").args(how);
        again().run().exits(5);
        let results = place.results();
        assert_eq!(results.count("existed"), 0, "{how:?}");
        assert!(results.count("in_doubt") > 0, "{:?}", results.counts());
        assert_eq!(results.count("created") + results.count("in_doubt"), 200);
        let in_doubt = |code: &str| {
            let rows = place.results();
            let is_so = |row: &&crate::harness::Row| row["error_code"] == code;
            rows.rows.iter().filter(is_so).count()
        };
        assert_eq!(in_doubt("CreatedDuringRun"), results.count("in_doubt"));
        // Looking again tells no more.
        again().args(["--retry", "in-doubt"]).run().exits(5);
        assert_eq!(place.results().counts(), results.counts());
    }
}

/// Somebody else signs up.
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
fn a_user_that_another_process_creates_meanwhile_is_in_doubt_unless_it_is_another_one() {
    let place = Place::new();
    let mut settings = quick();
    settings.existing.push(ExistingUser {
        username: "user0002".to_owned(),
        attributes: [("email".to_owned(), "user0002@example.com".to_owned())].into(),
        status: UserStatus::Unconfirmed,
        ..ExistingUser::default()
    });
    let pool = Pool::start(settings);
    let list = place.file("users.csv", users(120));
    let running = place.import(&pool, list).args(["--rate", "20"]).start();
    until("a sign-up", || (pool.asked("SignUp") > 0).then_some(()));
    sign_up(&pool, "user0119", "user0119@example.com");
    sign_up(&pool, "user0120", "somebody@example.com");
    running.end().exits(5);
    let results = place.results();
    assert_eq!(results.of("user0002")["outcome"], "existed");
    assert_eq!(results.of("user0119")["outcome"], "in_doubt");
    assert_eq!(results.of("user0120")["outcome"], "existed");
    assert_eq!(results.count("created"), 117);
}
