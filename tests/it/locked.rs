//! A run directory used by another process: refused with its own exit code, or waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::{
    Pool, ProgramCommand, RunningProcess, TestDir, TestEndpoint, TestReply, quick, silent, users,
    wait_until,
};

/// Named by the note of a waiting process.
const WAITS: &str = "5m";

/// Starts an import that locks `run` until it exits.
fn start_import(dir: &TestDir, pool: &Pool, list: &str) -> RunningProcess {
    let running = dir.import(pool, list).start();
    pool.wait_for_requests("SignUp", 3);
    running
}

fn undo(dir: &TestDir) -> ProgramCommand {
    dir.cli("undo")
        .args(["run", "--yes-delete", "us-east-1_Rehearsal"])
}

#[test]
fn a_directory_in_use_exits_4() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(3));
    let _running = start_import(&dir, &pool, list);
    for command in [
        dir.import(&pool, list),
        dir.import(&pool, list).arg("--restart"),
        dir.rehearse(list),
        undo(&dir),
        dir.cli("undo").args(["run", "--dry-run"]),
    ] {
        let output = command.json().run().exits(4).names(["--wait-for-lock"]);
        let document = output.document();
        assert_eq!(document["exit_code"], 4, "{document}");
        assert_eq!(document["exit_name"], "busy");
        assert_eq!(document["error"]["name"], "busy");
        let hint = document["error"]["what_to_do"].as_str().unwrap();
        assert!(hint.contains("--wait-for-lock"), "{hint}");
    }
    assert_eq!(pool.requests("SignUp"), 3);
}

#[test]
fn a_waiting_process_continues_once_the_other_exits() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(400));
    let import = || dir.import(&pool, list).without_flag("--rate");
    let first = import().args(["--rate", "20"]).start();
    pool.wait_for_requests("SignUp", 1);
    let second = import()
        .args(["--rate", "1000", "--wait-for-lock", "5m"])
        .start();
    second.wait_for_stderr(WAITS);
    first.signal("INT");
    first.wait().exits(130);
    second.wait().exits(0);
    assert_eq!(pool.requests("SignUp"), 400);
    let results = dir.results();
    assert_eq!(results.summary["sessions"], 2);
    assert_eq!(results.count("created"), 400);
}

#[test]
fn a_process_resumes_a_run_begun_during_its_preflight() {
    for is_finished in [false, true] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(200));
        // The second process has already looked for the directory; its preflight is held until the
        // first process has begun.
        let released = Arc::new(AtomicBool::new(false));
        let release = Arc::clone(&released);
        let endpoint = TestEndpoint::start(&pool, move |request| {
            if request.operation == "DescribeUserPool" {
                wait_until("the first process", || {
                    release.load(Ordering::Relaxed).then_some(())
                });
            }
            TestReply::Forward
        });
        let second = dir
            .import(&pool, list)
            .args(["--endpoint-url", &endpoint.url()])
            .args(["--wait-for-lock", "5m", "--preflight-timeout", "5m"])
            .start();
        wait_until("the second's preflight", || {
            (endpoint.requests("DescribeUserPool") == 1).then_some(())
        });
        let first = dir.import(&pool, list).without_flag("--rate");
        if is_finished {
            first.args(["--rate", "1000"]).run().exits(0);
            released.store(true, Ordering::Relaxed);
        } else {
            let first = first.args(["--rate", "20"]).start();
            pool.wait_for_requests("SignUp", 1);
            released.store(true, Ordering::Relaxed);
            second.wait_for_stderr(WAITS);
            first.signal("INT");
            first.wait().exits(130);
        }
        second.wait().exits(0);
        assert_eq!(pool.requests("SignUp"), 200);
        assert_eq!(dir.results().count("created"), 200);
    }
}

#[test]
fn waiting_ends_at_its_timeout_or_on_a_signal() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(3));
    let _running = start_import(&dir, &pool, list);
    let report = || dir.cli("report").arg("run");
    for command in [
        dir.import(&pool, list),
        dir.rehearse(list),
        undo(&dir),
        report(),
    ] {
        let waiting = command.args(["--wait-for-lock", "20ms"]);
        let output = waiting.run().exits(4).names(["20ms"]);
        assert!(
            !output.stderr.contains("--wait-for-lock TIME"),
            "{}",
            output.stderr
        );
    }
    for command in [dir.import(&pool, list), undo(&dir)] {
        let waiting = command.args(["--wait-for-lock", "5m"]).start();
        waiting.wait_for_stderr(WAITS);
        waiting.signal("TERM");
        waiting.wait().exits(143);
    }
    // Without the flag, a run that is active is reported.
    report().run().exits(4);
    assert!(dir.path("run/results.csv").exists());
}

#[test]
fn a_report_waits_for_the_end_of_the_run() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(3));
    let import = dir.import(&pool, list).args(["--grace", "1s"]).start();
    pool.wait_for_requests("SignUp", 3);
    let reports = [
        dir.cli("report").arg("run"),
        dir.cli("report").args(["--compare", "run", "run"]),
    ];
    let waiting = reports.map(|report| report.args(["--wait-for-lock", "5m"]).start());
    for report in &waiting {
        report.wait_for_stderr(WAITS);
    }
    import.signal("INT");
    import.wait().exits(130);
    for (report, code) in waiting.into_iter().zip([4, 0]) {
        report.wait().exits(code);
    }
}
