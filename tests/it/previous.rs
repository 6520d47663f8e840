//! `--previous`: the brake on lists that shrank, known problems, and what changed since the night
//! before.

mod brake;
mod choice;
mod repeated;
mod resume;
mod unreadable;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{CsvRow, MotoBucket, Pool, ProgramCommand, TestDir, quick, users_numbered};

/// An import of `users.csv` with this content into `nightly/NIGHT`.
fn night(dir: &TestDir, pool: &Pool, night: &str, list: &str) -> ProgramCommand {
    let list = dir.file("users.csv", list);
    let run = format!("nightly/{night}");
    dir.import(pool, list).args(["--run-dir", &run])
}

/// The same, compared with the newest finished run.
fn next_night(dir: &TestDir, pool: &Pool, name: &str, list: &str) -> ProgramCommand {
    night(dir, pool, name, list).args(["--previous", "last"])
}

fn results_of(dir: &TestDir, night: &str) -> crate::harness::Results {
    dir.results_in(&format!("nightly/{night}"))
}

/// What `summary.json` says about the previous run.
fn differences(dir: &TestDir, night: &str) -> Value {
    let previous = &results_of(dir, night).summary["previous"];
    previous["differences"].clone()
}

/// The usernames in `vanished.csv`.
fn vanished(dir: &TestDir, night: &str) -> Vec<String> {
    let file = dir.path(&format!("nightly/{night}/vanished.csv"));
    let mut csv = csv::Reader::from_path(file).unwrap();
    let rows = csv.deserialize().map(|row| {
        let row: CsvRow = row.unwrap();
        row["username"].clone()
    });
    rows.collect()
}

/// The usernames of the rows with this mark in `results.csv`, which `results.jsonl` repeats.
fn marked(dir: &TestDir, night: &str, mark: &str) -> Vec<String> {
    let results = results_of(dir, night);
    let marks = results.rows.iter().map(|row| row[mark] == "true");
    let repeated = results.lines.iter().map(|line| line[mark] == json!(true));
    assert!(marks.eq(repeated));
    let rows = results.rows.iter().filter(|row| row[mark] == "true");
    rows.map(|row| row["username"].clone()).collect()
}

/// Two users, a row that breaks a rule, and one that the pool rejects.
const MONDAY: &str = "username,password,email\n\
    Ann,Passw0rd!1,ann@example.com\n\
    bob,Passw0rd!1,bob@example.com\n\
    c y,Passw0rd!1,cy@example.com\n\
    dee,short,dee@example.com\n";

/// The pool's password policy is unknown, so it rejects `dee`.
const UNCHECKED: [&str; 1] = ["--no-preflight"];

#[test]
fn known_problems_do_not_change_the_exit_code() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    // The first night must not fail because there is nothing to compare with.
    next_night(&dir, &pool, "1", MONDAY)
        .args(UNCHECKED)
        .run()
        .exits(1)
        .names(["--previous"]);
    assert_eq!(results_of(&dir, "1").summary["previous"], Value::Null);
    let tuesday = next_night(&dir, &pool, "2", MONDAY).args(UNCHECKED).json();
    let document = tuesday.run().exits(0).document();
    assert_eq!(document["exit_name"], "done");
    let previous = &document["summary"]["previous"];
    assert_eq!(
        (&previous["run_directory"], &previous["rows"]),
        (&json!("nightly/1"), &json!(4))
    );
    let expected = json!({"new": 0, "vanished": 0, "differing": 0, "known": 2, "newly_broken": 0});
    assert_eq!(previous["differences"], expected);
    assert_eq!(marked(&dir, "2", "known"), ["c y", "dee"]);
    let results = results_of(&dir, "2");
    assert_eq!(results.for_user("c y")["outcome"], "invalid");
    assert_eq!(results.for_user("dee")["outcome"], "rejected");
    assert!(dir.path("nightly/2/rejects.csv").exists());
    dir.cli("report").arg("nightly/2").run().exits(0);
    // Known problems stay known.
    next_night(&dir, &pool, "3", MONDAY)
        .args(UNCHECKED)
        .run()
        .exits(0);
    assert_eq!(marked(&dir, "3", "known"), ["c y", "dee"]);
}

/// A row with a bcrypt hash as its password, which is never sent.
const HASHED: &str =
    "cy,$2y$10$abcdefghijklmnopqrstuuVnAN7LDbIu8JnPH8ilTPKlGiMiPxgRO,cy@example.com\n";

#[test]
fn other_problems_still_do() {
    let header = "username,password,email\n";
    let ann = "ann,Passw0rd!1,ann@example.com\n";
    let broken = "cy,password!1,cy@example.com\n";
    for (name, before, after) in [
        ("another user", broken, "dee,Passw0rd!1,nowhere\n"),
        ("another code", broken, "cy,short,cy@example.com\n"),
        ("another message", broken, "cy,PASSWORD!1,cy@example.com\n"),
        (
            "a user who was fine",
            "cy,Passw0rd!1,cy@example.com\n",
            HASHED,
        ),
        // Nothing says that both are the same person.
        (
            "no username",
            ",Passw0rd!1,cy@example.com\n",
            ",Passw0rd!1,cy@example.com\n",
        ),
        (
            "duplicates",
            "ann,Passw0rd!1,ann@example.com\n",
            "ann,Passw0rd!1,ann@example.com\n",
        ),
    ] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let before = format!("{header}{ann}{before}");
        night(&dir, &pool, "1", &before).args(UNCHECKED).run();
        let after = format!("{header}{ann}{after}");
        let output = next_night(&dir, &pool, "2", &after).args(UNCHECKED).run();
        assert_eq!(output.code, Some(1), "{name}\n{}", output.stderr);
        assert_eq!(differences(&dir, "2")["known"], 0, "{name}");
        assert_eq!(marked(&dir, "2", "known"), [""; 0], "{name}");
    }
}

#[test]
fn new_and_vanished_users_are_counted_and_named() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let monday = format!("{MONDAY}gone,Passw0rd!1,gone@example.com\n");
    night(&dir, &pool, "1", &monday)
        .args(UNCHECKED)
        .run()
        .exits(1);
    // Ann is written otherwise, which this pool ignores. `c y` was never in the pool.
    let tuesday = "username,password,email\n\
        ann,Passw0rd!1,ann@example.com\n\
        dee,short,dee@example.com\n\
        new,Passw0rd!1,new@example.com\n\
        new,Passw0rd!1,new@example.com\n\
        worse,short,worse@example.com\n";
    next_night(&dir, &pool, "2", tuesday)
        .args(UNCHECKED)
        .run()
        .exits(1);
    let expected = json!({"new": 2, "vanished": 2, "differing": 0, "known": 1, "newly_broken": 1});
    assert_eq!(differences(&dir, "2"), expected);
    assert_eq!(marked(&dir, "2", "new"), ["new", "worse"]);
    assert_eq!(marked(&dir, "2", "known"), ["dee"]);
    assert_eq!(vanished(&dir, "2"), ["bob", "gone"]);
    // A known problem that vanishes is named, too.
    let wednesday = "username,password,email\nann,Passw0rd!1,ann@example.com\n";
    next_night(&dir, &pool, "3", wednesday).run().exits(0);
    assert_eq!(vanished(&dir, "3"), ["dee", "new"]);
}

/// The reports in a run directory, without times that depend on when they were written.
fn reports(run: &Path) -> Vec<(String, Vec<u8>)> {
    [
        "results.csv",
        "results.jsonl",
        "vanished.csv",
        "summary.json",
        "report.html",
    ]
    .map(|name| (name.to_owned(), fs::read(run.join(name)).unwrap()))
    .to_vec()
}

#[test]
fn reports_do_not_need_the_previous_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    night(&dir, &pool, "1", MONDAY).run().exits(1);
    let list =
        "username,password,email\nnew,Passw0rd!1,new@example.com\nc y,Passw0rd!1,cy@example.com\n";
    next_night(&dir, &pool, "2", list).run().exits(0);
    fs::remove_dir_all(dir.path("nightly/1")).unwrap();
    let run = dir.path("nightly/2");
    let before = reports(&run);
    for (name, _) in &before {
        fs::remove_file(run.join(name)).unwrap();
    }
    dir.cli("report").arg("nightly/2").run().exits(0);
    assert_eq!(reports(&run), before);
    // The same command has nothing left to do.
    next_night(&dir, &pool, "2", list).run().exits(0);
    assert_eq!(reports(&run), before);
}

#[test]
fn a_rehearsal_is_compared_with_any_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    night(&dir, &pool, "1", MONDAY).run().exits(1);
    let rehearse = |run: &str, previous: &str| {
        dir.rehearse("users.csv")
            .args(["--run-dir", run, "--previous", previous])
            .run()
    };
    rehearse("nightly/2", "nightly/1").exits(0);
    rehearse("nightly/3", "last").exits(0);
    let previous = &results_of(&dir, "3").summary["previous"];
    assert_eq!(previous["run_directory"], "nightly/2");
    // An import is not compared with a rehearsal.
    next_night(&dir, &pool, "4", MONDAY).run().exits(0);
    let previous = &results_of(&dir, "4").summary["previous"];
    assert_eq!(previous["run_directory"], "nightly/1");
}

#[test]
fn runs_in_s3_are_compared_with_those_next_to_them() {
    let Some(bucket) = MotoBucket::create("nightly") else {
        return;
    };
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let night = |night: &str, list: &str| {
        let list = dir.file("users.csv", list);
        let run = bucket.address(&format!("nightly/{night}/"));
        let import = dir.import(&pool, list).args(["--run-dir", &run]);
        bucket
            .with_endpoint(import.args(["--previous", "last"]))
            .json()
            .run()
    };
    night("1", MONDAY).exits(1);
    let document = night("2", MONDAY).exits(0).document();
    let previous = |document: &Value| document["summary"]["previous"]["run_directory"].clone();
    assert_eq!(previous(&document), bucket.address("nightly/1/"));
    assert_eq!(document["summary"]["previous"]["differences"]["known"], 2);
    assert!(document["files"]["vanished.csv"].is_string());
    // A list of another name has no previous run.
    let other = dir.file("other.csv", users_numbered(1..=1));
    let run = bucket.address("nightly/3/");
    let import = dir.import(&pool, other).args(["--run-dir", &run]);
    let import = bucket
        .with_endpoint(import.args(["--previous", "last"]))
        .json();
    assert_eq!(previous(&import.run().exits(0).document()), Value::Null);
    let named = dir
        .import(&pool, "users.csv")
        .args(["--run-dir", "nightly/4"]);
    let named = named.args(["--previous", &bucket.address("nightly/2/")]);
    let document = bucket.with_endpoint(named).json().run().exits(0).document();
    assert_eq!(previous(&document), bucket.address("nightly/2/"));
}
