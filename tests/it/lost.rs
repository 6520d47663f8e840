//! A ledger that is lost or damaged is told, and nothing starts over without `--restart`.

use std::fs;
use std::path::PathBuf;

use crate::harness::{Place, Pool, quick, until, users};

/// A run that was killed while it was at work, and what it had sent.
fn killed(place: &Place, pool: &Pool) {
    let list = place.file("users.csv", users(80));
    let running = place.import(pool, list).args(["--rate", "60"]).start();
    until("some sign-ups", || {
        (pool.asked("SignUp") > 20).then_some(())
    });
    running.signal("KILL");
    running.end();
}

fn in_run(place: &Place, file: &str) -> PathBuf {
    place.path("run").join(file)
}

/// Every command refuses, and what is there stays as it is.
#[track_caller]
fn is_refused(place: &Place, pool: &Pool, words: [&str; 2]) {
    let before = files(place);
    let sent = pool.asked("SignUp");
    let import = || place.import(pool, "users.csv");
    import().run().exits(3).says(words).says(["--restart"]);
    import().args(["--retry", "all"]).run().exits(3).says(words);
    place.cli("report").arg("run").run().exits(3).says(words);
    place
        .asking("undo", pool)
        .without_flag("--user-pool-id")
        .without_flag("--client-id")
        .args(["run", "--yes-delete", &pool.settings().pool_id])
        .run()
        .exits(3)
        .says(words);
    place.rehearse("users.csv").run().exits(3).says(words);
    assert_eq!(files(place), before);
    assert_eq!(pool.asked("SignUp"), sent);
    assert_eq!(pool.asked("AdminDeleteUser"), 0);
}

/// What is in the run's directory, but for what SQLite makes again.
fn files(place: &Place) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(place.path("run"))
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
fn a_killed_run_whose_log_is_gone_is_refused() {
    let place = Place::new();
    let pool = Pool::start(quick());
    killed(&place, &pool);
    fs::remove_file(in_run(&place, "ledger.db-wal")).unwrap();
    is_refused(&place, &pool, ["ledger.db", "ledger.db-wal"]);
    // What is in the pool is said to be there already, because somebody asked for that.
    let made = pool.users().len();
    place
        .import(&pool, "users.csv")
        .arg("--restart")
        .run()
        .exits(0)
        .says(["ledger-before-1.db"]);
    assert_eq!(place.results().count("existed"), made);
    assert!(in_run(&place, "ledger-before-1.db").exists());
}

#[test]
fn an_empty_database_beside_a_log_is_refused_and_the_log_stays() {
    let place = Place::new();
    let pool = Pool::start(quick());
    killed(&place, &pool);
    let log = fs::read(in_run(&place, "ledger.db-wal")).unwrap();
    fs::write(in_run(&place, "ledger.db"), "").unwrap();
    is_refused(&place, &pool, ["ledger.db", "empty"]);
    place
        .import(&pool, "users.csv")
        .arg("--restart")
        .run()
        .exits(0);
    assert!(fs::read(in_run(&place, "ledger-before-1.db-wal")).unwrap() == log);
}

#[test]
fn a_log_without_its_database_is_refused() {
    let place = Place::new();
    let pool = Pool::start(quick());
    killed(&place, &pool);
    fs::remove_file(in_run(&place, "ledger.db")).unwrap();
    is_refused(&place, &pool, ["ledger.db", "ledger.db-wal"]);
}

#[test]
fn results_without_their_ledger_are_refused_and_kept() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(4));
    place.import(&pool, list).run().exits(0);
    let results = fs::read(in_run(&place, "results.csv")).unwrap();
    fs::remove_file(in_run(&place, "ledger.db")).unwrap();
    is_refused(&place, &pool, ["results.csv", "summary.json"]);
    for file in ["results.jsonl", "summary.json", "report.html"] {
        fs::remove_file(in_run(&place, file)).unwrap();
    }
    is_refused(&place, &pool, ["ledger.db", "results.csv"]);
    place
        .import(&pool, list)
        .arg("--restart")
        .run()
        .exits(0)
        .says(["results-before-1.csv"]);
    assert!(fs::read(in_run(&place, "results-before-1.csv")).unwrap() == results);
    assert_eq!(place.results().count("existed"), 4);
}

#[test]
fn a_killed_run_that_was_looked_at_with_sqlite_goes_on() {
    let place = Place::new();
    let pool = Pool::start(quick());
    killed(&place, &pool);
    let shell = rusqlite::Connection::open(in_run(&place, "ledger.db")).unwrap();
    let rows: i64 = shell
        .query_row("SELECT count(*) FROM rows", [], |row| row.get(0))
        .unwrap();
    drop(shell);
    assert!(rows > 0 && !in_run(&place, "ledger.db-wal").exists());
    place.cli("report").arg("run").run().exits(4);
    place.import(&pool, "users.csv").run().exits(0);
    assert_eq!(place.results().count("created"), 80);
}

#[test]
fn a_row_that_is_missing_in_the_ledger_is_refused() {
    let place = Place::new();
    let pool = Pool::start(quick());
    killed(&place, &pool);
    let database = rusqlite::Connection::open(in_run(&place, "ledger.db")).unwrap();
    database
        .execute_batch("DELETE FROM rows WHERE row = 5; DELETE FROM results WHERE row = 5")
        .unwrap();
    drop(database);
    is_refused(&place, &pool, ["ledger.db", "rows are missing"]);
}

#[test]
fn an_undo_that_lost_its_ledger_is_refused_and_so_is_its_run() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(3));
    place.import(&pool, list).run().exits(0);
    let undo = || {
        place
            .asking("undo", &pool)
            .without_flag("--user-pool-id")
            .without_flag("--client-id")
            .args(["run", "--yes-delete", &pool.settings().pool_id])
    };
    undo().run().exits(0);
    let deleted = pool.asked("AdminDeleteUser");
    fs::remove_file(in_run(&place, "undo.db")).unwrap();
    let words = ["undo.db", "undo-results.csv"];
    undo().run().exits(3).says(words);
    place.import(&pool, list).run().exits(3).says(words);
    assert_eq!(pool.asked("AdminDeleteUser"), deleted);
    // Once these are moved away, somebody has decided.
    fs::remove_file(in_run(&place, "undo-results.csv")).unwrap();
    undo().run().exits(0);
}
