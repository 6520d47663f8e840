//! The merged files of a run are those of a single process.

use std::fmt::Write as _;
use std::fs;

use cognito_import::rehearsal::PoolSettings;
use serde_json::Value;

use super::{import_parts, merge, part};
use crate::harness::{Pool, ProgramCommand, TestDir, existing_user, quick, users};

/// A list with rows of every kind.
fn list(seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut list = String::from("username,password,email,groups,note\n");
    for row in 0..60 {
        let name = format!("user{row}");
        let earlier = format!("user{}", random.u32(0..row.max(1)));
        let email = format!("{name}@example.com");
        let line = match random.u32(0..12) {
            0 => format!("{},Str0ng#Enough,{email},,again", earlier.to_uppercase()),
            1 => format!("{earlier},Str0ng#Enough,{email},team1,again"),
            2 => format!("{name},Str0ng#Enough,not an address,,"),
            3 => format!(",Str0ng#Enough,{email},,no name"),
            4 => format!("{name},short"),
            5 => format!("{name},Str0ng#Enough,{email},,\"a \"\"quoted\"\", note\""),
            6 => format!("{name},Str0ng#Enough,{email},,\"two\nlines\""),
            7 => format!("{name},weak,{email},,"),
            8 => format!("Üser{row},Str0ng#Enough,{email},team2,ünïcödé"),
            9 => format!("{name},\"Str0ng\"#Enough,{email},,misquoted"),
            _ => format!("{name},Str0ng#Enough,{email},team1,"),
        };
        writeln!(list, "{line}").unwrap();
    }
    list
}

fn settings() -> PoolSettings {
    PoolSettings {
        existing: (0..60)
            .step_by(7)
            .map(|row| existing_user(&format!("user{row}")))
            .collect(),
        groups: vec!["team1".to_owned(), "team2".to_owned()],
        ..quick()
    }
}

fn import(dir: &TestDir, pool: &Pool) -> ProgramCommand {
    dir.import(pool, "users.csv")
        .args(["--keep", "note", "--confirm", "--prescan", "never"])
}

/// Runs the list in `parts` processes and in a single one, on pools of their own.
fn assert_same(seed: u64, parts: u32) {
    let dirs = [TestDir::new(), TestDir::new()];
    let pools = [Pool::start(settings()), Pool::start(settings())];
    for dir in &dirs {
        dir.file("users.csv", list(seed));
    }
    let single = import(&dirs[1], &pools[1]).start();
    let all = import_parts(parts, |index| {
        import(&dirs[0], &pools[0]).args(["--part", &format!("{index}/{parts}")])
    });
    all.for_each(|output| output.assert_no_panic());
    single.wait().exits(1);
    merge(&dirs[0]).run().exits(1);
    let [merged, single] = &dirs;
    for file in ["results.csv", "results.jsonl", "rejects.csv"] {
        let [merged, single] = [merged, single].map(|dir| masked(dir, file));
        for (merged, single) in merged.lines().zip(single.lines()) {
            assert_eq!(merged, single, "{file} of {parts} parts, seed {seed}");
        }
        assert_eq!(merged.len(), single.len(), "{file} of {parts} parts");
    }
    let [merged_summary, single_summary] = [merged, single].map(summary);
    assert_eq!(merged_summary, single_summary, "{parts} parts, seed {seed}");
    let [merged_report, single_report] = [merged, single].map(report_text);
    for (merged, single) in merged_report.lines().zip(single_report.lines()) {
        assert_eq!(merged, single, "report of {parts} parts, seed {seed}");
    }
}

/// The content of a file without subs, times and durations.
fn masked(dir: &TestDir, file: &str) -> String {
    let content = fs::read_to_string(dir.path("run").join(file)).unwrap();
    let mut masked = String::new();
    match file {
        "results.csv" => {
            let mut csv = csv::Reader::from_reader(content.as_bytes());
            let names = csv.headers().unwrap().clone();
            writeln!(masked, "{names:?}").unwrap();
            for record in csv.records() {
                let record = record.unwrap();
                let cells = names.iter().zip(&record);
                let cells: Vec<&str> = cells
                    .map(|(name, cell)| if is_own(name) { "" } else { cell })
                    .collect();
                writeln!(masked, "{cells:?}").unwrap();
            }
        }
        "results.jsonl" => {
            for line in content.lines() {
                let mut line: Value = serde_json::from_str(line).unwrap();
                line.as_object_mut()
                    .unwrap()
                    .retain(|name, _| !is_own(name));
                writeln!(masked, "{line}").unwrap();
            }
        }
        _ => masked = content,
    }
    masked
}

/// Whether a value belongs to this run of the pool alone.
fn is_own(name: &str) -> bool {
    ["user_sub", "created_at", "duration_ms"].contains(&name)
}

/// The summary without times and what follows from them.
fn summary(dir: &TestDir) -> Value {
    let summary = fs::read(dir.path("run/summary.json")).unwrap();
    let mut summary: Value = serde_json::from_slice(&summary).unwrap();
    let of_time = [
        "run_id",
        "started",
        "finished",
        "active_seconds",
        "elapsed_seconds",
        "rates",
        "pace",
        "command",
    ];
    let fields = summary.as_object_mut().unwrap();
    fields.retain(|name, value| {
        let latencies = value
            .as_object()
            .is_some_and(|of| of.contains_key("p50_ms"));
        !of_time.contains(&name.as_str()) && !latencies
    });
    summary
}

/// The report without charts and numbers.
fn report_text(dir: &TestDir) -> String {
    let report = fs::read_to_string(dir.path("run/report.html")).unwrap();
    let run_id = dir.results().summary["run_id"].as_str().unwrap().to_owned();
    let report = report.replace(&run_id, "");
    let (mut text, mut depth) = (String::new(), 0);
    for line in report.lines() {
        depth += line.matches("<svg").count();
        // The numbers are those of the summary, or times.
        if depth == 0 && !line.contains(|character: char| character.is_ascii_digit()) {
            writeln!(text, "{line}").unwrap();
        }
        depth -= line.matches("</svg>").count();
    }
    text
}

#[test]
fn merged_files_are_those_of_a_single_process() {
    for parts in 1..=7 {
        assert_same(u64::from(parts), parts);
    }
}

#[test]
fn edited_rejects_of_a_part_are_not_merged() {
    let (dir, pool) = (TestDir::new(), Pool::start(settings()));
    dir.file("users.csv", list(3));
    let parts = import_parts(2, |index| {
        import(&dir, &pool).args(["--part", &format!("{index}/2")])
    });
    parts.for_each(|output| output.assert_no_panic());
    merge(&dir).run().exits(1);
    let earlier = fs::read(dir.path("run/rejects.csv")).unwrap();
    let rejects = dir.path("run/part-0-of-2/rejects.csv");
    let edited = fs::read_to_string(&rejects).unwrap() + "\n";
    fs::write(&rejects, edited).unwrap();
    let document = merge(&dir).json().run().exits(1).document();
    assert!(document["rejects"]["file"].is_null());
    assert!(document["rejects"]["error"].is_string());
    // The file of the earlier merge stays.
    assert_eq!(fs::read(dir.path("run/rejects.csv")).unwrap(), earlier);
    assert_eq!(dir.results().rows.len(), dir.results().summary["rows"]);
    // The part keeps the edited file when it writes its own again.
    import(&dir, &pool).args(["--part", "0/2"]).run().exits(1);
    let document = merge(&dir).json().run().exits(1).document();
    assert!(document["rejects"]["file"].is_string());
}

#[test]
fn a_part_that_changed_since_the_merge_is_noted() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(20));
    let part = |index: u32| part(&dir, &pool, index, 3);
    for index in 0..3 {
        part(index).run().exits(0);
    }
    merge(&dir).run().exits(0);
    dir.rehearse("users.csv")
        .args(["--run-dir", "other"])
        .run()
        .exits(0);
    let report = || dir.cli("report").arg("run").run().exits(0);
    let compare = || {
        let compare = dir.cli("report").args(["--compare", "other", "run"]);
        compare.arg("--compare-unlike").run().exits(0)
    };
    for output in [report(), compare()] {
        assert!(!output.stderr.contains("1/3"), "{}", output.stderr);
    }
    // The part is lost, and its users are looked up again.
    fs::remove_dir_all(dir.path("run/part-1-of-3")).unwrap();
    assert!(!report().stderr.contains("1/3"));
    part(1).run().exits(0);
    for output in [report(), compare()] {
        let output = output.names(["1/3", "--merge"]);
        assert!(!output.stderr.contains("0/3"), "{}", output.stderr);
    }
    merge(&dir).run().exits(0);
    assert!(!report().stderr.contains("1/3"));
}

#[test]
fn report_and_runs_say_that_parts_are_not_merged() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(6));
    part(&dir, &pool, 0, 2).run().exits(0);
    let report = dir.cli("report").arg("run");
    report.run().exits(3).names(["--merge"]);
    let runs = dir.cli("runs").arg("run").json().run().exits(0).document();
    assert_eq!(runs["runs"][0]["state"], "unmerged");
}

#[test]
fn a_run_without_parts_cannot_be_merged() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    dir.file("users.csv", users(6));
    let whole = dir.import(&pool, "users.csv").args(["--run-dir", "whole"]);
    whole.run().exits(0);
    let merge_whole = || dir.cli("report").args(["--merge", "whole"]);
    merge_whole().run().exits(3).names(["--merge"]);
    assert_eq!(dir.results_in("whole").rows.len(), 6);
}

#[test]
fn the_report_of_a_merged_run_suggests_commands_that_work() {
    let mut settings = quick();
    settings.password_policy.minimum_length = 30;
    let (dir, pool) = (TestDir::new(), Pool::start(settings));
    dir.file("users.csv", users(6));
    for index in 0..2 {
        part(&dir, &pool, index, 2)
            .args(["--no-preflight", "--max-failures", "0"])
            .run()
            .exits(1);
    }
    merge(&dir).run().exits(1);
    let report = |directory: &str| fs::read_to_string(dir.path(directory)).unwrap();
    assert!(report("run/report.html").contains("--merge"));
    assert!(!report("run/part-0-of-2/report.html").contains("--merge"));
}
