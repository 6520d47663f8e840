//! A stopped program ends within `--grace`, whatever hangs.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::harness::{Pool, ProcessOutput, RunningProcess, TestDir, quick, silent, users};

/// Far more than a grace of two seconds, and far less than the 30 s until a request times out.
const IN_TIME: Duration = Duration::from_secs(8);

#[track_caller]
fn assert_ends_in_time(running: RunningProcess) -> ProcessOutput {
    let began = Instant::now();
    running.signal("TERM");
    let output = running.wait().exits(143);
    assert!(began.elapsed() < IN_TIME, "{:?}", began.elapsed());
    output
}

/// Accepts connections and never answers.
fn mute_server() -> (TcpListener, String) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    (server, url)
}

#[test]
fn hanging_sign_ups_leave_time_for_the_reports() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(300));
    let import = || dir.import(&pool, list).args(["--concurrency", "10"]);
    let running = import().args(["--grace", "2s"]).start();
    pool.wait_for_requests("SignUp", 10);
    assert_ends_in_time(running);
    let results = dir.results();
    assert_eq!(results.count("in_doubt"), 10);
    assert_eq!(results.count("unsent"), 290);
    assert_eq!(results.summary["stopped_because"], "SIGTERM");
    let pool = pool.restart_with(|settings| settings.faults.answer_late.probability = 0.0);
    dir.import(&pool, list).run().exits(0);
    assert_eq!(dir.results().count("created"), 300);
    assert_eq!(pool.users().len(), 300);
}

#[test]
fn a_run_without_time_for_reports_resumes() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(300));
    let import = dir.import(&pool, list).args(["--concurrency", "10"]);
    let running = import.args(["--grace", "1ms", "--output", "json"]).start();
    pool.wait_for_requests("SignUp", 10);
    let document = assert_ends_in_time(running).document();
    assert_eq!(document["exit_name"], "sigterm");
    assert_eq!(document["run_directory"], "run");
    dir.cli("report").arg("run").run().exits(4);
    let pool = pool.restart_with(|settings| settings.faults.answer_late.probability = 0.0);
    dir.import(&pool, list).run().exits(0);
    assert_eq!(dir.results().count("created"), 300);
    assert_eq!(pool.users().len(), 300);
}

#[test]
fn hanging_lookups_do_not_keep_an_undo() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(5));
    dir.import(&pool, list).run().exits(0);
    let (server, url) = mute_server();
    let undo = dir.undo(&pool).args(["--endpoint-url", &url]);
    let running = undo.args(["--grace", "2s"]).start();
    let connection = server.accept().unwrap();
    assert_ends_in_time(running);
    drop(connection);
    assert!(dir.path("run/undo-results.csv").is_file());
    dir.undo(&pool).run().exits(0);
    assert!(pool.users().is_empty());
}

#[test]
fn a_blocked_program_is_ended() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(5));
    // Standard error blocks at the first message, and the whole program with it.
    let pipe = dir.path("pipe");
    fill_pipe(&pipe, |_| {
        let import = dir.import(&pool, list).args(["--grace", "2s"]);
        let running = import.after("exec 2>pipe").start();
        pool.wait_for_requests("DescribeUserPool", 1);
        assert_ends_in_time(running);
    });
    assert_eq!(pool.requests("SignUp"), 0);
    dir.import(&pool, list).run().exits(0);
}

/// Calls `test` while this named pipe is full.
fn fill_pipe(path: &Path, test: impl FnOnce(&std::fs::File)) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
    let mut options = OpenOptions::new();
    let mut pipe = options
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(path)
        .unwrap();
    // Byte by byte at the end, so that no room is left.
    for size in [4_096, 1] {
        let bytes = vec![b'x'; size];
        // Fails once it would block.
        while pipe.write(&bytes).is_ok() {}
    }
    test(&pipe);
}
