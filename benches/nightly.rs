//! A nightly list, most of whose users already exist: what listing the pool first saves, and what
//! it costs.
//!
//! `cargo bench --bench nightly` (arguments after `--`: rows, rows with prescan disabled, one new
//! row per N; defaults 1,000,000, 10,000 and 100). Runs the real program against a rehearsal pool
//! in this process that has all users but the new ones; the pool counts the requests. Without
//! prescan the requests per row are constant, so part of the list is enough. Peak memory is `VmHWM`
//! in `/proc`: Linux only.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and panics on errors"
)]

#[expect(dead_code, reason = "each benchmark uses some of it")]
mod common;

use std::path::Path;
use std::time::Instant;

use cognito_import::rehearsal::{PoolSettings, RehearsalPool};
use common::{
    existing_user, import, latency, measure, no_limit, numbers, requests, start_pool, username,
};

fn is_new(row: u64, one_in: u64) -> bool {
    row.is_multiple_of(one_in)
}

fn write_list(path: &Path, rows: u64) {
    let header = "username,password,email,given_name,family_name";
    common::write_list(path, header, rows, |row| {
        let name = username(row);
        format!("{name},Str0ng#Enough{row},{name}@example.com,Given{row},Family{row}")
    });
}

/// A pool with as many users as the list has rows: the users of the list that are not new, and as
/// many others.
fn pool(rows: u64, one_in: u64) -> RehearsalPool {
    let existing = (1..=rows).map(|row| {
        let row = if is_new(row, one_in) { row + rows } else { row };
        existing_user(username(row), [("email", format!("{row}@example.com"))])
    });
    let mut settings = PoolSettings {
        latency: latency(1, 0),
        existing: existing.collect(),
        ..PoolSettings::default()
    };
    settings.quotas.user_creation = no_limit();
    settings.quotas.user_read = no_limit();
    settings.quotas.user_list = no_limit();
    start_pool(settings)
}

/// Runs the program, prints its cost, and returns the number of requests.
fn run(pool: &RehearsalPool, folder: &Path, list: &str, prescan: &str) -> u64 {
    let counts = || ["ListUsers", "SignUp", "AdminGetUser"].map(|name| requests(pool, name));
    let before = counts();
    let began = Instant::now();
    let mut import = import(pool, folder, list)
        .args(["--run-dir", prescan, "--prescan", prescan])
        .args(["--rate", "5000", "--lookup-rate", "5000"])
        .args(["--list-rate", "5000"])
        .spawn()
        .unwrap();
    let mut first_sign_up = None;
    let cost = measure(&mut import, || {
        if first_sign_up.is_none() && requests(pool, "SignUp") > before[1] {
            first_sign_up = Some(began.elapsed());
        }
    });
    let counts: Vec<u64> = counts().iter().zip(before).map(|(a, b)| a - b).collect();
    println!(
        "--prescan {prescan}: {} ListUsers, {} SignUp, {} AdminGetUser; first sign-up after {:.1} s, end after {:.1} s; peak {:.1} MiB",
        counts[0],
        counts[1],
        counts[2],
        first_sign_up.unwrap_or_default().as_secs_f64(),
        cost.time.as_secs_f64(),
        cost.peak_mib
    );
    counts.iter().sum()
}

fn main() {
    let [rows, part, one_in] = numbers([1_000_000, 10_000, 100]);
    let part = part.min(rows);
    let folder = tempfile::tempdir().unwrap();
    write_list(&folder.path().join("part.csv"), part);
    write_list(&folder.path().join("list.csv"), rows);
    let tried = run(&pool(rows, one_in), folder.path(), "part.csv", "never");
    let with = run(&pool(rows, one_in), folder.path(), "list.csv", "always");
    let without = tried as f64 * rows as f64 / part as f64;
    println!(
        "{rows} rows, one in {one_in} of them new, a pool of {rows}: {with} requests; trying every name: {without:.0} ({part} rows measured); \
         1/{:.1}",
        without / with as f64
    );
}
