//! A run whose directory or ledger is taken away while it is at work stops, says where things are, and goes on from there.

use std::fs;

use crate::harness::{Pool, ProcessOutput, TestDir, quick, users, wait_until};

/// Begins a run, does this to it once it has sent some rows, and waits for its end.
fn taken_away(dir: &TestDir, pool: &Pool, change: impl FnOnce(&TestDir)) -> ProcessOutput {
    let list = dir.file("users.csv", users(200));
    let running = dir.import(pool, list).args(["--rate", "100"]).start();
    wait_until("some sign-ups", || {
        (pool.requests("SignUp") > 20).then_some(())
    });
    change(dir);
    running.wait()
}

/// The run goes on in this directory, and nobody is asked for twice.
#[track_caller]
fn goes_on_in(dir: &TestDir, pool: &Pool, directory: &str) {
    assert!(pool.requests("SignUp") < 200);
    dir.import(pool, "users.csv")
        .args(["--run-dir", directory])
        .run()
        .exits(0)
        .says(["going on with the run"]);
    assert_eq!(dir.results_in(directory).count("created"), 200);
    assert!(
        pool.users()
            .values()
            .all(|user| user.sign_ups_after_answer == 0)
    );
}

#[test]
fn a_ledger_that_is_removed_stops_the_run_and_is_saved() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    taken_away(&dir, &pool, |dir| {
        fs::remove_file(dir.path("run/ledger.db")).unwrap();
    })
    .exits(4)
    .says([
        "run/ledger.db: was removed",
        "--run-dir run-saved-1",
        "created",
    ]);
    goes_on_in(&dir, &pool, "run-saved-1");
    // What is left behind is not taken for a new run.
    dir.import(&pool, "users.csv").run().exits(3);
}

#[test]
fn a_ledger_that_is_replaced_stops_the_run_and_is_saved() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    taken_away(&dir, &pool, |dir| {
        let (database, copy) = (dir.path("run/ledger.db"), dir.path("copy.db"));
        fs::copy(&database, &copy).unwrap();
        fs::rename(copy, database).unwrap();
    })
    .exits(4)
    .says(["run/ledger.db: was replaced", "--run-dir run-saved-1"]);
    goes_on_in(&dir, &pool, "run-saved-1");
}

#[test]
fn a_log_that_is_removed_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    taken_away(&dir, &pool, |dir| {
        fs::remove_file(dir.path("run/ledger.db-wal")).unwrap();
    })
    .exits(4)
    .says(["run/ledger.db-wal: was removed", "--run-dir run-saved-1"]);
    goes_on_in(&dir, &pool, "run-saved-1");
}

#[test]
fn a_directory_that_is_removed_stops_the_run_and_its_ledger_is_saved() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    taken_away(&dir, &pool, |dir| {
        fs::remove_dir_all(dir.path("run")).unwrap();
    })
    .exits(4)
    .says(["was removed", "--run-dir run-saved-1"]);
    // It is not begun again, though nothing of it is left where it was.
    let sent = pool.requests("SignUp");
    dir.import(&pool, "users.csv")
        .run()
        .exits(3)
        .says(["run-saved-1"]);
    assert_eq!(pool.requests("SignUp"), sent);
    goes_on_in(&dir, &pool, "run-saved-1");
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_is_moved_stops_the_run_which_goes_on_where_it_is() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    taken_away(&dir, &pool, |dir| {
        fs::rename(dir.path("run"), dir.path("moved")).unwrap();
        fs::create_dir(dir.path("run")).unwrap();
    })
    .exits(4)
    .says(["run: was moved to", "/moved"]);
    assert!(!dir.path("run-saved-1").exists());
    goes_on_in(&dir, &pool, "moved");
    assert_eq!(fs::read_dir(dir.path("run")).unwrap().count(), 0);
}

#[test]
fn a_run_whose_lock_file_is_removed_is_still_one_process_s() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(60));
    let first = dir.import(&pool, list).args(["--rate", "30"]).start();
    wait_until("a sign-up", || (pool.requests("SignUp") > 0).then_some(()));
    fs::remove_file(dir.path("run/ledger.lock")).unwrap();
    dir.import(&pool, list).run().exits(4);
    dir.import(&pool, list).arg("--restart").run().exits(4);
    first.wait().exits(0);
    assert_eq!(dir.results().count("created"), 60);
    assert_eq!(pool.requests("SignUp"), 60);
}
