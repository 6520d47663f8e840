//! Runs that stop before all steps are done and resume with the missing ones.

use cognito_import::rehearsal::UserStatus;

use super::with_groups;
use crate::harness::{CsvRow, Pool, Results, TestDir, quick, users};

#[test]
fn a_resumed_run_only_takes_missing_steps() {
    let dir = TestDir::new();
    let pool = Pool::start(with_groups(&["staff"]));
    let list = dir.file("users.csv", users(12));
    let import = |rate: &str| {
        dir.import(&pool, list)
            .args(["--verify", "email", "--group", "staff"])
            .args(["--update-rate", rate])
    };
    let running = import("4").start();
    pool.wait_for_requests("AdminAddUserToGroup", 3);
    running.signal("INT");
    running.wait().exits(130);
    let results = dir.results();
    assert_eq!(results.count("created"), 12);
    assert_eq!(results.summary["state"], "stopped");
    let pending = results
        .rows
        .iter()
        .filter(|row| row["follow_up"] == "pending")
        .count();
    assert!(pending > 0, "{:?}", results.rows);
    let requests =
        ["AdminUpdateUserAttributes", "AdminAddUserToGroup"].map(|name| pool.requests(name));
    let counts = |step: &str| {
        let counts = &results.summary["follow_up"][step];
        let count = |state: &str| counts[state].as_u64().unwrap();
        (count("done"), count("pending"))
    };
    let (verified, unverified) = counts("verify_email");
    let (in_groups, not_in_groups) = counts("group_staff");
    // Each was answered; one of them was the permission probe.
    assert_eq!(verified, requests[0] - 1);
    assert_eq!(in_groups, requests[1] - 1);
    assert_eq!((verified + unverified, in_groups + not_in_groups), (12, 12));

    import("1000").run().exits(0);
    let results = dir.results();
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    assert_eq!(pool.requests("SignUp"), 12);
    assert_eq!(pool.requests("AdminUpdateUserAttributes"), 12 + 2);
    assert_eq!(pool.requests("AdminAddUserToGroup"), 12 + 2);
}

#[test]
fn expired_credentials_stop_the_run_and_resuming_confirms_the_rest() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.expired_credentials_after = Some(8);
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(30));
    let import = |pool: &Pool| dir.import(pool, list).arg("--confirm");
    import(&pool)
        .run()
        .exits(4)
        .names(["ExpiredTokenException", "cognito-idp:AdminConfirmSignUp"]);
    let results = dir.results();
    let confirmed = |pool: &Pool| {
        let users = pool.users().into_values();
        users
            .filter(|user| user.status == UserStatus::Confirmed)
            .count() as u64
    };
    let done = results.summary["follow_up"]["confirm"]["done"]
        .as_u64()
        .unwrap();
    assert_eq!(done, confirmed(&pool));
    assert!((1..30).contains(&done), "{done}");
    let count = |results: &Results, flag: &str| {
        let is = |row: &&CsvRow| row[flag] == "true";
        results.rows.iter().filter(is).count() as u64
    };
    assert_eq!(count(&results, "confirmed"), done);
    assert_eq!(results.summary["created_users"]["confirmed"], done);
    let made = results.count("created") as u64;
    let pool = pool.restart_with(|settings| settings.faults.expired_credentials_after = None);
    import(&pool).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 30);
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    assert_eq!(confirmed(&pool), 30);
    assert_eq!(count(&results, "confirmed"), 30);
    assert_eq!(count(&results, "confirmed_at_sign_up"), 0);
    assert_eq!(
        results.row(1)["confirmed_at_sign_up"],
        "false",
        "as reported then"
    );
    assert_eq!(pool.requests("SignUp"), 30 - made);
    assert_eq!(pool.requests("AdminConfirmSignUp"), 30 - done + 1);
}

#[test]
fn a_missing_group_stops_the_run_and_is_created_on_resume() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(6));
    let import = || dir.import(&pool, list).args(["--group", "staff"]);
    import().arg("--no-preflight").run().exits(4).names([
        "staff",
        "ResourceNotFoundException",
        "--create-groups",
    ]);
    let results = dir.results();
    assert!(results.count("created") > 0);
    assert_eq!(results.row(1)["follow_up"], "pending");
    import().run().exits(3).names(["group_missing"]);
    import().arg("--create-groups").run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 6);
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    assert_eq!(pool.requests("SignUp"), 6);
}

#[test]
fn an_unreachable_pool_leaves_steps_to_the_next_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(15));
    let import = |pool: &Pool, rate: &str| {
        dir.import(pool, list)
            .args(["--verify", "email", "--update-rate", rate])
    };
    let running = import(&pool, "20").start();
    pool.wait_for_requests("AdminUpdateUserAttributes", 4);
    let pool = pool.restart_with(|_| ());
    running.wait().exits(4);
    let results = dir.results();
    assert_eq!(results.summary["follow_up_errors"], serde_json::json!({}));
    import(&pool, "1000").run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 15);
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    for user in pool.users().values() {
        assert_eq!(user.attributes["email_verified"], "true");
    }
}

#[test]
fn a_full_step_queue_does_not_deadlock() {
    // Sign-ups wait for steps of earlier rows, but never forever.
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(2_500));
    dir.import(&pool, list)
        .args(["--confirm", "--verify", "email"])
        .args(["--rate", "4000", "--update-rate", "2000"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 2_500);
    assert!(results.rows.iter().all(|row| row["follow_up"] == "done"));
    assert_eq!(pool.requests("AdminUpdateUserAttributes"), 2_501);
}
