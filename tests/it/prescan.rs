//! Prescan: if most users of a list exist, the pool is listed first when that is cheaper, and only
//! new users are sent.

mod interrupted;
mod names;

use std::collections::BTreeMap;

use cognito_import::rehearsal::{ExistingUser, PoolSettings, QuotaSetting, UserStatus};

use crate::harness::{Emulator, Pool, ProgramCommand, TestDir, quick, users};

/// Existing users `user0001` and so on.
fn existing(count: usize) -> Vec<ExistingUser> {
    let user = |number| ExistingUser {
        username: format!("user{number:04}"),
        attributes: BTreeMap::from([("email".to_owned(), format!("user{number:04}@example.com"))]),
        created: Some(1_714_979_289),
        ..ExistingUser::default()
    };
    (1..=count).map(user).collect()
}

fn with_existing(count: usize) -> Pool {
    Pool::start(PoolSettings {
        existing: existing(count),
        ..quick()
    })
}

/// An import at rates at which listing a page takes as long as ten lookups.
fn nightly(dir: &TestDir, pool: &Pool, list: &str) -> ProgramCommand {
    dir.import(pool, list)
        .without_flag("--rate")
        .default_flag("--rate", "100")
}

/// The number of pages listed, without the permission probe.
fn pages(pool: &Pool) -> u64 {
    pool.requests("ListUsers").saturating_sub(1)
}

/// The number of lookups, without the permission probe.
fn lookups(pool: &Pool) -> u64 {
    pool.requests("AdminGetUser").saturating_sub(1)
}

#[test]
fn only_new_users_of_a_mostly_existing_list_are_sent() {
    let dir = TestDir::new();
    let mut existing = existing(297);
    existing[1].status = UserStatus::ForceChangePassword;
    existing[2].enabled = false;
    let pool = Pool::start(PoolSettings {
        existing,
        ..quick()
    });
    let list = dir.file("users.csv", users(300));
    nightly(&dir, &pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.counts(), [("created", 3), ("existed", 297)].into());
    assert_eq!(
        (pool.requests("SignUp"), pages(&pool), lookups(&pool)),
        (3, 5, 0)
    );
    assert_eq!(results.summary["requests"]["UserList"]["sent"], 5);
    assert_eq!(results.summary["requests"]["UserCreation"]["sent"], 3);
    assert!(results.summary["pace"]["UserList"]["ceiling"].is_number());
    let truth = pool.users();
    for (name, status, enabled) in [
        ("user0001", "CONFIRMED", "true"),
        ("user0002", "FORCE_CHANGE_PASSWORD", "true"),
        ("user0003", "CONFIRMED", "false"),
    ] {
        let row = results.for_user(name);
        let cell = |column: &str| row[column].as_str();
        assert_eq!(cell("evidence"), "listing");
        assert_eq!(cell("user_sub"), truth[name].sub);
        assert_eq!((cell("user_status"), cell("enabled")), (status, enabled));
        assert_eq!(cell("created_at"), "2024-05-06T07:08:09.000Z");
        assert_eq!((cell("attempts"), cell("error_code")), ("0", ""));
    }
    assert_eq!(results.row(298)["evidence"], "answer");
    let check = dir.check(&pool, list).args(["--rate", "100"]);
    let requests = check.json().run().exits(0).document()["plan"]["requests"].clone();
    assert_eq!(requests["UserList"]["at_most"], 5);
    assert_eq!(requests["UserCreation"]["at_most"], 300);
}

#[test]
fn by_default_the_pool_is_listed_only_if_that_is_cheaper() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(40));
    // A page takes as long as ten lookups, and there are forty rows.
    for (count, is_read) in [(0, false), (60, true), (180, true), (241, false)] {
        let pool = with_existing(count);
        let check = dir.check(&pool, list).args(["--rate", "100"]);
        let plan = check.json().run().exits(0).document()["plan"].clone();
        assert_eq!(plan["reads_pool_first"], is_read, "{count} users");
        let run = format!("run-{count}");
        let import = nightly(&dir, &pool, list).args(["--run-dir", &run]);
        let output = import.run().exits(0);
        assert_eq!(
            output.stderr.contains("--prescan"),
            is_read,
            "{count} users"
        );
        assert_eq!(pages(&pool) > 1, is_read, "{count} users");
        assert_eq!(dir.results_in(&run).count("existed"), count.min(40));
    }
    // The length of this list and the size of this pool are unknown.
    let pool = with_existing(60);
    let piped = nightly(&dir, &pool, "-").input(users(40));
    piped.args(["--run-dir", "piped"]).run().exits(0);
    let unchecked = nightly(&dir, &pool, list).arg("--no-preflight");
    unchecked.args(["--run-dir", "unchecked"]).run().exits(0);
    assert_eq!(pool.requests("ListUsers"), 0);
}

#[test]
fn prescan_can_be_forced_or_disabled() {
    let dir = TestDir::new();
    let pool = with_existing(130);
    let list = dir.file("users.csv", users(2));
    let import = |run, prescan| {
        let import = dir.import(&pool, list);
        import.args(["--run-dir", run, "--prescan", prescan])
    };
    import("always", "always").run().exits(0);
    assert_eq!((pages(&pool), pool.requests("SignUp")), (3, 0));
    import("unchecked", "always")
        .arg("--no-preflight")
        .run()
        .exits(0);
    assert_eq!(
        pool.requests("ListUsers"),
        1 + 3 + 3,
        "with and without the preflight"
    );
    let piped = dir.import(&pool, "-").input(users(2));
    piped
        .args(["--run-dir", "piped", "--prescan", "always"])
        .run()
        .exits(0);
    assert_eq!(pool.requests("SignUp"), 0);
    let longer = dir.file("longer.csv", users(100));
    let never = nightly(&dir, &pool, longer).args(["--prescan", "never"]);
    never.args(["--run-dir", "never"]).run().exits(0);
    assert_eq!(pool.requests("SignUp"), 100);
    let unsigned = nightly(&dir, &pool, longer).args(["--prescan", "always", "--no-lookup"]);
    unsigned
        .run()
        .exits(3)
        .names(["--prescan always", "--lookup none"]);
}

#[test]
fn a_duplicate_of_an_existing_user_refers_to_the_first_row() {
    let dir = TestDir::new();
    let pool = with_existing(60);
    let list = users(60)
        + "USER0007,Passw0rd!7,x@example.com\nnew,Passw0rd!1,n@example.com\nNew,Passw0rd!1,n@example.com\n";
    let list = dir.file("users.csv", list);
    nightly(&dir, &pool, list).run().exits(1);
    let results = dir.results();
    assert_eq!(
        results.counts(),
        [("created", 1), ("duplicate", 2), ("existed", 60)].into()
    );
    assert_eq!(results.row(61)["same_as_row"], "7");
    assert_eq!(results.row(63)["same_as_row"], "62");
    assert_eq!(pool.requests("SignUp"), 1);
}

#[test]
fn a_user_created_after_the_listing_is_found_by_sign_up() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        existing: existing(60),
        // The listing omits users created while the pool runs.
        list_lag_ms: 3_600_000,
        ..quick()
    });
    let first = dir.file(
        "first.csv",
        "username,password,email\nuser0061,Passw0rd!1,a@example.com\n",
    );
    dir.import(&pool, first)
        .args(["--run-dir", "first"])
        .run()
        .exits(0);
    let list = dir.file("users.csv", users(62));
    nightly(&dir, &pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.counts(), [("created", 1), ("existed", 61)].into());
    assert_eq!(results.row(61)["evidence"], "");
    assert_eq!(results.row(61)["user_status"], "UNCONFIRMED");
    assert_eq!(
        lookups(&pool),
        2,
        "the other one is the second run's permission probe"
    );
}

#[test]
fn a_throttled_listing_is_completed() {
    let dir = TestDir::new();
    let mut settings = PoolSettings {
        existing: existing(600),
        ..quick()
    };
    settings.quotas.user_list = QuotaSetting {
        rate: 8.0,
        burst: 2.0,
    };
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(601));
    let import = dir.import(&pool, list).args(["--rate", "50"]);
    import.args(["--list-rate", "100"]).run().exits(0);
    let results = dir.results();
    assert_eq!(results.counts(), [("created", 1), ("existed", 600)].into());
    assert_eq!(results.summary["pace"]["UserList"]["ceiling"], 100.0);
    let listed = &results.summary["requests"]["UserList"];
    assert!(listed["throttled"].as_u64().unwrap() > 0, "{listed}");
    assert_eq!(
        listed["sent"].as_u64().unwrap() - listed["throttled"].as_u64().unwrap(),
        10
    );
    assert_eq!(pool.requests("SignUp"), 1);
}

#[test]
fn without_list_permission_every_row_is_sent_unless_prescan_is_forced() {
    let Some(emulator) = Emulator::with_auth() else {
        return;
    };
    let pool = emulator.pool(None);
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(30));
    pool.import(&dir, list)
        .args(["--run-dir", "first"])
        .run()
        .exits(0);
    let (key, secret) = emulator.key_without_permissions("prescan-test");
    let of = ["--user-pool-id", &pool.id, "--account-id", "000000000000"];
    let policy = dir.cli("iam-policy").args(of).args(["--prescan", "never"]);
    emulator.allow("prescan-test", &policy.run().exits(0).stdout);
    let import = |run: &str, flags: [&str; 2]| {
        pool.import(&dir, list)
            .env("AWS_ACCESS_KEY_ID", &key)
            .env("AWS_SECRET_ACCESS_KEY", &secret)
            .args(["--run-dir", run, "--rate", "50"])
            .args(flags)
    };
    let auto = import("auto", ["--prescan", "auto"]).run().exits(0);
    auto.names(["[prescan]", "cognito-idp:ListUsers"]);
    assert_eq!(dir.results_in("auto").count("existed"), 30);
    for (run, flags) in [
        ("always", ["--prescan", "always"]),
        ("list", ["--lookup", "list"]),
    ] {
        let refused = import(run, flags).run().exits(3);
        refused.names([
            "[permission_missing]",
            "cognito-idp:ListUsers",
            "iam-policy",
        ]);
        assert!(!dir.path(run).exists(), "no run was created");
        let unchecked = import(run, flags).arg("--no-preflight").run().exits(4);
        unchecked.names(["AccessDenied", "cognito-idp:ListUsers"]);
    }
    let policy = dir.cli("iam-policy").args(of).run().exits(0).stdout;
    emulator.allow("prescan-test", &policy);
    import("always", ["--prescan", "always"]).run().exits(0);
    let results = dir.results_in("always");
    assert!(results.rows.iter().all(|row| row["evidence"] == "listing"));
}
