//! Which run is the previous one.

use std::fs;

use cognito_import::rehearsal::PoolSettings;
use serde_json::{Value, json};

use super::{MONDAY, next_night, night, results_of};
use crate::harness::{Pool, TestDir, quick, silent, users_numbered};

/// The directory of the previous run of this run.
fn previous(dir: &TestDir, night: &str) -> Value {
    results_of(dir, night).summary["previous"]["run_directory"].clone()
}

#[test]
fn the_last_run_is_the_newest_finished_one_of_the_same_list_and_pool() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let other_pool = Pool::start(PoolSettings {
        pool_id: "us-east-1_Other".to_owned(),
        ..quick()
    });
    let list = users_numbered(1..=3);
    night(&dir, &pool, "b", &list).run().exits(0);
    night(&dir, &pool, "a", &list).run().exits(0);
    night(&dir, &other_pool, "c", &list).run().exits(0);
    let other = dir.file("others.csv", users_numbered(1..=3));
    dir.import(&pool, other)
        .args(["--run-dir", "nightly/d"])
        .run()
        .exits(0);
    dir.rehearse("users.csv")
        .args(["--run-dir", "nightly/e"])
        .run()
        .exits(0);
    night(&dir, &pool, "f", &users_numbered(1..=4))
        .run()
        .exits(0);
    dir.undo_in(&pool, "nightly/f").run().exits(0);
    let slow = Pool::start(silent());
    let stopped = night(&dir, &slow, "g", &list).start();
    slow.wait_for_requests("SignUp", 1);
    stopped.signal("KILL");
    stopped.wait();
    fs::create_dir(dir.path("nightly/h")).unwrap();
    next_night(&dir, &pool, "i", &list)
        .run()
        .exits(0)
        .names(["nightly/g"]);
    assert_eq!(previous(&dir, "i"), "nightly/a");
    // A list in another folder has the same name.
    fs::create_dir(dir.path("lists")).unwrap();
    fs::copy(dir.path("users.csv"), dir.path("lists/users.csv")).unwrap();
    let moved = dir
        .import(&pool, "lists/users.csv")
        .args(["--run-dir", "nightly/j"]);
    moved.args(["--previous", "last"]).run().exits(0);
    assert_eq!(previous(&dir, "j"), "nightly/i");
}

#[test]
fn the_default_directories_are_next_to_each_other() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    for (numbers, word, expected) in [
        (1..=3, "last", false),
        (1..=4, "last", true),
        (1..=5, "latest", true),
    ] {
        let list = dir.file("users.csv", users_numbered(numbers));
        let import = dir.import(&pool, list).without_flag("--run-dir");
        let import = import.args(["--previous", word]).json();
        let summary = import.run().exits(0).document()["summary"].clone();
        assert_eq!(summary["previous"].is_object(), expected, "{summary:#}");
    }
}

#[test]
fn a_named_run_that_cannot_be_compared_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let other_pool = Pool::start(PoolSettings {
        pool_id: "us-east-1_Other".to_owned(),
        ..quick()
    });
    night(&dir, &other_pool, "other", MONDAY).run().exits(1);
    dir.rehearse("users.csv")
        .args(["--run-dir", "nightly/rehearsed"])
        .run()
        .exits(1);
    night(&dir, &pool, "undone", MONDAY).run().exits(1);
    dir.undo_in(&pool, "nightly/undone").run().exits(0);
    let slow = Pool::start(silent());
    let killed = night(&dir, &slow, "killed", MONDAY).start();
    slow.wait_for_requests("SignUp", 1);
    killed.signal("KILL");
    killed.wait();
    night(&dir, &pool, "damaged", MONDAY).run().exits(1);
    fs::write(dir.path("nightly/damaged/ledger.db"), "not a database").unwrap();
    let described = pool.requests("DescribeUserPool");
    for (run, data) in [
        ("nightly/missing", "nightly/missing/ledger.db"),
        ("nightly/other", "us-east-1_Other"),
        ("nightly/rehearsed", "nightly/rehearsed"),
        ("nightly/undone", "nightly/undone"),
        ("nightly/killed", "cognito-import runs"),
        ("nightly/damaged", "nightly/damaged/ledger.db"),
        ("nightly/new", "nightly/new"),
    ] {
        let import = night(&dir, &pool, "new", MONDAY).args(["--previous", run]);
        import.run().exits(3).names(["--previous", data]);
    }
    assert_eq!(pool.requests("DescribeUserPool"), described);
    assert!(!dir.path("nightly/new").exists());
    assert!(!dir.path("nightly/missing").exists());
}

#[test]
fn a_named_run_may_have_another_list_and_another_place() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let first = dir.file("2026-11-29.csv", users_numbered(1..=3));
    dir.import(&pool, first)
        .args(["--run-dir", "first"])
        .run()
        .exits(0);
    let second = dir.file("2026-11-30.csv", users_numbered(2..=4));
    let import = dir.import(&pool, second).args(["--run-dir", "nightly/2"]);
    let document = import
        .args(["--previous", "first"])
        .json()
        .run()
        .exits(0)
        .document();
    let found = &document["summary"]["previous"];
    assert_eq!(
        (&found["run_directory"], &found["list"]),
        (&json!("first"), &json!("2026-11-29.csv"))
    );
    assert_eq!(found["differences"]["new"], 1);
    assert_eq!(found["differences"]["vanished"], 1);
}
