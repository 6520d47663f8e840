//! `--ledger-lock exclusive`, which network file systems need.

use crate::harness::{Pool, TestDir, quick, silent, users};

#[test]
fn an_exclusive_ledger_is_closed_to_other_processes_and_survives_a_kill() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(30));
    let import = dir.import(&pool, list).args(["--concurrency", "3"]);
    let running = import.args(["--ledger-lock", "exclusive"]).start();
    pool.wait_for_requests("SignUp", 3);
    assert!(dir.path("run/ledger.db-wal").exists());
    assert!(!dir.path("run/ledger.db-shm").exists());
    for report in [
        dir.cli("report").arg("run"),
        dir.cli("report").args(["--compare", "run", "run"]),
    ] {
        let output = report.json().run().exits(4);
        assert_eq!(output.document()["exit_name"], "busy");
        output.names(["--ledger-lock", "run/ledger.db"]);
    }
    assert!(!dir.path("run/ledger.db-shm").exists());
    running.signal("KILL");
    assert_eq!(running.wait().code, None);
    dir.cli("report").arg("run").run().exits(4);
    assert_eq!(dir.results().count("in_doubt"), 30);

    // The run directory remembers the mode.
    let pool = pool.restart_with(|settings| settings.faults.answer_late.probability = 0.0);
    let resumed = dir.import(&pool, list).args(["--rate", "20"]).start();
    pool.wait_for_requests("SignUp", 2);
    dir.cli("report").arg("run").run().exits(4);
    assert!(!dir.path("run/ledger.db-shm").exists());
    resumed.wait().exits(0);
    assert_eq!(dir.results().count("created"), 30);
    assert_eq!(pool.users().len(), 30);
    dir.undo(&pool).run().exits(0);
    assert!(pool.users().is_empty());
    assert!(!dir.path("run/undo.db-shm").exists());
}

#[test]
fn a_ledger_on_a_local_disk_can_be_read_during_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(30));
    let import = dir.import(&pool, list).args(["--concurrency", "3"]);
    let running = import.start();
    pool.wait_for_requests("SignUp", 3);
    assert!(dir.path("run/ledger.db-shm").exists());
    dir.cli("report").arg("run").json().run().exits(4);
    assert_eq!(dir.results().count("in_doubt"), 30);
    drop(running);
}

#[test]
fn shared_revokes_exclusive() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    let pool = Pool::start(quick());
    let lock = |mode: &str| {
        let import = dir.import(&pool, list).args(["--ledger-lock", mode]);
        import.run().exits(0);
        std::fs::read_to_string(dir.path("run/ledger.lock")).unwrap()
    };
    let exclusive = lock("exclusive");
    assert_eq!(lock("auto"), exclusive);
    assert_ne!(lock("shared"), exclusive);
}
