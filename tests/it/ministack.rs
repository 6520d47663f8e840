//! The main scenarios against a third-party emulator.

use aws_sdk_cognitoidentityprovider::types::UsernameAttributeType;

use crate::harness::{EmulatedPool, Emulator, TestDir, users};
use crate::main_job::sample;

/// A new pool in the emulator. `None` without an emulator.
fn pool() -> Option<EmulatedPool> {
    Some(Emulator::without_auth()?.pool(None))
}

#[test]
fn users_of_the_sample_can_sign_in() {
    let Some(pool) = pool() else { return };
    let dir = TestDir::new();
    let list = sample("users.csv");
    pool.import(&dir, list.to_str().unwrap()).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 40);
    assert_eq!(pool.usernames().len(), 40);
    for record in csv::Reader::from_path(&list).unwrap().records() {
        let record = record.unwrap();
        let (username, password) = (record.get(0).unwrap(), record.get(1).unwrap());
        assert_eq!(results.for_user(username)["outcome"], "created");
        pool.confirm(username);
        assert_eq!(
            pool.sdk.sign_in(&pool.client_id, username, password),
            Ok(()),
            "{username}"
        );
        let other = pool
            .sdk
            .sign_in(&pool.client_id, username, "Wr0ng-passw0rd!");
        assert_eq!(other, Err("NotAuthorizedException".to_owned()));
    }
    pool.import(&dir, list.to_str().unwrap()).run().exits(0);
    let again = dir.results().summary;
    assert_eq!(again["sessions"], 1, "the run was finished");
}

#[test]
fn attributes_and_subs_match_the_emulator() {
    let Some(pool) = pool() else { return };
    let dir = TestDir::new();
    let list = dir.file(
        "users.csv",
        "username,password,email,address,custom:legacy_id\n\
         ann,Passw0rd!,ann@example.com,\"1, High St\nLondon\",7\n",
    );
    pool.import(&dir, list).run().exits(0);
    let call = pool
        .sdk
        .client
        .admin_get_user()
        .user_pool_id(&pool.id)
        .username("ann");
    let user = pool.sdk.wait(call.send()).unwrap();
    let value = |name: &str| {
        let mut attributes = user.user_attributes().iter();
        attributes
            .find(|attribute| attribute.name() == name)
            .and_then(|found| found.value())
    };
    assert_eq!(value("email"), Some("ann@example.com"));
    assert_eq!(value("address"), Some("1, High St\nLondon"));
    assert_eq!(value("custom:legacy_id"), Some("7"));
    assert_eq!(
        value("sub"),
        Some(dir.results().for_user("ann")["user_sub"].as_str())
    );
}

#[test]
fn existing_users_are_reported_with_their_state() {
    let Some(pool) = pool() else { return };
    let dir = TestDir::new();
    let client = &pool.sdk.client;
    let made = |username: &str| {
        let call = client
            .admin_create_user()
            .user_pool_id(&pool.id)
            .username(username);
        pool.sdk.wait(call.send()).unwrap();
    };
    made("user0002");
    made("user0003");
    let call = client
        .admin_disable_user()
        .user_pool_id(&pool.id)
        .username("user0003");
    pool.sdk.wait(call.send()).unwrap();
    let list = dir.file("users.csv", users(4));
    pool.import(&dir, list).run().exits(0);
    let results = dir.results();
    assert_eq!(
        results.outcomes(),
        ["created", "existed", "existed", "created"]
    );
    assert_eq!(results.row(2)["user_status"], "FORCE_CHANGE_PASSWORD");
    assert_eq!(results.row(2)["enabled"], "true");
    assert_eq!(results.row(3)["enabled"], "false");
    for row in [results.row(2), results.row(3)] {
        assert_eq!(row["user_sub"].len(), 36);
        assert!(row["created_at"].ends_with('Z'), "{row:?}");
    }
}

#[test]
fn duplicates_and_weak_passwords_are_reported() {
    let Some(pool) = pool() else { return };
    let dir = TestDir::new();
    let list = dir.file(
        "users.csv",
        users(2) + "user0001,Passw0rd!x,again@example.com\nweak,weak,weak@example.com\n",
    );
    pool.import(&dir, list)
        .args(["--no-preflight", "--run-dir", "unchecked"])
        .run()
        .exits(1);
    let results = dir.results_in("unchecked");
    assert_eq!(
        results.outcomes(),
        ["created", "created", "duplicate", "rejected"]
    );
    assert_eq!(results.row(4)["error_code"], "InvalidPasswordException");
    assert_eq!(pool.usernames(), ["user0001", "user0002"]);
    // The emulator enforces the policy that it describes.
    pool.import(&dir, list).run().exits(1);
    let results = dir.results();
    assert_eq!(
        results.outcomes(),
        ["existed", "existed", "duplicate", "invalid"]
    );
    assert_eq!(results.row(4)["error_code"], "password.policy");
}

#[test]
fn the_sub_is_the_username_if_addresses_sign_in() {
    let Some(emulator) = Emulator::without_auth() else {
        return;
    };
    let pool = emulator.pool(Some(UsernameAttributeType::Email));
    let dir = TestDir::new();
    let list = dir.file(
        "users.csv",
        "username,password\nann@example.com,Passw0rd!1\nbob@example.com,Passw0rd!2\n",
    );
    pool.import(&dir, list).run().exits(0);
    let results = dir.results();
    let mut subs: Vec<&str> = results
        .rows
        .iter()
        .map(|row| row["user_sub"].as_str())
        .collect();
    subs.sort_unstable();
    assert_eq!(pool.usernames(), subs);
    pool.import(&dir, list)
        .args(["--run-dir", "again"])
        .run()
        .exits(0);
    let again = dir.results_in("again");
    assert_eq!(again.count("existed"), 2);
    assert_eq!(again.row(1)["user_sub"], results.row(1)["user_sub"]);
}

#[test]
fn two_concurrent_imports_report_what_the_emulator_answered() {
    let Some(pool) = pool() else { return };
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(60));
    let import = |run: &str| pool.import(&dir, list).args(["--run-dir", run]).start();
    let (one, other) = (import("one"), import("other"));
    for import in [one, other] {
        let code = import.wait().code;
        assert!([Some(0), Some(5)].contains(&code), "{code:?}");
    }
    let (one, other) = (dir.results_in("one"), dir.results_in("other"));
    for (one, other) in one.rows.iter().zip(&other.rows) {
        let mut both = [&*one["outcome"], &*other["outcome"]];
        both.sort_unstable();
        if both == ["created", "created"] {
            // Unlike Cognito, the emulator does not lock a username between checking it and storing
            // the user. It may create a user twice, with two subs, and tell each run so.
            for row in [one, other] {
                assert_eq!(row["evidence"], "answer", "{one:?} {other:?}");
            }
            assert_ne!(one["user_sub"], other["user_sub"]);
        } else {
            // A user created during the run with the row's attributes may be the run's own.
            assert!(
                [["created", "existed"], ["created", "in_doubt"]].contains(&both),
                "{both:?}"
            );
        }
    }
    assert_eq!(pool.usernames().len(), 60);
}

#[test]
fn undo_deletes_only_users_of_the_run() {
    let Some(pool) = pool() else { return };
    let dir = TestDir::new();
    let made = |username: &str| {
        let call = pool.sdk.client.admin_create_user();
        let call = call.user_pool_id(&pool.id).username(username);
        pool.sdk.wait(call.send()).unwrap();
    };
    made("user0002");
    made("zoe");
    let list = dir.file("users.csv", users(6));
    pool.import(&dir, list).run().exits(0);
    // One user has signed in, and another's name now belongs to a different user.
    pool.confirm("user0004");
    let signed_in = pool.sdk.sign_in(&pool.client_id, "user0004", "Passw0rd!4");
    assert_eq!(signed_in, Ok(()));
    let call = pool.sdk.client.admin_delete_user();
    let call = call.user_pool_id(&pool.id).username("user0005");
    pool.sdk.wait(call.send()).unwrap();
    made("user0005");

    pool.undo(&dir).run().exits(1);
    let left = ["user0002", "user0004", "user0005", "zoe"];
    assert_eq!(pool.usernames(), left);
    pool.undo(&dir).arg("--even-if-used").run().exits(1);
    assert_eq!(pool.usernames(), ["user0002", "user0005", "zoe"]);
    let results = std::fs::read_to_string(dir.path("run/undo-results.csv")).unwrap();
    let outcomes: Vec<&str> = results
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(3))
        .collect();
    assert_eq!(
        outcomes,
        [
            "deleted",
            "deleted",
            "deleted",
            "kept: another user",
            "deleted"
        ]
    );
}

#[test]
fn forbidden_lookups_stop_the_run_which_resumes_without_them() {
    let Some(emulator) = Emulator::with_auth() else {
        return;
    };
    let pool = emulator.pool(None);
    let dir = TestDir::new();
    let call = pool
        .sdk
        .client
        .admin_create_user()
        .user_pool_id(&pool.id)
        .username("user0003");
    pool.sdk.wait(call.send()).unwrap();
    let (key, secret) = emulator.key_without_permissions("importer");
    let list = dir.file("users.csv", users(5));
    let import = |key: &str, secret: &str| {
        pool.import(&dir, list)
            .env("AWS_ACCESS_KEY_ID", key)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .args(["--concurrency", "1"])
    };
    import(&key, &secret).run().exits(3).names([
        "[permission_missing]",
        "cognito-idp:AdminGetUser",
        "cognito-idp:DescribeUserPool",
        "--no-lookup",
    ]);
    import(&key, &secret)
        .arg("--no-preflight")
        .run()
        .exits(4)
        .names(["AccessDenied", "cognito-idp:AdminGetUser", "--no-lookup"]);
    let results = dir.results();
    assert_eq!(results.count("created"), 2);
    assert_eq!(
        results.row(3)["outcome"],
        "existed",
        "known from the interrupted run"
    );
    assert_eq!(results.count("unsent"), 2);
    import(&key, &secret)
        .args(["--no-lookup", "--allow-messages"])
        .run()
        .exits(0);
    assert_eq!(dir.results().count("created"), 4);

    // An invalid signature is detected in the same way.
    import(&key, "made-up")
        .args(["--run-dir", "forged"])
        .run()
        .exits(3)
        .names(["InvalidSignatureException"]);
}

#[test]
fn users_are_confirmed_verified_grouped_and_sign_in_on_the_emulator() {
    let Some(pool) = pool() else { return };
    let dir = TestDir::new();
    let list = dir.file(
        "users.csv",
        "username,password,email,groups,Status\n\
         ann,Passw0rd!1,ann@example.com,staff;beta,active\n\
         bob,Passw0rd!2,bob@example.com,,left\n\
         cy,Passw0rd!3,cy@example.com,staff,active\n",
    );
    let import = || {
        pool.import(&dir, list)
            .args(["--confirm", "--verify", "email", "--group", "all"])
            .args(["--disable-where", "Status=left"])
    };
    import()
        .run()
        .exits(3)
        .names(["all, ", "beta, ", "staff [group_missing]"]);
    import().arg("--create-groups").run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 3);
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    let client = &pool.sdk.client;
    for (name, groups) in [
        ("ann", vec!["all", "beta", "staff"]),
        ("bob", vec!["all"]),
        ("cy", vec!["all", "staff"]),
    ] {
        let call = client.admin_list_groups_for_user().user_pool_id(&pool.id);
        let answer = pool.sdk.wait(call.username(name).send()).unwrap();
        let mut found: Vec<&str> = answer
            .groups()
            .iter()
            .filter_map(|group| group.group_name())
            .collect();
        found.sort_unstable();
        assert_eq!(found, groups, "{name}");
        let call = client.admin_get_user().user_pool_id(&pool.id);
        let user = pool.sdk.wait(call.username(name).send()).unwrap();
        let verified = user
            .user_attributes()
            .iter()
            .find(|attribute| attribute.name() == "email_verified");
        assert_eq!(verified.and_then(|found| found.value()), Some("true"));
        assert_eq!(user.enabled(), name != "bob");
    }
    let sign_in = |name: &str, password: &str| {
        pool.sdk
            .admin_sign_in(&pool.id, &pool.client_id, name, password)
    };
    assert_eq!(sign_in("ann", "Passw0rd!1"), Ok(()));
    assert_eq!(sign_in("cy", "Passw0rd!3"), Ok(()));
    let refused = Err("NotAuthorizedException".to_owned());
    assert_eq!(sign_in("ann", "Passw0rd!3"), refused);
    assert_eq!(sign_in("bob", "Passw0rd!2"), refused, "disabled");
}

#[test]
fn existing_users_get_follow_up_steps_on_request() {
    let Some(pool) = pool() else { return };
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    pool.import(&dir, list).run().exits(0);
    pool.confirm("user0002");
    let import = |run: &str| {
        pool.import(&dir, list)
            .args(["--confirm", "--verify", "email", "--run-dir", run])
    };
    import("new").run().exits(0);
    let results = dir.results_in("new");
    assert!(results.rows.iter().all(|row| row["follow_up"].is_empty()));
    let sign_in = |name: &str, password: &str| {
        pool.sdk
            .admin_sign_in(&pool.id, &pool.client_id, name, password)
    };
    assert!(sign_in("user0001", "Passw0rd!1").is_err());
    import("all").arg("--follow-up-existing").run().exits(0);
    let results = dir.results_in("all");
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    assert_eq!(sign_in("user0001", "Passw0rd!1"), Ok(()));
}
