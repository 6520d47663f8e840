//! The rate is never exceeded and hardly undershot. The exact timing of permits is tested with a
//! paused clock in `src/pace/tests.rs`.

use std::path::Path;

use cognito_import::ledger::LedgerReader;
use cognito_import::rehearsal::{AuditedUser, ExistingUser, PoolSettings, QuotaSetting};

use crate::harness::{Pool, TestDir, quick, users};

const ROWS: usize = 300;
const RATE: f64 = 50.0;

/// The burst size at this rate.
const BURST: u64 = 2;

/// An existing user of the list.
fn existing_user(number: usize) -> ExistingUser {
    ExistingUser {
        username: format!("user{number:04}"),
        ..ExistingUser::default()
    }
}

/// A pool with exactly the quotas of AWS. Optionally, every third user already exists.
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
            .map(existing_user)
            .collect();
    }
    Pool::start(settings)
}

/// Creation time in milliseconds on the pool's clock, and row number, of each user. Rows are sent
/// in list order, one permit each.
fn creation_times(pool: &Pool) -> Vec<(i64, i64)> {
    let number = |user: &AuditedUser| user.username.trim_start_matches("user").parse().unwrap();
    let users = pool.users();
    let creation_times = users.values().filter(|user| !user.preexisting);
    creation_times
        .map(|user| (number(user), user.created))
        .collect()
}

/// Rows per second in the steady state: the median over windows of 100 rows. A brief stall of the
/// machine affects only a few windows, a wrong rate affects all of them.
fn rows_per_second(creation_times: &[(i64, i64)]) -> f64 {
    let to_f64 = |number| f64::from(u32::try_from(number).unwrap());
    let mut rates: Vec<f64> = creation_times
        .iter()
        .filter_map(|first| {
            let last = creation_times
                .iter()
                .find(|later| later.0 >= first.0 + 100)?;
            Some(to_f64(last.0 - first.0) * 1_000.0 / to_f64(last.1 - first.1))
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Compares the record of the pool with the reports of the run.
fn check(dir: &TestDir, pool: &Pool, directory: &str) {
    let stats = pool.stats();
    let creation = &stats.categories["UserCreation"];
    assert_eq!(creation.requests, ROWS as u64);
    assert_eq!(creation.over_quota, 0, "no throttled answer");
    if let Some(read) = stats.categories.get("UserRead") {
        assert_eq!(read.over_quota, 0);
    }
    let creation_times = creation_times(pool);
    let rate = rows_per_second(&creation_times);
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
        let limit = sample.room_milli.div_ceil(1_000) + BURST;
        assert!(sample.sent <= limit, "{sample:?}");
    }
    let summary = dir.results_in(directory).summary;
    let reported = summary["rates"]["UserCreation"].as_f64().unwrap();
    assert!(
        (48.5..=RATE).contains(&reported),
        "rate in the summary: {reported}/s"
    );
}

#[test]
fn lookups_waiting_for_a_permit_do_not_delay_sign_ups() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        existing: (1..=40).map(existing_user).collect(),
        ..quick()
    });
    let list = dir.file("users.csv", users(150));
    let running = dir
        .import(&pool, list)
        .args(["--lookup-rate", "8", "--concurrency", "4"])
        .args(["--prescan", "never"])
        .start();
    pool.wait_for_requests("SignUp", 150);
    let lookups = pool.requests("AdminGetUser");
    running.wait().exits(0);
    let results = dir.results();
    assert_eq!(
        (results.count("existed"), results.count("created")),
        (40, 110)
    );
    // Forty take five seconds.
    assert!(lookups < 40, "{lookups}");
    assert!(pool.requests("AdminGetUser") >= 40);
}

#[test]
fn at_50_per_second_a_pool_with_that_quota_hardly_throttles_or_idles() {
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
    // One after the other, since each would slow down the other.
    run(&empty, "empty").wait().exits(0);
    run(&partly, "partly").wait().exits(0);
    check(&dir, &empty, "empty");
    check(&dir, &partly, "partly");
    // 51 requests in less than a second. A stall that delays a few requests causes a few such
    // seconds, a rate that is too high causes only such seconds.
    let creation_times = creation_times(&empty);
    let crowded = creation_times
        .windows(51)
        .filter(|window| window[50].1 - window[0].1 < 1_000)
        .count();
    assert!(
        crowded * 20 <= creation_times.len(),
        "{crowded} of {} seconds",
        creation_times.len()
    );
    assert_eq!(dir.results_in("partly").count("existed"), 100);
}

#[test]
fn a_rehearsal_runs_at_40_per_second() {
    let dir = TestDir::new();
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/users.csv");
    dir.rehearse(list).run().exits(0);
    let rates = &dir.results().summary["rates"]["UserCreation"];
    let rate = rates.as_f64().unwrap();
    assert!((30.0..=40.5).contains(&rate), "the default is 40/s: {rate}");
}
