//! Fuzzes complete runs against a service with mutated responses.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use crate::answers::password_of;
use crate::case::{Case, fuzz};
use crate::harness::{Pool, ProcessOutput, TestDir, TestEndpoint, quick};
use crate::hostile::{Hostile, contains};

const ROWS: usize = 20;

/// Runs mostly wait.
const WORKERS: usize = 3;

fn list() -> String {
    let row = |number: usize| {
        let name = format!("user{number:04}");
        format!("{name},{},{name}@example.com\n", password_of(&name))
    };
    let rows: String = (1..=ROWS).map(row).collect();
    format!("username,password,email\n{rows}")
}

/// Asserts a documented exit code, no panic, and no password in the output.
fn assert_documented_exit(output: &ProcessOutput) {
    output.assert_no_panic();
    assert!(
        matches!(output.code, Some(0 | 1 | 3 | 4 | 5)),
        "{:?}: {}",
        output.code,
        output.stderr
    );
    for text in [&output.stderr, &output.stdout] {
        assert!(!text.contains("vKx9"), "a password: {text}");
        assert!(!text.contains('\u{1b}'), "an escape sequence: {text:?}");
    }
    let document = output.document();
    assert_eq!(document["exit_code"], output.code.unwrap());
}

fn run(case: &mut Case) {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", list());
    let unchanged_one_in = if case.rng.bool() { 2 } else { 6 };
    let hostile = Hostile::new(case.seed, unchanged_one_in);
    let named = Arc::clone(&hostile.named);
    let with_preflight = case.rng.u8(..3) == 0;
    let endpoint = TestEndpoint::start(&pool, move |request| hostile.answer(request));
    let import = dir
        .import(&pool, list)
        .args(["--endpoint-url", &endpoint.url(), "--output", "json"])
        .args(["--deadline", "6s", "--attempt-timeout", "2s"]);
    let mut flags: Vec<&str> = Vec::new();
    if with_preflight {
        flags.extend(["--preflight-timeout", "1s"]);
    } else {
        flags.push("--no-preflight");
    }
    let others: [&[&str]; 6] = [
        &["--confirm"],
        &["--verify", "email"],
        &["--group", "staff"],
        &["--lookup", "list"],
        &["--prescan", "always"],
        &["--max-failures", "0"],
    ];
    for other in others {
        if case.rng.u8(..4) == 0 {
            flags.extend(other);
        }
    }
    case.note(format!("{flags:?}"));
    let output = import.args(flags).run();
    assert_documented_exit(&output);
    if output.code == Some(3) {
        assert_eq!(
            endpoint.requests("SignUp"),
            0,
            "refused after something was sent"
        );
    }
    assert_results(&dir, &pool, &output, &named);
}

/// Asserts that each row has one outcome, that no user is reported as created unless a response
/// reports it, and that no file contains a password.
fn assert_results(
    dir: &TestDir,
    pool: &Pool,
    output: &ProcessOutput,
    named: &Mutex<BTreeSet<String>>,
) {
    if !dir.path("run/results.csv").exists() {
        assert!(
            matches!(output.code, Some(3 | 4)),
            "no results: {}",
            output.stderr
        );
        return;
    }
    // Reading the results checks that each row has one outcome.
    let results = dir.results();
    if output.code != Some(4) {
        assert_eq!(results.rows.len(), ROWS);
    }
    let users = pool.users();
    for row in results
        .rows
        .iter()
        .filter(|row| row["outcome"] == "created")
    {
        let name = &row["username"];
        let is_reported = named.lock().unwrap().contains(name);
        assert!(
            users.contains_key(name) || is_reported,
            "no response reports it: {row:?}"
        );
    }
    for file in fs::read_dir(dir.path("run")).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap_or_default();
        assert!(
            !contains(&bytes, b"vKx9"),
            "a password in {}",
            path.display()
        );
    }
    let report = dir.cli("report").args(["run", "--output", "json"]).run();
    assert_documented_exit(&report);
    assert_eq!(report.code, output.code, "{}", report.stderr);
    assert_eq!(dir.results().outcomes(), results.outcomes());
}

#[test]
fn runs() {
    fuzz("runs", WORKERS, run);
}
