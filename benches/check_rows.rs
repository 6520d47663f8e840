//! The cost of `check` compared with the minimal cost of reading a list.
//!
//! `cargo bench --bench check_rows` (argument after `--`: rows; 1,000,000 by default). Alternately
//! reads a list into string records with the csv crate in this process, and checks it with the real
//! program against a pool's rules. Prints the times, their ratio, and the program's peak memory for
//! a tenth of the rows and for all of them. Peak memory is `VmHWM` in `/proc`: Linux only.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and panics on errors"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Number of rounds. The fastest of each counts, because other load only adds time.
const ROUNDS: usize = 5;

const POOL: &str = r#"
username_attributes = []
[password_policy]
minimum_length = 12
[client]
write_attributes = ["email", "phone_number", "given_name", "family_name", "custom:legacy_id"]
[[schema]]
name = "email"
required = true
max_length = 2048
[[schema]]
name = "phone_number"
max_length = 2048
[[schema]]
name = "given_name"
max_length = 100
[[schema]]
name = "family_name"
max_length = 100
[[schema]]
name = "custom:legacy_id"
data_type = "Number"
min_value = 1
"#;

fn write_list(path: &Path, rows: u64) {
    let mut list = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(
        list,
        "username,password,email,phone_number,given_name,family_name,custom:legacy_id"
    )
    .unwrap();
    for row in 1..=rows {
        let name = format!("{:08x}.p{row}", row.wrapping_mul(2_654_435_761) as u32);
        writeln!(
            list,
            "{name},Str0ng#Enough{row},{name}@example.com,+1202{:07},Given,Family,{row}",
            row % 10_000_000
        )
        .unwrap();
    }
}

fn read(path: &Path) -> Duration {
    let began = Instant::now();
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut record = csv::StringRecord::new();
    let mut cells = 0;
    while reader.read_record(&mut record).unwrap() {
        cells += record.len();
    }
    let took = began.elapsed();
    assert!(cells > 0);
    took
}

/// Returns the duration and the peak memory in KiB.
fn check(folder: &Path, list: &str) -> (Duration, u64) {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cognito-import"))
        .current_dir(folder)
        .args(["check", list, "--pool", "pool.toml", "--quiet"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let now = std::fs::read_to_string(&status).unwrap_or_default();
        let line = now.lines().find(|line| line.starts_with("VmHWM"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = kib.unwrap_or(0).max(peak);
        std::thread::park_timeout(Duration::from_millis(2));
    }
    let took = began.elapsed();
    assert!(child.wait().unwrap().success());
    (took, peak)
}

fn main() {
    let rows: u64 = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pool.toml"), POOL).unwrap();
    for (list, rows) in [("tenth.csv", rows / 10), ("all.csv", rows)] {
        let path = folder.path().join(list);
        write_list(&path, rows);
        let (mut least, mut checked, mut peak) = (Duration::MAX, Duration::MAX, 0);
        for _ in 0..ROUNDS {
            least = read(&path).min(least);
            let (took, kib) = check(folder.path(), list);
            checked = took.min(checked);
            peak = kib.max(peak);
        }
        println!(
            "{rows} rows, {:.1} MB: csv crate {:.3} s, check {:.3} s ({:.2} times), peak {:.1} MiB",
            std::fs::metadata(&path).unwrap().len() as f64 / 1e6,
            least.as_secs_f64(),
            checked.as_secs_f64(),
            checked.as_secs_f64() / least.as_secs_f64(),
            peak as f64 / 1024.0
        );
    }
}
