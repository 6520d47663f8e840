//! `--previous last` never passes over a run that cannot be read, and says if it found none.

use std::fs;

use serde_json::Value;

use super::{next_night, night, results_of};
use crate::harness::{MotoBucket, Pool, TestDir, quick, users_numbered};
use crate::stored_runs::{in_a_minute, wait};

/// Where SQLite keeps `user_version`, the format of a ledger.
const FORMAT_AT: usize = 60;

fn make_newer(dir: &TestDir, run: &str) {
    let ledger = dir.path(&format!("{run}/ledger.db"));
    let mut bytes = fs::read(&ledger).unwrap();
    bytes[FORMAT_AT..FORMAT_AT + 4].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(ledger, bytes).unwrap();
}

#[test]
fn a_newest_run_that_cannot_be_read_is_never_passed_over() {
    type Break = fn(&TestDir);
    let ways: [(&str, Break); 5] = [
        ("damaged", |dir| {
            fs::write(dir.path("nightly/2/ledger.db"), "no database").unwrap();
        }),
        ("lost", |dir| {
            fs::remove_file(dir.path("nightly/2/ledger.db")).unwrap();
        }),
        ("newer", |dir| make_newer(dir, "nightly/2")),
        ("damaged inside", |dir| {
            let ledger = dir.path("nightly/2/ledger.db");
            let mut bytes = fs::read(&ledger).unwrap();
            let at = bytes
                .windows(8)
                .position(|text| text == b"user0002")
                .unwrap();
            bytes[at] = b'x';
            fs::write(ledger, bytes).unwrap();
        }),
        ("nothing readable", |dir| {
            fs::write(dir.path("nightly/2/ledger.db"), "no database").unwrap();
            fs::write(dir.path("nightly/2/run.json"), "no certificate").unwrap();
        }),
    ];
    for (name, break_run) in ways {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = users_numbered(1..=3);
        for run in ["1", "2"] {
            night(&dir, &pool, run, &list).run().exits(0);
        }
        break_run(&dir);
        let before = pool.requests("DescribeUserPool");
        let refused = next_night(&dir, &pool, "3", &list).run();
        assert_eq!(refused.code, Some(3), "{name}\n{}", refused.stderr);
        refused.names(["--previous last", "nightly/2", "--previous DIR"]);
        assert_eq!(pool.requests("DescribeUserPool"), before, "{name}");
        let named = night(&dir, &pool, "3", &list).args(["--previous", "nightly/1"]);
        named.run().exits(0);
        // An older run does not matter.
        next_night(&dir, &pool, "4", &list).run().exits(0);
    }
}

#[test]
fn runs_of_other_lists_do_not_matter() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users_numbered(1..=3);
    night(&dir, &pool, "1", &list).run().exits(0);
    let other = dir.file("others.csv", &list);
    let other = dir.import(&pool, other).args(["--run-dir", "nightly/2"]);
    other.run().exits(0);
    make_newer(&dir, "nightly/2");
    let certificate = dir.path("nightly/2/run.json");
    let text = fs::read_to_string(&certificate).unwrap();
    let newer = text.replace("\"format\": 1", "\"format\": 99");
    assert_ne!(text, newer);
    fs::write(&certificate, newer).unwrap();
    next_night(&dir, &pool, "3", &list).run().exits(0);
    let previous = &results_of(&dir, "3").summary["previous"];
    assert_eq!(previous["run_directory"], "nightly/1");
}

#[test]
fn a_night_without_a_previous_run_is_warned_about_in_the_log_too() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users_numbered(1..=3);
    for run in ["new parent/1", "nightly/1"] {
        let list = dir.file("users.csv", &list);
        let import = dir.import(&pool, list).args(["--run-dir", run]);
        let args = ["--previous", "last", "--quiet", "--log-file", "import.log"];
        let output = import.args(args).run().exits(0);
        let data = [
            "--max-shrink",
            "--max-new",
            "users.csv",
            &pool.settings().pool_id,
        ];
        output.names(data);
        let log = fs::read_to_string(dir.path("import.log")).unwrap();
        assert!(log.contains("--max-shrink"), "{log}");
        fs::remove_file(dir.path("import.log")).unwrap();
    }
    assert_eq!(results_of(&dir, "1").summary["previous"], Value::Null);
}

#[test]
fn runs_in_s3_that_cannot_be_read_are_not_passed_over_either() {
    let Some(bucket) = MotoBucket::create("unreadable-nights") else {
        return;
    };
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let list = dir.file("users.csv", users_numbered(1..=3));
    let night = |night: &str, previous: &str| {
        let run = bucket.address(&format!("nightly/{night}/"));
        let import = dir.import(&pool, list).args(["--run-dir", &run]);
        bucket
            .with_endpoint(import.args(["--previous", previous]))
            .run()
    };
    night("1", "last").exits(0);
    night("2", "last").exits(0);
    let put = |name: &str, content: &str| {
        let file = dir.path("content");
        fs::write(&file, content).unwrap();
        let folder = bucket.folder("nightly/2/");
        wait(folder.upload(name, &file, in_a_minute())).unwrap();
    };
    let data = [bucket.address("nightly/2/"), "--previous DIR".to_owned()];
    put("ledger.db", "no database");
    night("3", "last").exits(3).names(&data);
    put("run.json", "no certificate");
    night("3", "last").exits(3).names(&data);
    night("3", &bucket.address("nightly/1/")).exits(0);
}
