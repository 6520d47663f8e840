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

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cognito_import::rehearsal::{
    ExistingUser, PoolSettings, QuotaSetting, RehearsalPool, SimulatedLatency,
};

/// How often the counts of the pool are read.
const TICK: Duration = Duration::from_millis(5);

/// Every 20th user exists, every 50th row repeats an earlier one, and every 100th is invalid.
fn write_list(path: &Path, rows: u64) {
    let mut list = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(list, "username,password,email").unwrap();
    for row in 1..=rows {
        let (user, email) = match row % 100 {
            0 => (format!("user{row}"), "none".to_owned()),
            50 => (
                format!("USER{}", row / 2),
                format!("user{}@example.com", row / 2),
            ),
            _ => (format!("user{row}"), format!("user{row}@example.com")),
        };
        writeln!(list, "{user},Str0ng#Enough{row},{email}").unwrap();
    }
}

fn pool(rows: u64, rate: u64) -> RehearsalPool {
    let existing = (1..=rows).step_by(20).map(|row| ExistingUser {
        username: format!("user{row}"),
        attributes: BTreeMap::from([("email".to_owned(), format!("user{row}@example.com"))]),
        ..ExistingUser::default()
    });
    let mut settings = PoolSettings {
        existing: existing.collect(),
        latency: SimulatedLatency {
            base_ms: 20,
            jitter_ms: 20,
        },
        ..PoolSettings::default()
    };
    settings.quotas.user_creation = QuotaSetting::per_second(rate as f64);
    settings.quotas.user_read = QuotaSetting::per_second(rate as f64);
    settings.quotas.limit_management = QuotaSetting::per_second(1_000.0);
    RehearsalPool::start("127.0.0.1:0".parse().unwrap(), settings).unwrap()
}

fn program(folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cognito-import"));
    program
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", "AKIDBENCH")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    program
}

/// Starts an import into the directory `run`, of this part if one is named.
fn start(pool: &RehearsalPool, folder: &Path, part: Option<&str>, rate: u64) -> Child {
    let mut import = program(folder);
    import
        .args(["import", "users.csv", "--run-dir", "run", "--quiet"])
        .args(["--user-pool-id", "us-east-1_Rehearsal"])
        .args(["--client-id", "rehearsalclient0000000000"])
        .args(["--endpoint-url", &pool.endpoint_url()])
        .args(["--rate", &rate.to_string(), "--prescan", "never"]);
    if let Some(part) = part {
        import.args(["--part", part]);
    }
    import.spawn().unwrap()
}

fn sign_ups(pool: &RehearsalPool) -> u64 {
    pool.stats()
        .operations
        .get("SignUp")
        .map_or(0, |sign_up| sign_up.requests)
}

/// Waits for the processes, and returns the time from the first sign-up to the last.
fn watch(pool: &RehearsalPool, mut children: Vec<Child>) -> Duration {
    let (mut seen, mut first, mut last) = (0, None, Instant::now());
    while children
        .iter_mut()
        .any(|child| child.try_wait().unwrap().is_none())
    {
        let now = sign_ups(pool);
        if now > seen {
            seen = now;
            last = Instant::now();
            first.get_or_insert(last);
        }
        std::thread::park_timeout(TICK);
    }
    last.duration_since(first.unwrap())
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
    let numbers: Vec<u64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let rows = numbers.first().copied().unwrap_or(20_000);
    let parts = numbers.get(1).copied().unwrap_or(4);
    let rate = numbers.get(2).copied().unwrap_or(400);
    let names: Vec<String> = (0..parts).map(|part| format!("{part}/{parts}")).collect();

    let single = tempfile::tempdir().unwrap();
    write_list(&single.path().join("users.csv"), rows);
    let alone_pool = pool(rows, rate);
    let alone = watch(
        &alone_pool,
        vec![start(&alone_pool, single.path(), None, rate)],
    );
    println!("1 process, {rate}/s: {:.1} s", alone.as_secs_f64());

    let divided = tempfile::tempdir().unwrap();
    write_list(&divided.path().join("users.csv"), rows);
    let shared_pool = pool(rows, rate);
    let processes = names
        .iter()
        .map(|part| start(&shared_pool, divided.path(), Some(part), rate / parts));
    let together = watch(&shared_pool, processes.collect());
    println!(
        "{parts} parts, {}/s each: {:.1} s, {:.3} of the throughput of one process",
        rate / parts,
        together.as_secs_f64(),
        alone.as_secs_f64() / together.as_secs_f64(),
    );

    let lost = tempfile::tempdir().unwrap();
    write_list(&lost.path().join("users.csv"), rows);
    let lossy_pool = pool(rows, rate);
    let mut processes: Vec<Child> = names
        .iter()
        .map(|part| start(&lossy_pool, lost.path(), Some(part), rate / parts))
        .collect();
    while sign_ups(&lossy_pool) < rows / 2 {
        std::thread::park_timeout(TICK);
    }
    processes[0].kill().unwrap();
    processes[0].wait().unwrap();
    std::fs::remove_dir_all(lost.path().join(format!("run/part-0-of-{parts}"))).unwrap();
    processes[0] = start(&lossy_pool, lost.path(), Some(&names[0]), rate / parts);
    watch(&lossy_pool, processes);

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
