//! A lost or damaged ledger is reported, and nothing starts over without `--restart`.

use std::fs;
use std::path::PathBuf;

use crate::harness::{Pool, TestDir, quick, users};

/// Kills a run that has sent some rows.
fn kill_run(dir: &TestDir, pool: &Pool) {
    let list = dir.file("users.csv", users(80));
    let running = dir.import(pool, list).args(["--rate", "60"]).start();
    pool.wait_for_requests("SignUp", 21);
    running.signal("KILL");
    running.wait();
}

fn in_run(dir: &TestDir, file: &str) -> PathBuf {
    dir.path("run").join(file)
}

/// Asserts that every command refuses and changes no file.
#[track_caller]
fn assert_refused(dir: &TestDir, pool: &Pool, data: [&str; 2]) {
    let before = files(dir);
    let sent = pool.requests("SignUp");
    let import = || dir.import(pool, "users.csv");
    import().run().exits(3).names(data).names(["--restart"]);
    import().args(["--retry", "all"]).run().exits(3).names(data);
    dir.cli("report").arg("run").run().exits(3).names(data);
    dir.undo(pool).run().exits(3).names(data);
    dir.rehearse("users.csv").run().exits(3).names(data);
    assert_eq!(files(dir), before);
    assert_eq!(pool.requests("SignUp"), sent);
    assert_eq!(pool.requests("AdminDeleteUser"), 0);
}

/// The files of the run directory, without those that SQLite recreates.
fn files(dir: &TestDir) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(dir.path("run"))
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            (name, fs::read(file.path()).unwrap())
        })
        .filter(|(name, bytes)| !name.ends_with("-shm") && !bytes.is_empty())
        .collect();
    files.sort();
    files
}

#[test]
fn a_killed_run_without_its_wal_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    fs::remove_file(in_run(&dir, "ledger.db-wal")).unwrap();
    assert_refused(&dir, &pool, ["ledger.db", "ledger.db-wal"]);
    // After `--restart`, users of the lost run are reported as existing.
    let made = pool.users().len();
    dir.import(&pool, "users.csv")
        .arg("--restart")
        .run()
        .exits(0)
        .names(["ledger-before-1.db"]);
    assert_eq!(dir.results().count("existed"), made);
    assert!(in_run(&dir, "ledger-before-1.db").exists());
}

#[test]
fn an_empty_database_with_a_wal_is_refused_and_the_wal_kept() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    let log = fs::read(in_run(&dir, "ledger.db-wal")).unwrap();
    fs::write(in_run(&dir, "ledger.db"), "").unwrap();
    assert_refused(&dir, &pool, ["ledger.db", "empty"]);
    dir.import(&pool, "users.csv")
        .arg("--restart")
        .run()
        .exits(0);
    assert!(fs::read(in_run(&dir, "ledger-before-1.db-wal")).unwrap() == log);
}

#[test]
fn a_wal_without_its_database_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    fs::remove_file(in_run(&dir, "ledger.db")).unwrap();
    assert_refused(&dir, &pool, ["ledger.db", "ledger.db-wal"]);
}

#[test]
fn results_without_a_ledger_are_refused_and_kept() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(4));
    dir.import(&pool, list).run().exits(0);
    let results = fs::read(in_run(&dir, "results.csv")).unwrap();
    fs::remove_file(in_run(&dir, "ledger.db")).unwrap();
    assert_refused(&dir, &pool, ["results.csv", "summary.json"]);
    for file in ["results.jsonl", "summary.json", "report.html"] {
        fs::remove_file(in_run(&dir, file)).unwrap();
    }
    assert_refused(&dir, &pool, ["ledger.db", "results.csv"]);
    dir.import(&pool, list)
        .arg("--restart")
        .run()
        .exits(0)
        .names(["results-before-1.csv"]);
    assert!(fs::read(in_run(&dir, "results-before-1.csv")).unwrap() == results);
    assert_eq!(dir.results().count("existed"), 4);
}

#[test]
fn a_killed_run_opened_with_sqlite_can_be_resumed() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    let shell = rusqlite::Connection::open(in_run(&dir, "ledger.db")).unwrap();
    let rows: i64 = shell
        .query_row("SELECT count(*) FROM rows", [], |row| row.get(0))
        .unwrap();
    drop(shell);
    assert!(rows > 0 && !in_run(&dir, "ledger.db-wal").exists());
    dir.cli("report").arg("run").run().exits(4);
    dir.import(&pool, "users.csv").run().exits(0);
    assert_eq!(dir.results().count("created"), 80);
}

#[test]
fn a_row_missing_from_the_ledger_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    let database = rusqlite::Connection::open(in_run(&dir, "ledger.db")).unwrap();
    database
        .execute_batch("DELETE FROM rows WHERE row = 5; DELETE FROM results WHERE row = 5")
        .unwrap();
    drop(database);
    assert_refused(&dir, &pool, ["ledger.db", "ledger.db"]);
}

#[test]
fn an_undo_without_its_ledger_is_refused_and_so_is_its_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    let undo = || dir.undo(&pool);
    undo().run().exits(0);
    let deleted = pool.requests("AdminDeleteUser");
    fs::remove_file(in_run(&dir, "undo.db")).unwrap();
    let data = ["undo.db", "undo-results.csv"];
    undo().run().exits(3).names(data);
    dir.import(&pool, list).run().exits(3).names(data);
    assert_eq!(pool.requests("AdminDeleteUser"), deleted);
    // Moving these files away is a deliberate decision.
    fs::remove_file(in_run(&dir, "undo-results.csv")).unwrap();
    undo().run().exits(0);
}
