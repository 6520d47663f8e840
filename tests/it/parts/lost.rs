//! Parts that are killed, with or without their directories.

use std::fs;

use super::{merge, part};
use crate::harness::{Pool, TestDir, existing_user, quick, users};

/// Starts a part and kills it once the pool has received some sign-ups.
fn kill_part(dir: &TestDir, pool: &Pool, index: u32) {
    let sent = pool.requests("SignUp");
    let running = part(dir, pool, index, 2).args(["--rate", "60"]).start();
    pool.wait_for_requests("SignUp", sent + 10);
    running.signal("KILL");
    running.wait();
}

/// The number of finished parts, and of all parts, as `runs` shows them.
fn finished_parts(dir: &TestDir) -> (u64, u64) {
    let document = dir.cli("runs").arg("run").json().run().exits(0).document();
    let run = &document["runs"][0];
    let number = |name: &str| run[name].as_u64().unwrap();
    (number("parts_finished"), number("parts"))
}

#[test]
fn a_part_that_lost_its_directory_knows_its_users() {
    let mut settings = quick();
    settings.existing = vec![existing_user("user0001"), existing_user("user0002")];
    let (dir, pool) = (TestDir::new(), Pool::start(settings));
    dir.file("users.csv", users(80));
    for index in 0..2 {
        kill_part(&dir, &pool, index);
    }
    fs::remove_dir_all(dir.path("run/part-1-of-2")).unwrap();
    merge(&dir).run().exits(4).names(["0/2", "1/2"]);
    assert_eq!(finished_parts(&dir), (0, 2));
    part(&dir, &pool, 0, 2).run().exits(0);
    assert_eq!(finished_parts(&dir), (1, 2));
    let output = merge(&dir).run().exits(4).names(["1/2"]);
    assert!(!output.stderr.contains("0/2"));
    part(&dir, &pool, 1, 2).run().exits(0);
    merge(&dir).run().exits(0);
    let results = dir.results();
    let users = pool.users();
    for row in &results.rows {
        let expected = match row["username"].as_str() {
            "user0001" | "user0002" => "existed",
            _ => "created",
        };
        assert_eq!(row["outcome"], expected);
        assert_eq!(row["user_sub"], users[&row["username"]].sub);
    }
    assert_eq!(results.count("created"), 78);
    // Undo knows them, too.
    dir.undo(&pool).run().exits(0);
    assert_eq!(pool.users().len(), 2);
}

#[test]
fn undo_knows_the_users_of_a_part_that_ran_again() {
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
fn an_unmerged_run_is_named_as_such() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(6));
    part(&dir, &pool, 0, 2).run().exits(0);
    let report = dir.cli("report").arg("run");
    report.run().exits(3).names(["--merge"]);
    let runs = dir.cli("runs").arg("run").json().run().exits(0).document();
    assert_eq!(runs["runs"][0]["state"], "unmerged");
    // A run without parts cannot be merged.
    let whole = dir.import(&pool, "users.csv").args(["--run-dir", "whole"]);
    whole.run().exits(0);
    let merge_whole = || dir.cli("report").args(["--merge", "whole"]);
    merge_whole().run().exits(3).names(["--merge"]);
    assert_eq!(dir.results_in("whole").rows.len(), 6);
}
