//! The rate: never more than was asked for, and hardly less.
//!
//! A machine that has other things to do makes requests late, and never early. So a pace that is too high is seen by those that are
//! hardly late, and one that is too low by those that follow one another without a stop. What a permit is worth to the
//! millisecond is tested where time stands still (`src/pace/tests.rs`).

use cognito_import::ledger::Reader;
use cognito_import::rehearsal::{ExistingUser, PoolSettings, Quota, UserTruth};

use crate::harness::{Place, Pool, quick, until, users};

const ROWS: usize = 300;
const RATE: f64 = 50.0;

/// Milliseconds between two permits.
const APART: i64 = 20;

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
        latency: cognito_import::rehearsal::Latency {
            base_ms: 5,
            jitter_ms: 5,
        },
        ..quick()
    };
    settings.quotas.user_creation = Quota::per_second(RATE);
    settings.quotas.user_read = Quota::per_second(120.0);
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
    let number = |user: &UserTruth| user.username.trim_start_matches("user").parse().unwrap();
    let users = pool.users();
    let made = users.values().filter(|user| !user.preexisting);
    made.map(|user| (number(user), user.created)).collect()
}

/// How far rows get ahead of an even pace from the first half of a run to the second, in milliseconds, by those of each half that are
/// least late: each percent that a pace is too high makes 30 of them.
fn gained(made: &[(i64, i64)]) -> i64 {
    let late = |(number, at): &(i64, i64)| at - number * APART;
    let middle = made.len() / 2;
    let [first, second] =
        [&made[..middle], &made[middle..]].map(|half| half.iter().map(late).min().unwrap());
    first - second
}

/// Rows a second where nothing held the program up: whoever waits longer than for two permits was held up by the machine, and less
/// than that is made up for.
fn rows_a_second(made: &[(i64, i64)]) -> f64 {
    let (mut rows, mut milliseconds) = (0, 0);
    for pair in made.windows(2) {
        let (permits, took) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        if took < (permits + 1) * APART {
            rows += permits;
            milliseconds += took;
        }
    }
    let whole = |number| f64::from(u32::try_from(number).unwrap());
    whole(rows) * 1_000.0 / whole(milliseconds)
}

/// What the pool saw, and what the run says of itself.
fn check(place: &Place, pool: &Pool, directory: &str) {
    let stats = pool.stats();
    let creation = &stats.categories["UserCreation"];
    assert_eq!(creation.requests, ROWS as u64);
    assert_eq!(creation.over_quota, 0, "no throttled answer");
    if let Some(read) = stats.categories.get("UserRead") {
        assert_eq!(read.over_quota, 0);
    }
    let made = made(pool);
    let gained = gained(&made);
    assert!(gained < APART, "{gained} ms ahead of {RATE}/s");
    let rate = rows_a_second(&made);
    assert!(rate >= 49.5, "where nothing held it up: {rate}/s");

    let samples = Reader::open(&place.path(directory))
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
    let summary = place.results_in(directory).summary;
    let reported = summary["rates"]["UserCreation"].as_f64().unwrap();
    assert!(reported <= RATE, "what the summary says: {reported}/s");
}

#[test]
fn look_ups_that_wait_for_their_turn_hold_up_no_sign_up() {
    let place = Place::new();
    let pool = Pool::start(PoolSettings {
        existing: (1..=40).map(there).collect(),
        ..quick()
    });
    let list = place.file("users.csv", users(150));
    let running = place
        .import(&pool, list)
        .args(["--lookup-rate", "8", "--concurrency", "4"])
        .args(["--prescan", "never"])
        .start();
    until("every sign-up", || {
        (pool.asked("SignUp") == 150).then_some(())
    });
    let looked_up_by_then = pool.asked("AdminGetUser");
    running.end().exits(0);
    let results = place.results();
    assert_eq!(
        (results.count("existed"), results.count("created")),
        (40, 110)
    );
    // Forty take five seconds.
    assert!(looked_up_by_then < 40, "{looked_up_by_then}");
    assert!(pool.asked("AdminGetUser") >= 40);
}

#[test]
fn at_50_a_second_a_pool_that_takes_50_throttles_nobody_and_hardly_waits() {
    let place = Place::new();
    let list = place.file("users.csv", users(ROWS));
    let (empty, partly) = (pool(false), pool(true));
    let run = |pool: &Pool, directory: &str| {
        place
            .import(pool, list)
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
    let (first, second) = (run(&empty, "empty"), run(&partly, "partly"));
    first.end().exits(0);
    second.end().exits(0);
    check(&place, &empty, "empty");
    check(&place, &partly, "partly");
    assert_eq!(place.results_in("partly").count("existed"), 100);
}
