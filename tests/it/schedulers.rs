//! What a scheduler that starts the program relies on: exit codes.

use serde_json::Value;

use crate::harness::{Pool, TestDir, quick, silent, users};

const ONE_INVALID: &str =
    "username,password,email\nann,Passw0rd!,ann@example.com\nbob,short,bob@example.com\n";

#[track_caller]
fn assert_ends_as(document: &Value, exit_code: u8, exit_name: &str, summary_code: u8) {
    assert_eq!(document["exit_code"], exit_code, "{document}");
    assert_eq!(document["exit_name"], exit_name);
    assert_eq!(document["error"], Value::Null);
    assert_eq!(document["summary"]["exit_code"], summary_code);
}

#[test]
fn allowed_row_failures_end_a_finished_run_with_success() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", ONE_INVALID);
    let allowing = || dir.import(&pool, list).json().arg("--allow-row-failures");
    let finished = allowing().run().exits(0).document();
    assert_ends_as(&finished, 0, "some_rows", 1);
    let again = allowing().run().exits(0).document();
    assert_ends_as(&again, 0, "some_rows", 1);
    dir.import(&pool, list).run().exits(1);
    // `report` repeats the run's own code.
    dir.cli("report").arg("run").run().exits(1);

    let rehearsed = dir
        .rehearse(list)
        .args(["--run-dir", "rehearsed", "--allow-row-failures"]);
    let document = rehearsed.json().run().exits(0).document();
    assert_ends_as(&document, 0, "some_rows", 1);
}

#[test]
fn allowed_row_failures_include_rows_in_doubt() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    let flags = ["--no-lookup", "--no-preflight", "--max-failures", "0"];
    let rehearsal =
        dir.rehearse(list)
            .args(["--fault", "commit_then_drop=1", "--allow-row-failures"]);
    let document = rehearsal.args(flags).json().run().exits(0).document();
    assert_ends_as(&document, 0, "in_doubt", 5);
}

#[test]
fn allowed_row_failures_change_no_other_exit_code() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(3));
    let import = |flags: &[&str]| {
        let import = dir.import(&pool, list).arg("--allow-row-failures");
        import.args(flags.iter().copied())
    };
    import(&["--mapping", "missing.toml"]).run().exits(3);
    import(&["--deadline", "50ms"]).run().exits(4);
    let running = import(&[]).start();
    pool.wait_for_requests("SignUp", 3);
    running.signal("TERM");
    running.wait_for_stderr("SIGTERM");
    running.signal("TERM");
    running.wait().exits(143);
}
