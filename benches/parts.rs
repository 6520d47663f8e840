//! One run in several processes: the speed of parts compared with a single process, and a part
//! that is killed and loses its directory.
//!
//! `cargo bench --bench parts` (arguments after `--`: rows, parts, sign-ups per second; default
//! 20,000, 4 and 400). Runs the real program against rehearsal pools in this process. Times are
//! from the first sign-up to the last.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and panics on errors"
)]

#[expect(dead_code, reason = "each benchmark uses some of it")]
mod common;

use std::path::Path;
use std::process::Child;

use cognito_import::rehearsal::{PoolSettings, QuotaSetting, RehearsalPool};
use common::{
    existing_user, import, latency, numbers, program, start_pool, time_of_sign_ups,
    wait_for_sign_ups,
};

/// One row in 20 has an existing user, one in 100 is a duplicate, and one in 100 is invalid.
fn write_list(folder: &Path, rows: u64) {
    let path = folder.join("users.csv");
    common::write_list(&path, "username,password,email", rows, |row| {
        let user = format!("user{row}");
        match row % 100 {
            0 => format!("{user},Str0ng#Enough{row},none"),
            50 => {
                let earlier = row / 2;
                format!("USER{earlier},Str0ng#Enough{row},user{earlier}@example.com")
            }
            _ => format!("{user},Str0ng#Enough{row},{user}@example.com"),
        }
    });
}

fn pool(rows: u64, rate: u64) -> RehearsalPool {
    let existing = (1..=rows).step_by(20).map(|row| {
        let user = format!("user{row}");
        let email = format!("{user}@example.com");
        existing_user(user, [("email", email)])
    });
    let mut settings = PoolSettings {
        existing: existing.collect(),
        latency: latency(20, 20),
        ..PoolSettings::default()
    };
    settings.quotas.user_creation = QuotaSetting::per_second(rate as f64);
    settings.quotas.user_read = QuotaSetting::per_second(rate as f64);
    settings.quotas.limit_management = QuotaSetting::per_second(1_000.0);
    start_pool(settings)
}

/// Starts an import into the directory `run`, of this part if one is named.
fn start(pool: &RehearsalPool, folder: &Path, part: Option<&str>, rate: u64) -> Child {
    let mut import = import(pool, folder, "users.csv");
    import
        .args(["--run-dir", "run", "--prescan", "never"])
        .args(["--rate", &rate.to_string()]);
    if let Some(part) = part {
        import.args(["--part", part]);
    }
    import.spawn().unwrap()
}

fn merge(folder: &Path) {
    let mut report = program(folder);
    let merged = report
        .args(["report", "--merge", "run", "--quiet"])
        .status();
    // Some rows are invalid.
    assert_eq!(merged.unwrap().code(), Some(1));
}

/// The outcome of each row.
fn outcomes(folder: &Path) -> Vec<(String, String)> {
    let mut csv = csv::Reader::from_path(folder.join("run/results.csv")).unwrap();
    csv.records()
        .map(|row| row.unwrap())
        .map(|row| (row[0].to_owned(), row[3].to_owned()))
        .collect()
}

fn main() {
    let [rows, parts, rate] = numbers([20_000, 4, 400]);
    let names: Vec<String> = (0..parts).map(|part| format!("{part}/{parts}")).collect();

    let single = tempfile::tempdir().unwrap();
    write_list(single.path(), rows);
    let alone_pool = pool(rows, rate);
    let process = start(&alone_pool, single.path(), None, rate);
    let alone = time_of_sign_ups(&alone_pool, &mut [process]);
    println!("1 process, {rate}/s: {:.1} s", alone.as_secs_f64());

    let divided = tempfile::tempdir().unwrap();
    write_list(divided.path(), rows);
    let shared_pool = pool(rows, rate);
    let mut processes: Vec<Child> = names
        .iter()
        .map(|part| start(&shared_pool, divided.path(), Some(part), rate / parts))
        .collect();
    let together = time_of_sign_ups(&shared_pool, &mut processes);
    println!(
        "{parts} parts, {}/s each: {:.1} s, {:.3} of the throughput of one process",
        rate / parts,
        together.as_secs_f64(),
        alone.as_secs_f64() / together.as_secs_f64(),
    );

    let lost = tempfile::tempdir().unwrap();
    write_list(lost.path(), rows);
    let lossy_pool = pool(rows, rate);
    let mut processes: Vec<Child> = names
        .iter()
        .map(|part| start(&lossy_pool, lost.path(), Some(part), rate / parts))
        .collect();
    wait_for_sign_ups(&lossy_pool, rows / 2);
    processes[0].kill().unwrap();
    processes[0].wait().unwrap();
    std::fs::remove_dir_all(lost.path().join(format!("run/part-0-of-{parts}"))).unwrap();
    processes[0] = start(&lossy_pool, lost.path(), Some(&names[0]), rate / parts);
    time_of_sign_ups(&lossy_pool, &mut processes);

    merge(divided.path());
    merge(lost.path());
    let expected = outcomes(single.path());
    for (what, folder) in [("merged", &divided), ("after a lost directory", &lost)] {
        let found = outcomes(folder.path());
        let pairs = found.iter().zip(&expected);
        let differences = pairs.filter(|(found, expected)| found != expected).count()
            + found.len().abs_diff(expected.len());
        println!("{what}: {differences} differences in outcome in {rows} rows");
    }
}
