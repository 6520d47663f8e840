//! A long list in one process: memory, disk, resuming and reports. The real program runs against a
//! rehearsal pool in this process.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use cognito_import::rehearsal::{PoolSettings, RehearsalPool};

use crate::common::{
    self, latency, measure, no_limit, number_in, peak_mib, program, requests, start_pool, username,
    wait_for_sign_ups,
};

fn write_list(path: &Path, rows: u64) {
    let header = "username,password,email,given_name,family_name,custom:legacy_id";
    common::write_list(path, header, rows, |row| {
        let name = username(row);
        format!("{name},Str0ng#Enough{row},{name}@example.com,Given{row},Family{row},{row}")
    });
}

fn pool() -> RehearsalPool {
    let mut settings = PoolSettings {
        latency: latency(1, 1),
        ..PoolSettings::default()
    };
    settings.quotas.user_creation = no_limit();
    settings.quotas.user_read = no_limit();
    start_pool(settings)
}

fn start_import(pool: &RehearsalPool, folder: &Path, rate: u64) -> Child {
    let mut import = common::import(pool, folder, "users.csv");
    import.args(["--rate", &rate.to_string(), "--lookup-rate", "10000"]);
    import.spawn().unwrap()
}

/// The bytes that a process has written, in files that are kept or not.
fn written_bytes(child: &Child) -> Option<u64> {
    number_in(&format!("/proc/{}/io", child.id()), "write_bytes:")
}

/// The bytes of the run's ledger, with its log.
fn ledger_bytes(folder: &Path) -> u64 {
    let runs = std::fs::read_dir(folder.join("import-runs")).unwrap();
    let files = runs.flat_map(|run| std::fs::read_dir(run.unwrap().path()).unwrap());
    files
        .map(|file| file.unwrap())
        .filter(|file| file.file_name().to_string_lossy().starts_with("ledger.db"))
        .map(|file| file.metadata().unwrap().len())
        .sum()
}

/// Imports a list of this many rows without interruption.
pub(crate) fn import(rows: u64, rate: u64) {
    let folder = tempfile::tempdir().unwrap();
    write_list(&folder.path().join("users.csv"), rows);
    let pool = pool();
    let cost = measure(&mut start_import(&pool, folder.path(), rate), || ());
    println!(
        "{rows} rows: peak {:.1} MiB, {:.1} s",
        cost.peak_mib,
        cost.time.as_secs_f64()
    );
}

/// Imports a list of this many rows, kills the program when all but 1,000 are done, resumes, and
/// writes the reports again.
pub(crate) fn import_after_a_kill(rows: u64, rate: u64) {
    let folder = tempfile::tempdir().unwrap();
    write_list(&folder.path().join("users.csv"), rows);
    let pool = pool();
    let began = Instant::now();
    let mut child = start_import(&pool, folder.path(), rate);
    wait_for_sign_ups(&pool, rows - 1_000);
    println!(
        "{} of {rows} rows: peak {:.1} MiB, {:.1} s, {} bytes written per row",
        rows - 1_000,
        peak_mib(child.id()).unwrap_or(0.0),
        began.elapsed().as_secs_f64(),
        written_bytes(&child).unwrap_or(0) / rows,
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let before = requests(&pool, "SignUp");
    let began = Instant::now();
    let mut child = start_import(&pool, folder.path(), rate);
    while requests(&pool, "SignUp") == before {
        std::thread::park_timeout(Duration::from_millis(1));
    }
    println!(
        "resume: first sign-up after {:.2} s",
        began.elapsed().as_secs_f64()
    );
    let rest = measure(&mut child, || ());
    println!(
        "the rest with the reports: peak {:.1} MiB, {:.1} s; ledger: {} bytes per row",
        rest.peak_mib,
        rest.time.as_secs_f64(),
        ledger_bytes(folder.path()) / rows,
    );
    let mut report = program(folder.path());
    let report = report.args(["report", "latest", "--quiet"]).spawn();
    let cost = measure(&mut report.unwrap(), || ());
    println!(
        "report: {:.1} s, peak {:.1} MiB",
        cost.time.as_secs_f64(),
        cost.peak_mib
    );
}
