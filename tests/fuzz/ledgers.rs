//! Fuzzes damaged ledgers of finished and killed runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cognito_import::ledger::{LedgerError, LedgerReader};
use cognito_import::rehearsal::{ExistingUser, QuotaSetting, Quotas};
use fastrand::Rng;

use crate::case::{Case, fuzz};
use crate::harness::{Pool, ProcessOutput, TestDir, quick, users, wait_until};

/// SQLite's page size.
const PAGE: usize = 4_096;

/// Username and outcome by row number.
type ReportedRows = BTreeMap<u64, (String, String)>;

/// A run that finished or was killed.
struct LedgerBase {
    dir: TestDir,
    pool: Pool,
    rows: ReportedRows,
    was_killed: bool,
    /// Users created by the run.
    made: Vec<String>,
}

impl LedgerBase {
    fn new(was_killed: bool) -> Self {
        let dir = TestDir::new();
        let plenty = QuotaSetting::per_second(100_000.0);
        let mut settings = quick();
        settings.quotas = Quotas {
            user_resource_read: plenty,
            ..settings.quotas
        };
        let pool = Pool::start(settings);
        let list = users(if was_killed { 60 } else { 30 }) + "weak,weak,weak@example.com\n";
        let import = dir
            .import(&pool, dir.file("users.csv", list))
            .args(["--no-lookup", "--no-preflight"]);
        if was_killed {
            let running = import.args(["--rate", "40"]).start();
            wait_until("some sign-ups", || {
                (pool.requests("SignUp") > 20).then_some(())
            });
            running.signal("KILL");
            running.wait();
        } else {
            import.run().exits(1);
        }
        let made = pool.users().into_keys().collect();
        let run = dir.path("run");
        let kept = dir.path("kept");
        copy(&run, &kept);
        let rows = read(&run).unwrap();
        copy(&kept, &run);
        Self {
            dir,
            pool,
            rows,
            was_killed,
            made,
        }
    }

    /// Asserts that all rows are unchanged. The last writes of a killed run may be lost.
    fn assert_unchanged(&self, rows: &ReportedRows) {
        assert!(
            self.was_killed || rows.len() == self.rows.len(),
            "{} rows",
            rows.len()
        );
        for (number, (username, outcome)) in rows {
            let (name_before, before) = self.rows.get(number).expect("a row of the list");
            assert_eq!(username, name_before, "row {number}");
            let is_older = self.was_killed && ["in_doubt", "unsent"].contains(&outcome.as_str());
            assert!(
                is_older || outcome == before,
                "row {number}: {outcome}, but it was {before}"
            );
        }
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    // The file may not exist.
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn read(run: &Path) -> Result<ReportedRows, LedgerError> {
    let reader = LedgerReader::open(run)?;
    let mut rows = ReportedRows::new();
    reader.summary()?;
    reader.about()?;
    reader.rate_samples()?;
    reader.each_row(|row| {
        let username = row.username.clone().unwrap_or_default();
        let outcome = row.outcome.outcome.name().to_owned();
        rows.insert(row.row, (username, outcome));
        Ok::<(), LedgerError>(())
    })?;
    Ok(rows)
}

/// The contents of a run's databases and their WAL files.
pub(crate) fn databases(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let of_ours = |name: &str| name.ends_with(".db") || name.ends_with(".db-wal");
    let files = fs::read_dir(run).unwrap().map(Result::unwrap);
    files
        .map(|file| (file.file_name().to_string_lossy().into_owned(), file.path()))
        .filter(|(name, _)| of_ours(name))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect()
}

/// Damages a file of this database and describes the damage.
pub(crate) fn damage(rng: &mut Rng, run: &Path, database: &str) -> String {
    let mut files = databases(run);
    files.retain(|name, _| name.starts_with(database));
    let (name, bytes) = files.iter().nth(rng.usize(..files.len())).unwrap();
    let (mut bytes, path) = (bytes.clone(), run.join(name));
    let pages = bytes.len() / PAGE;
    let at = rng.usize(..bytes.len());
    let kind = match rng.u8(..10) {
        0..=2 => {
            for _ in 0..rng.usize(1..4) {
                let at = rng.usize(..bytes.len());
                bytes[at] ^= 1 << rng.u8(..8);
            }
            "bits"
        }
        3..=4 => {
            bytes.truncate(at);
            "cut off"
        }
        5 if pages > 1 => {
            let second = rng.usize(1..pages) * PAGE;
            let first = rng.usize(..second / PAGE) * PAGE;
            let (before, after) = bytes.split_at_mut(second);
            before[first..first + PAGE].swap_with_slice(&mut after[..PAGE]);
            "swapped pages"
        }
        6 => {
            let end = (at + PAGE).min(bytes.len());
            bytes[at..end].fill(0);
            "zeros"
        }
        7 => {
            let end = (at + rng.usize(1..64)).min(bytes.len());
            bytes[at..end].fill_with(|| rng.u8(..));
            "noise"
        }
        8 => {
            bytes.extend_from_within(at..);
            "longer"
        }
        _ => {
            fs::remove_file(path).unwrap();
            return format!("{name}: removed");
        }
    };
    fs::write(path, &bytes).unwrap();
    format!("{name}: {kind} at {at}")
}

/// Asserts a documented exit code, and unchanged files if the ledger was refused.
fn assert_documented_exit(output: &ProcessOutput, run: &Path, before: &BTreeMap<String, Vec<u8>>) {
    output.assert_no_panic();
    assert!(
        matches!(output.code, Some(0 | 1 | 3 | 4 | 5)),
        "{:?}: {}",
        output.code,
        output.stderr
    );
    if output.code == Some(3) {
        assert!(output.stderr.contains("ledger.db"), "{}", output.stderr);
        assert!(
            databases(run) == *before,
            "refused, but files were changed: {}",
            output.stderr
        );
    }
}

/// The rows of results.csv.
fn results(dir: &TestDir) -> ReportedRows {
    let row = |row: &crate::harness::CsvRow| {
        let number = row["row"].parse().unwrap();
        (number, (row["username"].clone(), row["outcome"].clone()))
    };
    dir.results().rows.iter().map(row).collect()
}

fn report(base: &LedgerBase, dir: &TestDir) {
    let run = dir.path("run");
    let before = databases(&run);
    let output = dir.cli("report").arg("run").run();
    assert_documented_exit(&output, &run, &before);
    if output.code != Some(3) && dir.path("run/results.csv").exists() {
        base.assert_unchanged(&results(dir));
    }
}

fn undo(base: &LedgerBase, dir: &TestDir) {
    let run = dir.path("run");
    let before = databases(&run);
    let undo = dir.dry_undo(&base.pool).args(["--lookup-rate", "1000"]);
    let output = undo.run();
    assert_documented_exit(&output, &run, &before);
    assert_eq!(base.pool.requests("AdminDeleteUser"), 0);
    if let Ok(mut csv) = csv::Reader::from_path(run.join("undo-dry-run.csv")) {
        for row in csv.deserialize() {
            let row: crate::harness::CsvRow = row.unwrap();
            assert!(base.made.contains(&row["username"]), "{row:?}");
        }
    }
}

/// Resumes the run with an equivalent pool.
fn resume(base: &LedgerBase, dir: &TestDir) {
    let mut settings = base.pool.settings().clone();
    let users = base.pool.users().into_values();
    settings.existing = users
        .map(|user| ExistingUser {
            username: user.username,
            attributes: user.attributes,
            status: user.status,
            enabled: user.enabled,
            created: Some(user.created.div_euclid(1_000)),
        })
        .collect();
    let pool = Pool::start(settings);
    let run = dir.path("run");
    let before = databases(&run);
    let output = dir
        .import(&pool, "users.csv")
        .args(["--no-lookup", "--no-preflight"])
        .run();
    assert_documented_exit(&output, &run, &before);
    if output.code == Some(3) {
        assert_eq!(pool.requests("SignUp"), 0);
        return;
    }
    let users = pool.users();
    assert!(base.made.iter().all(|name| users.contains_key(name)));
    for (number, (username, outcome)) in results(dir) {
        let is_there = users.contains_key(&username);
        assert!(outcome != "created" || is_there, "row {number}: {username}");
    }
}

fn run(bases: &[LedgerBase], case: &mut Case) {
    let base = &bases[case.rng.usize(..bases.len())];
    let dir = TestDir::new();
    let run = dir.path("run");
    copy(&base.dir.path("kept"), &run);
    fs::copy(base.dir.path("users.csv"), dir.path("users.csv")).unwrap();
    let damage = damage(&mut case.rng, &run, "ledger.db");
    case.note(damage);
    let before = databases(&run);
    case.input(before.get("ledger.db").map_or(&[], Vec::as_slice));
    match case.rng.u8(..12) {
        0 => report(base, &dir),
        1 => undo(base, &dir),
        2 => resume(base, &dir),
        _ => match read(&run) {
            Ok(rows) => base.assert_unchanged(&rows),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("ledger.db"), "{text}");
                assert!(databases(&run) == before, "files were changed: {text}");
            }
        },
    }
}

#[test]
fn ledgers() {
    let bases = [LedgerBase::new(false), LedgerBase::new(true)];
    fuzz("ledgers", 2, |case| run(&bases, case));
}
