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

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cognito_import::rehearsal::{
    ExistingUser, PoolSettings, QuotaSetting, RehearsalPool, SimulatedLatency,
};

fn write_list(path: &Path, rows: u64) {
    let mut list = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(list, "username,password,email,given_name,family_name").unwrap();
    for row in 1..=rows {
        writeln!(
            list,
            "person{row},Str0ng#Enough{row},{row}@example.com,Given{row},Family{row}"
        )
        .unwrap();
    }
}

/// A pool with the users of nine rows in ten.
fn pool(rows: u64) -> RehearsalPool {
    let plenty = QuotaSetting::per_second(1_000_000.0);
    let mut settings = PoolSettings {
        latency: SimulatedLatency {
            base_ms: 1,
            jitter_ms: 0,
        },
        existing: (1..=rows)
            .filter(|row| !row.is_multiple_of(10))
            .map(|row| ExistingUser {
                username: format!("person{row}"),
                attributes: [
                    ("email".to_owned(), format!("{row}@example.com")),
                    ("given_name".to_owned(), format!("Given{row}")),
                    ("family_name".to_owned(), format!("Family{row}")),
                ]
                .into(),
                ..ExistingUser::default()
            })
            .collect(),
        ..PoolSettings::default()
    };
    settings.quotas.user_creation = plenty;
    settings.quotas.user_read = plenty;
    settings.quotas.user_list = plenty;
    RehearsalPool::start("127.0.0.1:0".parse().unwrap(), settings).unwrap()
}

fn program(pool: &RehearsalPool, folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cognito-import"))
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", "AKIDBENCH")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .args(arguments)
        .args(["--quiet", "--list-rate", "5000"])
        .args(["--endpoint-url", &pool.endpoint_url()])
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
fn requests(pool: &RehearsalPool) -> [u64; 2] {
    let operations = pool.stats().operations;
    ["ListUsers", "AdminGetUser"].map(|name| {
        operations
            .get(name)
            .map_or(0, |operation| operation.requests)
    })
}

fn verify(pool: &RehearsalPool, folder: &Path, arguments: &[&str]) {
    let before = requests(pool);
    let began = Instant::now();
    let mut child = program(pool, folder, arguments);
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        peak = peak_mib(&child).unwrap_or(0.0).max(peak);
        std::thread::park_timeout(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    let [pages, lookups] = requests(pool);
    println!(
        "{}: {} ListUsers, {} AdminGetUser; {:.1} s; peak {peak:.1} MiB",
        arguments.join(" "),
        pages - before[0],
        lookups - before[1],
        began.elapsed().as_secs_f64()
    );
}

fn main() {
    let mut arguments = std::env::args().filter_map(|argument| argument.parse().ok());
    let rows = arguments.next().unwrap_or(100_000);
    let folder = tempfile::tempdir().unwrap();
    write_list(&folder.path().join("users.csv"), rows);
    let pool = pool(rows);
    let import = [
        "import",
        "users.csv",
        "--run-dir",
        "run",
        "--prescan",
        "always",
        "--rate",
        "5000",
        "--user-pool-id",
        "us-east-1_Rehearsal",
        "--client-id",
        "rehearsalclient0000000000",
    ];
    let mut imported = program(&pool, folder.path(), &import);
    assert!(imported.wait().unwrap().success());
    verify(&pool, folder.path(), &["verify", "run"]);
    verify(&pool, folder.path(), &["verify", "run", "users.csv"]);
}
