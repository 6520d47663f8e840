//! Memory and resume time with a million rows: the real program against a rehearsal pool in this
//! process.
//!
//! `cargo bench --bench million_rows` (arguments after `--`: rows, sign-ups per second; 1,000,000
//! and 8,000 by default). Prints the program's peak memory for 10,000 rows and for all of them,
//! and, after a kill -9 when all but 1,000 rows are done, the time from the restart to the first
//! new request. Peak memory is `VmHWM` in `/proc`: Linux only.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and panics on errors"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cognito_import::rehearsal::{PoolSettings, QuotaSetting, RehearsalPool, SimulatedLatency};

fn write_list(path: &Path, rows: u64) {
    let mut list = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(
        list,
        "username,password,email,given_name,family_name,custom:legacy_id"
    )
    .unwrap();
    for row in 1..=rows {
        let name = format!("{:08x}.person{row}", row.wrapping_mul(2_654_435_761) as u32);
        writeln!(
            list,
            "{name},Str0ng#Enough{row},{name}@example.com,Given{row},Family{row},{row}"
        )
        .unwrap();
    }
}

fn pool() -> RehearsalPool {
    let mut settings = PoolSettings {
        latency: SimulatedLatency {
            base_ms: 1,
            jitter_ms: 1,
        },
        ..PoolSettings::default()
    };
    settings.quotas.user_creation = QuotaSetting::per_second(1_000_000.0);
    settings.quotas.user_read = QuotaSetting::per_second(1_000_000.0);
    RehearsalPool::start("127.0.0.1:0".parse().unwrap(), settings).unwrap()
}

fn start(pool: &RehearsalPool, folder: &Path, list: &str, rate: u64) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cognito-import"))
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", "AKIDBENCH")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .args([
            "import",
            list,
            "--user-pool-id",
            "us-east-1_Rehearsal",
            "--client-id",
            "rehearsalclient0000000000",
        ])
        .args([
            "--endpoint-url",
            &pool.endpoint_url(),
            "--quiet",
            "--rate",
            &rate.to_string(),
        ])
        .args(["--lookup-rate", "10000"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

fn peak_kib(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Waits for the program to exit. Returns its peak memory in KiB and its duration in seconds.
fn wait_and_measure(child: &mut Child) -> (u64, f64) {
    let began = Instant::now();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak_kib(child).unwrap_or(0).max(peak);
        std::thread::park_timeout(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    (peak, began.elapsed().as_secs_f64())
}

fn sign_ups(pool: &RehearsalPool) -> u64 {
    pool.stats()
        .operations
        .get("SignUp")
        .map_or(0, |sign_up| sign_up.requests)
}

fn main() {
    let numbers: Vec<u64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let rows = numbers.first().copied().unwrap_or(1_000_000);
    let rate = numbers.get(1).copied().unwrap_or(8_000);
    let folder = tempfile::tempdir().unwrap();
    for count in [10_000, rows] {
        let list = format!("list{count}.csv");
        write_list(&folder.path().join(&list), count);
        let pool = pool();
        let mut child = start(&pool, folder.path(), &list, rate);
        let (peak, seconds) = wait_and_measure(&mut child);
        println!(
            "{count} rows: peak {:.1} MiB, {seconds:.1} s",
            peak as f64 / 1024.0
        );
    }
    let list = "resumed.csv";
    write_list(&folder.path().join(list), rows);
    let pool = pool();
    let mut child = start(&pool, folder.path(), list, rate);
    while sign_ups(&pool) < rows - 1_000 {
        std::thread::park_timeout(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = sign_ups(&pool) + reads(&pool);
    let began = Instant::now();
    let mut child = start(&pool, folder.path(), list, rate);
    // Only new runs describe the pool, so the first request belongs to a row.
    while sign_ups(&pool) + reads(&pool) == before {
        std::thread::park_timeout(Duration::from_millis(1));
    }
    println!(
        "resume with {} rows done: first request after {:.2} s",
        rows - 1_000,
        began.elapsed().as_secs_f64()
    );
    let (peak, seconds) = wait_and_measure(&mut child);
    println!(
        "the rest: peak {:.1} MiB, {seconds:.1} s",
        peak as f64 / 1024.0
    );
}

fn reads(pool: &RehearsalPool) -> u64 {
    pool.stats()
        .operations
        .get("AdminGetUser")
        .map_or(0, |read| read.requests)
}
