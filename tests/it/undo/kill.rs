//! Killed at random moments under random faults, an undo still deletes exactly the users of its run, and says so.
//!
//! `UNDO_CASES=200 cargo test undo::kill` runs more cases, `UNDO_SEED=17 cargo test undo::kill` runs the one that was printed.

use std::time::{Duration, Instant};

use cognito_import::rehearsal::{ExistingUser, Faults, PoolSettings};

use super::{import, names, results, settings, undo};
use crate::harness::{Pool, TestDir, users};

/// Cases within `cargo test`'s time.
const CASES: u64 = 12;

/// Users that the run makes.
const USERS: usize = 40;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn killed_at_any_moment_it_goes_on_and_deletes_nobody_else() {
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
        existing: vec![ExistingUser {
            username: "zoe".to_owned(),
            ..ExistingUser::default()
        }],
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
        // A program takes some ten milliseconds to begin; then it is at work for most of a second.
        let moment = Instant::now() + Duration::from_millis(random.u64(5..800));
        while Instant::now() < moment {
            std::thread::park_timeout(moment - Instant::now());
        }
        running.signal("KILL");
        kills += u32::from(running.wait().code.is_none());
    }
    // Now and then every try for a user meets a fault: it is called failed, and the same command tries again.
    let mut left = undo(dir, &pool).run();
    for _ in 0..5 {
        if left.code != Some(1) {
            break;
        }
        left = undo(dir, &pool).run();
    }
    left.exits(0);
    assert_eq!(names(&pool), ["zoe"], "UNDO_SEED={seed}, {kills} kills");
    let said = results(dir);
    assert_eq!(said.len(), USERS, "UNDO_SEED={seed}");
    for (name, said) in said {
        assert_eq!(said, "deleted", "UNDO_SEED={seed}: {name}, {kills} kills");
    }
}
