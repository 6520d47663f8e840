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

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cognito_import::rehearsal::{
    ExistingUser, PoolSettings, QuotaSetting, RehearsalPool, SimulatedLatency,
};

/// Usernames in random order.
fn name(row: u64) -> String {
    format!("{:08x}.person{row}", row.wrapping_mul(2_654_435_761) as u32)
}

fn is_new(row: u64, one_in: u64) -> bool {
    row.is_multiple_of(one_in)
}

fn write_list(path: &Path, rows: u64) {
    let mut list = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(list, "username,password,email,given_name,family_name").unwrap();
    for row in 1..=rows {
        let name = name(row);
        writeln!(
            list,
            "{name},Str0ng#Enough{row},{name}@example.com,Given{row},Family{row}"
        )
        .unwrap();
    }
}

/// A pool with as many users as the list has rows: the users of the list that are not new, and as
/// many others.
fn pool(rows: u64, one_in: u64) -> RehearsalPool {
    let plenty = QuotaSetting::per_second(1_000_000.0);
    let mut settings = PoolSettings {
        latency: SimulatedLatency {
            base_ms: 1,
            jitter_ms: 0,
        },
        existing: (1..=rows)
            .map(|row| {
                let row = if is_new(row, one_in) { row + rows } else { row };
                let mut user = ExistingUser {
                    username: name(row),
                    ..ExistingUser::default()
                };
                user.attributes
                    .insert("email".to_owned(), format!("{row}@example.com"));
                user
            })
            .collect(),
        ..PoolSettings::default()
    };
    settings.quotas.user_creation = plenty;
    settings.quotas.user_read = plenty;
    settings.quotas.user_list = plenty;
    RehearsalPool::start("127.0.0.1:0".parse().unwrap(), settings).unwrap()
}

fn start(pool: &RehearsalPool, folder: &Path, list: &str, prescan: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cognito-import"))
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", "AKIDBENCH")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .args(["import", list, "--run-dir", prescan, "--quiet"])
        .args(["--user-pool-id", "us-east-1_Rehearsal"])
        .args(["--client-id", "rehearsalclient0000000000"])
        .args(["--endpoint-url", &pool.endpoint_url()])
        .args(["--rate", "5000", "--lookup-rate", "5000"])
        .args(["--list-rate", "5000", "--prescan", prescan])
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

fn peak_mib(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Requests by operation, as counted by the pool.
fn requests(pool: &RehearsalPool) -> [u64; 3] {
    let operations = pool.stats().operations;
    ["ListUsers", "SignUp", "AdminGetUser"].map(|name| {
        operations
            .get(name)
            .map_or(0, |operation| operation.requests)
    })
}

/// Runs the program, prints its cost, and returns the number of requests.
fn run(pool: &RehearsalPool, folder: &Path, list: &str, prescan: &str) -> u64 {
    let before = requests(pool);
    let began = Instant::now();
    let mut child = start(pool, folder, list, prescan);
    let (mut peak, mut read) = (0.0_f64, None);
    while child.try_wait().unwrap().is_none() {
        peak = peak_mib(&child).unwrap_or(0.0).max(peak);
        let begun = requests(pool)[1] > before[1];
        if begun && read.is_none() {
            read = Some(began.elapsed());
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success());
    let after = requests(pool);
    let counts: Vec<u64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
    println!(
        "--prescan {prescan}: {} ListUsers, {} SignUp, {} AdminGetUser; first sign-up after {:.1} s, end after {:.1} s; peak {peak:.1} MiB",
        counts[0],
        counts[1],
        counts[2],
        read.unwrap_or_default().as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
    counts.iter().sum()
}

fn main() {
    let numbers: Vec<u64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let rows = numbers.first().copied().unwrap_or(1_000_000);
    let part = numbers.get(1).copied().unwrap_or(10_000).min(rows);
    let one_in = numbers.get(2).copied().unwrap_or(100);
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
