//! Shared by the benchmarks: lists, simulated pools, and running and measuring the real program.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cognito_import::rehearsal::{
    ExistingUser, PoolSettings, QuotaSetting, RehearsalPool, SimulatedLatency,
};

/// The interval at which processes and pools are polled.
const TICK: Duration = Duration::from_millis(2);

/// The numbers on the command line, or these.
pub(crate) fn numbers<const N: usize>(defaults: [u64; N]) -> [u64; N] {
    let given: Vec<u64> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    std::array::from_fn(|index| given.get(index).copied().unwrap_or(defaults[index]))
}

/// The username of a row. Usernames of consecutive rows are far apart in an index, like real ones.
pub(crate) fn username(row: u64) -> String {
    format!("{:08x}.person{row}", row.wrapping_mul(2_654_435_761) as u32)
}

/// Writes a list of rows, numbered from 1.
pub(crate) fn write_list(path: &Path, header: &str, rows: u64, line: impl Fn(u64) -> String) {
    let mut list = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(list, "{header}").unwrap();
    for row in 1..=rows {
        writeln!(list, "{}", line(row)).unwrap();
    }
}

/// A user who is in the pool before the run.
pub(crate) fn existing_user<const N: usize>(
    username: String,
    attributes: [(&str, String); N],
) -> ExistingUser {
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
    ExistingUser {
        username,
        attributes: BTreeMap::from(attributes),
        ..ExistingUser::default()
    }
}

pub(crate) fn latency(base_ms: u64, jitter_ms: u64) -> SimulatedLatency {
    SimulatedLatency { base_ms, jitter_ms }
}

/// More requests per second than the program can send.
pub(crate) fn no_limit() -> QuotaSetting {
    QuotaSetting::per_second(1_000_000.0)
}

/// Starts a simulated pool in this process.
pub(crate) fn start_pool(settings: PoolSettings) -> RehearsalPool {
    RehearsalPool::start("127.0.0.1:0".parse().unwrap(), settings).unwrap()
}

/// The number of requests for an operation that the pool has received.
pub(crate) fn requests(pool: &RehearsalPool, operation: &str) -> u64 {
    let operations = pool.stats().operations;
    operations.get(operation).map_or(0, |count| count.requests)
}

/// The real program in this directory.
pub(crate) fn program(folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cognito-import"));
    program
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", "AKIDBENCH")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    program
}

/// An import of a list in this directory.
pub(crate) fn import(pool: &RehearsalPool, folder: &Path, list: &str) -> Command {
    let mut import = program(folder);
    import
        .args(["import", list, "--quiet"])
        .args(["--user-pool-id", "us-east-1_Rehearsal"])
        .args(["--client-id", "rehearsalclient0000000000"])
        .args(["--endpoint-url", &pool.endpoint_url()]);
    import
}

/// The peak memory of a running process so far: Linux only.
pub(crate) fn peak_mib(process: u32) -> Option<f64> {
    let kib = number_in(&format!("/proc/{process}/status"), "VmHWM:")?;
    Some(kib as f64 / 1024.0)
}

/// Reads a number from a file of lines with a name and a number.
pub(crate) fn number_in(path: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

pub(crate) struct Measured {
    pub peak_mib: f64,
    pub time: Duration,
}

/// Waits for the program to succeed, and calls `tick` at each poll.
pub(crate) fn measure(program: &mut Child, mut tick: impl FnMut()) -> Measured {
    let began = Instant::now();
    let mut peak = 0.0_f64;
    while program.try_wait().unwrap().is_none() {
        peak = peak_mib(program.id()).unwrap_or(0.0).max(peak);
        tick();
        std::thread::park_timeout(TICK);
    }
    assert!(program.wait().unwrap().success());
    Measured {
        peak_mib: peak,
        time: began.elapsed(),
    }
}

/// Waits until all imports end, and returns the time from the first sign-up to the last.
pub(crate) fn time_of_sign_ups(pool: &RehearsalPool, imports: &mut [Child]) -> Duration {
    let (mut seen, mut first, mut last) = (0, None, Instant::now());
    while imports
        .iter_mut()
        .any(|import| import.try_wait().unwrap().is_none())
    {
        let sent = requests(pool, "SignUp");
        if sent > seen {
            seen = sent;
            last = Instant::now();
            first.get_or_insert(last);
        }
        std::thread::park_timeout(TICK);
    }
    last.duration_since(first.unwrap())
}

/// Waits until this many sign-ups have been sent.
pub(crate) fn wait_for_sign_ups(pool: &RehearsalPool, number: u64) {
    while requests(pool, "SignUp") < number {
        std::thread::park_timeout(TICK);
    }
}
