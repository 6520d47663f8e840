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
