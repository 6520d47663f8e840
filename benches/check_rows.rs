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

#[expect(dead_code, reason = "each benchmark uses some of it")]
mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use common::{Measured, measure, numbers, program};

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
    let header = "username,password,email,phone_number,given_name,family_name,custom:legacy_id";
    common::write_list(path, header, rows, |row| {
        let name = format!("{:08x}.p{row}", row.wrapping_mul(2_654_435_761) as u32);
        let phone = row % 10_000_000;
        format!("{name},Str0ng#Enough{row},{name}@example.com,+1202{phone:07},Given,Family,{row}")
    });
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

fn check(folder: &Path, list: &str) -> Measured {
    let mut check = program(folder);
    check.args(["check", list, "--pool", "pool.toml", "--quiet"]);
    measure(&mut check.spawn().unwrap(), || ())
}

fn main() {
    let [rows] = numbers([1_000_000]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pool.toml"), POOL).unwrap();
    for (list, rows) in [("tenth.csv", rows / 10), ("all.csv", rows)] {
        let path = folder.path().join(list);
        write_list(&path, rows);
        let (mut least, mut checked, mut peak) = (Duration::MAX, Duration::MAX, 0.0_f64);
        for _ in 0..ROUNDS {
            least = read(&path).min(least);
            let cost = check(folder.path(), list);
            checked = cost.time.min(checked);
            peak = cost.peak_mib.max(peak);
        }
        println!(
            "{rows} rows, {:.1} MB: csv crate {:.3} s, check {:.3} s ({:.2} times), peak {peak:.1} MiB",
            std::fs::metadata(&path).unwrap().len() as f64 / 1e6,
            least.as_secs_f64(),
            checked.as_secs_f64(),
            checked.as_secs_f64() / least.as_secs_f64()
        );
    }
}
