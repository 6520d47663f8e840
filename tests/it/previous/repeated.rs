//! Nights in default directories: a list that does not change is not imported again, and one that
//! returns to earlier content, or is imported with other flags, is.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::harness::{Pool, ProgramCommand, TestDir, quick, silent, users_numbered};

/// An import of `users.csv` with this content into the default directory.
fn tonight(dir: &TestDir, pool: &Pool, list: &str) -> ProgramCommand {
    let list = dir.file("users.csv", list);
    dir.import(pool, list).without_flag("--run-dir")
}

/// The same, compared with the last run.
fn next(dir: &TestDir, pool: &Pool, list: &str) -> ProgramCommand {
    tonight(dir, pool, list).args(["--previous", "last"])
}

/// Runs the command, and returns its run directory and summary.
#[track_caller]
fn done(import: ProgramCommand, code: i32) -> (String, Value) {
    let document = import.json().run().exits(code).document();
    let directory = document["run_directory"].as_str().unwrap().to_owned();
    (directory, document["summary"].clone())
}

fn directories(dir: &TestDir) -> BTreeSet<String> {
    let entries = fs::read_dir(dir.path("import-runs")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_list_that_returns_to_earlier_content_is_imported_again() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let (a, b) = (users_numbered(1..=60), users_numbered(1..=41));
    let (first, _) = done(next(&dir, &pool, &a), 0);
    let (second, _) = done(next(&dir, &pool, &b), 0);
    let (third, summary) = done(next(&dir, &pool, &a), 0);
    assert_eq!(third, format!("{first}-2"));
    assert_eq!(summary["previous"]["run_directory"], second.as_str());
    assert_eq!(summary["outcomes"]["existed"], 60);
    // 40 rows are compared with 60, not with 41.
    let shrunk = next(&dir, &pool, &users_numbered(1..=40)).run().exits(3);
    shrunk.names([&third, "--max-shrink"]);
    // The newest run of unchanged content is repeated.
    let sent = pool.requests("DescribeUserPool");
    assert_eq!(done(next(&dir, &pool, &a), 0).0, third);
    assert_eq!(pool.requests("DescribeUserPool"), sent);
    let (fifth, _) = done(next(&dir, &pool, &b), 0);
    assert_eq!(fifth, format!("{second}-2"));
    assert_eq!(done(next(&dir, &pool, &a), 0).0, format!("{first}-3"));
    assert_eq!(directories(&dir).len(), 5);
}

#[test]
fn content_of_a_run_before_a_stopped_one_is_imported_again() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let (a, b) = (users_numbered(1..=3), users_numbered(1..=4));
    let (first, _) = done(next(&dir, &pool, &a), 0);
    let stopped = next(&dir, &pool, &b).args(["--stop-after", "1"]);
    let (second, _) = done(stopped, 4);
    assert_eq!(done(next(&dir, &pool, &a), 0).0, format!("{first}-2"));
    // The stopped run resumes.
    assert_eq!(done(next(&dir, &pool, &b), 0).0, second);
}

#[test]
fn an_undone_run_is_repeated_only_after_a_later_one() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let (a, b) = (users_numbered(1..=3), users_numbered(1..=4));
    let (first, _) = done(next(&dir, &pool, &a), 0);
    dir.undo_in(&pool, &first).run().exits(0);
    // Someone has undone this list: it must not be imported again on its own.
    next(&dir, &pool, &a).run().exits(3).names([&first]);
    let (second, _) = done(next(&dir, &pool, &b), 0);
    let (third, _) = done(next(&dir, &pool, &users_numbered(1..=5)), 0);
    dir.undo_in(&pool, &third).run().exits(0);
    // A later run that was undone does not count.
    assert_eq!(done(next(&dir, &pool, &b), 0).0, second);
    assert_eq!(done(next(&dir, &pool, &a), 0).0, format!("{first}-2"));
}

#[test]
fn without_the_flag_a_list_of_an_earlier_night_is_warned_about() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let (a, b) = (users_numbered(1..=3), users_numbered(1..=4));
    let (first, _) = done(tonight(&dir, &pool, &a), 0);
    let (second, _) = done(tonight(&dir, &pool, &b), 0);
    let logged = |list: &str| {
        let args = ["--quiet", "--log-file", "import.log"];
        let output = tonight(&dir, &pool, list).args(args).run().exits(0);
        let log = fs::read_to_string(dir.path("import.log")).unwrap();
        fs::remove_file(dir.path("import.log")).unwrap();
        (output, log)
    };
    let (output, log) = logged(&a);
    output.names([&first, &second, "--previous last"]);
    assert!(log.contains(&second), "{log}");
    let (output, log) = logged(&b);
    assert_eq!(output.stderr, "");
    assert!(log.contains(&second), "a repeated run leaves a line: {log}");
    assert_eq!(directories(&dir).len(), 2);
}

#[test]
fn other_flags_start_another_run_of_an_unchanged_list() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users_numbered(1..=3);
    let (first, _) = done(next(&dir, &pool, &list), 0);
    let confirming = || next(&dir, &pool, &list).arg("--confirm");
    let (second, summary) = done(confirming(), 0);
    assert_eq!(second, format!("{first}-2"));
    assert_eq!(summary["previous"]["run_directory"], first.as_str());
    assert_eq!(done(confirming(), 0).0, second);
    let folded = || confirming().args(["--usernames", "case-sensitive"]);
    assert_eq!(done(folded(), 0).0, format!("{first}-3"));
    // Without --previous, the settings of the newest run decide.
    let refused = tonight(&dir, &pool, &list).run().exits(3);
    refused.names([format!("{first}-3")]);
}

#[test]
fn an_unfinished_run_with_other_flags_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users_numbered(1..=3);
    let (first, _) = done(next(&dir, &pool, &list).args(["--stop-after", "1"]), 4);
    let other = next(&dir, &pool, &list).arg("--confirm").run().exits(3);
    other.names([&first, "--confirm"]);
    assert_eq!(done(next(&dir, &pool, &list), 0).0, first);
}

#[test]
fn a_retry_works_on_the_newest_run_of_the_list() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let broken = users_numbered(1..=3) + "dee,short,dee@example.com\n";
    let import = |list: &str| next(&dir, &pool, list).arg("--no-preflight");
    let (first, _) = done(import(&broken), 1);
    done(import(&users_numbered(1..=3)), 0);
    let (second, _) = done(import(&broken), 1);
    assert_eq!(second, format!("{first}-2"));
    let sent = pool.requests("SignUp");
    let retried = import(&broken).args(["--retry", "rejected"]);
    assert_eq!(done(retried, 1).0, second);
    assert_eq!(pool.requests("SignUp"), sent + 1);
}

#[test]
fn the_problems_of_an_unchanged_list_are_known() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users_numbered(1..=3) + "dee,short,dee@example.com\n";
    let (first, _) = done(next(&dir, &pool, &list), 1);
    let document = next(&dir, &pool, &list).json().run().exits(0).document();
    assert_eq!(document["exit_name"], "done");
    // The run itself had a problem.
    assert_eq!(document["summary"]["exit_code"], 1);
    tonight(&dir, &pool, &list).run().exits(1);
    dir.cli("report").arg(&first).run().exits(1);
    let duplicate = list + "user0001,Passw0rd!1,user0001@example.com\n";
    done(next(&dir, &pool, &duplicate), 1);
    done(next(&dir, &pool, &duplicate), 1);
}

#[test]
fn rows_in_doubt_stay_in_doubt_while_the_list_is_unchanged() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = users_numbered(1..=2);
    let flags = ["--attempt-timeout", "1s", "--settle-time", "0s"];
    let unchecked = ["--no-lookup", "--no-preflight"];
    let import = || next(&dir, &pool, &list).args(flags).args(unchecked);
    done(import(), 5);
    let (_, summary) = done(import(), 5);
    assert_eq!(summary["outcomes"]["in_doubt"], json!(2));
}
