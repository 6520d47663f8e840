//! A quota shared with other clients: the run uses what is left and no more.

use cognito_import::rehearsal::{
    LiveSignUps, PoolSettings, QuotaCategory, QuotaChange, QuotaSetting, SecondCount,
    SimulatedLatency,
};

use crate::harness::{Pool, TestDir, quick, users};

/// A pool that initially allows 50 sign-ups per second.
fn pool(quota_changes: Vec<QuotaChange>, live_sign_ups: Vec<LiveSignUps>) -> Pool {
    let mut settings = PoolSettings {
        latency: SimulatedLatency {
            base_ms: 20,
            jitter_ms: 20,
        },
        quota_changes,
        live_sign_ups,
        ..quick()
    };
    settings.quotas.user_creation = QuotaSetting::per_second(50.0);
    Pool::start(settings)
}

/// Changes the quota at this time.
fn grants(after_s: u64, rate: f64) -> QuotaChange {
    QuotaChange {
        after_ms: after_s * 1_000,
        category: QuotaCategory::UserCreation,
        rate,
        burst: None,
    }
}

/// The counts of these seconds, relative to the first sign-up.
fn seconds(pool: &Pool, from: u64, to: u64) -> Vec<SecondCount> {
    let stats = pool.stats();
    let all = &stats.categories["UserCreation"].per_second;
    let first = all.front().unwrap().second;
    let within = |second: &&SecondCount| (first + from..first + to).contains(&second.second);
    all.iter().filter(within).copied().collect()
}

fn accepted(seconds: &[SecondCount]) -> f64 {
    seconds
        .iter()
        .map(|second| (second.requests - second.over_quota) as f64)
        .sum()
}

#[test]
fn the_rate_drops_to_a_reduced_quota_and_recovers() {
    const ROWS: usize = 2_300;
    let dir = TestDir::new();
    let pool = pool(vec![grants(10, 30.0), grants(40, 50.0)], Vec::new());
    let list = dir.file("users.csv", users(ROWS));
    dir.import(&pool, list)
        .args(["--rate", "50"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), ROWS);
    let less = seconds(&pool, 11, 40);
    let used = accepted(&less) / (30.0 * 29.0);
    assert!(used >= 0.95, "{used} of the quota");
    let back = seconds(&pool, 40, 60);
    assert!(
        back.iter()
            .any(|second| second.requests - second.over_quota >= 48),
        "back above 0.95 of the rate within 20 s"
    );
    let stats = pool.stats();
    let throttled = stats.categories["UserCreation"].over_quota;
    assert!(
        throttled * 100 <= stats.categories["UserCreation"].requests,
        "{throttled} throttled"
    );
    // The recorded rates agree.
    let pace = &results.summary["pace"]["UserCreation"];
    let number = |name: &str| pace[name].as_f64().unwrap();
    assert_eq!(number("ceiling"), 50.0);
    assert!((30.0..50.0).contains(&number("allowed")), "{pace}");
    let used = number("used_of_allowed");
    assert!(used >= 0.95, "{pace}");
    let the_same = number("used_of_ceiling") * 50.0 / number("allowed");
    assert!((used - the_same).abs() < 0.001, "{the_same}: {pace}");
    assert!((25.0..55.0).contains(&number("slowed_seconds")), "{pace}");
    let requests = &results.summary["requests"]["UserCreation"];
    assert_eq!(requests["throttled"], throttled);
}

#[test]
fn other_users_can_sign_up_during_a_run() {
    const ROWS: usize = 1_000;
    let dir = TestDir::new();
    // Evenly spaced: if the run's requests were too, a user who signs up just after one would be
    // throttled again and again.
    let live = LiveSignUps {
        after_ms: 3_000,
        until_ms: None,
        per_second: 25.0,
    };
    let pool = pool(Vec::new(), vec![live]);
    let list = dir.file("users.csv", users(ROWS));
    dir.import(&pool, list)
        .args(["--rate", "50"])
        .run()
        .exits(0);
    assert_eq!(dir.results().count("created"), ROWS);
    let live = pool.stats().live_sign_ups;
    assert!(live.requests > 500, "{live:?}");
    assert!(live.over_quota * 50 <= live.requests, "throttled: {live:?}");
    // The run uses the rest.
    let used = accepted(&seconds(&pool, 6, 26)) / (25.0 * 20.0);
    assert!(used >= 0.9, "{used} of the remaining quota");
}
