//! Proves the first three promises: the real program runs under random faults and is killed at
//! random moments until it finishes. Then every row's outcome is compared with the pool's own
//! record.
//!
//! Kills are aimed at busy runs: this way, more than 50 of 200 cases detect a run that forgets the
//! follow-up steps of a row it settles. `KILL_CASES=5000 cargo test kill` runs more cases,
//! `KILL_SEED=17 cargo test kill` repeats a printed one. `LOSS_CASES` and `LOSS_SEED` are for the
//! cases that lose the run directory. `KILL_ROWS=1000` makes the lists of both longer.

mod case;
mod disk;
mod steps;
mod verify;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cognito_import::rehearsal::RehearsalPool;

use crate::harness::TIMEOUT;
use case::{CaseSteps, KillCase};
use disk::{Copies, undo_everything};
use verify::verify;

/// The default number of cases.
const CASES: u64 = 100;

/// Cases in parallel: two thirds of a case are spent waiting, mostly for the second before the
/// first sign-up of a run.
const PARALLEL_CASES: u64 = 16;

/// Interval for polling a process and its pool.
const POLL: Duration = Duration::from_millis(2);

/// Longer than any delay of the pool.
const SETTLE: &str = "700ms";

fn start(case: &KillCase, pool: &RehearsalPool, folder: &Path) -> Child {
    let rate = case::RATE.to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-import"));
    command
        .current_dir(folder)
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .args([
            "import",
            "users.csv",
            "--user-pool-id",
            &case.settings.pool_id,
        ])
        .args([
            "--client-id",
            &case.settings.client_id,
            "--endpoint-url",
            &pool.endpoint_url(),
        ])
        .args([
            "--rate",
            &rate,
            "--lookup-rate",
            &rate,
            "--attempt-timeout",
            "400ms",
            "--settle-time",
            SETTLE,
        ])
        .args([
            "--max-failures",
            "0",
            "--max-failure-rate",
            "1",
            "--durability",
            case.durability,
            "--run-dir",
            "run",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join("stderr.txt")).unwrap());
    if !case.preflight {
        command.arg("--no-preflight");
    }
    match case.follow_up {
        CaseSteps::Nothing => {}
        CaseSteps::OfNewUsers | CaseSteps::OfAllUsers => {
            command
                .args(["--confirm", "--verify", "email", "--group", "all"])
                .args(["--disable-where", "state=left", "--update-rate", &rate]);
        }
    }
    if case.follow_up == CaseSteps::OfAllUsers {
        command.arg("--follow-up-existing");
    }
    if case.lookups {
        command.args(case.lookup_flags);
    } else {
        command.args(["--no-lookup", "--allow-messages"]);
        command.args(["--usernames", "ignore-case"]);
    }
    command.spawn().unwrap()
}

/// The number of requests about users of the list.
fn requests_for_users(pool: &RehearsalPool) -> u64 {
    let operations = pool.stats().operations;
    let of = |operation: &str| operations.get(operation).map_or(0, |stats| stats.requests);
    of("SignUp") + of("AdminConfirmSignUp") + of("AdminUpdateUserAttributes")
}

/// Waits until the timeout. Returns whether the program exited by itself.
fn exits_within(child: &mut Child, timeout: Duration) -> bool {
    let until = Instant::now() + timeout;
    exits_before(child, || Instant::now() >= until)
}

/// Waits until the condition is true. Returns whether the program exited by itself.
fn exits_before(child: &mut Child, mut condition: impl FnMut() -> bool) -> bool {
    while !condition() {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::park_timeout(POLL);
    }
    false
}

/// Whether the run directory survives a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    Survives,
    /// Nothing but the certificate is left, or an earlier copy of the directory.
    IsLost,
}

/// Runs one case to its end and checks it.
fn run(seed: u64, disk: Disk) -> Result<Vec<String>, String> {
    let case = case::case(seed);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("users.csv"), &case.list).unwrap();
    let pool = RehearsalPool::start("127.0.0.1:0".parse().unwrap(), case.settings.clone())
        .map_err(|e| e.to_string())?;
    let mut random = fastrand::Rng::with_seed(seed ^ 0xdead);
    let kills = match disk {
        Disk::Survives => case.kills,
        Disk::IsLost => case.kills.max(1),
    };
    let mut copies = Copies::of(folder.path());
    for _ in 0..kills {
        let requests_before = requests_for_users(&pool);
        let mut child = start(&case, &pool, folder.path());
        // Some kills hit a starting run and most a busy one, however slow the machine is.
        let mut has_exited = if random.u32(0..5) == 0 {
            exits_within(&mut child, Duration::from_micros(random.u64(0..1_000_000)))
        } else {
            let delay = Duration::from_micros(random.u64(0..case.busy_micros()));
            exits_before(&mut child, || requests_for_users(&pool) > requests_before)
                || exits_within(&mut child, delay)
        };
        if disk == Disk::IsLost && !has_exited {
            copies.copy_while_stopped(&child);
            let delay = Duration::from_micros(random.u64(0..case.busy_micros()));
            has_exited = exits_within(&mut child, delay);
        }
        let _ = child.kill();
        child.wait().unwrap();
        if disk == Disk::IsLost {
            copies.lose(&mut random);
        }
        if has_exited {
            break;
        }
    }
    let mut child = start(&case, &pool, folder.path());
    if !exits_within(&mut child, TIMEOUT) {
        let _ = child.kill();
        child.wait().unwrap();
        return Err(format!("did not finish within {} s", TIMEOUT.as_secs()));
    }
    let code = child.wait().unwrap().code();
    if !matches!(code, Some(0 | 1 | 5)) {
        let stderr = std::fs::read_to_string(folder.path().join("stderr.txt")).unwrap_or_default();
        return Err(format!("exit {code:?}: {stderr}"));
    }
    let results = results(&folder.path().join("run/results.csv"));
    let truth = pool.stats_users();
    let in_doubt = verify(&case, &results, &truth, disk)?;
    if disk == Disk::IsLost && case.lookups {
        undo_everything(&case, &pool, folder.path(), &truth)?;
    }
    pool.stop();
    Ok(in_doubt)
}

fn results(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path)
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn random_kills_and_faults_lose_nothing_and_results_stay_correct() {
    run_cases("KILL_SEED", "KILL_CASES", Disk::Survives);
}

#[test]
fn results_stay_correct_after_kills_that_lose_the_directory_or_restore_a_copy() {
    run_cases("LOSS_SEED", "LOSS_CASES", Disk::IsLost);
}

/// Only one of these tests runs at a time, because each keeps the machine busy.
static RUNNING: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Runs the case of the seed in one variable, or as many cases as the other one says.
fn run_cases(seed: &str, cases: &str, disk: Disk) {
    let _running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(seed) = number(seed) {
        run(seed, disk).unwrap();
        return;
    }
    let cases = number(cases).unwrap_or(CASES);
    let next = AtomicU64::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL_CASES {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case >= cases {
                        break;
                    }
                    if let Err(error) = run(case, disk) {
                        failures
                            .lock()
                            .unwrap()
                            .push(format!("{seed}={case}: {error}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} of {cases} cases:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
