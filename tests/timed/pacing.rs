//! The rate: never more than was asked for, and hardly less. What a permit is worth to the millisecond is tested where time stands
//! still (`src/pace/tests.rs`).

use std::path::Path;

use cognito_import::ledger::LedgerReader;
use cognito_import::rehearsal::{AuditedUser, ExistingUser, PoolSettings, QuotaSetting};

use crate::harness::{Pool, TestDir, quick, users, wait_until};

const ROWS: usize = 300;
const RATE: f64 = 50.0;

/// Permits that may be had at once after a rest, at this rate.
const AT_ONCE: u64 = 2;

/// A user of the list who is in the pool already.
fn there(number: usize) -> ExistingUser {
    ExistingUser {
        username: format!("user{number:04}"),
        ..ExistingUser::default()
    }
}

/// A pool that takes exactly what AWS takes, from where every third user is there already or none is.
fn pool(existing: bool) -> Pool {
    let mut settings = PoolSettings {
        latency: cognito_import::rehearsal::SimulatedLatency {
            base_ms: 5,
            jitter_ms: 5,
        },
        ..quick()
    };
    settings.quotas.user_creation = QuotaSetting::per_second(RATE);
    settings.quotas.user_read = QuotaSetting::per_second(120.0);
    if existing {
        settings.existing = (1..=ROWS)
            .filter(|number| number % 3 == 0)
            .map(there)
            .collect();
    }
    Pool::start(settings)
}

/// When each user was made, by the pool's clock in milliseconds, and the number of its row: rows leave in the list's order, and each
/// takes a permit.
fn made(pool: &Pool) -> Vec<(i64, i64)> {
    let number = |user: &AuditedUser| user.username.trim_start_matches("user").parse().unwrap();
    let users = pool.users();
    let made = users.values().filter(|user| !user.preexisting);
    made.map(|user| (number(user), user.created)).collect()
}

/// Rows a second in the steady state: the median over all stretches of a hundred rows. A machine that stands still for a moment
/// spoils the stretches that it lies in, and a pace that is too low or too high spoils all of them.
fn rows_a_second(made: &[(i64, i64)]) -> f64 {
    let whole = |number| f64::from(u32::try_from(number).unwrap());
    let mut rates: Vec<f64> = made
        .iter()
        .filter_map(|first| {
            let last = made.iter().find(|later| later.0 >= first.0 + 100)?;
            Some(whole(last.0 - first.0) * 1_000.0 / whole(last.1 - first.1))
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// What the pool saw, and what the run says of itself.
fn check(dir: &TestDir, pool: &Pool, directory: &str) {
    let stats = pool.stats();
    let creation = &stats.categories["UserCreation"];
    assert_eq!(creation.requests, ROWS as u64);
    assert_eq!(creation.over_quota, 0, "no throttled answer");
    if let Some(read) = stats.categories.get("UserRead") {
        assert_eq!(read.over_quota, 0);
    }
    let made = made(pool);
    let rate = rows_a_second(&made);
    assert!(
        (49.5..=RATE).contains(&rate),
        "in the steady state: {rate}/s"
    );

    let samples = LedgerReader::open(&dir.path(directory))
        .unwrap()
        .rate_samples()
        .unwrap();
    let samples = samples
        .iter()
        .filter(|sample| sample.category == "UserCreation");
    assert_eq!(
        samples.clone().map(|sample| sample.sent).sum::<u64>(),
        creation.requests
    );
    for sample in samples {
        let most = sample.room_milli.div_ceil(1_000) + AT_ONCE;
        assert!(sample.sent <= most, "{sample:?}");
    }
    let summary = dir.results_in(directory).summary;
    let reported = summary["rates"]["UserCreation"].as_f64().unwrap();
    assert!(
        (48.5..=RATE).contains(&reported),
        "what the summary says: {reported}/s"
    );
}

#[test]
fn look_ups_that_wait_for_their_turn_hold_up_no_sign_up() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        existing: (1..=40).map(there).collect(),
        ..quick()
    });
    let list = dir.file("users.csv", users(150));
    let running = dir
        .import(&pool, list)
        .args(["--lookup-rate", "8", "--concurrency", "4"])
        .args(["--prescan", "never"])
        .start();
    wait_until("every sign-up", || {
        (pool.requests("SignUp") == 150).then_some(())
    });
    let looked_up_by_then = pool.requests("AdminGetUser");
    running.wait().exits(0);
    let results = dir.results();
    assert_eq!(
        (results.count("existed"), results.count("created")),
        (40, 110)
    );
    // Forty take five seconds.
    assert!(looked_up_by_then < 40, "{looked_up_by_then}");
    assert!(pool.requests("AdminGetUser") >= 40);
}

#[test]
fn at_50_a_second_a_pool_that_takes_50_throttles_nobody_and_hardly_waits() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(ROWS));
    let (empty, partly) = (pool(false), pool(true));
    let run = |pool: &Pool, directory: &str| {
        dir.import(pool, list)
            .args([
                "--rate",
                "50",
                "--lookup-rate",
                "96",
                "--run-dir",
                directory,
            ])
            .args(["--prescan", "never"])
            .start()
    };
    // One after the other: each would be the load that the other one is late under.
    run(&empty, "empty").wait().exits(0);
    run(&partly, "partly").wait().exits(0);
    check(&dir, &empty, "empty");
    check(&dir, &partly, "partly");
    // 51 requests in less than a second. A machine that holds up a few of them on their way to the pool makes a few such
    // seconds; a pace that is too high makes nothing else.
    let made = made(&empty);
    let crowded = made
        .windows(51)
        .filter(|window| window[50].1 - window[0].1 < 1_000)
        .count();
    assert!(
        crowded * 20 <= made.len(),
        "{crowded} of {} seconds",
        made.len()
    );
    assert_eq!(dir.results_in("partly").count("existed"), 100);
}

#[test]
fn a_rehearsal_goes_at_40_a_second() {
    let dir = TestDir::new();
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/users.csv");
    dir.rehearse(list).run().exits(0);
    let rates = &dir.results().summary["rates"]["UserCreation"];
    let rate = rates.as_f64().unwrap();
    assert!((30.0..=40.5).contains(&rate), "the default is 40/s: {rate}");
}
