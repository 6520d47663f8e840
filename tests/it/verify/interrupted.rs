//! A verification that stops early continues with the same command.

use super::changes::delete;
use super::{problems, settings};
use crate::harness::{Pool, TestDir, users};

#[test]
fn a_signal_stops_a_verification_and_the_same_command_continues() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(600));
    dir.import(&pool, list).run().exits(0);
    delete(&pool, "user0001");
    let running = dir.verify(&pool).args(["--list-rate", "2"]).start();
    pool.wait_for_requests("ListUsers", 4);
    running.signal("INT");
    running.wait().exits(130);
    assert!(!dir.path("run/verify.csv").exists());
    assert!(dir.path("run/verify.db").exists());
    let read = pool.requests("ListUsers");
    dir.verify(&pool).run().exits(1);
    assert_eq!(problems(&dir), ["user0001 missing"]);
    // Ten pages; the one in flight may have been lost.
    let again = pool.requests("ListUsers") - read;
    assert!(again <= 10 + 1 - read, "{read} pages, then {again}");
    assert!(!dir.path("run/verify.db").exists());
}

#[test]
fn a_killed_verification_continues() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(600));
    dir.import(&pool, list).run().exits(0);
    let running = dir.verify(&pool).args(["--list-rate", "2"]).start();
    pool.wait_for_requests("ListUsers", 6);
    drop(running);
    let read = pool.requests("ListUsers");
    dir.verify(&pool).run().exits(0);
    let again = pool.requests("ListUsers") - read;
    assert!(again < 10, "{read} pages, then {again}");
}

#[test]
fn expired_credentials_stop_a_verification() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(300));
    dir.import(&pool, list).run().exits(0);
    let pool = pool.restart_with(|settings| settings.faults.expired_credentials_after = Some(4));
    dir.verify(&pool)
        .run()
        .exits(4)
        .names(["ExpiredTokenException", "--verify-run"]);
    // Another endpoint is another verification.
    let pool = pool.restart_with(|settings| settings.faults.expired_credentials_after = None);
    dir.verify(&pool).run().exits(0);
    assert_eq!(pool.requests("ListUsers"), 5);
}

#[test]
fn a_changed_run_is_verified_from_the_beginning() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(300));
    dir.import(&pool, list).run().exits(0);
    let running = dir.verify(&pool).args(["--list-rate", "2"]).start();
    pool.wait_for_requests("ListUsers", 3);
    running.signal("TERM");
    running.wait().exits(143);
    let read = pool.requests("ListUsers");
    dir.verify(&pool).arg("--extra").run().exits(0);
    assert_eq!(pool.requests("ListUsers") - read, 5);
}
