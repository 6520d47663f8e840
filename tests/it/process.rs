//! The program as a process: what other processes can read, and behavior under system limits.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Command;

use cognito_import::rehearsal::SimulatedLatency;

use crate::harness::{Pool, ProcessOutput, TestDir, TestEndpoint, TestReply, quick, silent, users};

/// Asserts that there is a document and that it agrees with the exit code.
#[track_caller]
fn assert_document(output: &ProcessOutput) {
    assert_eq!(output.document()["exit_code"], output.code.unwrap());
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_leaves_no_core_and_is_not_readable_by_others() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(2));
    let running = dir.import(&pool, list).arg("--no-preflight").start();
    pool.wait_for_requests("SignUp", 2);
    let limits = fs::read_to_string(format!("/proc/{}/limits", running.pid())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.unwrap().split_whitespace().skip(4).take(2).collect();
    assert_eq!(core, ["0", "0"]);
    // The /proc files of a non-dumpable process belong to root.
    let owner = fs::metadata(format!("/proc/{}/environ", running.pid())).unwrap();
    assert_eq!(owner.uid(), 0);
    drop(running);
}

#[test]
fn a_credential_process_does_not_inherit_the_client_secret() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.client_secret = Some("s3cr3t-of-the-client".to_owned());
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(2));
    let script = "#!/bin/sh\nenv > inherited\necho '{\"Version\":1,\"AccessKeyId\":\"AKIA\",\"SecretAccessKey\":\"x\"}'\n";
    dir.file("credentials.sh", script);
    let path = dir.path("credentials.sh");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(dir.path(".aws")).unwrap();
    let process = format!("credential_process = {}\n", path.display());
    dir.file(
        ".aws/config",
        format!("[default]\n{process}[profile other]\n{process}"),
    );
    for (run, profile) in [("of-default", None), ("of-profile", Some("other"))] {
        let import = dir
            .import(&pool, list)
            .without_env("AWS_ACCESS_KEY_ID")
            .without_env("AWS_SECRET_ACCESS_KEY")
            .env("COGNITO_CLIENT_SECRET", "s3cr3t-of-the-client")
            .env("SOMETHING_ELSE", "is inherited")
            .args(["--run-dir", run]);
        let import = match profile {
            Some(profile) => import.args(["--profile", profile]),
            None => import,
        };
        import.run().exits(0);
        let inherited = fs::read_to_string(dir.path("inherited")).unwrap();
        assert!(inherited.contains("SOMETHING_ELSE=is inherited"));
        assert!(!inherited.contains("s3cr3t"), "{inherited}");
        assert!(!inherited.contains("COGNITO_CLIENT_SECRET"), "{inherited}");
        fs::remove_file(dir.path("inherited")).unwrap();
    }
    assert_eq!(pool.users().len(), 2, "the secret itself was used");
}

#[test]
fn every_command_exits_cleanly_without_file_descriptors() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list)
        .args(["--run-dir", "done"])
        .run()
        .exits(0);
    let mut successes = 0;
    for limit in [3, 5, 8, 11, 16, 20, 26, 32, 48] {
        let commands = [
            dir.rehearse(list).args(["--run-dir", "rehearsed"]),
            dir.import(&pool, list)
                .args(["--restart", "--retry", "all"]),
            dir.import(&pool, list),
            dir.check(&pool, list),
            dir.read_only("describe", &pool),
            dir.cli("report").arg("done"),
            dir.cli("undo").args(["done", "--dry-run"]),
        ];
        for command in commands {
            let output = command.json().after(&format!("ulimit -n {limit}")).run();
            // Below that, even the dynamic loader cannot open its files.
            if output.code == Some(127) {
                assert!(limit < 5);
                continue;
            }
            assert!(
                matches!(output.code, Some(0..=6)),
                "{limit}: {:?}\n{}",
                output.code,
                output.stderr
            );
            output.assert_no_panic();
            if output.code != Some(2) {
                assert_document(&output);
            }
            successes += usize::from(output.code == Some(0));
        }
        let _ = fs::remove_dir_all(dir.path("run"));
    }
    assert!(
        successes > 7,
        "with a few more descriptors, every command works: {successes}"
    );
}

/// The same endpoint by host name, which requires name resolution.
fn by_name(url: &str) -> String {
    url.replace("127.0.0.1", "localhost")
}

#[cfg(target_os = "linux")]
#[test]
fn rows_wait_while_no_connection_can_be_made() {
    for name in [str::to_owned, by_name] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(40));
        let endpoint = TestEndpoint::start(&pool, |_| TestReply::Forward);
        let url = name(&endpoint.url());
        let running = dir
            .import(&pool, list)
            .args(["--endpoint-url", &url, "--rate", "40", "-vv"])
            .start();
        pool.wait_for_requests("SignUp", 4);
        let limit = |files: &str| {
            let pid = running.pid().to_string();
            let set = Command::new("prlimit")
                .args(["--pid", &pid, &format!("--nofile={files}:")])
                .status()
                .unwrap();
            assert!(set.success());
        };
        limit("3");
        running.wait_for_stderr("TooManyOpenFiles");
        limit("1000");
        let output = running.wait().exits(0);
        assert!(
            !output.stderr.contains("ConnectFailed"),
            "{}",
            output.stderr
        );
        let results = dir.results();
        assert_eq!(results.count("created"), 40, "{url}");
        assert!(
            results.rows.iter().all(|row| row["attempts"] == "1"),
            "{url}"
        );
    }
}

#[test]
fn a_low_file_limit_is_noted_once() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(60));
    let url = by_name(&pool.url());
    let import = |limit: &str, run: &str| {
        let import = dir.import(&pool, list).args(["--endpoint-url", &url]);
        import
            .args(["--rate", "40", "--run-dir", run])
            .after(&format!("ulimit -n {limit}"))
            .run()
            .exits(0)
    };
    let noted = "`ulimit -n ";
    let output = import("80", "few").names([" 16 ", " 96", "`ulimit -n 240`"]);
    assert_eq!(output.stderr.matches(noted).count(), 1, "{}", output.stderr);
    assert_eq!(dir.results_in("few").count("created"), 60);
    let output = import("240", "enough");
    assert!(!output.stderr.contains(noted), "{}", output.stderr);
}

#[test]
fn a_low_file_limit_reduces_concurrency() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.latency = SimulatedLatency {
        base_ms: 100,
        jitter_ms: 0,
    };
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(200));
    for command in [
        dir.import(&pool, list).args(["--concurrency", "600"]),
        dir.rehearse(list).args([
            "--run-dir",
            "rehearsed",
            "--quota",
            "5000",
            "--rate",
            "1000",
            "--latency",
            "100ms",
        ]),
    ] {
        command.after("ulimit -n 80").run().exits(0);
    }
    for run in ["run", "rehearsed"] {
        assert_eq!(dir.results_in(run).count("created"), 200);
    }
}

#[test]
fn an_output_error_after_sending_is_not_a_refusal() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(2));
    let full =
        |command: crate::harness::ProgramCommand| command.json().output_to("/dev/full").run();
    full(dir.import(&pool, list)).exits(4);
    assert_eq!(dir.results().count("created"), 2);
    // Nothing is left to do, and earlier work is not reported as refused.
    full(dir.import(&pool, list)).exits(4);
    full(dir.rehearse(list).args(["--run-dir", "rehearsed"])).exits(4);
    full(dir.undo(&pool)).exits(4);
    assert!(pool.users().is_empty());
    full(dir.check(&pool, list)).exits(3);
    full(dir.read_only("describe", &pool)).exits(3);
}

#[test]
fn a_failing_log_is_reported_once_and_stops_nothing() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(20));
    for (run, format, flag) in [("text", "text", "-vv"), ("json", "json", "--quiet")] {
        let output = dir
            .import(&pool, list)
            .args([
                "--run-dir",
                run,
                "--log-file",
                "/dev/full",
                "--log-format",
                format,
                flag,
            ])
            .run()
            .exits(0);
        assert_eq!(
            output.stderr.matches("--log-file /dev/full").count(),
            1,
            "{}",
            output.stderr
        );
    }
    // A file that has reached the size limit.
    dir.file("long.log", "x".repeat(2_000_000));
    dir.import(&pool, list)
        .args(["--run-dir", "limited", "--log-file", "long.log", "-vv"])
        .after("ulimit -f 2000")
        .run()
        .exits(0)
        .names(["--log-file long.log"]);
    assert_eq!(dir.results_in("limited").count("existed"), 20);
}

#[test]
fn exceeding_the_file_size_limit_in_a_report_is_an_error() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(300));
    dir.import(&pool, list).run().exits(0);
    let before = fs::read(dir.path("run/results.csv")).unwrap();
    let output = dir
        .cli("report")
        .args(["run", "--output", "json"])
        .after("ulimit -f 8")
        .run();
    assert!(
        matches!(output.code, Some(3 | 4)),
        "{:?}: {}",
        output.code,
        output.stderr
    );
    assert_document(&output);
    assert_eq!(fs::read(dir.path("run/results.csv")).unwrap(), before);
}
