//! Lists that are refused before the pool receives any request.

use serde_json::Value;

use super::{MONDAY, UNCHECKED, differences, next_night, night};
use crate::harness::{Pool, ProgramCommand, TestDir, codes, quick, users_numbered};

/// All requests that the pool has received.
fn requests(pool: &Pool) -> u64 {
    let operations = pool.stats().operations;
    operations
        .values()
        .map(|operation| operation.requests)
        .sum()
}

/// Asserts that the run is refused for this reason, without a request and without a run directory.
/// Returns the flag and its value that accept the list.
#[track_caller]
fn assert_refused(dir: &TestDir, pool: &Pool, import: ProgramCommand, code: &str) -> [String; 2] {
    let before = requests(pool);
    let document = import.json().run().exits(3).document();
    assert_eq!(codes(&document, "refusals"), [code]);
    assert_eq!(requests(pool), before);
    assert!(!dir.path("nightly/2").exists());
    let hint = document["refusals"][0]["what_to_do"].as_str().unwrap();
    let (_, flag) = hint.split_once("pass ").unwrap();
    let (flag, value) = flag.split_once(' ').unwrap();
    [flag.to_owned(), value.to_owned()]
}

#[test]
fn a_list_that_was_cut_in_half_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    night(&dir, &pool, "1", &users_numbered(1..=100))
        .run()
        .exits(0);
    let half = users_numbered(1..=45);
    let flag = assert_refused(
        &dir,
        &pool,
        next_night(&dir, &pool, "2", &half),
        "list_shrank",
    );
    assert_eq!(flag, ["--max-shrink", "55%"]);
    let strict = next_night(&dir, &pool, "2", &half).args(["--max-shrink", "54%"]);
    assert_refused(&dir, &pool, strict, "list_shrank");
    next_night(&dir, &pool, "2", &half)
        .args(flag)
        .run()
        .exits(0);
    assert_eq!(differences(&dir, "2")["vanished"], 55);
}

#[test]
fn a_list_may_lose_a_fifth_of_its_rows() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    night(&dir, &pool, "1", &users_numbered(1..=100))
        .run()
        .exits(0);
    let import = next_night(&dir, &pool, "2", &users_numbered(1..=79));
    assert_refused(&dir, &pool, import, "list_shrank");
    next_night(&dir, &pool, "2", &users_numbered(1..=80))
        .run()
        .exits(0);
}

#[test]
fn an_empty_list_is_refused_even_in_the_first_night() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let empty = "username,password,email\n";
    let flag = assert_refused(
        &dir,
        &pool,
        next_night(&dir, &pool, "2", empty),
        "list_empty",
    );
    assert_eq!(flag, ["--max-shrink", "100%"]);
    night(&dir, &pool, "1", MONDAY)
        .args(UNCHECKED)
        .run()
        .exits(1);
    let flag = assert_refused(
        &dir,
        &pool,
        next_night(&dir, &pool, "2", empty),
        "list_empty",
    );
    next_night(&dir, &pool, "2", empty)
        .args(flag)
        .run()
        .exits(0);
}

#[test]
fn more_new_users_than_expected_are_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    night(&dir, &pool, "1", &users_numbered(1..=10))
        .run()
        .exits(0);
    // Names that differ only in case are not new, and a duplicate is new once.
    let list = users_numbered(5..=12).replace("user0009", "USER0009")
        + "user0012,Passw0rd!1,user0012@example.com\n";
    let limited = |max: &str| next_night(&dir, &pool, "2", &list).args(["--max-new", max]);
    let flag = assert_refused(&dir, &pool, limited("1"), "too_many_new");
    assert_eq!(flag, ["--max-new", "2"]);
    limited("2").run().exits(1);
    assert_eq!(differences(&dir, "2")["new"], 2);
}

#[test]
fn a_list_that_can_be_read_only_once_is_refused_unless_the_brake_is_off() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    night(&dir, &pool, "1", &users_numbered(1..=3))
        .run()
        .exits(0);
    let import = || {
        dir.import(&pool, "-")
            .args(["--run-dir", "nightly/2", "--previous", "nightly/1"])
            .input(users_numbered(2..=4))
    };
    let described = pool.requests("DescribeUserPool");
    let output = import()
        .run()
        .exits(3)
        .names(["--previous", "--max-shrink 100%"]);
    assert_eq!(output.stdout, "");
    assert_eq!(pool.requests("DescribeUserPool"), described);
    import().args(["--max-shrink", "100%"]).run().exits(0);
    let found = differences(&dir, "2");
    assert_eq!(
        (&found["new"], &found["vanished"]),
        (&Value::from(1), &Value::from(1))
    );
}

#[test]
fn limits_need_a_previous_run_and_a_percentage() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", MONDAY);
    for wrong in [
        &["--max-shrink", "10%"] as &[&str],
        &["--max-new", "10"],
        &["--previous", "last", "--max-shrink", "0.2"],
        &["--previous", "last", "--max-shrink", "101%"],
        &["--previous", "last", "--max-new", "many"],
    ] {
        dir.rehearse(list)
            .args(wrong)
            .run()
            .exits(2)
            .names([wrong[wrong.len() - 2]]);
    }
}
