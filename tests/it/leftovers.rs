//! Leftovers of a killed process: the next process removes files with usernames, except the ledger
//! and complete reports.

use std::fs;

use crate::harness::{Pool, ProgramCommand, TestDir, quick, users};

#[test]
fn unfinished_reports_are_removed_once_the_directory_is_locked() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let import = || dir.import(&pool, list);
    import().run().exits(0);
    let in_run = |name: &str| dir.path(&format!("run/{name}"));
    let old = ["results.csv.4711.unfinished", "rejects.csv.4712.unfinished"];
    let undo = || {
        dir.cli("undo")
            .args(["run", "--yes-delete", "another-pool"])
    };
    for command in [&import as &dyn Fn() -> ProgramCommand, &undo] {
        for name in old {
            fs::write(in_run(name), "ann,Passw0rd!1\n").unwrap();
        }
        // Another process is writing this one.
        let written = fs::File::create(in_run("results.jsonl.4713.unfinished")).unwrap();
        written.lock().unwrap();
        command().run();
        for name in old {
            assert!(!in_run(name).exists(), "{name}");
        }
        assert!(in_run("results.jsonl.4713.unfinished").exists());
    }
    assert!(in_run("results.csv").exists());
}

#[test]
fn unfinished_files_elsewhere_are_removed_when_rewritten() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    fs::create_dir(dir.path("metrics")).unwrap();
    let old = [
        "findings.csv.4711.unfinished",
        "metrics/import.prom.4711.unfinished",
    ];
    let kept = [
        "findings.csv.draft.unfinished",
        "other.csv.4711.unfinished",
        "metrics/other.prom.4711.unfinished",
    ];
    for name in old.iter().chain(&kept) {
        dir.file(name, "ann,Passw0rd!1\n");
    }
    // Another process is writing this one.
    let written = fs::File::create(dir.path("findings.csv.4713.unfinished")).unwrap();
    written.lock().unwrap();
    dir.check(&pool, list).run().exits(0);
    dir.import(&pool, list)
        .args(["--metrics-file", "metrics/import.prom"])
        .run()
        .exits(0);
    for name in old {
        assert!(!dir.path(name).exists(), "{name}");
    }
    for name in kept {
        assert!(dir.path(name).exists(), "{name}");
    }
    assert!(dir.path("findings.csv.4713.unfinished").exists());
}
