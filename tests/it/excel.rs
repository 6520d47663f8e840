//! `--excel`: CSV files begin with a byte-order mark and are otherwise the same.

use std::fs;

use crate::harness::{Pool, ProgramCommand, TestDir, quick};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const LIST: &str = "username,password,email\n\
    j\u{fc}rgen,Passw0rd!1,juergen@example.com\n\
    weak,short,weak@example.com\n";

/// Runs the command without and with `--excel`, and compares the files that it writes.
#[track_caller]
fn only_the_mark_differs(
    dir: &TestDir,
    files: &[&str],
    code: i32,
    command: impl Fn() -> ProgramCommand,
) {
    command().run().exits(code);
    let plain: Vec<Vec<u8>> = files
        .iter()
        .map(|file| fs::read(dir.path(file)).unwrap())
        .collect();
    command().arg("--excel").run().exits(code);
    for (file, plain) in files.iter().zip(plain) {
        assert!(!plain.starts_with(BYTE_ORDER_MARK), "{file}");
        let marked = fs::read(dir.path(file)).unwrap();
        assert_eq!(marked, [BYTE_ORDER_MARK, &plain].concat(), "{file}");
    }
}

#[test]
fn every_csv_file_begins_with_a_mark_and_is_otherwise_the_same() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", LIST);
    // A finished run is reported again by the same command, and sends nothing.
    dir.import(&pool, list).arg("--no-preflight").run().exits(1);
    only_the_mark_differs(&dir, &["run/results.csv", "run/rejects.csv"], 1, || {
        dir.import(&pool, list).arg("--no-preflight")
    });
    only_the_mark_differs(&dir, &["run/results.csv"], 1, || {
        dir.cli("report").arg("run")
    });
    only_the_mark_differs(&dir, &["findings.csv"], 1, || dir.check(&pool, list));
    dir.import(&pool, list)
        .args(["--no-preflight", "--run-dir", "second"])
        .run()
        .exits(1);
    only_the_mark_differs(&dir, &["changes.csv"], 0, || {
        dir.cli("report")
            .args(["--compare", "run", "second", "--changes-csv", "changes.csv"])
    });
    only_the_mark_differs(&dir, &["run/undo-dry-run.csv"], 0, || dir.dry_undo(&pool));
    only_the_mark_differs(&dir, &["run/undo-results.csv"], 0, || dir.undo(&pool));
}

#[test]
fn files_with_a_mark_are_imported_and_compared() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", LIST);
    let import = |list: &str, run: &'static str| {
        dir.import(&pool, list)
            .args(["--no-preflight", "--excel", "--run-dir", run])
    };
    import(list, "first")
        .arg("--rejects-with-passwords")
        .run()
        .exits(1);
    let rejects = fs::read_to_string(dir.path("first/rejects.csv")).unwrap();
    let corrected = rejects.replace("short", "Passw0rd!2");
    assert!(corrected.starts_with("\u{feff}username,"), "{corrected}");
    let corrected = dir.file("corrected.csv", corrected);
    import(corrected, "second").run().exits(0);
    assert_eq!(pool.users().len(), 2);
    dir.cli("check")
        .args(["first/results.csv", "--no-lookup", "--ignore-unknown"])
        .args(["--password", "generate"])
        .run()
        .exits(0);
    dir.cli("report")
        .args(["--compare", "first", "second"])
        .run()
        .exits(0);
}
