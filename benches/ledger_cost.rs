//! The cost of the ledger: CPU time per row to begin and settle it, in batches as in a run.
//!
//! `cargo bench --bench ledger_cost` (arguments after `--`: rows, rows in a batch; 1,000,000 and 64
//! by default). CPU time is user and system time of the process from `/proc/self/stat`, minus the
//! time to generate the rows: Linux only.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and panics on errors"
)]

#[expect(dead_code, reason = "each benchmark uses some of it")]
mod common;

use cognito_import::ledger::writer::Ending;
use cognito_import::ledger::{
    Durability, Facts, Identity, Ledger, LedgerBatch, NewRow, RunDirectory, RunKind, ToBegin,
};
use cognito_import::outcome::{Delivery, Evidence, Outcome, RowOutcome};
use common::{numbers, username};

/// Clock ticks per second in `/proc`: always 100 in Linux user space.
const TICKS: f64 = 100.0;

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / TICKS
}

fn created(row: u64) -> RowOutcome {
    let mut outcome = RowOutcome::of(Outcome::Created);
    outcome.evidence = Some(Evidence::Answer);
    outcome.user_sub = Some(format!(
        "{:08x}-0000-4000-8000-{row:012x}",
        row.wrapping_mul(2_654_435_761) as u32
    ));
    outcome.confirmed = Some(false);
    outcome.delivery = Some(Delivery::None);
    outcome.attempts = 1;
    outcome.duration_ms = 31;
    outcome
}

fn rows_to_begin(numbers: &[u64]) -> Vec<NewRow> {
    let row = |number: &u64| {
        NewRow::ToBegin(ToBegin {
            row: *number,
            line: number + 1,
            compared_as: None,
            username: format!("{}@example.com", username(*number)),
            kept: Vec::new(),
            outcome: None,
            follow_up: None,
        })
    };
    numbers.iter().map(row).collect()
}

fn rows_settled(numbers: &[u64]) -> Vec<(u64, RowOutcome)> {
    numbers
        .iter()
        .map(|number| (*number, created(*number)))
        .collect()
}

/// The time to generate the rows, which is not part of the ledger's cost.
fn cpu_to_generate_rows(rows: u64, group: u64) -> f64 {
    let before = cpu_seconds();
    let mut row = 0;
    while row < rows {
        let numbers: Vec<u64> = (row + 1..=(row + group).min(rows)).collect();
        row += numbers.len() as u64;
        std::hint::black_box((rows_to_begin(&numbers), rows_settled(&numbers)));
    }
    cpu_seconds() - before
}

fn main() {
    let [rows, group] = numbers([1_000_000, 64]);
    let alone = cpu_to_generate_rows(rows, group);
    for durability in [Durability::Process, Durability::Power] {
        let folder = tempfile::tempdir().unwrap();
        let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
        let identity = Identity {
            list: "list.csv".into(),
            fingerprint: Some("0".into()),
            mapping: "username=1".into(),
            kept: Vec::new(),
            follow_up: None,
            told_triggers: None,
            selection: None,
            user_pool_id: "us-east-1_Bench".into(),
            client_id: "client".into(),
            kind: RunKind::Import,
            parts: std::num::NonZeroU32::MIN,
        };
        let facts = Facts {
            started_ms: 0,
            case_insensitive: true,
            second_before_run_ms: None,
            endpoint: None,
        };
        let began = std::time::Instant::now();
        let before = cpu_seconds();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let ledger = Ledger::create(&directory, &identity, facts, durability).unwrap();
            let mut row = 0;
            let mut since = LedgerBatch::default();
            while row < rows {
                let numbers: Vec<u64> = (row + 1..=(row + group).min(rows)).collect();
                row += numbers.len() as u64;
                let new_rows = rows_to_begin(&numbers);
                let before = std::mem::take(&mut since);
                ledger
                    .begin_and_write(before, new_rows, 1_700_000_000_000)
                    .await
                    .await
                    .unwrap();
                since.results = rows_settled(&numbers);
            }
            ledger.write(since).await;
            let ending = Ending {
                finished: true,
                stopped_because: None,
                at_ms: 1,
            };
            ledger.close(ending).await.unwrap();
        });
        let cpu = cpu_seconds() - before - alone;
        let size = std::fs::metadata(directory.database()).unwrap().len();
        println!(
            "{durability:?}: {rows} rows in groups of {group}: {:.1} us of CPU a row, {:.1} s in all, {} bytes a row on disk",
            cpu * 1e6 / rows as f64,
            began.elapsed().as_secs_f64(),
            size / rows
        );
    }
}
