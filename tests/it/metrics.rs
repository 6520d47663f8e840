//! `--metrics-file` for node_exporter: written atomically, readable by it, and refused before the
//! first call if unwritable.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::harness::{Pool, TestDir, quick, users};

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
