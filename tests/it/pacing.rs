//! The rate: never more than was asked for, and hardly less.

use cognito_import::rehearsal::{ExistingUser, PoolSettings, Quota, UserTruth};

use crate::harness::{Place, Pool, Ran, quick, users};

const ROWS: usize = 300;
const RATE: f64 = 50.0;

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
            .map(|number| ExistingUser {
                username: format!("user{number:04}"),
                ..ExistingUser::default()
            })
            .collect();
    }
    Pool::start(settings)
}

/// When each user was made, by the pool's clock in milliseconds: rows leave in the list's order.
fn made(pool: &Pool) -> Vec<(u32, i64)> {
    let number = |user: &UserTruth| user.username.trim_start_matches("user").parse().unwrap();
    let users = pool.users();
    let made = users.values().filter(|user| !user.preexisting);
    made.map(|user| (number(user), user.created)).collect()
}

/// Rows a second in the steady state: the median over all stretches of a hundred rows. A machine that stands still for a moment
/// spoils the stretches that it lies in, and a pace that is too low or too high spoils all of them.
fn rows_a_second(made: &[(u32, i64)]) -> f64 {
    let mut rates: Vec<f64> = made
        .iter()
        .filter_map(|first| {
            let last = made.iter().find(|later| later.0 >= first.0 + 100)?;
            let milliseconds = u32::try_from(last.1 - first.1).unwrap();
            Some(f64::from(last.0 - first.0) * 1_000.0 / f64::from(milliseconds))
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn check(pool: &Pool, ran: Ran) {
    ran.exits(0);
    let stats = pool.stats();
    let creation = &stats.categories["UserCreation"];
    assert_eq!(creation.requests, ROWS as u64);
    assert_eq!(creation.over_quota, 0, "no throttled answer");
    if let Some(read) = stats.categories.get("UserRead") {
        assert_eq!(read.over_quota, 0);
    }
    let rate = rows_a_second(&made(pool));
    assert!(
        (49.5..=50.0).contains(&rate),
        "in the steady state: {rate}/s"
    );
}

/// Seconds from the first one in which a category was asked to the last one.
fn lasted(pool: &Pool, category: &str) -> u64 {
    let asked = &pool.stats().categories[category].per_second;
    asked.back().unwrap().second - asked.front().unwrap().second
}

#[test]
fn look_ups_that_wait_for_their_turn_hold_up_no_sign_up() {
    let place = Place::new();
    let existing = (1..=40).map(|number| ExistingUser {
        username: format!("user{number:04}"),
        ..ExistingUser::default()
    });
    let pool = Pool::start(PoolSettings {
        existing: existing.collect(),
        ..quick()
    });
    let list = place.file("users.csv", users(300));
    place
        .import(&pool, list)
        .args(["--lookup-rate", "8", "--concurrency", "4"])
        .args(["--prescan", "never"])
        .run()
        .exits(0);
    let results = place.results();
    assert_eq!(
        (results.count("existed"), results.count("created")),
        (40, 260)
    );
    assert!(lasted(&pool, "UserRead") >= 4);
    assert!(lasted(&pool, "UserCreation") <= 2);
}

#[test]
fn at_50_a_second_a_pool_that_takes_50_throttles_nobody_and_hardly_waits() {
    let place = Place::alone();
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
    check(&empty, first.end());
    check(&partly, second.end());
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
    assert_eq!(place.results_in("partly").count("existed"), 100);
    let rates = &place.results_in("empty").summary["rates"]["UserCreation"];
    let reported = rates.as_f64().unwrap();
    assert!(
        (48.5..=50.0).contains(&reported),
        "what the summary says: {reported}/s"
    );
}
