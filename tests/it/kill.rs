//! The proof of the first three promises: the real program, under random faults, killed at random moments until it finishes.
//! Every row's outcome is then compared with what the pool itself knows.
//!
//! `KILL_CASES=5000 cargo test kill` runs more cases, `KILL_SEED=17 cargo test kill` runs the one that was printed.

mod case;
mod judge;
mod steps;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cognito_import::rehearsal::RehearsalPool;

use case::{Case, FollowUp};
use judge::judge;

/// Cases within `cargo test`'s time.
const CASES: u64 = 200;

/// Cases at the same time: most of a case is waiting.
const TOGETHER: u64 = 12;

/// Longer than anything in the pool that comes late.
const SETTLE: &str = "700ms";

fn start(case: &Case, pool: &RehearsalPool, folder: &Path) -> Child {
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
            "150",
            "--lookup-rate",
            "150",
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
        FollowUp::Nothing => {}
        FollowUp::OfNewUsers | FollowUp::OfAllUsers => {
            command
                .args(["--confirm", "--verify", "email", "--group", "all"])
                .args(["--disable-where", "state=left", "--update-rate", "150"]);
        }
    }
    if case.follow_up == FollowUp::OfAllUsers {
        command.arg("--follow-up-existing");
    }
    if case.look_ups {
        command.args(case.found_by);
    } else {
        command.args(["--no-lookup", "--usernames", "ignore-case"]);
    }
    command.spawn().unwrap()
}

/// Waits for the program, but not longer than `most`; true: it ended by itself.
fn ended_within(child: &mut Child, most: Duration) -> bool {
    let until = std::time::Instant::now() + most;
    while std::time::Instant::now() < until {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::park_timeout(Duration::from_micros(500));
    }
    false
}

/// Runs one case to its end and says what is wrong with it.
fn run(seed: u64) -> Result<Vec<String>, String> {
    let case = case::case(seed);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("users.csv"), &case.list).unwrap();
    let pool = RehearsalPool::start("127.0.0.1:0".parse().unwrap(), case.settings.clone())
        .map_err(|e| e.to_string())?;
    let mut random = fastrand::Rng::with_seed(seed ^ 0xdead);
    for _ in 0..case.kills {
        let mut child = start(&case, &pool, folder.path());
        // A new run does not send anything in its first second: some kills hit that, most hit the rows.
        let moment = Duration::from_micros(random.u64(0..1_900_000));
        let ended = ended_within(&mut child, moment);
        let _ = child.kill();
        child.wait().unwrap();
        if ended {
            break;
        }
    }
    let mut child = start(&case, &pool, folder.path());
    if !ended_within(&mut child, Duration::from_secs(60)) {
        let _ = child.kill();
        child.wait().unwrap();
        return Err("did not finish within a minute".to_owned());
    }
    let code = child.wait().unwrap().code();
    if !matches!(code, Some(0 | 1 | 5)) {
        let said = std::fs::read_to_string(folder.path().join("stderr.txt")).unwrap_or_default();
        return Err(format!("exit {code:?}: {said}"));
    }
    let results = results(&folder.path().join("run/results.csv"));
    let truth = pool.stats_users();
    pool.stop();
    judge(&case, &results, &truth)
}

fn results(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path)
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn killed_at_random_moments_under_random_faults_nothing_is_lost_and_nothing_told_wrong() {
    if let Some(seed) = number("KILL_SEED") {
        run(seed).unwrap();
        return;
    }
    let cases = number("KILL_CASES").unwrap_or(CASES);
    let next = AtomicU64::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= cases {
                        break;
                    }
                    if let Err(why) = run(seed) {
                        failures
                            .lock()
                            .unwrap()
                            .push(format!("KILL_SEED={seed}: {why}"));
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
