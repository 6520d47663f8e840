//! A verification that stops early continues with the same command.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::changes::{delete, set};
use super::{problems, settings};
use crate::harness::{Pool, TestDir, TestEndpoint, TestReply, users};

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

#[test]
fn lookups_that_failed_before_an_interruption_are_repeated() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    for user in ["user0001", "user0002"] {
        delete(&pool, user);
    }
    // The first user fails six times; then the credentials expire.
    let (failures, is_healthy) = (AtomicU32::new(0), Arc::new(AtomicBool::new(false)));
    let healthy = Arc::clone(&is_healthy);
    let endpoint = TestEndpoint::start(&pool, move |request| {
        if request.operation != "AdminGetUser" || healthy.load(Ordering::SeqCst) {
            return TestReply::Forward;
        }
        if request.username() == "user0001" {
            failures.fetch_add(1, Ordering::SeqCst);
            return TestReply::json(
                500,
                &serde_json::json!({"__type": "InternalErrorException"}),
            );
        }
        match failures.load(Ordering::SeqCst) {
            0..6 => TestReply::error("TooManyRequestsException", "slow"),
            _ => TestReply::error("ExpiredTokenException", "expired"),
        }
    });
    let verify = || {
        let verify = dir.verify(&pool).without_flag("--endpoint-url");
        verify.args(["--endpoint-url", &endpoint.url()])
    };
    verify().run().exits(4).names(["ExpiredTokenException"]);
    let pages = endpoint.requests("ListUsers");
    is_healthy.store(true, Ordering::SeqCst);
    verify().run().exits(1);
    assert_eq!(endpoint.requests("ListUsers"), pages, "it resumed");
    assert_eq!(problems(&dir), ["user0001 missing", "user0002 missing"]);
}

#[test]
fn only_the_attributes_of_the_list_are_kept_meanwhile() {
    let dir = TestDir::new();
    let pool = Pool::start(settings(&[]));
    let list = dir.file("users.csv", users(200));
    dir.import(&pool, list).run().exits(0);
    let attributes = [("nickname", "Secretive"), ("email", "changed@example.org")];
    set(&pool, "user0001", &attributes);
    let stop = |arguments: &[&str]| {
        let read = pool.requests("ListUsers");
        let verify = dir.verify(&pool).args(arguments);
        let running = verify.args(["--list-rate", "2"]).start();
        pool.wait_for_requests("ListUsers", read + 3);
        running.signal("INT");
        running.wait().exits(130);
        let progress = std::fs::read(dir.path("run/verify.db")).unwrap();
        String::from_utf8_lossy(&progress).into_owned()
    };
    let progress = stop(&["users.csv"]);
    assert!(progress.contains("changed@example.org"));
    assert!(!progress.contains("Secretive"));
    assert!(!stop(&[]).contains("changed@example.org"));
}
