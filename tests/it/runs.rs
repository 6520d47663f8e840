//! `runs` lists run directories in every state.

mod commands;
mod latest;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Pool, ProgramCommand, TestDir, quick, silent, users, users_numbered};

/// Where SQLite keeps `user_version`, the format of a ledger.
const FORMAT_AT: usize = 60;

fn import_into(dir: &TestDir, pool: &Pool, list: &str, run: &str) -> ProgramCommand {
    dir.import(pool, list).args(["--run-dir", run])
}

/// The runs that `runs` lists in `nightly`.
#[track_caller]
fn listed(dir: &TestDir) -> Vec<Value> {
    let runs = dir.cli("runs").arg("nightly").json().run().exits(0);
    runs.document()["runs"].as_array().unwrap().clone()
}

/// Directories and states of these runs.
fn states(runs: &[Value]) -> Vec<(&str, &str)> {
    let text = |run: &'_ Value, name: &str| run[name].as_str().unwrap().to_owned();
    runs.iter()
        .map(|run| {
            let directory = run["run_directory"].as_str().unwrap();
            assert!(text(run, "started").as_str() > "2020", "{run}");
            let name = directory.strip_prefix("nightly/").unwrap();
            (name, run["state"].as_str().unwrap())
        })
        .collect()
}

/// The content of every file below this directory, except the index of a log.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path.to_str().unwrap().ends_with("-shm") {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn every_state_is_listed_and_nothing_changes() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(2) + "broken,short,broken@example.com\n");
    for run in [
        "nightly/1",
        "nightly/2",
        "nightly/3",
        "nightly/4",
        "nightly/5",
    ] {
        import_into(&dir, &pool, list, run).run().exits(1);
    }
    dir.undo_in(&pool, "nightly/1").run().exits(0);
    fs::remove_file(dir.path("nightly/3/ledger.db")).unwrap();
    let mut newer = fs::read(dir.path("nightly/4/ledger.db")).unwrap();
    newer[FORMAT_AT..FORMAT_AT + 4].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(dir.path("nightly/4/ledger.db"), newer).unwrap();
    fs::write(dir.path("nightly/5/ledger.db"), "not a database").unwrap();
    let slow = dir.file("slow.csv", users_numbered(101..=200));
    let running = import_into(&dir, &pool, slow, "nightly/6")
        .args(["--rate", "50"])
        .start();
    pool.wait_for_requests("SignUp", 20);
    running.signal("KILL");
    running.wait();
    let stopped = import_into(&dir, &pool, slow, "nightly/7").args(["--rate", "20"]);
    stopped.args(["--deadline", "3s"]).run().exits(4);
    dir.rehearse(list)
        .args(["--run-dir", "nightly/8"])
        .run()
        .exits(1);
    fs::create_dir(dir.path("nightly/no run")).unwrap();
    fs::write(dir.path("nightly/notes.txt"), "").unwrap();

    let before = files(&dir.path("nightly"));
    let runs = listed(&dir);
    assert_eq!(files(&dir.path("nightly")), before);
    assert_eq!(
        states(&runs),
        [
            ("8", "finished"),
            ("7", "stopped"),
            ("6", "interrupted"),
            ("5", "damaged"),
            ("4", "newer"),
            ("3", "damaged"),
            ("2", "finished"),
            ("1", "undone"),
        ]
    );
    for (run, kind) in runs
        .iter()
        .zip(["rehearsal"].into_iter().chain(["import"; 7]))
    {
        assert_eq!(run["kind"], kind, "{run}");
        assert_eq!(run["user_pool_id"], pool.settings().pool_id.as_str());
        assert!(run["list"].as_str().unwrap().ends_with(".csv"), "{run}");
        let cannot_be_read = ["damaged", "newer"].contains(&run["state"].as_str().unwrap());
        assert_eq!(run["problem"].is_string(), cannot_be_read, "{run}");
        assert_eq!(run["rows"].is_null(), cannot_be_read, "{run}");
    }
    assert_eq!(runs[7]["rows"], 3);
    let outcomes = &runs[7]["outcomes"];
    assert_eq!(
        (&outcomes["created"], &outcomes["invalid"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(runs[2]["rows"].as_u64(), {
        dir.cli("report").arg("nightly/6").run().exits(4);
        dir.results_in("nightly/6").summary["rows"].as_u64()
    });
}

#[test]
fn an_active_run_with_an_exclusive_ledger_is_described_by_its_certificate() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(5));
    let running = import_into(&dir, &pool, list, "nightly/1")
        .args(["--ledger-lock", "exclusive"])
        .start();
    pool.wait_for_requests("SignUp", 1);
    let runs = listed(&dir);
    assert_eq!(states(&runs), [("1", "active")]);
    assert_eq!(
        (&runs[0]["list"], &runs[0]["rows"]),
        (&json!("users.csv"), &Value::Null)
    );
    drop(running);
}

#[test]
fn updated_users_are_counted() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users_numbered(1..=4));
    import_into(&dir, &pool, list, "nightly/1").run().exits(0);
    let moved = users_numbered(1..=4)
        .replace("user0001@", "first@")
        .replace("user0003@", "third@");
    let list = dir.file("users.csv", moved);
    let flags = ["--update-existing", "email", "--verify", "email"];
    import_into(&dir, &pool, list, "nightly/2")
        .args(flags)
        .run()
        .exits(0);
    let runs = listed(&dir);
    assert_eq!(runs[0]["updated"], 2);
    assert_eq!(runs[1]["updated"], 0);
    assert_eq!(runs[0]["outcomes"]["existed"], 4);
    // Such changes matter to a person.
    let args = ["--compare", "nightly/1", "nightly/2"];
    let document = dir.cli("report").args(args).json().run().exits(0);
    let document = document.document();
    assert_eq!(document["changed"], 2, "{document:#}");
    let group = &document["groups"][0];
    assert_eq!(
        (&group["field"], &group["before"], &group["after"]),
        (&json!("updated"), &Value::Null, &json!("email"))
    );
    // A night without an update is no change, even after one with updates.
    import_into(&dir, &pool, list, "nightly/3").run().exits(0);
    let args = ["--compare", "nightly/2", "nightly/3"];
    let document = dir.cli("report").args(args).json().run().exits(0);
    assert_eq!(document.document()["changed"], 0);
}

#[test]
fn the_default_directory_may_be_missing_and_another_may_not() {
    let dir = TestDir::new();
    let empty = dir.cli("runs").json().run().exits(0).document();
    assert_eq!(empty["runs"], json!([]));
    dir.cli("runs")
        .arg("nightly")
        .run()
        .exits(3)
        .names(["nightly"]);
    for (address, named) in [
        ("s3://bucket/nightly/", "s3://bucket/nightly/"),
        ("s3://bucket/", "s3://bucket/NAME/"),
        ("s3://bucket", "s3://bucket/NAME/"),
    ] {
        let refused = dir.cli("runs").arg(address).run().exits(3);
        refused.names([named]);
    }
    for latest in ["latest", "last"] {
        let refused = dir.cli("report").arg(latest).run().exits(3);
        refused.names([latest, "import-runs"]);
    }
    let list = dir.file("users.csv", users(1));
    dir.rehearse(list).without_flag("--run-dir").run().exits(0);
    let runs = dir.cli("runs").json().run().exits(0).document();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    let directory = runs["runs"][0]["run_directory"]
        .as_str()
        .unwrap()
        .to_owned();
    // A run directory itself is listed alone.
    let run = dir
        .cli("runs")
        .arg(&directory)
        .json()
        .run()
        .exits(0)
        .document();
    assert_eq!(run["runs"][0]["run_directory"], directory.as_str());
}

#[test]
fn a_list_of_runs_does_not_verify_them() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    import_into(&dir, &pool, list, "nightly/1").run().exits(0);
    let ledger = rusqlite::Connection::open(dir.path("nightly/1/ledger.db")).unwrap();
    ledger
        .execute("DELETE FROM rows WHERE row = 2", [])
        .unwrap();
    drop(ledger);
    let runs = listed(&dir);
    assert_eq!(states(&runs), [("1", "finished")]);
    dir.cli("report").arg("nightly/1").run().exits(3);
}
