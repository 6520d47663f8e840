//! What `verify` refuses before it reads the pool.

use super::settings;
use crate::harness::{Pool, TestDir, users};

#[test]
fn a_rehearsal_or_a_directory_without_a_run_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    dir.verify(&pool).run().exits(3).names(["run/ledger.db"]);
    assert!(!dir.path("run").exists());
    let list = dir.file("users.csv", users(2));
    dir.rehearse(list).run().exits(0);
    dir.verify(&pool).run().exits(3).names(["run"]);
    assert_eq!(pool.stats().operations.len(), 0);
}

#[test]
fn a_run_in_progress_is_not_disturbed() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(50));
    let running = dir.import(&pool, list).args(["--rate", "2"]).start();
    pool.wait_for_requests("SignUp", 2);
    dir.verify(&pool).run().exits(4).names(["run"]);
    assert_eq!(pool.requests("ListUsers"), 0);
    running.signal("INT");
    running.wait().exits(130);
    // Rows that were not sent are not expected.
    dir.verify(&pool).run().exits(0);
}

#[test]
fn another_list_or_mapping_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(2));
    let mapping = dir.file("mapping.toml", "lowercase = [\"email\"]\n");
    dir.import(&pool, list)
        .args(["--mapping", mapping])
        .run()
        .exits(0);
    let other = dir.file("other.csv", users(3));
    let verify = |list: &str| dir.verify(&pool).arg(list).run();
    verify(other).exits(3).names(["other.csv"]);
    verify("missing.csv").exits(3).names(["missing.csv"]);
    dir.file("mapping.toml", "trim = true\n");
    verify(list).exits(3).names(["users.csv"]);
    std::fs::remove_file(dir.path("mapping.toml")).unwrap();
    verify(list).exits(3).names(["mapping.toml"]);
    assert_eq!(pool.requests("ListUsers"), 0);
}

#[test]
fn users_are_looked_for_where_the_run_created_them() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(2));
    dir.import(&pool, list).run().exits(0);
    let other = Pool::start(settings(&[]));
    dir.verify(&pool)
        .without_flag("--endpoint-url")
        .env("AWS_ENDPOINT_URL", &other.url())
        .run()
        .exits(0)
        .names(["AWS_ENDPOINT_URL"]);
    assert_eq!(other.stats().operations.len(), 0);
    dir.verify(&other).run().exits(1);
}
