//! Runs that are compared with an earlier one.

use std::fs;

use super::{Transcript, prepared};
use crate::harness::{Pool, silent, users};

#[test]
fn previous_runs() {
    let (dir, pool) = prepared();
    let import = |run: &str, flags: &str| {
        dir.import(&pool, "users.csv")
            .args(["--run-dir", run])
            .args(flags.split_whitespace())
    };
    let mut transcript = Transcript::default();
    let mut run = |run: &str, flags: &str| {
        let title = format!("import users.csv --run-dir {run} {flags}");
        transcript.run(&dir, &title, import(run, flags));
    };
    run("nightly/1", "--previous last");
    dir.file("users.csv", users(50) + "c y,Passw0rd!,cy@example.com\n");
    run("nightly/2", "--previous last --max-new 40");
    import("nightly/2", "").run().exits(1);
    run("nightly/3", "--previous last");
    dir.file("users.csv", users(20));
    run("nightly/4", "--previous last");
    let slow = Pool::start(silent());
    let killed = dir
        .import(&slow, "users.csv")
        .args(["--run-dir", "nightly/5", "--previous", "nightly/1"])
        .start();
    slow.wait_for_requests("SignUp", 1);
    killed.signal("KILL");
    killed.wait();
    run("nightly/6", "--previous last --max-shrink 100%");
    run("nightly/7", "--previous nightly/5");
    run("nightly/7", "--previous nightly/none");
    run("nightly/7", "--previous nightly/7");
    fs::remove_dir_all(dir.path("nightly/1")).unwrap();
    run("nightly/5", "--previous nightly/1");
    run("nightly/6", "--previous last --restart --max-shrink 100%");
    let rehearse = dir.rehearse("users.csv");
    rehearse.args(["--run-dir", "rehearsed"]).run().exits(0);
    run("nightly/8", "--previous rehearsed");
    let undo = dir.undo_in(&pool, "nightly/2");
    undo.args(["--delete-rate", "1000"]).run().exits(0);
    run("nightly/8", "--previous nightly/2");
    assert_messages!("previous_runs", transcript.0);
}
