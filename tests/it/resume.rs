//! Resuming: after any kind of end, the same command finishes the import.

mod skipping;
mod survey;

use std::fs;

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{Pool, TestDir, quick, users, users_numbered};

#[test]
fn a_finished_run_sends_nothing_and_keeps_its_results() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(5));
    dir.import(&pool, list).run().exits(0);
    let results = fs::read(dir.path("run/results.csv")).unwrap();
    let before = pool.stats().operations;
    dir.import(&pool, list).run().exits(0);
    assert_eq!(pool.stats().operations, before, "no request was sent");
    assert_eq!(fs::read(dir.path("run/results.csv")).unwrap(), results);
    // It needs neither pool nor credentials.
    let cli = dir.import(&pool, list).without_env("AWS_ACCESS_KEY_ID");
    pool.stop();
    cli.run().exits(0);
}

#[test]
fn a_finished_run_still_reports_rejected_rows() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(2) + "weak,password,weak@example.com\n");
    let import = || dir.import(&pool, list).arg("--no-preflight");
    import().run().exits(1);
    import().run().exits(1).names(["--retry"]);
    assert_eq!(pool.requests("SignUp"), 3);
}

#[test]
fn retry_only_repeats_rows_with_that_outcome() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        users(3) + "weak,Passw0rd,weak@example.com\n,Passw0rd!,x@example.com\n",
    );
    dir.import(&pool, list).arg("--no-preflight").run().exits(1);
    assert_eq!(dir.results().outcomes()[3..], ["rejected", "invalid"]);
    // A more lenient policy accepts the rejected row of the same list.
    let pool = pool.restart_with(|pool| pool.password_policy.require_symbols = false);
    dir.import(&pool, list)
        .args(["--retry", "failed,in-doubt"])
        .run()
        .exits(1);
    assert_eq!(pool.requests("SignUp"), 0, "no row has these outcomes");
    dir.import(&pool, list)
        .args(["--retry", "rejected"])
        .run()
        .exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes()[3..], ["created", "invalid"]);
    assert_eq!(pool.requests("SignUp"), 1, "the other rows are unchanged");
    assert_eq!(results.summary["state"], "finished");
    dir.import(&pool, list)
        .args(["--retry", "all"])
        .run()
        .exits(1);
    assert_eq!(dir.results().outcomes()[4], "invalid", "it is still broken");
    assert_eq!(pool.requests("SignUp"), 1);
}

#[test]
fn retrying_rows_in_doubt_only_looks_them_up() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.commit_then_drop = 0.5;
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(20));
    dir.import(&pool, list)
        .args(["--no-lookup", "--allow-messages"])
        .run()
        .exits(5);
    assert!(dir.results().count("in_doubt") > 0);
    let before = pool.requests("SignUp");
    dir.import(&pool, list).args(["--retry", "in-doubt"]).run();
    let results = dir.results();
    assert_eq!(results.count("existed"), 0, "{:?}", results.counts());
    assert_eq!(results.count("created") + results.count("in_doubt"), 20);
    assert!(
        results.rows.iter().all(|row| !row["user_sub"].is_empty()),
        "it was looked up"
    );
    assert_eq!(pool.requests("SignUp"), before, "no sign-up is needed");
}

#[test]
fn a_changed_list_starts_a_new_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let run = |list: &str| dir.import(&pool, list).without_flag("--run-dir").run();
    run(dir.file("users.csv", users(3))).exits(0);
    run(dir.file("users.csv", users(4))).exits(0);
    assert_eq!(fs::read_dir(dir.path("import-runs")).unwrap().count(), 2);
    assert_eq!(pool.requests("SignUp"), 7);
    // The old list resumes the old run, also under another name: runs are identified by content.
    run(dir.file("users.csv", users(3))).exits(0);
    assert_eq!(pool.requests("SignUp"), 7);
}

#[test]
fn another_list_in_the_same_run_directory_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    dir.import(&pool, dir.file("users.csv", users(3)))
        .run()
        .exits(0);
    let list = dir.file("users.csv", users(4));
    dir.import(&pool, list)
        .run()
        .exits(3)
        .names(["SHA-256", "--restart"]);
    assert_eq!(pool.requests("SignUp"), 3);
}

#[test]
fn another_mapping_of_the_columns_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email,nickname\nann,Passw0rd!,ann@example.com,Annie\n",
    );
    dir.import(&pool, list).run().exits(0);
    dir.import(&pool, list)
        .args(["--ignore-column", "nickname"])
        .run()
        .exits(3)
        .names(["nickname=4", "--restart"]);
}

#[test]
fn another_pool_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    dir.import(&pool, list)
        .args(["--user-pool-id", "us-east-1_Another"])
        .run()
        .exits(3)
        .names(["us-east-1_Another", "us-east-1_Rehearsal"]);
}

#[test]
fn restart_starts_over_and_keeps_the_old_ledger() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    for kept in ["ledger-before-1.db", "ledger-before-2.db"] {
        dir.import(&pool, list)
            .arg("--restart")
            .run()
            .exits(0)
            .names([kept]);
        assert!(dir.path("run").join(kept).exists());
        assert_eq!(
            dir.results().count("existed"),
            3,
            "users of the earlier run now exist"
        );
    }
    // The old ledger can still be read.
    fs::create_dir(dir.path("old")).unwrap();
    fs::copy(
        dir.path("run/ledger-before-1.db"),
        dir.path("old/ledger.db"),
    )
    .unwrap();
    dir.cli("report").arg("old").run().exits(0);
    assert_eq!(dir.results_in("old").count("created"), 3);
}

#[test]
fn each_rehearsal_starts_over() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    for _ in 0..2 {
        dir.rehearse(list).run().exits(0);
        assert_eq!(dir.results().count("created"), 3, "its pool is also new");
    }
}

#[test]
fn report_regenerates_results_and_summary() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(4) + "weak,password,weak@example.com\n");
    dir.rehearse(list).run().exits(1);
    let files = ["results.csv", "results.jsonl", "summary.json"];
    let read = || files.map(|file| fs::read(dir.path("run").join(file)).unwrap());
    let before = read();
    for file in files {
        fs::write(dir.path("run").join(file), "spoiled").unwrap();
    }
    dir.cli("report")
        .arg("run")
        .run()
        .exits(1)
        .names(["run/results.csv"]);
    assert!(read() == before, "the same bytes");
    let quiet = dir.cli("report").args(["run", "--quiet"]).run().exits(1);
    assert_eq!(quiet.stderr + &quiet.stdout, "");
    dir.cli("report")
        .arg("nowhere")
        .run()
        .exits(3)
        .names(["nowhere/ledger.db"]);
}

#[test]
fn a_ledger_of_a_later_version_is_refused() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    let ledger = rusqlite::Connection::open(dir.path("run/ledger.db")).unwrap();
    // Later than all known versions: which one a ledger has depends on its content.
    ledger.pragma_update(None, "user_version", 1_000).unwrap();
    drop(ledger);
    dir.import(&pool, list)
        .run()
        .exits(3)
        .names(["run/ledger.db"]);
    dir.cli("report")
        .arg("run")
        .run()
        .exits(3)
        .names(["run/ledger.db"]);
    assert_eq!(pool.requests("SignUp"), 3);
}

#[test]
fn a_damaged_ledger_is_refused_with_a_hint() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    fs::write(dir.path("run/ledger.db"), "not a database").unwrap();
    dir.import(&pool, list)
        .run()
        .exits(3)
        .names(["run/ledger.db", "--restart"]);
    dir.cli("report")
        .arg("run")
        .run()
        .exits(3)
        .names(["run/ledger.db"]);
    assert_eq!(pool.requests("SignUp"), 3);
}

#[test]
fn a_run_from_standard_input_resumes_by_username() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.lost_pool_after = Some(6);
    let pool = Pool::start(settings);
    let import = |pool: &Pool, list: String| {
        let cli = dir.import(pool, "-").args(["--concurrency", "1"]);
        cli.input(list).run()
    };
    import(&pool, users(20)).exits(4);
    assert_eq!(dir.results().count("created"), 5);
    let pool = pool.restart_with(|pool| pool.faults.lost_pool_after = None);
    // Another list: row 1 is a different user.
    import(&pool, users_numbered(2..=21))
        .exits(4)
        .names(["row 1", "user0001", "user0002"]);
    assert_eq!(pool.requests("SignUp"), 0);
    import(&pool, users(20)).exits(0);
    assert_eq!(dir.results().count("created"), 20);
    assert_eq!(pool.requests("SignUp"), 15);
}

#[test]
fn a_rehearsal_refuses_the_directory_of_an_import() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pool_id: "us-east-1_Real".to_owned(),
        ..quick()
    });
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    dir.rehearse(list).run().exits(3);
    let before = pool.stats().operations;
    dir.import(&pool, list).run().exits(0);
    assert_eq!(pool.stats().operations, before, "the run was finished");
}

#[test]
fn a_shorter_list_on_standard_input_does_not_finish_the_run() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.lost_pool_after = Some(6);
    let pool = Pool::start(settings);
    let cli = |pool: &Pool| dir.import(pool, "-").args(["--concurrency", "1"]);
    cli(&pool).input(users(20)).run().exits(4);
    let pool = pool.restart_with(|pool| pool.faults.lost_pool_after = None);
    cli(&pool).input(users(10)).run().exits(4);
    assert_eq!(dir.results().summary["state"], "stopped");
    cli(&pool).input(users(20)).run().exits(0);
    assert_eq!(dir.results().count("created"), 20);
}

#[test]
fn a_corrected_row_is_resumed_with_its_new_username() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let import = || dir.import(&pool, "-");
    let list = |second: &str| {
        format!(
            "username,password,email\nann,Str0ng#Enough,ann@example.com\n{second},Str0ng#Enough,bob@example.com\n"
        )
    };
    import().input(list("")).run().exits(1);
    import()
        .args(["--retry", "invalid"])
        .input(list("bob"))
        .run()
        .exits(0);
    assert_eq!(dir.results().row(2)["username"], "bob");
    // The ledger is unchanged: the report can be regenerated.
    dir.cli("report").arg("run").run().exits(0);
}

#[test]
fn another_list_on_standard_input_is_not_mistaken_for_the_finished_one() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let import = |list: String| dir.import(&pool, "-").input(list).run();
    import(users(5)).exits(0);
    import(users(5)).exits(0);
    assert_eq!(pool.requests("SignUp"), 5, "nothing was sent again");
    // A longer list continues after the last row.
    import(users(7)).exits(0);
    assert_eq!(dir.results().count("created"), 7);
    import(users_numbered(11..=17))
        .exits(4)
        .names(["row 1", "--run-dir"]);
    assert_eq!(pool.requests("SignUp"), 7);
}
