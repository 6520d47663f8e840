//! Errors that affect every row: the run stops at the first, names the fix, and can be resumed
//! after it.

use cognito_import::rehearsal::{ExistingUser, PoolSettings};

use crate::harness::{Pool, ProgramCommand, Results, TestDir, quick, users};

const ROWS: usize = 30;

/// Asserts that the run stops at the first answer: one sign-up was sent and all other rows are
/// `unsent`.
#[track_caller]
fn assert_stops(dir: &TestDir, pool: &Pool, cli: ProgramCommand, code: &str, data: &[&str]) {
    cli.args(["--concurrency", "1"])
        .run()
        .exits(4)
        .names([code])
        .names(data);
    let results = dir.results();
    assert_eq!(
        pool.requests("SignUp"),
        1,
        "it stops after the first such answer"
    );
    assert_eq!(results.rows.len(), ROWS);
    assert_eq!(results.row(1)["outcome"], "failed");
    assert_eq!(results.row(1)["error_code"], code);
    assert_eq!(results.count("unsent"), ROWS - 1);
    assert_eq!(results.summary["state"], "stopped");
    let reason = results.summary["stopped_because"].as_str().unwrap();
    assert!(reason.contains(code), "{reason}");
}

/// Asserts that the same command resumes and finishes once the pool is fixed.
#[track_caller]
fn assert_resumes(dir: &TestDir, pool: &Pool, cli: ProgramCommand) -> Results {
    cli.run().exits(0);
    let results = dir.results();
    assert_eq!(results.summary["sessions"], 2);
    assert_eq!(results.count("created"), ROWS);
    assert_eq!(results.summary["state"], "finished");
    assert!(results.summary["stopped_because"].is_null());
    assert_eq!(pool.users().len(), ROWS);
    results
}

#[test]
fn stops_at_a_pool_with_admin_only_sign_up() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        admin_create_only: true,
        ..quick()
    });
    let list = dir.file("users.csv", users(ROWS));
    let cli = dir.import(&pool, list).arg("--no-preflight");
    assert_stops(
        &dir,
        &pool,
        cli,
        "NotAuthorizedException",
        &["AllowAdminCreateUserOnly"],
    );
    let fixed = pool.restart_with(|pool| pool.admin_create_only = false);
    assert_resumes(&dir, &fixed, dir.import(&fixed, list));
}

#[test]
fn stops_at_an_unknown_app_client() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(ROWS));
    let cli = dir
        .import(&pool, list)
        .arg("--no-preflight")
        .args(["--client-id", "anotherclient"]);
    assert_stops(
        &dir,
        &pool,
        cli,
        "ResourceNotFoundException",
        &["--user-pool-id, --client-id"],
    );
    // The correct client makes it a different run.
    dir.import(&pool, list)
        .run()
        .exits(3)
        .names(["anotherclient", "--restart"]);
    dir.import(&pool, list).arg("--restart").run().exits(0);
    assert_eq!(dir.results().count("created"), ROWS);
}

#[test]
fn stops_at_a_missing_secret() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        client_secret: Some("s3cr3t".to_owned()),
        ..quick()
    });
    let list = dir.file("users.csv", users(ROWS));
    let cli = dir.import(&pool, list).arg("--no-preflight");
    assert_stops(
        &dir,
        &pool,
        cli,
        "NotAuthorizedException",
        &["SECRET_HASH", "--client-secret-file"],
    );
    dir.file("secret", "s3cr3t");
    let cli = dir
        .import(&pool, list)
        .args(["--client-secret-file", "secret"]);
    assert_resumes(&dir, &pool, cli);
}

#[test]
fn stops_at_a_wrong_secret() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        client_secret: Some("s3cr3t".to_owned()),
        ..quick()
    });
    let list = dir.file("users.csv", users(ROWS));
    let cli = dir
        .import(&pool, list)
        .env("COGNITO_CLIENT_SECRET", "gu3ssed");
    assert_stops(&dir, &pool, cli, "NotAuthorizedException", &[]);
    let cli = dir
        .import(&pool, list)
        .env("COGNITO_CLIENT_SECRET", "s3cr3t");
    assert_resumes(&dir, &pool, cli);
}

#[test]
fn a_firewall_that_keeps_blocking_is_named() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.firewall_after = Some(11);
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(ROWS));
    dir.import(&pool, list)
        .args(["--concurrency", "1"])
        .run()
        .exits(4)
        .names(["ForbiddenException", "WAF", "ACL"]);
    let results = dir.results();
    assert_eq!(results.count("created"), 10);
    assert_eq!(results.row(11)["error_code"], "ForbiddenException");
    assert_eq!(results.count("unsent"), ROWS - 11);
    let open = pool.restart_with(|pool| pool.faults.firewall_after = None);
    assert_resumes(&dir, &open, dir.import(&open, list));
}

#[test]
fn stops_at_an_attribute_the_app_client_may_not_write() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        write_attributes: Some(vec!["email".to_owned()]),
        ..quick()
    });
    let header = "username,password,email,custom:legacy_id\n";
    let rows: String = users(ROWS)
        .lines()
        .skip(1)
        .map(|row| format!("{row},7\n"))
        .collect();
    let list = dir.file("users.csv", header.to_owned() + &rows);
    let cli = dir.import(&pool, list).arg("--no-preflight");
    let data = ["custom:legacy_id", "WriteAttributes", "--ignore-column"];
    assert_stops(&dir, &pool, cli, "NotAuthorizedException", &data);
    let fixed = pool.restart_with(|pool| pool.write_attributes = None);
    assert_resumes(&dir, &fixed, dir.import(&fixed, list));
}

#[test]
fn a_wrong_clock_is_distinguished_from_wrong_credentials() {
    for (offset_min, side) in [(20, "20m behind"), (-20, "20m ahead")] {
        let dir = TestDir::new();
        let pool = Pool::start(PoolSettings {
            date_offset_ms: offset_min * 60_000 + 500,
            check_signing_time: true,
            ..quick()
        });
        let list = dir.file("users.csv", users(ROWS));
        let data = ["InvalidSignatureException", "clock", side];
        let queried = dir.import(&pool, list).run().exits(3).names(data);
        assert!(
            !queried.stderr.contains("credentials"),
            "{}",
            queried.stderr
        );
        let unqueried = dir.import(&pool, list).arg("--no-preflight");
        unqueried.arg("--no-lookup").run().exits(0);
        dir.undo(&pool).run().exits(4).names(data);
        assert_eq!(pool.users().len(), ROWS);
    }
}

#[test]
fn stops_when_credentials_expire() {
    let dir = TestDir::new();
    let names = users(ROWS);
    let names: Vec<&str> = names
        .lines()
        .skip(1)
        .filter_map(|row| row.split(',').next())
        .collect();
    let existing = names.iter().map(|name| ExistingUser {
        username: (*name).to_owned(),
        ..ExistingUser::default()
    });
    let mut settings = PoolSettings {
        existing: existing.collect(),
        ..quick()
    };
    // The first four signed calls are the preflight, the next five look users up.
    settings.faults.expired_credentials_after = Some(10);
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(ROWS));
    dir.import(&pool, list)
        .args(["--concurrency", "1"])
        .run()
        .exits(4)
        .names(["ExpiredTokenException", "--no-lookup"]);
    let results = dir.results();
    assert_eq!(
        results.count("existed"),
        6,
        "the last one was known to exist"
    );
    assert_eq!(results.row(6)["error_code"], "ExpiredTokenException");
    assert_eq!(results.count("unsent"), ROWS - 6);
    assert_eq!(pool.requests("SignUp"), 6);

    let fixed = pool.restart_with(|pool| pool.faults.expired_credentials_after = None);
    dir.import(&fixed, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.count("existed"), ROWS);
    assert_eq!(results.row(7)["user_status"], "CONFIRMED");
    assert_eq!(
        fixed.requests("SignUp"),
        ROWS as u64 - 6,
        "settled rows are not sent again"
    );
}

#[test]
fn stops_when_the_pool_is_deleted() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.lost_pool_after = Some(11);
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(ROWS));
    dir.import(&pool, list)
        .args(["--concurrency", "1"])
        .run()
        .exits(4)
        .names(["ResourceNotFoundException", "--user-pool-id"]);
    let results = dir.results();
    assert_eq!(results.count("created"), 10);
    assert_eq!(results.row(11)["outcome"], "failed");
    assert_eq!(results.count("unsent"), ROWS - 11);
    let fixed = pool.restart_with(|pool| pool.faults.lost_pool_after = None);
    assert_resumes(&dir, &fixed, dir.import(&fixed, list));
}

#[test]
fn every_row_in_flight_has_an_outcome() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        admin_create_only: true,
        ..quick()
    });
    let list = dir.file("users.csv", users(2_000));
    dir.import(&pool, list).arg("--no-preflight").run().exits(4);
    let results = dir.results();
    assert_eq!(
        results.rows.len(),
        2_000,
        "rows that were not sent are listed too"
    );
    let counts = results.counts();
    assert_eq!(counts["failed"] + counts["unsent"], 2_000);
    assert_eq!(counts["failed"] as u64, pool.requests("SignUp"));
    assert!(counts["failed"] <= 100, "it stops at once: {counts:?}");
    assert_eq!(results.summary["read_to_end"], true);
}
