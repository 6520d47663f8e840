//! Steps that fail.

use std::collections::BTreeMap;

use cognito_import::rehearsal::{ExistingUser, Faults, PoolSettings, QuotaSetting, UserStatus};

use super::with_groups;
use crate::harness::{Pool, TestDir, quick, users};

#[test]
fn a_taken_address_fails_only_its_own_step() {
    let dir = TestDir::new();
    let taken = ExistingUser {
        username: "older".to_owned(),
        attributes: BTreeMap::from([
            ("email".to_owned(), "user0002@example.com".to_owned()),
            ("email_verified".to_owned(), "true".to_owned()),
        ]),
        ..ExistingUser::default()
    };
    let pool = Pool::start(PoolSettings {
        alias_attributes: vec!["email".to_owned()],
        existing: vec![taken],
        ..with_groups(&["staff"])
    });
    let list = dir.file("users.csv", users(3));
    let import = || {
        dir.import(&pool, list)
            .args(["--confirm", "--verify", "email", "--group", "staff"])
    };
    import().run().exits(1).names(["AliasExistsException"]);
    let results = dir.results();
    assert_eq!(
        results.count("created"),
        3,
        "the user was created nevertheless"
    );
    assert_eq!(
        results.row(2)["follow_up"],
        "failed: verify email AliasExistsException"
    );
    assert_eq!(results.row(3)["follow_up"], "done");
    let verified = &results.summary["follow_up"]["verify_email"];
    assert_eq!(
        (&verified["done"], &verified["failed"]),
        (&2.into(), &1.into())
    );
    assert_eq!(
        results.summary["follow_up_errors"]["AliasExistsException"],
        1
    );
    assert_eq!(results.summary["state"], "finished");
    let truth = pool.users();
    assert_eq!(truth["user0002"].status, UserStatus::Confirmed);
    assert_eq!(truth["user0002"].groups, ["staff"]);
    let failed = &results.lines[1]["follow_up"][1];
    assert_eq!(failed["step"], "verify_email");
    assert_eq!(failed["code"], "AliasExistsException");
    assert!(failed["message"].is_string());

    // It stays failed until a retry, which only repeats that step.
    import().run().exits(1);
    let requests = |operation: &str| pool.requests(operation);
    let before = (
        requests("SignUp"),
        requests("AdminUpdateUserAttributes"),
        requests("AdminConfirmSignUp"),
    );
    let call = pool.sdk();
    let delete = call.client.admin_delete_user().username("older");
    call.wait(delete.user_pool_id(&pool.settings().pool_id).send())
        .unwrap();
    import().args(["--retry", "follow-up"]).run().exits(0);
    assert_eq!(dir.results().row(2)["follow_up"], "done");
    assert_eq!(requests("SignUp"), before.0);
    assert_eq!(requests("AdminUpdateUserAttributes"), before.1 + 2);
    assert_eq!(
        requests("AdminConfirmSignUp"),
        before.2 + 1,
        "the permission probe"
    );
}

#[test]
fn unclear_steps_are_resent_and_quotas_waited_for() {
    let dir = TestDir::new();
    let mut settings = with_groups(&["staff"]);
    settings.faults = Faults {
        write_drop_before: 0.1,
        write_commit_then_drop: 0.1,
        write_500: 0.05,
        write_throttle: 0.1,
        ..Faults::default()
    };
    settings.seed = 5;
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(60));
    dir.import(&pool, list)
        .arg("--no-preflight")
        .args(["--confirm", "--verify", "email", "--group", "staff"])
        .run()
        .exits(0);
    let results = dir.results();
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    for user in pool.users().values() {
        assert_eq!(user.status, UserStatus::Confirmed);
        assert_eq!(user.groups, ["staff"]);
        assert_eq!(user.attributes["email_verified"], "true");
    }
    let faults = pool.stats().faults;
    for fault in [
        "write_drop_before",
        "write_commit_then_drop",
        "write_500",
        "write_throttle",
    ] {
        assert!(faults[fault] > 0, "{fault}: {faults:?}");
    }
    assert!(results.summary["requests"]["UserUpdate"]["throttled"].as_u64() > Some(0));
}

#[test]
fn exhausted_retries_fail_the_step_but_not_the_row() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.write_500 = 1.0;
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(2));
    dir.import(&pool, list)
        .args(["--no-preflight", "--confirm"])
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(results.count("created"), 2);
    for row in &results.rows {
        assert_eq!(row["follow_up"], "failed: confirm InternalErrorException");
        assert_eq!(
            [&row["confirmed"], &row["confirmed_at_sign_up"]],
            ["false"; 2]
        );
    }
    assert_eq!(results.summary["created_users"]["unconfirmed"], 2);
    assert_eq!(pool.requests("AdminConfirmSignUp"), 2 * 5);
}

#[test]
fn a_step_that_fails_for_every_user_stops_the_run() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.write_500 = 1.0;
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(40));
    dir.import(&pool, list)
        .args(["--no-preflight", "--verify", "email", "--max-failures", "5"])
        .run()
        .exits(4)
        .names([
            "AdminUpdateUserAttributes",
            "InternalErrorException",
            "--max-failures",
        ]);
}

#[test]
fn steps_keep_their_own_rate_without_slowing_sign_ups() {
    let dir = TestDir::new();
    let mut settings = with_groups(&["staff"]);
    settings.quotas.user_update = QuotaSetting::per_second(20.0);
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(30));
    dir.import(&pool, list)
        .args(["--verify", "email", "--group", "staff"])
        .args(["--update-rate", "40"])
        .run()
        .exits(0);
    let results = dir.results();
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    let stats = pool.stats();
    assert!(
        stats.categories["UserUpdate"].peak_in_any_second <= 40,
        "{stats:?}"
    );
    assert_eq!(results.summary["pace"]["UserUpdate"]["ceiling"], 40.0);
    let requests = &results.summary["requests"]["UserUpdate"];
    assert_eq!(
        requests["sent"].as_u64().unwrap() - requests["throttled"].as_u64().unwrap(),
        60
    );
    assert!(requests["throttled"].as_u64() > Some(0), "{requests}");
    let last_sign_up = stats.categories["UserCreation"].per_second.back().unwrap();
    let last_step = stats.categories["UserUpdate"].per_second.back().unwrap();
    assert!(last_sign_up.second < last_step.second, "{stats:?}");
}

#[test]
fn a_missing_permission_is_found_before_the_first_sign_up() {
    let dir = TestDir::new();
    let mut settings = with_groups(&["staff"]);
    // DescribeUserPool, DescribeUserPoolClient and AdminGetUser come before the calls that probe
    // the steps.
    settings.faults.expired_credentials_after = Some(4);
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(2));
    dir.import(&pool, list)
        .args(["--confirm", "--group", "staff"])
        .run()
        .exits(3)
        .names(["ExpiredTokenException"]);
    assert_eq!(pool.requests("SignUp"), 0);
}
