//! `--metrics-file` for node_exporter: written atomically during the run and at its end, readable
//! by it, and refused before the first call if unwritable. `--metrics-format emf` for CloudWatch.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::harness::{Pool, TestDir, quick, silent, users, wait_until};

/// Parses the Prometheus text format into samples by name and labels.
fn parsed(text: &str) -> BTreeMap<(String, BTreeMap<String, String>), f64> {
    let mut samples = BTreeMap::new();
    let mut typed: Vec<String> = Vec::new();
    let mut helped = Vec::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(!words.is_empty() && !helped.contains(&name), "{line}");
            helped.push(name);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!((kind, helped.last()), ("gauge", Some(&name)), "{line}");
            typed.push(name.to_owned());
        } else {
            let (name, rest) = line.split_once('{').unwrap();
            // All samples of a name are grouped below its TYPE line.
            assert_eq!(typed.last().map(String::as_str), Some(name), "{line}");
            assert!(
                name.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{line}"
            );
            let (labels, value) = labels(rest);
            let value: f64 = value.strip_prefix(' ').unwrap().parse().unwrap();
            assert!(
                samples.insert((name.to_owned(), labels), value).is_none(),
                "twice: {line}"
            );
        }
    }
    samples
}

/// Parses labels and returns the rest.
fn labels(mut rest: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    loop {
        let (name, quoted) = rest.split_once("=\"").unwrap();
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next().unwrap() {
                (end, '"') => break end,
                (_, '\\') => {
                    let escaped = characters.next().unwrap().1;
                    assert!(matches!(escaped, 'n' | '\\' | '"'), "\\{escaped}");
                    value.push(if escaped == 'n' { '\n' } else { escaped });
                }
                (_, character) => value.push(character),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none());
        rest = &quoted[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (labels, rest.strip_prefix('}').unwrap()),
        }
    }
}

#[test]
fn metrics_are_written_for_node_exporter() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("a \"b\\\n.csv", users(20) + "odd,Passw0rd!,odd\n");
    dir.import(&pool, list)
        .args(["--metrics-file", "nightly.prom"])
        .run()
        .exits(1);
    let file = dir.path("nightly.prom");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o644
    );
    let samples = parsed(&fs::read_to_string(&file).unwrap());
    let of = |name: &str, labels: &[(&str, &str)]| {
        let mut labels: BTreeMap<String, String> = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        labels.insert("import".to_owned(), "nightly".to_owned());
        samples
            .get(&(format!("cognito_import_{name}"), labels))
            .copied()
    };
    assert_eq!(of("rows", &[("outcome", "created")]), Some(20.0));
    assert_eq!(of("rows", &[("outcome", "invalid")]), Some(1.0));
    assert_eq!(of("rows", &[("outcome", "in_doubt")]), Some(0.0));
    assert_eq!(of("requests", &[("category", "UserCreation")]), Some(20.0));
    assert_eq!(
        of("requests_throttled", &[("category", "UserCreation")]),
        Some(0.0)
    );
    assert_eq!(of("run_state", &[("state", "finished")]), Some(1.0));
    assert_eq!(of("run_state", &[("state", "stopped")]), Some(0.0));
    assert_eq!(of("exit_code", &[]), Some(1.0));
    let (start, end) = (
        of("start_timestamp_seconds", &[]).unwrap(),
        of("end_timestamp_seconds", &[]).unwrap(),
    );
    assert!(start > 1.7e9 && end >= start && of("active_seconds", &[]).unwrap() <= end - start);
    assert!(
        (0.0..=1.2).contains(
            &of(
                "rate_used_of_allowed_ratio",
                &[("category", "UserCreation")]
            )
            .unwrap()
        )
    );
    assert!(
        samples
            .keys()
            .all(|(_, labels)| labels["import"] == "nightly")
    );
    assert!(
        samples
            .keys()
            .any(|(_, labels)| labels.get("list").map(String::as_str) == Some(list))
    );
    // `report` overwrites it.
    fs::write(&file, "old").unwrap();
    dir.cli("report")
        .args(["run", "--metrics-file", "nightly.prom"])
        .run()
        .exits(1);
    assert_eq!(
        parsed(&fs::read_to_string(&file).unwrap()).len(),
        samples.len()
    );
}

#[test]
fn an_unwritable_metrics_file_is_refused_before_anything_is_sent() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    fs::create_dir(dir.path("folder.prom")).unwrap();
    for name in ["nowhere/x.prom", "folder.prom", "users.csv/x.prom"] {
        dir.import(&pool, list)
            .args(["--metrics-file", name])
            .run()
            .exits(3)
            .names(["--metrics-file", name]);
    }
    dir.import(&pool, list)
        .args(["--metrics-file", "x.txt"])
        .run()
        .exits(2)
        .names([".prom"]);
    assert_eq!(pool.requests("SignUp"), 0);
    let left: Vec<_> = fs::read_dir(dir.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "no trace: {left:?}");
}

#[test]
fn metrics_of_an_active_run_are_replaced_at_its_end() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(30));
    let file = dir.file("nightly.prom", "of the night before");
    let import = dir
        .import(&pool, list)
        .args(["--concurrency", "3", "--grace", "1s"]);
    let running = import.args(["--metrics-file", file]).start();
    let read = |name: &str, labels: &[(&str, &str)]| {
        let text = fs::read_to_string(dir.path(file)).unwrap();
        let import = ("import".to_owned(), "nightly".to_owned());
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .chain([import])
            .collect();
        text.starts_with("# HELP")
            .then(|| parsed(&text))?
            .get(&(format!("cognito_import_{name}"), labels))
            .copied()
    };
    wait_until("metrics", || read("run_state", &[("state", "running")]));
    assert_eq!(read("run_state", &[("state", "running")]), Some(1.0));
    assert_eq!(read("run_state", &[("state", "finished")]), Some(0.0));
    assert_eq!(read("rows", &[("outcome", "created")]), Some(0.0));
    assert_eq!(read("rows_remaining", &[]), Some(30.0));
    let creation = [("category", "UserCreation")];
    assert_eq!(read("rate_ceiling", &creation), Some(1_000.0));
    assert!(read("rate", &creation).is_some());
    assert!(read("bottleneck", &[("bottleneck", "throttled")]).is_some());
    assert_eq!(read("exit_code", &[]), None);
    pool.wait_for_requests("SignUp", 3);
    running.signal("TERM");
    running.wait().exits(143);
    assert_eq!(read("run_state", &[("state", "running")]), Some(0.0));
    assert_eq!(read("run_state", &[("state", "stopped")]), Some(1.0));
    assert_eq!(read("rows", &[("outcome", "in_doubt")]), Some(3.0));
    assert_eq!(read("exit_code", &[]), Some(4.0));
    assert_eq!(read("rows_remaining", &[]), None);
}

/// Parses the lines in embedded metric format and asserts that CloudWatch finds every metric.
#[track_caller]
fn embedded_metrics(log: &str) -> Vec<Value> {
    let lines = log
        .lines()
        .filter(|line| line.contains("CloudWatchMetrics"));
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_number());
            }
        }
    }
    lines
}

#[test]
fn embedded_metrics_are_lines_of_the_log() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(5) + "odd,Passw0rd!,odd\n");
    let rehearse = |flags: &[&str]| {
        let rehearsal = dir.rehearse(list).args(["--metrics-format", "emf"]);
        rehearsal.args(flags.iter().copied()).run()
    };
    let printed = rehearse(&["--quiet"]).exits(1).stderr;
    rehearse(&["--quiet", "--log-file", "log.txt"]).exits(1);
    let logged = fs::read_to_string(dir.path("log.txt")).unwrap();
    for log in [printed, logged] {
        let lines = embedded_metrics(&log);
        let [first, .., last] = lines.as_slice() else {
            panic!("{log}");
        };
        assert_eq!(first["State"], "running");
        assert!(first["RowsRemaining"].is_u64());
        assert_eq!(last["State"], "finished");
        assert_eq!(last["RowsCreated"], 5);
        assert_eq!(last["RowsInvalid"], 1);
        assert_eq!(last["ExitCode"], 1);
    }
    rehearse(&["--metrics-file", "x.prom"])
        .exits(3)
        .names(["--metrics-format", "--metrics-file"]);
}
