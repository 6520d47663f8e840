//! What it costs to verify a run: pages, lookups, time and peak memory.
//!
//! `cargo bench --bench verify_users` (argument after `--`: rows, default 100,000). Runs the real
//! program against a rehearsal pool in this process, which counts the requests: an import whose
//! users all exist but one in ten, then `verify` without and with the list. Peak memory is `VmHWM`
//! in `/proc`: Linux only.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and panics on errors"
)]

#[expect(dead_code, reason = "each benchmark uses some of it")]
mod common;

use std::path::Path;

use cognito_import::rehearsal::{PoolSettings, RehearsalPool};
use common::{
    existing_user, import, latency, measure, no_limit, numbers, program, requests, start_pool,
};

fn write_list(path: &Path, rows: u64) {
    let header = "username,password,email,given_name,family_name";
    common::write_list(path, header, rows, |row| {
        format!("person{row},Str0ng#Enough{row},{row}@example.com,Given{row},Family{row}")
    });
}

/// A pool with the users of nine rows in ten.
fn pool(rows: u64) -> RehearsalPool {
    let existing = (1..=rows).filter(|row| !row.is_multiple_of(10)).map(|row| {
        let attributes = [
            ("email", format!("{row}@example.com")),
            ("given_name", format!("Given{row}")),
            ("family_name", format!("Family{row}")),
        ];
        existing_user(format!("person{row}"), attributes)
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

fn verify(pool: &RehearsalPool, folder: &Path, arguments: &[&str]) {
    let counts = || ["ListUsers", "AdminGetUser"].map(|operation| requests(pool, operation));
    let before = counts();
    let mut verify = program(folder);
    verify
        .arg("verify")
        .args(arguments)
        .args(["--quiet", "--list-rate", "5000"])
        .args(["--endpoint-url", &pool.endpoint_url()]);
    let cost = measure(&mut verify.spawn().unwrap(), || ());
    let [pages, lookups] = counts();
    println!(
        "verify {}: {} ListUsers, {} AdminGetUser; {:.1} s; peak {:.1} MiB",
        arguments.join(" "),
        pages - before[0],
        lookups - before[1],
        cost.time.as_secs_f64(),
        cost.peak_mib
    );
}

fn main() {
    let [rows] = numbers([100_000]);
    let folder = tempfile::tempdir().unwrap();
    write_list(&folder.path().join("users.csv"), rows);
    let pool = pool(rows);
    let imported = import(&pool, folder.path(), "users.csv")
        .args(["--run-dir", "run", "--prescan", "always"])
        .args(["--rate", "5000", "--list-rate", "5000"])
        .status();
    assert!(imported.unwrap().success());
    verify(&pool, folder.path(), &["run"]);
    verify(&pool, folder.path(), &["run", "users.csv"]);
}
