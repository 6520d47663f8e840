//! A damaged ledger is reported, and nothing starts over without `--restart`. A lost one is
//! replaced if the run's certificate exists.

use std::fs;
use std::path::PathBuf;

use crate::harness::{Document, Pool, TestDir, existing_user, quick, users, violations};

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
fn a_wal_without_its_database_and_certificate_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    fs::remove_file(in_run(&dir, "ledger.db")).unwrap();
    fs::remove_file(in_run(&dir, "run.json")).unwrap();
    assert_refused(&dir, &pool, ["ledger.db", "ledger.db-wal"]);
}

#[test]
fn a_wal_without_its_database_is_kept_and_the_run_continues() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    let log = fs::read(in_run(&dir, "ledger.db-wal")).unwrap();
    fs::remove_file(in_run(&dir, "ledger.db")).unwrap();
    let again = dir.import(&pool, "users.csv").run().exits(0);
    again.names(["ledger-before-1.db-wal"]);
    assert_eq!(dir.results().count("created"), 80);
    assert!(fs::read(in_run(&dir, "ledger-before-1.db-wal")).unwrap() == log);
}

#[test]
fn results_without_ledger_and_certificate_are_refused_and_kept() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(4));
    dir.import(&pool, list).run().exits(0);
    let results = fs::read(in_run(&dir, "results.csv")).unwrap();
    fs::remove_file(in_run(&dir, "ledger.db")).unwrap();
    fs::remove_file(in_run(&dir, "run.json")).unwrap();
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

/// Deletes everything in the run directory but the certificate.
fn lose_everything_else(dir: &TestDir) {
    let certificate = fs::read(in_run(dir, "run.json")).unwrap();
    fs::remove_dir_all(dir.path("run")).unwrap();
    fs::create_dir(dir.path("run")).unwrap();
    fs::write(in_run(dir, "run.json"), certificate).unwrap();
}

#[test]
fn a_certificate_alone_continues_the_run() {
    for lookup in ["get", "list"] {
        let dir = TestDir::new();
        let mut settings = quick();
        settings.existing.push(existing_user("user0007"));
        let pool = Pool::start(settings);
        kill_run(&dir, &pool);
        let created_before = pool.users().len() - 1;
        lose_everything_else(&dir);
        dir.cli("report")
            .arg("run")
            .run()
            .exits(3)
            .names(["run.json"]);
        let lookups = pool.requests("AdminGetUser");
        let again = dir.import(&pool, "users.csv");
        again
            .args(["--lookup", lookup, "--prescan", "never"])
            .run()
            .exits(0);
        let results = dir.results();
        assert_eq!(results.count("created"), 79);
        assert_eq!(results.for_user("user0007")["outcome"], "existed");
        let by_lookup = results
            .rows
            .iter()
            .filter(|row| row["evidence"] == "lookup");
        assert_eq!(by_lookup.count(), created_before);
        // One lookup for each user that exists, and one that checks the permission.
        let lookups = pool.requests("AdminGetUser") - lookups;
        assert!(lookups <= created_before as u64 + 2, "{lookups}");
        dir.undo(&pool).run().exits(0);
        assert_eq!(pool.users().len(), 1);
    }
}

#[test]
fn without_lookups_users_of_a_lost_ledger_are_in_doubt() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    let created_before = pool.users().len();
    lose_everything_else(&dir);
    let again = dir.import(&pool, "users.csv");
    again.args(["--no-lookup", "--no-preflight"]).run().exits(5);
    let results = dir.results();
    assert_eq!(results.count("in_doubt"), created_before);
    assert_eq!(results.count("created"), 80 - created_before);
}

#[test]
fn losing_the_ledger_twice_changes_nothing() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    lose_everything_else(&dir);
    let running = dir
        .import(&pool, "users.csv")
        .args(["--rate", "60"])
        .start();
    let sent = pool.requests("SignUp");
    pool.wait_for_requests("SignUp", sent + 10);
    running.signal("TERM");
    running.wait().exits(143);
    dir.import(&pool, "users.csv").run().exits(0);
    assert_eq!(dir.results().count("created"), 80);
    lose_everything_else(&dir);
    dir.import(&pool, "users.csv").run().exits(0);
    assert_eq!(dir.results().count("created"), 80);
}

#[test]
fn the_certificate_of_another_run_is_refused_and_the_difference_named() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    lose_everything_else(&dir);
    let sent = pool.requests("SignUp");
    let refused = |flags: &[&str], data: &str| {
        let import = dir.import(&pool, "users.csv").args(flags.iter().copied());
        import.run().exits(3).names(["run.json", data]);
    };
    refused(&["--keep", "email"], "--keep");
    refused(&["--confirm"], "--confirm");
    dir.file("users.csv", users(81));
    refused(&[], "SHA-256");
    assert_eq!(pool.requests("SignUp"), sent);
}

#[test]
fn a_run_that_was_undone_does_not_continue_without_its_ledger() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    dir.undo(&pool).run().exits(0);
    fs::remove_file(in_run(&dir, "ledger.db")).unwrap();
    dir.import(&pool, list).run().exits(3);
    assert!(pool.users().is_empty());
}

#[test]
fn a_missing_certificate_is_written_again() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    let certificate = || -> serde_json::Value {
        serde_json::from_slice(&fs::read(in_run(&dir, "run.json")).unwrap()).unwrap()
    };
    let mut before = certificate();
    assert_eq!(violations(Document::Certificate, &before), [""; 0]);
    fs::remove_file(in_run(&dir, "run.json")).unwrap();
    dir.import(&pool, "users.csv").run().exits(0);
    // The quotas were those of the first session.
    before["limits"] = serde_json::json!({});
    assert_eq!(certificate(), before);
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

#[test]
fn a_certificate_that_contradicts_an_intact_ledger_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    let path = in_run(&dir, "run.json");
    let certificate = fs::read_to_string(&path).unwrap();
    let pool_id = &pool.settings().pool_id;
    fs::write(&path, certificate.replace(pool_id, "us-east-1_Other")).unwrap();
    let sent = pool.requests("SignUp");
    let refused = dir.import(&pool, "users.csv").run().exits(3);
    refused.names(["run.json", "us-east-1_Other"]);
    assert_eq!(pool.requests("SignUp"), sent);
}

#[test]
fn users_that_a_rebuilt_ledger_may_lack_are_not_forgotten() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    lose_everything_else(&dir);
    let again = || dir.import(&pool, "users.csv");
    again().args(["--stop-after", "5"]).run().exits(4);
    let made = pool.users().len();
    let undo = || dir.undo(&pool).args(["--delete-rate", "1000"]);
    undo().run().exits(3).names(["--known-only", "users.csv"]);
    assert_eq!(pool.users().len(), made);
    dir.cli("report").arg("run").run().exits(4).names(["lost"]);
    again().run().exits(0);
    undo().run().exits(0);
    assert!(pool.users().is_empty());
}

#[test]
fn users_that_a_rebuilt_ledger_knows_are_undone_on_request() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    kill_run(&dir, &pool);
    lose_everything_else(&dir);
    let again = dir.import(&pool, "users.csv");
    again.args(["--stop-after", "5"]).run().exits(4);
    let made = pool.users().len();
    let undo = || dir.undo(&pool).args(["--delete-rate", "1000"]);
    undo().arg("--known-only").run().exits(1).names(["lost"]);
    let left = pool.users().len();
    assert!((1..made).contains(&left), "{left} of {made}");
    undo().run().exits(3).names(["--known-only"]);
}
