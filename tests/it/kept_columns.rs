//! `--keep`: columns copied into the results, such as an old ID next to every outcome.

use std::fs;

use cognito_import::rehearsal::LateFault;
use serde_json::json;

use crate::harness::{Pool, TestDir, existing_user, quick};

#[test]
fn kept_cells_accompany_every_outcome_in_both_results() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.existing.push(existing_user("bob"));
    let pool = Pool::start(settings);
    let list = "\
row,Old ID,username,password,email
=1+1, 17 ,ann,Passw0rd!,ann@example.com
b,18,bob,Passw0rd!,bob@example.com
c,19,ANN,Passw0rd!,ann@example.com
d,20,,Passw0rd!,x@example.com
e,21,weak,password,weak@example.com
f,22,short
";
    let list = dir.file("users.csv", list);
    dir.import(&pool, list)
        .args(["--keep", "old id", "--keep", "row", "--no-preflight"])
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(
        results.outcomes(),
        [
            "created",
            "existed",
            "duplicate",
            "invalid",
            "rejected",
            "invalid"
        ]
    );
    // They come last and keep their names, unless a results column has the same name.
    assert_eq!(
        results.header[17..],
        [
            "delivery",
            "follow_up",
            "confirmed_at_sign_up",
            "differs",
            "updated",
            "new",
            "known",
            "kept_row",
            "Old ID"
        ]
    );
    let cells: Vec<(&str, &str)> = results
        .rows
        .iter()
        .map(|row| (&*row["kept_row"], &*row["Old ID"]))
        .collect();
    assert_eq!(
        cells,
        [
            ("'=1+1", " 17 "),
            ("b", "18"),
            ("c", "19"),
            ("d", "20"),
            ("e", "21"),
            ("", "")
        ]
    );
    assert_eq!(
        results.lines[0]["kept"],
        json!({"row": "=1+1", "Old ID": " 17 "}),
        "nothing is defused"
    );
    assert_eq!(
        results.lines[5]["kept"],
        json!({"row": null, "Old ID": null}),
        "cells may have moved"
    );
    // They can be regenerated from the ledger alone.
    let before = fs::read(dir.path("run/results.csv")).unwrap();
    fs::remove_file(dir.path("run/results.csv")).unwrap();
    dir.cli("report").arg("run").run();
    assert_eq!(fs::read(dir.path("run/results.csv")).unwrap(), before);
}

#[test]
fn without_keep_results_have_no_extra_columns() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", crate::harness::users(2));
    dir.rehearse(list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.header.len(), 24);
    let mut lines = results.lines.iter();
    assert!(lines.all(|line| line.get("kept").is_none()));
}

/// A list of `count` users with old IDs.
fn with_ids(count: usize) -> String {
    let row =
        |number| format!("old{number},user{number},Passw0rd!{number},user{number}@example.com\n");
    std::iter::once("ID,username,password,email\n".to_owned())
        .chain((1..=count).map(row))
        .collect()
}

#[track_caller]
fn assert_every_row_has_its_id(dir: &TestDir, count: usize) {
    let results = dir.results();
    let ids: Vec<&str> = results.rows.iter().map(|row| &*row["ID"]).collect();
    let expected: Vec<String> = (1..=count).map(|number| format!("old{number}")).collect();
    assert_eq!(ids, expected);
}

#[test]
fn kept_cells_survive_a_kill_and_accompany_rows_in_doubt() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.answer_late = LateFault {
        probability: 0.5,
        delay_ms: 60_000,
    };
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", with_ids(40));
    let import = || {
        dir.import(&pool, list)
            .args(["--keep", "ID", "--rate", "100", "--attempt-timeout", "2s"])
    };
    let running = import().start();
    pool.wait_for_requests("SignUp", 10);
    running.signal("KILL");
    running.wait();
    dir.cli("report").arg("run").run().exits(4);
    let results = dir.results();
    assert!(results.count("in_doubt") > 0, "{:?}", results.counts());
    assert_every_row_has_its_id(&dir, results.rows.len());
    let pool = pool.restart_with(|settings| settings.faults.answer_late = LateFault::default());
    dir.import(&pool, list)
        .args(["--keep", "ID"])
        .run()
        .exits(0);
    assert_every_row_has_its_id(&dir, 40);
}

#[test]
fn kept_cells_accompany_unsent_rows() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", with_ids(200));
    let running = dir
        .import(&pool, list)
        .args(["--keep", "ID", "--rate", "100"])
        .start();
    pool.wait_for_requests("SignUp", 10);
    running.signal("TERM");
    running.wait().exits(143);
    assert!(dir.results().count("unsent") > 0);
    assert_every_row_has_its_id(&dir, 200);
    dir.import(&pool, list)
        .args(["--keep", "ID"])
        .run()
        .exits(0);
    assert_every_row_has_its_id(&dir, 200);
}
