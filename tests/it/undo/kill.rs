//! An undo killed at random moments under random faults still deletes exactly the users of its run.
//!
//! `UNDO_CASES=200 cargo test undo::kill` runs more cases, `UNDO_SEED=17 cargo test undo::kill`
//! repeats a printed one.

use std::time::{Duration, Instant};

use cognito_import::rehearsal::{Faults, PoolSettings};

use super::{import, names, results, settings, undo};
use crate::harness::{Pool, TestDir, existing_user, users};

/// The default number of cases.
const CASES: u64 = 12;

const USERS: usize = 40;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn a_killed_undo_resumes_and_deletes_only_users_of_the_run() {
    let seeds = match number("UNDO_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("UNDO_CASES").unwrap_or(CASES),
    };
    let dir = TestDir::new();
    for seed in seeds {
        case(&dir, seed);
        std::fs::remove_dir_all(dir.path("run")).unwrap();
    }
}

fn case(dir: &TestDir, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let pool = Pool::start(PoolSettings {
        seed,
        faults: Faults {
            write_drop_before: random.f64() * 0.2,
            write_commit_then_drop: random.f64() * 0.3,
            write_500: random.f64() * 0.2,
            write_throttle: random.f64() * 0.1,
            read_drop: random.f64() * 0.1,
            read_500: random.f64() * 0.1,
            ..Faults::default()
        },
        existing: vec![existing_user("zoe")],
        ..settings()
    });
    let list = dir.file(
        "users.csv",
        users(USERS) + "zoe,Passw0rd!0,zoe@example.com\n",
    );
    import(dir, &pool, list).run().exits(0);
    let mut kills = 0;
    for _ in 0..random.u32(1..5) {
        let running = undo(dir, &pool)
            .args(["--delete-rate", "60", "--lookup-rate", "90"])
            .start();
        // The program starts within about ten milliseconds and is busy for most of a second.
        let moment = Instant::now() + Duration::from_millis(random.u64(5..800));
        while Instant::now() < moment {
            std::thread::park_timeout(moment - Instant::now());
        }
        running.signal("KILL");
        kills += u32::from(running.wait().code.is_none());
    }
    // Sometimes every attempt for a user fails. It is then reported as failed, and the same command
    // retries it.
    let mut left = undo(dir, &pool).run();
    for _ in 0..5 {
        if left.code != Some(1) {
            break;
        }
        left = undo(dir, &pool).run();
    }
    left.exits(0);
    assert_eq!(names(&pool), ["zoe"], "UNDO_SEED={seed}, {kills} kills");
    let outcomes = results(dir);
    assert_eq!(outcomes.len(), USERS, "UNDO_SEED={seed}");
    for (name, outcome) in outcomes {
        assert_eq!(
            outcome, "deleted",
            "UNDO_SEED={seed}: {name}, {kills} kills"
        );
    }
}
