//! A run that ends before its first row but after `--create-groups` created groups is not a
//! refusal, and names these groups.

use std::fs;

use crate::harness::{
    Pool, ProcessOutput, ProgramCommand, TestDir, TestEndpoint, TestReply, head, quick, users,
    wait_until,
};

fn import(dir: &TestDir, pool: &Pool, endpoint: &TestEndpoint) -> ProgramCommand {
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

fn denied() -> TestReply {
    TestReply::error("AccessDeniedException", "not authorized")
}

#[track_caller]
fn assert_names_the_created_group(output: &ProcessOutput, code: i32, name: &str) {
    assert_eq!(output.code, Some(code), "{}", output.stderr);
    let document = output.document();
    assert_eq!(document["exit_name"], name);
    assert!(output.stderr.contains("crew"), "{}", output.stderr);
}

#[test]
fn a_group_that_fails_after_another_was_created_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let endpoint = TestEndpoint::start(&pool, |request| {
        match (
            request.operation.as_str(),
            request.body["GroupName"].as_str(),
        ) {
            ("CreateGroup", Some("night")) => denied(),
            _ => TestReply::Forward,
        }
    });
    let output = import(&dir, &pool, &endpoint).run();
    assert_names_the_created_group(&output, 4, "stopped");
    output.names(["night", "AccessDeniedException"]);
    assert_eq!(pool.requests("SignUp"), 0);
    // The same command finds the group and creates none, so this time it is a refusal.
    import(&dir, &pool, &endpoint).run().exits(3);
    assert_eq!(pool.requests("CreateGroup"), 1);
}

#[test]
fn a_group_creation_without_an_answer_counts_as_sent() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "CreateGroup" => TestReply::ForwardThen(Box::new(TestReply::Bytes(Vec::new()))),
        _ => TestReply::Forward,
    });
    let output = import(&dir, &pool, &endpoint)
        .args(["--preflight-timeout", "1s"])
        .run();
    assert_names_the_created_group(&output, 4, "stopped");
}

#[test]
fn a_run_directory_that_cannot_be_created_after_the_groups_stops_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let run = dir.path("run");
    let endpoint = TestEndpoint::start(&pool, move |request| {
        if request.operation == "CreateGroup" {
            fs::write(&run, "a file in the directory's place").unwrap();
        }
        TestReply::Forward
    });
    let output = import(&dir, &pool, &endpoint).run();
    assert_names_the_created_group(&output, 4, "stopped");
    output.names(["crew", "night"]);
}

#[test]
fn a_signal_between_the_groups_and_the_first_row_names_the_created_groups() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let endpoint = TestEndpoint::start(&pool, |request| {
        match (
            request.operation.as_str(),
            request.body["GroupName"].as_str(),
        ) {
            ("CreateGroup", Some("night")) => TestReply::Drip(head(200, "content-length: 100000")),
            _ => TestReply::Forward,
        }
    });
    let running = import(&dir, &pool, &endpoint).start();
    wait_until("the second group", || {
        (endpoint.requests("CreateGroup") == 2).then_some(())
    });
    running.signal("INT");
    let output = running.wait();
    assert_names_the_created_group(&output, 130, "sigint");
    output.names(["crew"]);
}
