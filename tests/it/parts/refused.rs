//! Refusals of parts and merges suggest what a run in parts accepts.

use std::fs;

use super::{merge, part};
use crate::harness::{Pool, TestDir, quick, users};

/// A finished run in two parts.
fn finished(dir: &TestDir, pool: &Pool) {
    dir.file("users.csv", users(12));
    for index in 0..2 {
        part(dir, pool, index, 2).run().exits(0);
    }
}

#[test]
fn a_damaged_merged_ledger_can_be_merged_again() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    finished(&dir, &pool);
    merge(&dir).run().exits(0);
    let ledger = dir.path("run/ledger.db");
    fs::write(&ledger, "x".repeat(10_000)).unwrap();
    for command in [merge(&dir), dir.undo(&pool), dir.verify(&pool)] {
        command.run().exits(3).names(["ledger.db", "-wal"]);
    }
    // The parts do not need it.
    part(&dir, &pool, 0, 2).run().exits(0);
    fs::remove_file(ledger).unwrap();
    merge(&dir).run().exits(0);
    dir.undo(&pool).run().exits(0);
    assert_eq!(pool.users().len(), 0);
}

#[test]
fn other_usernames_are_refused_without_suggesting_to_start_over() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(12));
    let import = |index: u32, usernames: &str| {
        part(&dir, &pool, index, 2)
            .args(["--usernames", usernames])
            .run()
    };
    import(0, "ignore-case").exits(0);
    for index in 0..2 {
        let refused = import(index, "case-sensitive").exits(3);
        let refused = refused.names(["--usernames", "--run-dir"]);
        assert!(!refused.stderr.contains("--restart"), "{}", refused.stderr);
    }
}

#[test]
fn merges_never_suggest_to_start_over() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    finished(&dir, &pool);
    let refused = |datum: &str| {
        let output = merge(&dir).run().exits(3).names([datum]);
        assert!(!output.stderr.contains("--restart"), "{}", output.stderr);
    };
    let ledger = dir.path("run/part-1-of-2/ledger.db");
    let content = fs::read(&ledger).unwrap();
    fs::write(&ledger, "x".repeat(10_000)).unwrap();
    refused("part-1-of-2");
    fs::remove_file(&ledger).unwrap();
    refused("part-1-of-2");
    fs::write(&ledger, content).unwrap();
    let certificate = dir.path("run/run.json");
    let content = fs::read(&certificate).unwrap();
    fs::write(&certificate, "x").unwrap();
    refused("run.json");
    fs::write(&certificate, content).unwrap();
    dir.undo(&pool).run().exits(0);
    refused("--run-dir");
}
