//! `report --compare`: differences between two nightly runs.

use std::fs;

use cognito_import::rehearsal::{ExistingUser, UserStatus};
use serde_json::{Value, json};

use crate::harness::{CsvRow, Pool, TestDir, quick, users_numbered};

const BEFORE: &str = "username,password,email\n\
    Ann,Passw0rd!,ann@example.com\n\
    bob,short,bob@example.com\n\
    cy,Passw0rd!,cy@example.com\n\
    dee,Passw0rd!,dee@example.com\n\
    dee,Passw0rd!,dee@example.com\n\
    only,two\n";

const AFTER: &str = "username,password,email\n\
    ann,Passw0rd!,ann@example.com\n\
    bob,Passw0rd!,bob@example.com\n\
    cy,Passw0rd!,cy@example.com\n\
    =eve,Passw0rd!,eve@example.com\n";

/// A pool in which `cy` already exists.
fn pool() -> Pool {
    let mut settings = quick();
    settings.existing.push(ExistingUser {
        username: "cy".to_owned(),
        status: UserStatus::Unconfirmed,
        ..ExistingUser::default()
    });
    Pool::start(settings)
}

/// Runs two imports, `monday` and `tuesday`, and confirms `cy` in between.
fn two_nights(dir: &TestDir) {
    let before = dir.file("monday.csv", BEFORE);
    let after = dir.file("tuesday.csv", AFTER);
    let pool = pool();
    let night = |pool: &Pool, list, run: &'static str| {
        let args = ["--run-dir", run, "--no-preflight", "--prescan", "never"];
        dir.import(pool, list).args(args).run()
    };
    night(&pool, before, "monday").exits(1);
    let sdk = pool.sdk();
    let confirmed = sdk
        .client
        .admin_confirm_sign_up()
        .user_pool_id(&pool.settings().pool_id)
        .username("cy")
        .send();
    sdk.wait(confirmed).unwrap();
    night(&pool, after, "tuesday").exits(0);
}

#[test]
fn compare_reports_new_removed_and_changed_users() {
    let dir = TestDir::new();
    two_nights(&dir);
    let compare = dir.cli("report").args(["--compare", "monday", "tuesday"]);
    let document = compare.json().run().exits(0).document();
    let counts = ["new", "vanished", "changed", "unchanged"];
    assert_eq!(counts.map(|name| &document[name]), [1, 1, 2, 1]);
    let before = &document["before"];
    assert_eq!(
        (&before["rows"], &before["nameless"]),
        (&json!(6), &json!(1))
    );
    let groups = document["groups"].as_array().unwrap();
    let group = |change: &str, field: Value, before: Value, after: Value, example: Value| json!({"change": change, "field": field, "before": before, "after": after, "users": 1, "examples": [example]});
    let example = |username: &str, row: u64| json!({"username": username, "row": row});
    let expected = [
        group(
            "new",
            json!(null),
            json!(null),
            json!("created"),
            example("=eve", 4),
        ),
        group(
            "vanished",
            json!(null),
            json!("created"),
            json!(null),
            example("dee", 4),
        ),
        group(
            "changed",
            json!("outcome"),
            json!("rejected"),
            json!("created"),
            example("bob", 2),
        ),
        group(
            "changed",
            json!("user_status"),
            json!("UNCONFIRMED"),
            json!("CONFIRMED"),
            example("cy", 3),
        ),
    ];
    for group in &expected {
        assert!(groups.contains(group), "{group} in {groups:#?}");
    }
    // Monday created Ann, so she exists on Tuesday.
    let mentions_ann = |group: &Value| group["examples"][0]["username"] == "ann";
    assert!(!groups.iter().any(mentions_ann), "{groups:#?}");
    assert!(!dir.path("monday/changes.csv").exists());
}

#[test]
fn the_file_has_every_change_and_the_output_few_examples() {
    let dir = TestDir::new();
    let first = dir.file("first.csv", users_numbered(1..=40));
    let second = dir.file("second.csv", users_numbered(21..=60));
    for (list, run) in [(first, "first"), (second, "second")] {
        dir.rehearse(list)
            .args(["--run-dir", run, "--rate", "500", "--quota", "1000"])
            .run()
            .exits(0);
    }
    let compare = || dir.cli("report").args(["--compare", "first", "second"]);
    let output = compare()
        .args(["--changes-csv", "changes.csv", "--examples", "2"])
        .run()
        .exits(0)
        .names(["changes.csv"]);
    for datum in ["user0041 (row 21)", "user0042 (row 22)"] {
        assert!(output.stdout.contains(datum), "{}", output.stdout);
    }
    assert!(!output.stdout.contains("user0043"), "{}", output.stdout);
    let mut csv = csv::Reader::from_path(dir.path("changes.csv")).unwrap();
    let lines: Vec<CsvRow> = csv.deserialize().map(Result::unwrap).collect();
    let of = |change: &str| lines.iter().filter(|line| line["change"] == change).count();
    assert_eq!((of("new"), of("vanished")), (20, 20));
    let eve = lines
        .iter()
        .find(|line| line["username"] == "user0041")
        .unwrap();
    assert_eq!(
        (eve["row_before"].as_str(), eve["row_after"].as_str()),
        ("", "21")
    );
    assert_eq!(
        (
            eve["outcome_before"].as_str(),
            eve["outcome_after"].as_str()
        ),
        ("", "created")
    );
    let output = compare()
        .args(["--output", "json", "--examples", "0"])
        .run()
        .exits(0);
    let document = output.document();
    assert_eq!(document["exit_name"], "done");
    assert_eq!(
        (&document["new"], &document["vanished"]),
        (&json!(20), &json!(20))
    );
    // Each rehearsal pool assigns different IDs, which say nothing about the users.
    assert_eq!(
        (&document["changed"], &document["unchanged"]),
        (&json!(0), &json!(20))
    );
    let group = &document["groups"][0];
    assert_eq!(
        *group,
        json!({"change": "new", "field": null, "before": null, "after": "created", "users": 20, "examples": []})
    );
    assert_eq!(document["before"]["rows"], 40);
    assert_eq!(document["file"], Value::Null);
}

/// Imports the list into `run` with steps after the sign-up.
fn confirming(dir: &TestDir, pool: &Pool, run: &'static str, list: &str) {
    let list = dir.file("users.csv", list);
    dir.import(pool, list)
        .args(["--run-dir", run, "--confirm", "--verify", "email"])
        .run()
        .exits(1);
}

#[test]
fn a_night_without_news_has_no_changes() {
    let dir = TestDir::new();
    // A lost answer is looked up before the steps, when the user is not confirmed yet.
    let mut settings = quick();
    settings.faults.commit_then_drop = 0.5;
    let pool = Pool::start(settings);
    let list = users_numbered(1..=20) + "broken,short,broken@example.com\n";
    for night in ["monday", "tuesday"] {
        confirming(&dir, &pool, night, &list);
    }
    let evidence = |row: &CsvRow| row["evidence"] == "lookup";
    assert!(dir.results_in("monday").rows.iter().any(evidence));
    let compare = dir.cli("report").args(["--compare", "monday", "tuesday"]);
    let document = compare.json().run().exits(0).document();
    let counts = ["new", "vanished", "changed", "unchanged"];
    assert_eq!(
        counts.map(|name| &document[name]),
        [0, 0, 0, 21],
        "{document:#}"
    );
}

#[test]
fn a_user_who_was_created_again_and_a_row_that_is_broken_otherwise_have_changed() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = |broken: &str| format!("{}broken,{broken}\n", users_numbered(1..=2));
    confirming(&dir, &pool, "monday", &list("short,broken@example.com"));
    let sdk = pool.sdk();
    let deleted = sdk
        .client
        .admin_delete_user()
        .user_pool_id(&pool.settings().pool_id)
        .username("user0001")
        .send();
    sdk.wait(deleted).unwrap();
    confirming(&dir, &pool, "tuesday", &list("Passw0rd!1,nowhere"));
    let compare = dir.cli("report").args(["--compare", "monday", "tuesday"]);
    let document = compare.json().run().exits(0).document();
    assert_eq!(document["changed"], 2);
    let groups = document["groups"].as_array().unwrap();
    let found: Vec<_> = groups
        .iter()
        .map(|group| {
            let text = |name: &str| group[name].as_str().unwrap_or_default();
            [text("field"), text("before"), text("after")]
        })
        .collect();
    assert_eq!(
        found,
        [
            ["error_code", "password.policy", "email.format"],
            ["user_sub", "", ""],
        ]
    );
}

#[test]
fn formulas_in_the_file_are_defused() {
    let dir = TestDir::new();
    two_nights(&dir);
    let args = [
        "--compare",
        "monday",
        "tuesday",
        "--changes-csv",
        "changes.csv",
        "--quiet",
    ];
    let output = dir.cli("report").args(args).run().exits(0);
    assert_eq!(output.stderr, "");
    let changes = fs::read_to_string(dir.path("changes.csv")).unwrap();
    assert!(changes.contains("new,'=eve,,4,,,created,"), "{changes}");
    assert!(
        changes.contains(
            "changed,cy,3,3,user_status confirmed,existed,existed,UNCONFIRMED,CONFIRMED,"
        ) || changes.contains("changed,cy,3,3,user_status,existed,existed,UNCONFIRMED,CONFIRMED,"),
        "{changes}"
    );
}

#[test]
fn unrelated_runs_are_compared_only_on_request() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users_numbered(1..=2));
    dir.rehearse(list)
        .args(["--run-dir", "rehearsed"])
        .run()
        .exits(0);
    let run = |settings| {
        let pool = Pool::start(settings);
        let run = if pool.settings().pool_id.ends_with("Other") {
            "other"
        } else {
            "run"
        };
        dir.import(&pool, list)
            .args(["--run-dir", run])
            .run()
            .exits(0);
    };
    run(quick());
    run(cognito_import::rehearsal::PoolSettings {
        pool_id: "us-east-1_Other".to_owned(),
        ..quick()
    });
    let compare = |one, other| dir.cli("report").args(["--compare", one, other]);
    compare("rehearsed", "run").run().exits(3).names([
        "rehearsed",
        "rehearsal",
        "import",
        "--compare-unlike",
    ]);
    let output = compare("run", "other").json().run().exits(3);
    let output = output.names(["us-east-1_Rehearsal", "us-east-1_Other"]);
    let document = output.document();
    assert!(
        document["error"]["what_to_do"]
            .as_str()
            .unwrap()
            .contains("--compare-unlike")
    );
    compare("run", "other")
        .arg("--compare-unlike")
        .run()
        .exits(0);
    compare("run", "nowhere")
        .run()
        .exits(3)
        .names(["nowhere/ledger.db"]);
    dir.cli("report").args(["--compare", "run"]).run().exits(2);
    dir.cli("report")
        .args(["run", "--compare", "run", "other"])
        .run()
        .exits(2);
    dir.cli("report").run().exits(2).names(["RUN_DIR"]);
    dir.cli("report")
        .args(["run", "--changes-csv", "x.csv"])
        .run()
        .exits(2);
}

#[test]
fn a_tampered_ledger_row_is_refused() {
    let dir = TestDir::new();
    two_nights(&dir);
    let ledger = dir.path("tuesday/ledger.db");
    let mut bytes = fs::read(&ledger).unwrap();
    let at = bytes
        .windows(9)
        .position(|window| window == b"CONFIRMED")
        .unwrap();
    bytes[at..at + 9].copy_from_slice(b"ARCHIVED!");
    fs::write(&ledger, bytes).unwrap();
    let args = [
        "--compare",
        "monday",
        "tuesday",
        "--changes-csv",
        "changes.csv",
    ];
    dir.cli("report")
        .args(args)
        .run()
        .exits(3)
        .names(["tuesday/ledger.db"]);
    assert!(!dir.path("changes.csv").exists());
}
