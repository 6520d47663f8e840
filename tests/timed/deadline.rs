//! A run with a deadline uses the time it has and no more.

use crate::harness::{Pool, TestDir, quick, users};

#[test]
fn a_deadline_ends_the_run_in_time_and_the_same_command_resumes() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(100));
    dir.import(&pool, list)
        .args(["--rate", "60", "--deadline", "2s"])
        .run()
        .exits(4)
        .names(["--deadline"]);
    let results = dir.results();
    let created = results.count("created");
    // Nothing is sent in the first second.
    assert!((30..=60).contains(&created), "{:?}", results.counts());
    assert_eq!(created + results.count("unsent"), 100);
    dir.import(&pool, list).run().exits(0);
    let users = pool.users();
    assert_eq!(users.len(), 100);
    for user in users.values() {
        let sign_ups = (user.sign_ups_received, user.sign_ups_accepted);
        assert_eq!(sign_ups, (1, 1), "{}", user.username);
    }
}
