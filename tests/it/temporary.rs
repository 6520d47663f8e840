//! Temporary files are created in the working directory if `TMPDIR` cannot be written.

use std::path::Path;

use crate::harness::{TestDir, users};

/// Cannot be created.
const NOWHERE: &str = "/no/such/folder";

/// Too many rows for usernames to be kept in memory.
const LONG: usize = 20_000;

#[test]
fn check_falls_back_to_the_directory_of_its_findings() {
    let dir = TestDir::new();
    let list = dir.file("long.csv", users(LONG));
    let check = dir.cli("check").arg(list).env("TMPDIR", NOWHERE);
    check.run().exits(0).names([NOWHERE]);
}

#[test]
fn a_run_falls_back_to_its_directory() {
    let dir = TestDir::new();
    // Rows from standard input are buffered in a temporary file.
    let list = users(3) + "ann,short,ann@example.com\n";
    // Even root cannot create files in /proc.
    let unwritable = Path::new("/proc");
    let mut rehearse = dir
        .rehearse("-")
        .args(["--run-dir", dir.path("run").to_str().unwrap()])
        .env("TMPDIR", NOWHERE)
        .input(list);
    if unwritable.is_dir() {
        rehearse = rehearse.after("cd /proc");
    }
    rehearse
        .run()
        .exits(1)
        .names([NOWHERE, dir.path("").to_str().unwrap()]);
    let rejects = std::fs::read_to_string(dir.path("run/rejects.csv")).unwrap();
    assert!(rejects.contains("ann"), "{rejects}");
}
