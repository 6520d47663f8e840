//! `check` reports every problem of the list and the plan, and writes nothing to the pool.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use cognito_import::rehearsal::{AttributeType, PoolSettings, SchemaAttribute};
use serde_json::{Value, json};

use crate::harness::{CsvRow, Pool, ProgramCommand, TestDir, codes, quick, users, wait_until};

/// Writes the pool's description to a file.
fn describe_to_file(dir: &TestDir, pool: &Pool) -> &'static str {
    let described = dir.read_only("describe", pool).run().exits(0).stdout;
    dir.file("pool.toml", described)
}

/// `check` with the pool queried, described by a file, and unknown.
fn check_each_way(dir: &TestDir, pool: &Pool, list: &str) -> [ProgramCommand; 3] {
    let file = describe_to_file(dir, pool);
    [
        dir.check(pool, list),
        dir.cli("check").args([list, "--pool", file]),
        dir.cli("check").arg(list),
    ]
}

/// The row and rule of each finding, in file order.
fn rules(findings: &[CsvRow]) -> Vec<(&str, &str)> {
    findings
        .iter()
        .map(|line| (line["row"].as_str(), line["rule"].as_str()))
        .collect()
}

#[test]
fn a_valid_list_passes_however_the_pool_is_known() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(1_000));
    let [queried, by_file, unknown] = check_each_way(&dir, &pool, list);
    for (cli, emails) in [
        (queried, json!(0)),
        (by_file, json!(0)),
        (unknown, Value::Null),
    ] {
        let rates = ["--rate", "10", "--lookup-rate", "96"];
        let document = cli.args(rates).json().run().exits(0).document();
        assert_eq!(document["findings"], 0);
        let counts = ["rows", "to_send", "duplicates", "invalid"];
        let counts = counts.map(|name| &document["rows"][name]);
        assert_eq!(counts, [1_000, 1_000, 0, 0]);
        let plan = &document["plan"];
        let requests = &plan["requests"];
        assert_eq!(requests["UserCreation"]["at_most"], 1_000);
        assert_eq!(requests["UserCreation"]["rate"]["a_second"], 10);
        assert_eq!(requests["UserRead"]["rate"]["a_second"], 96);
        assert_eq!(plan["seconds"], 100);
        assert_eq!(plan["active_users_at_most"], 1_000);
        assert_eq!(plan["messages"]["emails"], emails);
        assert_eq!(dir.findings().len(), 0);
    }
    assert_eq!(pool.requests("SignUp"), 0);
    let check = dir
        .cli("check")
        .args([list, "--no-lookup", "--rate", "1000"]);
    let plan = &check.json().run().exits(0).document()["plan"];
    assert_eq!(plan["seconds"], 1);
    assert_eq!(plan["requests"]["UserRead"], Value::Null);
}

const BROKEN: &str = "username,password,email,phone_number,custom:level\n\
     ann,Passw0rd!1,ann@example.com,+4930901820,1\n\
     =bo b, Hidden Word1!,no-address,030 901820,1\n\
     cy,hiddenword,cy@example.com,,12\n\
     Ann,Passw0rd!1,ann@example.com,,2\n\
     dee,Passw0rd!1,,,3\n\
     @SUM(A1),Passw0rd!1,=1+1,,3\n\
     eve,Passw0rd!1,eve@example.com,,\n\
     fay,Passw0rd!1,fay@example.com,,\n";

/// A pool with a one-digit number attribute.
fn with_level() -> PoolSettings {
    let level = SchemaAttribute {
        name: "custom:level".to_owned(),
        data_type: AttributeType::Number,
        max_value: Some(9),
        ..SchemaAttribute::default()
    };
    PoolSettings {
        schema: vec![level],
        ..quick()
    }
}

#[test]
fn every_finding_has_a_hint_and_no_password() {
    let dir = TestDir::new();
    let pool = Pool::start(with_level());
    let list = dir.file("users.csv", BROKEN);
    let by_any_pool = [
        ("2", "username.characters"),
        ("2", "password.characters"),
        ("2", "email.format"),
        ("2", "phone_number.format"),
        ("6", "email.format"),
        ("4", "username.duplicate"),
    ];
    let by_this_pool = [
        &by_any_pool[..4],
        &[("3", "password.policy"), ("3", "attribute.range")],
        &[("5", "attribute.required")],
        &by_any_pool[4..],
    ]
    .concat();
    let [queried, by_file, unknown] = check_each_way(&dir, &pool, list);
    for (cli, expected) in [
        (queried, &by_this_pool[..]),
        (by_file, &by_this_pool[..]),
        (unknown, &by_any_pool[..]),
    ] {
        let output = cli.arg("-vv").run().exits(1);
        assert_eq!(rules(&dir.findings()), expected, "{}", output.stderr);
        let written = fs::read_to_string(dir.path("findings.csv")).unwrap();
        for password in ["Hidden", "hiddenword", "Passw0rd"] {
            assert!(!written.contains(password), "{written}");
            assert!(!output.stderr.contains(password), "{}", output.stderr);
        }
    }
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn findings_csv_is_private_and_safe_in_a_spreadsheet() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", BROKEN);
    dir.file(
        "findings.csv",
        "an older file, longer than the new one\n".repeat(99),
    );
    dir.cli("check").arg(list).run().exits(1);
    let path = dir.path("findings.csv");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let mut csv = csv::Reader::from_path(&path).unwrap();
    let columns = [
        "row",
        "line",
        "username",
        "column",
        "rule",
        "found",
        "what_to_do",
        "kind",
    ];
    assert_eq!(csv.headers().unwrap(), columns.as_slice());
    let findings = dir.findings();
    let first = &findings[0];
    assert_eq!(
        (first["line"].as_str(), first["column"].as_str()),
        ("3", "username")
    );
    assert_eq!(first["username"], "'=bo b", "no formula");
    assert!(findings[2]["found"].contains("\"no-address\""));
    assert!(!findings[2]["what_to_do"].is_empty());
    let named = findings.iter().find(|line| line["row"] == "6").unwrap();
    assert_eq!(named["username"], "'@SUM(A1)", "no formula");
    for line in &findings {
        assert!(
            line.values()
                .all(|cell| !cell.starts_with(['=', '+', '-', '@'])),
            "{line:?}"
        );
    }
    // No other files are left.
    let mut names: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["findings.csv", "users.csv"]);
}

#[test]
fn the_output_counts_by_rule_and_shows_the_first_examples() {
    let dir = TestDir::new();
    let rows: String = (1..=5)
        .map(|row| format!("u{row},Passw0rd!{row},no-address{row}\n"))
        .collect();
    let list = dir.file(
        "users.csv",
        users(6) + "a b,Passw0rd!1,a@example.com\n" + &rows,
    );
    let check = || dir.cli("check").arg(list);
    let output = check().run().exits(1).names([
        "users.csv:",
        "5 x email.format\n      row 8, line 9: ",
        "\"no-address1\"",
        "row 10, line 11: ",
        "\"no-address3\"",
        "1 x username.characters\n      row 7, line 8: ",
        "6 findings",
    ]);
    assert!(
        !output.stderr.contains("no-address4"),
        "three examples are enough"
    );
    let document = check().json().run().exits(1).document();
    let by_rule = document["findings_by_rule"].as_array().unwrap();
    let counts = by_rule
        .iter()
        .map(|rule| (&rule["rule"], &rule["findings"]));
    assert_eq!(
        counts.collect::<Vec<_>>(),
        [
            (&json!("email.format"), &json!(5)),
            (&json!("username.characters"), &json!(1))
        ]
    );
    assert_eq!(by_rule[0]["examples"].as_array().unwrap().len(), 3);
    assert_eq!(document["rows"]["to_send"], 6);
    let quiet = dir.cli("check").args([list, "--quiet"]).run().exits(1);
    assert_eq!(quiet.stderr + &quiet.stdout, "");
}

#[test]
fn a_refused_plan_exits_3_and_rows_are_still_checked() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        admin_create_only: true,
        auto_verified_attributes: vec!["email".to_owned()],
        ..quick()
    });
    let list = dir.file("users.csv", users(3) + "a b,Passw0rd!1,a@example.com\n");
    let [queried, by_file, _] = check_each_way(&dir, &pool, list);
    for cli in [queried, by_file] {
        let document = cli.arg("--strict").json().run().exits(3).document();
        let refusals = codes(&document, "refusals");
        assert_eq!(refusals, ["sign_up_not_permitted", "messages", "strict"]);
        assert_eq!(document["rows"]["to_send"], 3);
        assert_eq!(document["rows"]["invalid"], 1);
        assert_eq!(rules(&dir.findings()), [("4", "username.characters")]);
    }
    let allowed = dir
        .check(&pool, list)
        .arg("--allow-messages")
        .run()
        .exits(3);
    assert!(!allowed.stderr.contains("[messages]"), "{}", allowed.stderr);
}

#[test]
fn duplicates_are_reported_but_not_findings() {
    let dir = TestDir::new();
    let list = dir.file(
        "users.csv",
        users(2) + "USER0001,Passw0rd!1,x@example.com\n",
    );
    let document = dir.cli("check").arg(list).json().run().exits(1).document();
    assert_eq!(document["rows"]["duplicates"], 1);
    assert_eq!(document["rows"]["invalid"], 0);
    let example = &document["findings_by_rule"][0]["examples"][0];
    assert!(
        example["found"]
            .as_str()
            .unwrap()
            .contains("row 1 (line 2)")
    );
    let two = ["--usernames", "case-sensitive"];
    dir.cli("check").arg(list).args(two).run().exits(0);
}

#[test]
fn standard_input_is_checked_while_streaming() {
    let dir = TestDir::new();
    let list = users(2) + "a b,Passw0rd!1,a@example.com\n";
    let check = dir.cli("check").arg("-").input(list).json();
    assert_eq!(check.run().exits(1).document()["rows"]["to_send"], 2);
    assert_eq!(rules(&dir.findings()), [("3", "username.characters")]);
}

/// The files in the test directory.
fn files(dir: &TestDir) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn pipe(dir: &TestDir) -> PathBuf {
    let pipe = dir.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    pipe
}

#[test]
fn an_interrupted_check_keeps_the_old_findings_and_no_partial_file() {
    let dir = TestDir::new();
    dir.file("findings.csv", "older\n");
    // More data than the program buffers, from a writer that then stalls.
    let pipe = pipe(&dir);
    let running = dir.cli("check").arg("pipe").start();
    let mut writer = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    std::io::Write::write_all(&mut writer, users(20_000).as_bytes()).unwrap();
    wait_until("the file is begun", || {
        (files(&dir).len() == 3).then_some(())
    });
    running.signal("INT");
    running.wait().exits(130);
    drop(writer);
    assert_eq!(files(&dir), ["findings.csv", "pipe"]);
    assert_eq!(
        fs::read_to_string(dir.path("findings.csv")).unwrap(),
        "older\n"
    );
}

#[test]
fn a_read_error_leaves_no_partial_file() {
    let dir = TestDir::new();
    let list = users(10) + "open,Passw0rd!,\"open@example.com\n" + &users(20_000);
    let list = dir.file("users.csv", list);
    let check = dir.cli("check").arg(list);
    check.run().exits(3).names(["users.csv: line 12"]);
    assert_eq!(files(&dir), ["users.csv"]);
}

#[test]
fn findings_never_overwrite_the_list() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(3));
    std::os::unix::fs::symlink("users.csv", dir.path("link.csv")).unwrap();
    for findings in ["users.csv", "./users.csv", "link.csv"] {
        let cli = dir.cli("check").args([list, "--findings", findings]);
        cli.run().exits(3).names([format!("--findings {findings}")]);
    }
    // A pipe represents devices such as /dev/null.
    let pipe = pipe(&dir);
    for findings in ["pipe", "."] {
        let cli = dir.cli("check").args([list, "--findings", findings]);
        cli.run().exits(3).names([format!("--findings {findings}")]);
    }
    assert!(!fs::metadata(pipe).unwrap().is_file());
    assert_eq!(fs::read_to_string(dir.path(list)).unwrap(), users(3));
    let cli = dir
        .cli("check")
        .args([list, "--findings", "no/such/folder.csv"]);
    cli.run().exits(3).names(["--findings no/such/folder.csv"]);
}

#[test]
fn unknown_pool_settings_are_reported() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let notices = |cli: ProgramCommand| cli.json().run().exits(0).document();
    let unknown = notices(dir.cli("check").arg(list));
    assert_eq!(codes(&unknown, "notices"), ["rules_unknown"]);
    // Without credentials the pool cannot be queried.
    dir.import(&pool, list)
        .args(["--no-lookup", "--allow-messages"])
        .run()
        .exits(0)
        .names(["[rules_unknown]", "--pool pool.toml"]);
    let no_client = notices(dir.check(&pool, list).without_flag("--client-id"));
    assert_eq!(codes(&no_client, "notices"), ["client_unknown"]);
    let all = notices(dir.check(&pool, list));
    assert_eq!(codes(&all, "notices"), [""; 0]);
}
