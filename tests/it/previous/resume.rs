//! A run keeps its previous run until it is finished.

use std::fs;

use serde_json::{Value, json};

use super::{MONDAY, differences, marked, next_night, night, results_of};
use crate::harness::{Pool, TestDir, quick, users_numbered};

/// Monday's users, the broken ones last.
fn list() -> String {
    let broken = "cy,Passw0rd!1,nowhere\n";
    users_numbered(1..=60) + broken
}

/// Kills the run in `nightly/2` after some rows.
fn kill(dir: &TestDir, pool: &Pool) {
    night(dir, pool, "1", &list()).run().exits(1);
    let slow = next_night(dir, pool, "2", &list()).args(["--rate", "30", "--prescan", "never"]);
    let running = slow.start();
    pool.wait_for_requests("SignUp", 65);
    running.signal("KILL");
    running.wait();
}

#[test]
fn a_resumed_run_is_compared_with_the_run_that_it_began_with() {
    for again in [true, false] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        kill(&dir, &pool);
        // It would be the last run now.
        night(&dir, &pool, "3", &users_numbered(1..=60))
            .run()
            .exits(0);
        dir.cli("report").arg("nightly/2").run().exits(4);
        let previous = &results_of(&dir, "2").summary["previous"];
        assert_eq!(previous["run_directory"], "nightly/1");
        assert_eq!(previous["differences"], Value::Null);
        let resumed = if again {
            next_night(&dir, &pool, "2", &list())
        } else {
            night(&dir, &pool, "2", &list())
        };
        resumed.run().exits(0);
        let previous = &results_of(&dir, "2").summary["previous"];
        assert_eq!(previous["run_directory"], "nightly/1");
        assert_eq!(marked(&dir, "2", "known"), ["cy"]);
    }
}

#[test]
fn a_run_whose_previous_run_is_gone_resumes_without_it() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill(&dir, &pool);
    fs::remove_dir_all(dir.path("nightly/1")).unwrap();
    let resumed = next_night(&dir, &pool, "2", &list());
    resumed.run().exits(1).names(["nightly/1"]);
    let previous = &results_of(&dir, "2").summary["previous"];
    assert_eq!(previous["run_directory"], "nightly/1");
    assert_eq!(previous["differences"], Value::Null);
    assert_eq!(results_of(&dir, "2").count("existed"), 60);
}

#[test]
fn a_run_that_began_without_a_previous_run_stays_without_it() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    night(&dir, &pool, "1", MONDAY).run().exits(1);
    let slow = night(&dir, &pool, "2", &list())
        .args(["--rate", "30"])
        .start();
    pool.wait_for_requests("SignUp", 10);
    slow.signal("KILL");
    slow.wait();
    let resumed = next_night(&dir, &pool, "2", &list());
    resumed.run().exits(1).names(["--previous"]);
    assert_eq!(results_of(&dir, "2").summary["previous"], Value::Null);
}

#[test]
fn a_retry_is_compared_again() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let monday = |ann: &str| {
        format!("username,password,email\nann,{ann},ann@example.com\ndee,short,dee@example.com\n")
    };
    let unchecked = ["--no-preflight"];
    night(&dir, &pool, "1", &monday("short"))
        .args(unchecked)
        .run()
        .exits(1);
    next_night(&dir, &pool, "2", &monday("short"))
        .args(unchecked)
        .run()
        .exits(0);
    assert_eq!(differences(&dir, "2")["known"], 2);
    // The pool accepts short passwords now.
    let pool = pool.restart_with(|settings| settings.password_policy.minimum_length = 5);
    let retried = next_night(&dir, &pool, "2", &monday("short")).args(["--retry", "rejected"]);
    retried.args(unchecked).run();
    let results = results_of(&dir, "2");
    let rejected = results.count("rejected") as u64;
    assert_eq!(differences(&dir, "2")["known"], json!(rejected));
    assert_eq!(marked(&dir, "2", "known").len() as u64, rejected);
}
