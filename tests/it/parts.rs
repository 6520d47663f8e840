//! Processes that import the parts of a list (`--part`), and the run that they make together
//! (`report --merge`).

mod lost;
mod merged;
mod refused;
mod stored;
mod undone;

use std::collections::BTreeSet;
use std::fs;

use cognito_import::rehearsal::QuotaSetting;

use crate::harness::{
    Document, Pool, ProcessOutput, ProgramCommand, RunningProcess, TestDir, quick, users,
    violations,
};

fn part(dir: &TestDir, pool: &Pool, index: u32, parts: u32) -> ProgramCommand {
    dir.import(pool, "users.csv")
        .args(["--part", &format!("{index}/{parts}")])
}

/// Imports all parts at the same time.
fn import_parts(
    parts: u32,
    command: impl Fn(u32) -> ProgramCommand,
) -> impl Iterator<Item = ProcessOutput> {
    let running: Vec<RunningProcess> = (0..parts).map(|index| command(index).start()).collect();
    running.into_iter().map(RunningProcess::wait)
}

fn merge(dir: &TestDir) -> ProgramCommand {
    dir.cli("report").args(["--merge", "run"])
}

#[test]
fn parts_share_a_run_and_send_every_row_once() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(60));
    for output in import_parts(3, |index| part(&dir, &pool, index, 3)) {
        output.exits(0);
    }
    assert_eq!(pool.requests("SignUp"), 60);
    let certificate = fs::read(dir.path("run/run.json")).unwrap();
    let certificate = serde_json::from_slice(&certificate).unwrap();
    assert_eq!(violations(Document::Certificate, &certificate), [""; 0]);
    assert_eq!(certificate["parts"], 3);
    let mut rows = BTreeSet::new();
    for index in 0..3 {
        let part = format!("run/part-{index}-of-3");
        let summary = fs::read(dir.path(&part).join("summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
        assert_eq!(summary["run_id"], certificate["run_id"]);
        let mut csv = csv::Reader::from_path(dir.path(&part).join("results.csv")).unwrap();
        for row in csv.records() {
            let row = row.unwrap();
            let number: usize = row[0].parse().unwrap();
            assert!(rows.insert(number));
            // Rows and lines are those of the whole list.
            assert_eq!(row[1], (number + 1).to_string());
            assert_eq!(row[2], format!("user{number:04}"));
        }
    }
    assert_eq!(rows.len(), 60);
}

#[test]
fn a_run_has_one_number_of_parts() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(6));
    part(&dir, &pool, 0, 3).run().exits(0);
    let sent = pool.requests("SignUp");
    for (index, parts) in [(0, 2), (1, 4)] {
        part(&dir, &pool, index, parts).run().exits(3);
    }
    dir.import(&pool, "users.csv").run().exits(3);
    // The ledger of another part is refused, too.
    let (from, to) = (dir.path("run/part-0-of-3"), dir.path("run/part-1-of-3"));
    fs::create_dir(&to).unwrap();
    fs::copy(from.join("ledger.db"), to.join("ledger.db")).unwrap();
    part(&dir, &pool, 1, 3).run().exits(3).names(["0/3", "1/3"]);
    assert_eq!(pool.requests("SignUp"), sent);
}

#[test]
fn a_finished_part_sends_nothing_again() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(6));
    part(&dir, &pool, 0, 2).run().exits(0);
    let sent = pool.requests("SignUp");
    part(&dir, &pool, 0, 2).run().exits(0);
    assert_eq!(pool.requests("SignUp"), sent);
}

#[test]
fn a_part_of_an_array_job_resumes_outside_it() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(12));
    let stopped = dir
        .import(&pool, "users.csv")
        .args(["--part", "env", "--parts", "2", "--stop-after", "1"])
        .env("JOB_COMPLETION_INDEX", "1")
        .run()
        .exits(4)
        .names(["1/2"]);
    assert!(!stopped.stderr.contains("--parts"), "{}", stopped.stderr);
    let runs = dir.cli("runs").arg("run/part-1-of-2");
    let runs = runs.json().run().exits(0).document();
    let command = runs["runs"][0]["resume"].as_array().unwrap();
    assert!(command.contains(&"1/2".into()), "{command:?}");
    assert!(!command.contains(&"env".into()), "{command:?}");
}

#[test]
fn parts_divide_rates_from_quotas() {
    let mut settings = quick();
    settings.quotas.user_creation = QuotaSetting::per_second(500.0);
    let (dir, pool) = (TestDir::new(), Pool::start(settings));
    dir.file("users.csv", users(6));
    part(&dir, &pool, 0, 4)
        .args(["--rate", "auto"])
        .run()
        .exits(0)
        .names(["100/s"]);
    // 401 parts would need at least 401 requests a second.
    let many = || part(&dir, &pool, 400, 401).args(["--run-dir", "many"]);
    many()
        .args(["--rate", "auto"])
        .run()
        .exits(3)
        .names(["401"]);
    many().args(["--rate", "2"]).run().exits(0);
}

#[test]
fn parts_divide_the_failures_that_stop_a_run() {
    let mut settings = quick();
    settings.password_policy.minimum_length = 30;
    let (dir, pool) = (TestDir::new(), Pool::start(settings));
    dir.file("users.csv", users(60));
    let stopped = part(&dir, &pool, 0, 4)
        .args([
            "--no-preflight",
            "--max-failures",
            "8",
            "--concurrency",
            "1",
        ])
        .run();
    stopped.exits(4);
    assert_eq!(pool.requests("SignUp"), 2);
}

#[test]
fn every_part_checks_the_whole_list() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    // No row is valid.
    dir.file("users.csv", users(20).replace('@', " at "));
    for output in import_parts(3, |index| part(&dir, &pool, index, 3).json()) {
        let document = output.exits(3).document();
        assert_eq!(document["refusals"][0]["code"], "mostly_invalid");
    }
    assert!(!dir.path("run").exists());
}

#[test]
fn flags_that_contradict_a_part_are_refused() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(6));
    let import = || part(&dir, &pool, 0, 2);
    import()
        .arg("--restart")
        .run()
        .exits(3)
        .names(["--restart"]);
    import().args(["--parts", "3"]).run().exits(3);
    for (flag, value) in [("--part", "2/2"), ("--part", "1"), ("--parts", "2")] {
        let import = dir.import(&pool, "users.csv");
        import.args([flag, value]).run().exits(2).names([flag]);
    }
    let piped = dir.import(&pool, "-").args(["--part", "0/2"]);
    piped.input(users(6)).run().exits(3).names(["--part"]);
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn a_directory_has_a_whole_run_or_one_in_parts() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(6));
    part(&dir, &pool, 0, 2).run().exits(0);
    let sent = pool.requests("SignUp");
    let whole = || dir.import(&pool, "users.csv");
    whole().run().exits(3);
    whole().arg("--restart").run().exits(3);
    dir.rehearse("users.csv").run().exits(3);
    // A run cannot use the directory of a part.
    let nested = ["--run-dir", "run/part-0-of-2"];
    whole().args(nested).run().exits(3);
    part(&dir, &pool, 1, 2).args(nested).run().exits(3);
    assert!(dir.path("run/part-0-of-2/ledger.db").exists());
    assert!(!dir.path("run/part-1-of-2").exists());
    assert_eq!(pool.requests("SignUp"), sent);
    let other = ["--run-dir", "other"];
    whole().args(other).run().exits(0);
    let sent = pool.requests("SignUp");
    part(&dir, &pool, 0, 1).args(other).run().exits(3);
    assert_eq!(pool.requests("SignUp"), sent);
}
