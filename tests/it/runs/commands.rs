//! The commands that `runs` prints.

use serde_json::{Value, json};

use super::{import_into, listed, states};
use crate::harness::{BadReply, Pool, Proxy, TestDir, quick, silent, users};

#[test]
fn the_listed_command_resumes_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("my users.csv", users(5));
    let running = import_into(&dir, &pool, list, "nightly/it's 1").start();
    pool.wait_for_requests("SignUp", 1);
    let runs = listed(&dir);
    assert_eq!(states(&runs), [("it's 1", "active")]);
    assert_eq!(runs[0]["resume"], Value::Null);
    running.signal("KILL");
    running.wait();
    let runs = listed(&dir);
    assert_eq!(states(&runs), [("it's 1", "interrupted")]);
    let words = runs[0]["resume"].as_array().unwrap();
    let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
    // A new pool listens on another port.
    let pool = pool.restart_with(|settings| settings.faults.answer_late.probability = 0.0);
    let text = dir.cli("runs").arg("nightly").run().exits(0).stdout;
    let (_, command) = text.trim_end().rsplit_once("  resume: ").unwrap();
    let (_, command) = command.split_once(' ').unwrap();
    dir.bash(&format!(
        "cognito-import {command} --endpoint-url {}",
        pool.url()
    ))
    .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
    .env("AWS_SECRET_ACCESS_KEY", "made-up")
    .run()
    .exits(2);
    let resumed = dir
        .cli(words[1])
        .args(&words[2..words.len() - 1])
        .arg(&pool.url());
    resumed
        .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
        .run()
        .exits(0);
    let runs = listed(&dir);
    assert_eq!(states(&runs), [("it's 1", "finished")]);
    assert_eq!(runs[0]["resume"], Value::Null);
}

#[test]
fn an_undo_that_was_stopped_is_resumed_by_undo() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(40));
    import_into(&dir, &pool, list, "nightly/1").run().exits(0);
    let undo = dir
        .undo_in(&pool, "nightly/1")
        .args(["--delete-rate", "10"])
        .start();
    pool.wait_for_requests("AdminDeleteUser", 2);
    assert_eq!(states(&listed(&dir)), [("1", "undo_unfinished")]);
    undo.signal("KILL");
    undo.wait();
    let runs = listed(&dir);
    assert_eq!(states(&runs), [("1", "undo_unfinished")]);
    assert_eq!(
        runs[0]["resume"],
        json!(["cognito-import", "undo", "nightly/1"])
    );
    dir.undo_in(&pool, "nightly/1").run().exits(0);
    assert_eq!(listed(&dir)[0]["resume"], Value::Null);
}

#[test]
fn the_command_of_an_undo_has_its_flag_and_tries_failed_users_again() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(2));
    import_into(&dir, &pool, list, "nightly/1").run().exits(0);
    let refused = BadReply::error(400, "InvalidParameterException", "not now");
    let proxy = Proxy::always(&pool, "AdminDeleteUser", refused);
    let undo = || dir.undo_in(&pool, "nightly/1").arg("--even-if-used");
    undo().args(["--endpoint-url", &proxy.url()]).run().exits(1);
    let runs = listed(&dir);
    assert_eq!(states(&runs), [("1", "undo_unfinished")]);
    assert_eq!(
        runs[0]["resume"],
        json!(["cognito-import", "undo", "nightly/1", "--even-if-used"])
    );
    drop(proxy);
    undo().run().exits(0);
    let runs = listed(&dir);
    assert_eq!(states(&runs), [("1", "undone")]);
    assert_eq!(runs[0]["resume"], Value::Null);
}

#[test]
fn the_command_of_an_import_does_not_start_another_run_of_a_changed_list() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let import = dir.import(&pool, list).without_flag("--run-dir");
    let stopped = import.args(["--stop-after", "1"]).json().run().exits(4);
    let directory = stopped.document()["run_directory"].clone();
    let runs = dir.cli("runs").json().run().exits(0).document();
    let words = runs["runs"][0]["resume"].as_array().unwrap();
    let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
    dir.file("users.csv", users(4));
    let command = || {
        dir.cli(words[1])
            .args(&words[2..])
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
    };
    command()
        .run()
        .exits(3)
        .names([directory.as_str().unwrap()]);
    dir.file("users.csv", users(3));
    command().run().exits(0);
    assert_eq!(pool.users().len(), 3);
}
