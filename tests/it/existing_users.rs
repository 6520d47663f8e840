//! Users that already exist, and usernames that occur twice in the list.

use std::collections::BTreeMap;

use cognito_import::rehearsal::{ExistingUser, Faults, PoolSettings, UserStatus};

use crate::harness::{CsvRow, Pool, TestDir, quick, users};

/// 2024-05-06T07:08:09Z
const CREATED: i64 = 1_714_979_289;

fn existing_user(username: &str, status: UserStatus, enabled: bool) -> ExistingUser {
    let email = format!("{username}@example.com");
    ExistingUser {
        username: username.to_owned(),
        attributes: BTreeMap::from([("email".to_owned(), email)]),
        status,
        enabled,
        created: Some(CREATED),
    }
}

fn with_existing(existing: Vec<ExistingUser>) -> Pool {
    Pool::start(PoolSettings {
        existing,
        ..quick()
    })
}

fn cells<'r, const N: usize>(row: &'r CsvRow, columns: [&str; N]) -> [&'r str; N] {
    columns.map(|column| row[column].as_str())
}

#[test]
fn existing_users_have_status_sub_and_creation_date() {
    let dir = TestDir::new();
    let pool = with_existing(vec![
        existing_user("user0002", UserStatus::Confirmed, true),
        existing_user("user0003", UserStatus::ForceChangePassword, true),
        existing_user("user0004", UserStatus::Unconfirmed, false),
    ]);
    let list = dir.file("users.csv", users(5));
    dir.import(&pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(
        results.outcomes(),
        ["created", "existed", "existed", "existed", "created"]
    );
    let truth = pool.users();
    for (username, status, confirmed, enabled) in [
        ("user0002", "CONFIRMED", "true", "true"),
        ("user0003", "FORCE_CHANGE_PASSWORD", "false", "true"),
        ("user0004", "UNCONFIRMED", "false", "false"),
    ] {
        let row = results.for_user(username);
        assert_eq!(
            cells(row, ["user_status", "confirmed", "enabled", "user_sub"]),
            [status, confirmed, enabled, &truth[username].sub],
        );
        assert!(
            row["created_at"].starts_with("2024-05-06T07:08:09"),
            "{row:?}"
        );
        assert_eq!(row["evidence"], "", "the run did not create it");
    }
    assert_eq!(
        pool.requests("AdminGetUser"),
        4,
        "only existing users are looked up, plus one permission probe"
    );
    assert_eq!(results.summary["requests"]["UserRead"]["sent"], 3);
}

#[test]
fn existing_users_are_recognized_without_lookup() {
    let dir = TestDir::new();
    let pool = with_existing(vec![existing_user("user0002", UserStatus::Confirmed, true)]);
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list)
        .args(["--no-lookup", "--allow-messages"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "existed", "created"]);
    let row = results.for_user("user0002");
    assert_eq!(
        cells(row, ["user_status", "user_sub", "created_at"]),
        ["", "", ""]
    );
    assert_eq!(row["error_code"], "UsernameExistsException");
    assert_eq!(pool.requests("AdminGetUser"), 0);
}

#[test]
fn a_username_taken_but_not_found_is_reported_as_such() {
    let dir = TestDir::new();
    // A verified address belongs to its owner. No user has the other name.
    let owner = ExistingUser {
        attributes: BTreeMap::from([
            ("email".to_owned(), "owner@example.com".to_owned()),
            ("email_verified".to_owned(), "true".to_owned()),
        ]),
        ..existing_user("owner", UserStatus::Confirmed, true)
    };
    let pool = Pool::start(PoolSettings {
        username_attributes: vec!["email".to_owned(), "phone_number".to_owned()],
        existing: vec![ExistingUser {
            username: "owner@example.com".to_owned(),
            ..owner
        }],
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "username,password,email\n+12025550123,Passw0rd!,owner@example.com\n",
    );
    dir.import(&pool, list).run().exits(0);
    let results = dir.results();
    let row = results.row(1);
    assert_eq!(
        cells(row, ["outcome", "error_code"]),
        ["existed", "UserNotFoundException"]
    );
}

#[test]
fn failing_lookups_are_retried() {
    let dir = TestDir::new();
    let existing: Vec<ExistingUser> = (1..=20)
        .map(|number| existing_user(&format!("user{number:04}"), UserStatus::Confirmed, true))
        .collect();
    let pool = Pool::start(PoolSettings {
        existing,
        faults: Faults {
            read_drop: 0.2,
            read_500: 0.2,
            read_throttle: 0.2,
            ..Faults::default()
        },
        seed: 3,
        ..quick()
    });
    let list = dir.file("users.csv", users(20));
    dir.import(&pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("existed"), 20);
    assert!(pool.requests("AdminGetUser") > 20, "some lookups failed");
    for row in results
        .rows
        .iter()
        .filter(|row| row["error_code"].is_empty())
    {
        assert_eq!(row["user_status"], "CONFIRMED");
    }
    let unseen = results
        .rows
        .iter()
        .filter(|row| row["user_status"].is_empty());
    assert!(unseen.count() <= 2, "six attempts each");
}

const TWICE: &str = "username,password,email\n\
    Ann,Passw0rd!1,ann@example.com\n\
    bob,Passw0rd!2,bob@example.com\n\
    ann,Passw0rd!3,ann@example.com\n\
    Ann,Passw0rd!4,ann@example.com\n\
    bob,Passw0rd!5,bob@example.com\n";

#[test]
fn a_repeated_username_is_sent_once_and_duplicates_refer_to_it() {
    let dir = TestDir::new();
    let pool = with_existing(Vec::new());
    let list = dir.file("users.csv", TWICE);
    dir.import(&pool, list).run().exits(1);
    let results = dir.results();
    assert_eq!(
        results.outcomes(),
        ["created", "created", "duplicate", "duplicate", "duplicate"]
    );
    let same: Vec<&str> = results
        .rows
        .iter()
        .map(|row| row["same_as_row"].as_str())
        .collect();
    assert_eq!(same, ["", "", "1", "1", "2"]);
    assert_eq!(pool.requests("SignUp"), 2);
    let sdk = pool.sdk();
    // Not confirmed, but the password is correct: the user has the first row's password.
    let client = &pool.settings().client_id;
    let code = "UserNotConfirmedException".to_owned();
    assert_eq!(sdk.sign_in(client, "bob", "Passw0rd!2"), Err(code));
}

#[test]
fn usernames_differing_in_case_are_distinct_in_a_case_sensitive_pool() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        case_sensitive: true,
        ..quick()
    });
    let list = dir.file("users.csv", TWICE);
    dir.import(&pool, list).run().exits(1);
    assert_eq!(
        dir.results().outcomes(),
        ["created", "created", "created", "duplicate", "duplicate"]
    );
    assert_eq!(pool.users().len(), 3);
}

#[test]
fn username_case_can_be_set_if_the_pool_cannot_be_queried() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        case_sensitive: true,
        ..quick()
    });
    let list = dir.file("users.csv", TWICE);
    // Unless the pool is queried, case is assumed to be ignored.
    let import = || {
        dir.import(&pool, list)
            .args(["--no-lookup", "--allow-messages"])
    };
    import().args(["--run-dir", "by-default"]).run().exits(1);
    assert_eq!(dir.results_in("by-default").count("duplicate"), 3);
    import()
        .args(["--usernames", "case-sensitive", "--run-dir", "by-flag"])
        .run()
        .exits(1);
    assert_eq!(dir.results_in("by-flag").count("duplicate"), 2);
}

#[test]
fn a_resumed_run_compares_usernames_as_it_began() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", TWICE);
    let lost = Pool::start(PoolSettings {
        faults: Faults {
            lost_pool_after: Some(1),
            ..Faults::default()
        },
        ..quick()
    });
    let import = |pool| {
        dir.import(pool, list)
            .args(["--no-lookup", "--allow-messages", "-v"])
    };
    let began = import(&lost).args(["--usernames", "case-sensitive"]);
    began.run().exits(4);
    let pool = Pool::start(PoolSettings {
        case_sensitive: true,
        ..quick()
    });
    // A contradiction is noticed before the pool is queried.
    let refused = import(&pool).args(["--usernames", "ignore-case"]);
    refused
        .run()
        .exits(3)
        .names(["--usernames", "case-sensitive"]);
    assert!(pool.stats().operations.is_empty());
    import(&pool).run().exits(1).names([" to_send=3 "]);
    assert_eq!(dir.results().count("duplicate"), 2);
}

#[test]
fn a_distant_duplicate_is_found() {
    let dir = TestDir::new();
    let pool = with_existing(Vec::new());
    // Further apart than any batch of rows that is read, begun or sent.
    let list = dir.file(
        "users.csv",
        users(1_500) + "USER0001,Passw0rd!,x@example.com\n",
    );
    dir.import(&pool, list)
        .args(["--rate", "5000"])
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(results.row(1_501)["same_as_row"], "1");
    assert_eq!(results.count("created"), 1_500);
    assert_eq!(pool.requests("SignUp"), 1_500);
}

#[test]
fn rehearse_reads_existing_users_from_a_file() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(4));
    dir.file(
        "existing.csv",
        "username,email\nUSER0002,user0002@example.com\n",
    );
    dir.rehearse(list)
        .args(["--existing", "existing.csv"])
        .run()
        .exits(0);
    assert_eq!(
        dir.results().outcomes(),
        ["created", "existed", "created", "created"]
    );
    dir.file("no-username.csv", "name\nAnn\n");
    dir.rehearse(list)
        .args(["--existing", "no-username.csv"])
        .run()
        .exits(3)
        .names(["--existing no-username.csv", "username"]);
}
