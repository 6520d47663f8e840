//! A run directory that another process is using: refused with a code of its own, or waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::{Cli, Endpoint, Place, Pool, Reply, Running, quick, silent, until, users};

const WAITS: &str = "waiting up to 5m for run directory run: another process is using it";

/// An import of three users that is using the directory `run` for as long as it lives.
fn at_work(place: &Place, pool: &Pool, list: &str) -> Running {
    let running = place.import(pool, list).start();
    until("each sign-up", || (pool.asked("SignUp") == 3).then_some(()));
    running
}

fn undo(place: &Place) -> Cli {
    place
        .cli("undo")
        .args(["run", "--yes-delete", "us-east-1_Rehearsal"])
}

#[test]
fn a_directory_in_use_ends_every_command_that_needs_it_with_4() {
    let place = Place::new();
    let pool = Pool::start(silent());
    let list = place.file("users.csv", users(3));
    let _running = at_work(&place, &pool, list);
    for command in [
        place.import(&pool, list),
        place.import(&pool, list).arg("--restart"),
        place.rehearse(list),
        undo(&place),
        place.cli("undo").args(["run", "--dry-run"]),
    ] {
        let ran = command.args(["--output", "json"]).run().exits(4).says([
            "run directory run: another process is using it",
            "--wait-for-lock",
        ]);
        let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["exit_code"], 4, "{document}");
        assert_eq!(document["exit_name"], "busy");
        assert_eq!(document["error"]["name"], "busy");
        let hint = document["error"]["what_to_do"].as_str().unwrap();
        assert!(hint.contains("--wait-for-lock"), "{hint}");
    }
    assert_eq!(pool.asked("SignUp"), 3);
}

#[test]
fn a_process_that_waits_goes_on_once_the_other_one_has_ended() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(400));
    let import = || place.import(&pool, list).without_flag("--rate");
    let first = import().args(["--rate", "20"]).start();
    until("a sign-up", || (pool.asked("SignUp") > 0).then_some(()));
    let second = import()
        .args(["--rate", "1000", "--wait-for-lock", "5m"])
        .start();
    second.until_it_says(WAITS);
    first.signal("INT");
    first.end().exits(130);
    second.end().exits(0).says(["going on with the run in run"]);
    assert_eq!(pool.asked("SignUp"), 400);
    assert_eq!(place.results().count("created"), 400);
}

#[test]
fn a_process_that_found_no_directory_resumes_the_run_that_another_one_has_begun_meanwhile() {
    for is_finished in [false, true] {
        let place = Place::new();
        let pool = Pool::start(quick());
        let list = place.file("users.csv", users(200));
        // The second process has looked for the directory, and is held in its preflight until the first one is at work.
        let released = Arc::new(AtomicBool::new(false));
        let release = Arc::clone(&released);
        let endpoint = Endpoint::start(&pool, move |request| {
            if request.operation == "DescribeUserPool" {
                until("the first process", || {
                    release.load(Ordering::Relaxed).then_some(())
                });
            }
            Reply::Pass
        });
        let second = place
            .import(&pool, list)
            .args(["--endpoint-url", &endpoint.url()])
            .args(["--wait-for-lock", "5m", "--preflight-timeout", "5m"])
            .start();
        until("the second's preflight", || {
            (endpoint.asked("DescribeUserPool") == 1).then_some(())
        });
        let first = place.import(&pool, list).without_flag("--rate");
        if is_finished {
            first.args(["--rate", "1000"]).run().exits(0);
            released.store(true, Ordering::Relaxed);
        } else {
            let first = first.args(["--rate", "20"]).start();
            until("a sign-up", || (pool.asked("SignUp") > 0).then_some(()));
            released.store(true, Ordering::Relaxed);
            second.until_it_says(WAITS);
            first.signal("INT");
            first.end().exits(130);
        }
        second.end().exits(0);
        assert_eq!(pool.asked("SignUp"), 200);
        assert_eq!(place.results().count("created"), 200);
    }
}

#[test]
fn waiting_ends_with_its_time_and_with_a_signal() {
    let place = Place::new();
    let pool = Pool::start(silent());
    let list = place.file("users.csv", users(3));
    let _running = at_work(&place, &pool, list);
    for command in [
        place.import(&pool, list),
        place.rehearse(list),
        undo(&place),
    ] {
        let ran = command
            .args(["--wait-for-lock", "20ms"])
            .run()
            .exits(4)
            .says(["waiting up to 20ms", "still using it after 20ms"]);
        assert!(
            !ran.stderr.contains("--wait-for-lock TIME"),
            "{}",
            ran.stderr
        );
    }
    for (command, said) in [
        (
            place.import(&pool, list),
            "stopped before anything was sent",
        ),
        (undo(&place), "stopped before anything was deleted"),
    ] {
        let waiting = command.args(["--wait-for-lock", "5m"]).start();
        waiting.until_it_says(WAITS);
        waiting.signal("TERM");
        waiting.end().exits(143).says([said]);
    }
}
