//! Undoing a run in parts.

use std::fs;

use super::{merge, part};
use crate::harness::{Pool, TestDir, quick, users};

#[test]
fn undo_merges_the_parts_and_ends_the_run() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(12));
    part(&dir, &pool, 0, 2).run().exits(0);
    part(&dir, &pool, 1, 2)
        .args(["--stop-after", "1"])
        .run()
        .exits(4);
    dir.undo(&pool).run().exits(4).names(["1/2"]);
    part(&dir, &pool, 1, 2).run().exits(0);
    // A part alone is not undone.
    dir.undo_in(&pool, "run/part-1-of-2").run().exits(3);
    assert_eq!(pool.users().len(), 12);
    dir.verify(&pool).run().exits(0);
    dir.undo(&pool).run().exits(0);
    assert_eq!(pool.users().len(), 0);
    // A part cannot run again after that, and its users are not merged again.
    part(&dir, &pool, 0, 2).run().exits(3);
    fs::remove_dir_all(dir.path("run/part-0-of-2")).unwrap();
    part(&dir, &pool, 0, 2).run().exits(3);
    merge(&dir).run().exits(3);
    assert_eq!(pool.users().len(), 0);
}

#[test]
fn without_its_certificate_a_merged_run_is_not_undone() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(6));
    for index in 0..2 {
        part(&dir, &pool, index, 2).run().exits(0);
    }
    merge(&dir).run().exits(0);
    let certificate = dir.path("run/run.json");
    let content = fs::read(&certificate).unwrap();
    fs::remove_file(&certificate).unwrap();
    // The merged ledger may be older than those of the parts.
    dir.undo(&pool).run().exits(3).names(["run.json"]);
    dir.verify(&pool).run().exits(3).names(["run.json"]);
    merge(&dir).run().exits(3).names(["run.json"]);
    assert_eq!(pool.users().len(), 6);
    fs::write(certificate, content).unwrap();
    dir.undo(&pool).run().exits(0);
}

#[test]
fn no_part_runs_while_its_run_is_being_undone() {
    let mut settings = quick();
    settings.latency.base_ms = 300;
    let (dir, pool) = (TestDir::new(), Pool::start(settings));
    dir.file("users.csv", users(12));
    for index in 0..2 {
        part(&dir, &pool, index, 2).run().exits(0);
    }
    let undo = dir.undo(&pool).start();
    pool.wait_for_requests("AdminDeleteUser", 1);
    let retried = part(&dir, &pool, 0, 2).args(["--retry", "failed"]).json();
    let refused = retried.run().exits(4).document();
    assert_eq!(refused["exit_name"], "busy", "{refused}");
    undo.wait().exits(0);
    assert_eq!(pool.users().len(), 0);
}
