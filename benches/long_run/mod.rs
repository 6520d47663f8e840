//! A long list in one process: memory, disk, resuming and reports. The real program runs against a
//! rehearsal pool in this process.

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

fn reads(pool: &RehearsalPool) -> u64 {
    pool.stats()
        .operations
        .get("AdminGetUser")
        .map_or(0, |read| read.requests)
}

/// The bytes that a process has written, in files that are kept or not.
fn written_bytes(child: &Child) -> Option<u64> {
    let io = std::fs::read_to_string(format!("/proc/{}/io", child.id())).ok()?;
    let line = io.lines().find(|line| line.starts_with("write_bytes"))?;
    line.split_whitespace().nth(1)?.parse().ok()
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
    let mut child = start(&pool, folder.path(), "users.csv", rate);
    let (peak, seconds) = wait_and_measure(&mut child);
    println!("{rows} rows: peak {:.1} MiB, {seconds:.1} s", mib(peak));
}

/// Imports a list of this many rows, kills the program when all but 1,000 are done, resumes, and
/// writes the reports again.
pub(crate) fn import_after_a_kill(rows: u64, rate: u64) {
    let folder = tempfile::tempdir().unwrap();
    write_list(&folder.path().join("users.csv"), rows);
    let pool = pool();
    let began = Instant::now();
    let mut child = start(&pool, folder.path(), "users.csv", rate);
    while sign_ups(&pool) < rows - 1_000 {
        std::thread::park_timeout(Duration::from_millis(20));
    }
    println!(
        "{} of {rows} rows: peak {:.1} MiB, {:.1} s, {} bytes written per row",
        rows - 1_000,
        mib(peak_kib(&child).unwrap_or(0)),
        began.elapsed().as_secs_f64(),
        written_bytes(&child).unwrap_or(0) / rows,
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let before = sign_ups(&pool) + reads(&pool);
    let began = Instant::now();
    let mut child = start(&pool, folder.path(), "users.csv", rate);
    // Only new runs describe the pool, so the first request belongs to a row.
    while sign_ups(&pool) + reads(&pool) == before {
        std::thread::park_timeout(Duration::from_millis(1));
    }
    println!(
        "resume: first request after {:.2} s",
        began.elapsed().as_secs_f64()
    );
    let (peak, seconds) = wait_and_measure(&mut child);
    println!(
        "the rest with the reports: peak {:.1} MiB, {seconds:.1} s; ledger: {} bytes per row",
        mib(peak),
        ledger_bytes(folder.path()) / rows,
    );
    let began = Instant::now();
    let mut report = Command::new(env!("CARGO_BIN_EXE_cognito-import"));
    report.current_dir(folder.path());
    let report = report.args(["report", "latest", "--quiet"]).spawn();
    let (peak, _) = wait_and_measure(&mut report.unwrap());
    println!(
        "report: {:.1} s, peak {:.1} MiB",
        began.elapsed().as_secs_f64(),
        mib(peak)
    );
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// The numbers on the command line, or these.
pub(crate) fn numbers<const N: usize>(defaults: [u64; N]) -> [u64; N] {
    let given: Vec<u64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    std::array::from_fn(|index| given.get(index).copied().unwrap_or(defaults[index]))
}
