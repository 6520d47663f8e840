//! A million rows in one process.
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

#[expect(dead_code, reason = "each benchmark uses some of it")]
mod common;
mod long_run;

fn main() {
    let [rows, rate] = common::numbers([1_000_000, 8_000]);
    long_run::import(10_000, rate);
    long_run::import(rows, rate);
    long_run::import_after_a_kill(rows, rate);
}
