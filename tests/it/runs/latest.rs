//! `latest` names the newest run.

use std::fs;

use serde_json::{Value, json};

use super::import_into;
use crate::harness::{Pool, TestDir, quick, silent, users, users_numbered};

/// Imports the same user into `nightly/1` and `nightly/2`.
fn two_runs() -> (TestDir, Pool) {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let list = dir.file("users.csv", users(1));
    for run in ["nightly/1", "nightly/2"] {
        import_into(&dir, &pool, list, run).run().exits(0);
    }
    (dir, pool)
}

/// The run that `nightly/latest` names.
fn latest(dir: &TestDir) -> Value {
    let report = dir.cli("report").arg("nightly/latest").json().run();
    report.exits(0).document()["run_directory"].clone()
}

#[test]
fn a_report_of_an_active_run_says_so() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(5));
    let running = import_into(&dir, &pool, list, "nightly/1").start();
    pool.wait_for_requests("SignUp", 1);
    let page = || {
        let output = dir.cli("report").arg("nightly/latest").run().exits(4);
        let page = fs::read_to_string(dir.path("nightly/1/report.html")).unwrap();
        (output.stderr, page)
    };
    let command = "cognito-import import";
    let (_, active) = page();
    let next_steps = |page: &str| page.split_once("id=\"next-steps\"").unwrap().1.to_owned();
    assert!(!next_steps(&active).contains(command), "{active}");
    running.signal("KILL");
    running.wait();
    let (_, interrupted) = page();
    assert!(
        next_steps(&interrupted).contains("nightly/1"),
        "{interrupted}"
    );
}

#[test]
fn latest_is_the_newest_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    for (run, numbers) in [("nightly/b", 1..=2), ("nightly/a", 3..=5)] {
        let list = dir.file("users.csv", users_numbered(numbers));
        import_into(&dir, &pool, list, run).run().exits(0);
    }
    dir.rehearse("users.csv")
        .args(["--run-dir", "nightly/c"])
        .run()
        .exits(0);
    assert_eq!(latest(&dir), "nightly/c");
    let args = [
        "--compare",
        "nightly/b",
        "nightly/latest",
        "--compare-unlike",
    ];
    let compared = dir.cli("report").args(args).json().run().exits(0);
    assert_eq!(compared.document()["after"]["run_directory"], "nightly/c");
    // A rehearsal has nothing to undo.
    let undone = dir
        .undo_in(&pool, "nightly/latest")
        .json()
        .run()
        .exits(0)
        .document();
    assert_eq!(undone["run_directory"], "nightly/a");
    assert_eq!(pool.users().len(), 2);
    // The newest import stays the newest, so a repeated command does not undo an older one.
    dir.undo_in(&pool, "nightly/latest").run().exits(0);
    assert_eq!(pool.users().len(), 2);
    fs::rename(dir.path("nightly/b"), dir.path("nightly/latest")).unwrap();
    assert_eq!(latest(&dir), "nightly/latest");
}

#[test]
fn certificates_tell_the_order_of_runs() {
    let (dir, _pool) = two_runs();
    let path = dir.path("nightly/1/run.json");
    let text = fs::read(&path).unwrap();
    let mut certificate: Value = serde_json::from_slice(&text).unwrap();
    certificate["started_ms"] = json!(4_000_000_000_000_u64);
    fs::write(&path, certificate.to_string()).unwrap();
    assert_eq!(latest(&dir), "nightly/1");
}

#[test]
fn a_newest_run_that_cannot_be_read_is_not_passed_over() {
    let (dir, pool) = two_runs();
    fs::write(dir.path("nightly/2/ledger.db"), "not a database").unwrap();
    for command in [
        dir.cli("report").arg("nightly/latest"),
        dir.undo_in(&pool, "nightly/latest"),
    ] {
        command.run().exits(3).names(["nightly/2/ledger.db"]);
    }
    assert_eq!(pool.users().len(), 1);
}
