//! A run that ends before its first row but after `--create-groups` created groups must not report
//! "refused, nothing sent".

use std::fs;

use serde_json::Value;

use crate::harness::{
    Cli, Endpoint, Pool, ProcessOutput, Reply, TestDir, head, quick, users, wait_until,
};

fn import(dir: &TestDir, pool: &Pool, endpoint: &Endpoint) -> Cli {
    let list = dir.file("users.csv", users(2));
    dir.import(pool, list).args([
        "--endpoint-url",
        &endpoint.url(),
        "--group",
        "crew",
        "--group",
        "night",
        "--create-groups",
        "--output",
        "json",
    ])
}

fn denied() -> Reply {
    Reply::error("AccessDeniedException", "not authorized")
}

#[track_caller]
fn assert_reports_something_sent(output: &ProcessOutput, code: i32, name: &str) {
    assert_eq!(output.code, Some(code), "{}", output.stderr);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["exit_name"], name);
    for text in [&output.stdout, &output.stderr] {
        for claim in ["nothing was sent", "before anything was sent"] {
            assert!(!text.contains(claim), "{text}");
        }
    }
    assert!(output.stderr.contains("crew"), "{}", output.stderr);
}

#[test]
fn a_group_that_fails_after_another_was_created_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let endpoint = Endpoint::start(&pool, |request| {
        match (
            request.operation.as_str(),
            request.body["GroupName"].as_str(),
        ) {
            ("CreateGroup", Some("night")) => denied(),
            _ => Reply::Forward,
        }
    });
    let output = import(&dir, &pool, &endpoint).run();
    assert_reports_something_sent(&output, 4, "stopped");
    output.says([
        "group night: ",
        "AccessDeniedException",
        "groups created before that: crew",
    ]);
    assert_eq!(pool.requests("SignUp"), 0);
    // The same command finds the group and creates none, so this time it is a refusal.
    let output = import(&dir, &pool, &endpoint).run().exits(3);
    assert!(
        !output.stderr.contains("groups created"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_group_creation_without_an_answer_counts_as_sent() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let endpoint = Endpoint::start(&pool, |request| match request.operation.as_str() {
        "CreateGroup" => Reply::ForwardThen(Box::new(Reply::Bytes(Vec::new()))),
        _ => Reply::Forward,
    });
    let output = import(&dir, &pool, &endpoint)
        .args(["--preflight-timeout", "1s"])
        .run();
    assert_reports_something_sent(&output, 4, "stopped");
}

#[test]
fn a_run_directory_that_cannot_be_created_after_the_groups_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let run = dir.path("run");
    let endpoint = Endpoint::start(&pool, move |request| {
        if request.operation == "CreateGroup" {
            fs::write(&run, "a file in the directory's place").unwrap();
        }
        Reply::Forward
    });
    let output = import(&dir, &pool, &endpoint).run();
    assert_reports_something_sent(&output, 4, "stopped");
    output.says(["groups created before that: crew, night"]);
}

#[test]
fn a_signal_between_the_groups_and_the_first_row_does_not_claim_that_nothing_was_sent() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let endpoint = Endpoint::start(&pool, |request| {
        match (
            request.operation.as_str(),
            request.body["GroupName"].as_str(),
        ) {
            ("CreateGroup", Some("night")) => Reply::Drip(head(200, "content-length: 100000")),
            _ => Reply::Forward,
        }
    });
    let running = import(&dir, &pool, &endpoint).start();
    wait_until("the second group", || {
        (endpoint.requests("CreateGroup") == 2).then_some(())
    });
    running.signal("INT");
    let output = running.wait();
    assert_reports_something_sent(&output, 130, "sigint");
    output.says(["stopped before the first row; groups created: crew"]);
}
