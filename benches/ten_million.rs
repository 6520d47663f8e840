//! Ten million rows in one process: what grows with the list.
//!
//! `cargo bench --bench ten_million` (arguments after `--`: rows, sign-ups per second; 10,000,000
//! and 8,000 by default). Takes half an hour, 10 GB of memory for the simulated pool, and 8 GB of
//! disk. Prints the same figures for a tenth of the rows first. Linux only.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and panics on errors"
)]

#[expect(dead_code, reason = "each benchmark uses some of it")]
mod common;
mod long_run;

fn main() {
    let [rows, rate] = common::numbers([10_000_000, 8_000]);
    long_run::import(10_000, rate);
    long_run::import_after_a_kill(rows / 10, rate);
    long_run::import_after_a_kill(rows, rate);
}
