//! A run whose directory or ledger is moved or removed stops, says where things are, and resumes
//! from there.

use std::fs;

use crate::harness::{Pool, ProcessOutput, TestDir, quick, users};

/// Starts a run, applies `change` once it has sent some rows, and waits for it to exit.
fn run_with_change(dir: &TestDir, pool: &Pool, change: impl FnOnce(&TestDir)) -> ProcessOutput {
    let list = dir.file("users.csv", users(200));
    let running = dir.import(pool, list).args(["--rate", "100"]).start();
    pool.wait_for_requests("SignUp", 21);
    change(dir);
    running.wait()
}

/// Asserts that the run resumes in this directory and sends no row twice.
#[track_caller]
fn assert_resumes_in(dir: &TestDir, pool: &Pool, directory: &str) {
    assert!(pool.requests("SignUp") < 200);
    dir.import(pool, "users.csv")
        .args(["--run-dir", directory])
        .run()
        .exits(0);
    assert_eq!(dir.results_in(directory).count("created"), 200);
    assert!(
        pool.users()
            .values()
            .all(|user| user.sign_ups_after_response == 0)
    );
}

#[test]
fn removing_the_ledger_stops_the_run_and_saves_it() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    run_with_change(&dir, &pool, |dir| {
        fs::remove_file(dir.path("run/ledger.db")).unwrap();
    })
    .exits(4)
    .names(["run/ledger.db", "--run-dir run-saved-1"]);
    assert_resumes_in(&dir, &pool, "run-saved-1");
    // The remaining files are not mistaken for a new run.
    dir.import(&pool, "users.csv").run().exits(3);
}

#[test]
fn replacing_the_ledger_stops_the_run_and_saves_it() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    run_with_change(&dir, &pool, |dir| {
        let (database, copy) = (dir.path("run/ledger.db"), dir.path("copy.db"));
        fs::copy(&database, &copy).unwrap();
        fs::rename(copy, database).unwrap();
    })
    .exits(4)
    .names(["run/ledger.db", "--run-dir run-saved-1"]);
    assert_resumes_in(&dir, &pool, "run-saved-1");
}

#[test]
fn removing_the_wal_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    run_with_change(&dir, &pool, |dir| {
        fs::remove_file(dir.path("run/ledger.db-wal")).unwrap();
    })
    .exits(4)
    .names(["run/ledger.db-wal", "--run-dir run-saved-1"]);
    assert_resumes_in(&dir, &pool, "run-saved-1");
}

#[test]
fn removing_the_directory_stops_the_run_and_saves_the_ledger() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    run_with_change(&dir, &pool, |dir| {
        fs::remove_dir_all(dir.path("run")).unwrap();
    })
    .exits(4)
    .names(["--run-dir run-saved-1"]);
    // It does not start over, although its directory is gone.
    let sent = pool.requests("SignUp");
    dir.import(&pool, "users.csv")
        .run()
        .exits(3)
        .names(["run-saved-1"]);
    assert_eq!(pool.requests("SignUp"), sent);
    assert_resumes_in(&dir, &pool, "run-saved-1");
}

#[cfg(target_os = "linux")]
#[test]
fn moving_the_directory_stops_the_run_which_resumes_there() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    run_with_change(&dir, &pool, |dir| {
        fs::rename(dir.path("run"), dir.path("moved")).unwrap();
        fs::create_dir(dir.path("run")).unwrap();
    })
    .exits(4)
    .names(["/moved"]);
    assert!(!dir.path("run-saved-1").exists());
    assert_resumes_in(&dir, &pool, "moved");
    assert_eq!(fs::read_dir(dir.path("run")).unwrap().count(), 0);
}

#[test]
fn removing_the_lock_file_does_not_allow_a_second_process() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(60));
    let first = dir.import(&pool, list).args(["--rate", "30"]).start();
    pool.wait_for_requests("SignUp", 1);
    fs::remove_file(dir.path("run/ledger.lock")).unwrap();
    dir.import(&pool, list).run().exits(4);
    dir.import(&pool, list).arg("--restart").run().exits(4);
    first.wait().exits(0);
    assert_eq!(dir.results().count("created"), 60);
    assert_eq!(pool.requests("SignUp"), 60);
}
