//! Groups that `--create-groups` created, and a run that ends before its first row: that is not "refused, nothing sent".

use std::fs;

use serde_json::Value;

use crate::harness::{Cli, Endpoint, Place, Pool, Ran, Reply, head, quick, until, users};

fn import(place: &Place, pool: &Pool, endpoint: &Endpoint) -> Cli {
    let list = place.file("users.csv", users(2));
    place.import(pool, list).args([
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
fn claims_that_something_was_sent(ran: &Ran, code: i32, name: &str) {
    assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["exit_name"], name);
    for text in [&ran.stdout, &ran.stderr] {
        for claim in ["nothing was sent", "before anything was sent"] {
            assert!(!text.contains(claim), "{text}");
        }
    }
    assert!(ran.stderr.contains("crew"), "{}", ran.stderr);
}

#[test]
fn a_group_that_fails_after_another_was_created_stops_the_run() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let endpoint = Endpoint::start(&pool, |request| {
        match (
            request.operation.as_str(),
            request.body["GroupName"].as_str(),
        ) {
            ("CreateGroup", Some("night")) => denied(),
            _ => Reply::Pass,
        }
    });
    let ran = import(&place, &pool, &endpoint).run();
    claims_that_something_was_sent(&ran, 4, "stopped");
    ran.says([
        "group night: ",
        "AccessDeniedException",
        "groups created before that: crew",
    ]);
    assert_eq!(pool.asked("SignUp"), 0);
    // The same command finds the group, and creates none: so this time it is a refusal.
    let ran = import(&place, &pool, &endpoint).run().exits(3);
    assert!(!ran.stderr.contains("groups created"), "{}", ran.stderr);
}

#[test]
fn a_group_whose_creation_has_no_answer_counts_as_sent() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let endpoint = Endpoint::start(&pool, |request| match request.operation.as_str() {
        "CreateGroup" => Reply::Instead(Box::new(Reply::Bytes(Vec::new()))),
        _ => Reply::Pass,
    });
    let ran = import(&place, &pool, &endpoint)
        .args(["--preflight-timeout", "1s"])
        .run();
    claims_that_something_was_sent(&ran, 4, "stopped");
}

#[test]
fn a_run_directory_that_cannot_be_created_after_the_groups_stops_the_run() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let run = place.path("run");
    let endpoint = Endpoint::start(&pool, move |request| {
        if request.operation == "CreateGroup" {
            fs::write(&run, "a file in the directory's place").unwrap();
        }
        Reply::Pass
    });
    let ran = import(&place, &pool, &endpoint).run();
    claims_that_something_was_sent(&ran, 4, "stopped");
    ran.says(["groups created before that: crew, night"]);
}

#[test]
fn a_signal_between_the_groups_and_the_first_row_does_not_claim_that_nothing_was_sent() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let endpoint = Endpoint::start(&pool, |request| {
        match (
            request.operation.as_str(),
            request.body["GroupName"].as_str(),
        ) {
            ("CreateGroup", Some("night")) => Reply::Drip(head(200, "content-length: 100000")),
            _ => Reply::Pass,
        }
    });
    let running = import(&place, &pool, &endpoint).start();
    until("the second group", || {
        (endpoint.asked("CreateGroup") == 2).then_some(())
    });
    running.signal("INT");
    let ran = running.end();
    claims_that_something_was_sent(&ran, 130, "sigint");
    ran.says(["stopped before the first row; groups created: crew"]);
}
