//! How well runs use a quota that is not theirs alone: several processes that share one, and one
//! process whose quota drops.
//!
//! `cargo bench --bench shared_quota` (arguments after `--`: the rows of each process; default 2000
//! 4000 6000 8000). Runs the real program against a rehearsal pool in this process, which counts
//! the requests. Times are from the first sign-up to the last.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and panics on errors"
)]

#[expect(dead_code, reason = "each benchmark uses some of it")]
mod common;

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use cognito_import::rehearsal::{
    PoolSettings, QuotaCategory, QuotaChange, QuotaSetting, RehearsalPool,
};
use common::{import, start_pool, time_of_sign_ups};

fn write_list(path: &Path, name: &str, rows: u64) {
    common::write_list(path, "username,password,email", rows, |row| {
        format!("{name}-{row},Str0ng#Enough{row},{name}-{row}@example.com")
    });
}

fn pool(rate: f64, quota_changes: Vec<QuotaChange>) -> RehearsalPool {
    let mut settings = PoolSettings {
        quota_changes,
        ..PoolSettings::default()
    };
    settings.quotas.user_creation = QuotaSetting::per_second(rate);
    // Each process asks for its quotas.
    settings.quotas.limit_management = QuotaSetting::per_second(1_000.0);
    start_pool(settings)
}

fn start(pool: &RehearsalPool, folder: &Path, name: &str, rows: u64, rate: &str) -> Child {
    let list = format!("{name}.csv");
    write_list(&folder.join(&list), name, rows);
    import(pool, folder, &list)
        .args(["--run-dir", name, "--rate", rate, "--prescan", "never"])
        .spawn()
        .unwrap()
}

/// What the pool received.
#[derive(Debug, Clone, Copy, Default)]
struct Received {
    requests: u64,
    throttled: u64,
}

fn received(pool: &RehearsalPool) -> Received {
    pool.stats()
        .categories
        .get("UserCreation")
        .map_or_else(Received::default, |category| Received {
            requests: category.requests,
            throttled: category.over_quota,
        })
}

/// The time from the first sign-up to the last, and everything the pool received.
fn watch(pool: &RehearsalPool, mut children: Vec<Child>) -> (Duration, Received) {
    let time = time_of_sign_ups(pool, &mut children);
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    (time, received(pool))
}

/// Processes that are all told the whole quota.
fn share(rows: &[u64], quota: u64) {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(quota as f64, Vec::new());
    let rate = quota.to_string();
    let children = rows
        .iter()
        .enumerate()
        .map(|(number, rows)| start(&pool, folder.path(), &format!("p{number}"), *rows, &rate))
        .collect();
    let (took, received) = watch(&pool, children);
    let seconds = took.as_secs_f64();
    let accepted = received.requests - received.throttled;
    println!(
        "{rows:?} rows, {quota}/s: {seconds:.1} s; {:.1}% of the quota used; {} of {} throttled ({:.2}%)",
        accepted as f64 / (quota as f64 * seconds) * 100.0,
        received.throttled,
        received.requests,
        received.throttled as f64 / received.requests as f64 * 100.0,
    );
}

/// A process that is told `from` while the pool drops to `to` after 10 seconds.
fn drop_to(from: u32, to: u32, rows: u64) {
    let folder = tempfile::tempdir().unwrap();
    let change = QuotaChange {
        after_ms: 10_000,
        category: QuotaCategory::UserCreation,
        rate: f64::from(to),
        burst: None,
    };
    let pool = pool(f64::from(from), vec![change]);
    let began = Instant::now();
    let child = start(&pool, folder.path(), "one", rows, &from.to_string());
    let (took, received) = watch(&pool, vec![child]);
    println!(
        "{rows} rows, {from}/s, after 10 s {to}/s: {:.1} s ({:.1} s for the whole process); {} throttled",
        took.as_secs_f64(),
        began.elapsed().as_secs_f64(),
        received.throttled,
    );
}

fn main() {
    let rows: Vec<u64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let rows = if rows.is_empty() {
        vec![2_000, 4_000, 6_000, 8_000]
    } else {
        rows
    };
    drop_to(50, 30, 1_000);
    share(&rows, 400);
}
