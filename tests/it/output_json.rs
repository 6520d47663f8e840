//! `--output json`: every command prints exactly one JSON document to standard output, whatever
//! happens, and no JSON elsewhere.

use std::fs;

use cognito_import::rehearsal::PoolSettings;
use serde_json::{Value, json};

use crate::harness::{Pool, ProcessOutput, TestDir, existing_user, quick, silent, users};

const MIXED: &str = "username,password,email\n\
    ann,Passw0rd!,ann@example.com\n\
    bob,short,bob@example.com\n\
    ANN,Passw0rd!,ann@example.com\n";

/// Parses the only document, checks its common fields, and that standard error has no part of it.
#[track_caller]
fn document(output: &ProcessOutput, command: &str) -> Value {
    let mut documents = serde_json::Deserializer::from_str(&output.stdout).into_iter::<Value>();
    let document = documents.next().unwrap().unwrap();
    assert!(
        documents.next().is_none(),
        "one document:\n{}",
        output.stdout
    );
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["command"], command);
    assert_eq!(document["exit_code"], json!(output.code), "{document}");
    assert!(document["exit_name"].is_string());
    assert_listed_in_help(command, &document);
    for line in output.stderr.lines() {
        let is_json = line.trim_start().starts_with(['{', '}']) || line.contains("\":");
        assert!(!is_json, "JSON on standard error: {line}");
    }
    document
}

/// Asserts that `--help` lists the exit code with the meaning that the document has. A report has
/// those of its run.
#[track_caller]
fn assert_listed_in_help(command: &str, document: &Value) {
    let has_run = document.get("summary").is_some();
    let command = if has_run && command == "report" {
        "import"
    } else {
        command
    };
    let dir = TestDir::new();
    let help = dir.cli(command).arg("--help");
    let help = help.env("COLUMNS", "400").run().exits(0).stdout;
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let mut listed = codes
        .lines()
        .filter_map(|line| line.trim().split_once("  "));
    let code = document["exit_code"].to_string();
    let is_listed =
        listed.any(|(other, meaning)| other == code && document["exit_meaning"] == meaning);
    assert!(is_listed, "{document}\n{codes}");
}

/// Asserts that the document has the same error as standard error, and returns its message.
#[track_caller]
fn error<'d>(document: &'d Value, output: &ProcessOutput, name: &str) -> &'d str {
    let error = &document["error"];
    assert_eq!(error["exit_code"], document["exit_code"]);
    assert_eq!(error["name"], name);
    assert_eq!(document["exit_name"], name);
    let message = error["message"].as_str().unwrap();
    let hint = error["what_to_do"].as_str().unwrap_or_default();
    assert!(!hint.is_empty(), "no hint: {message}");
    assert!(
        output.stderr.contains(message),
        "{message}\n{}",
        output.stderr
    );
    message
}

#[test]
fn the_document_of_a_run_has_summary_files_and_exit_status() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", MIXED);
    for quiet in [false, true] {
        let cli = dir.rehearse(list).json();
        let cli = if quiet { cli.arg("--quiet") } else { cli };
        let output = cli.run().exits(1);
        assert_eq!(output.stderr.is_empty(), quiet, "{}", output.stderr);
        let document = document(&output, "rehearse");
        assert_eq!(document["exit_name"], "some_rows");
        assert_eq!(document["error"], Value::Null);
        assert_eq!(document["summary"], dir.results().summary);
        assert_eq!(document["summary"]["outcomes"]["invalid"], 1);
        assert_eq!(document["run_directory"], "run");
        for (name, path) in document["files"].as_object().unwrap() {
            assert!(dir.path(path.as_str().unwrap()).is_file(), "{name}");
        }
        assert_eq!(document["files"]["results.csv"], "run/results.csv");
    }
}

#[test]
fn a_finished_import_and_its_report_have_the_same_document() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let import = || dir.import(&pool, list).json();
    let first = document(&import().run().exits(0), "import");
    assert_eq!(first["exit_name"], "done");
    let again = document(&import().run().exits(0), "import");
    assert_eq!(again, first);
    let report = dir.cli("report").args(["run", "--output", "json"]);
    let mut report = document(&report.run().exits(0), "report");
    report["command"] = json!("import");
    assert_eq!(report, first);
}

#[test]
fn refusals_have_codes_and_hints() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        admin_create_only: true,
        ..quick()
    });
    let list = dir.file("users.csv", MIXED);
    let output = dir.import(&pool, list).json().run().exits(3);
    let refused = document(&output, "import");
    error(&refused, &output, "refused");
    let refusal = &refused["refusals"][0];
    assert_eq!(refusal["code"], "sign_up_not_permitted");
    assert!(refusal["message"].is_string() && refusal["what_to_do"].is_string());
    assert_eq!(refused["plan"]["requests"]["UserCreation"]["at_most"], 1);
    assert!(!dir.path("run").exists());
}

#[test]
fn errors_before_the_start_have_a_document_too() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let json = ["--output", "json"];
    let output = dir.import(&pool, "missing.csv").args(json).run().exits(3);
    assert!(error(&document(&output, "import"), &output, "refused").contains("missing.csv"));
    let output = dir.check(&pool, "missing.csv").args(json).run().exits(3);
    assert!(error(&document(&output, "check"), &output, "refused").contains("missing.csv"));
    let output = dir.cli("report").args(["nowhere", "--output", "json"]);
    let output = output.run().exits(3);
    assert!(error(&document(&output, "report"), &output, "refused").contains("nowhere/ledger.db"));
    let iam = ["--user-pool-id", "x", "--output", "json"];
    let output = dir.cli("iam-policy").args(iam).run().exits(3);
    error(&document(&output, "iam-policy"), &output, "refused");
    let template = ["--pool", "missing.toml", "--output", "json"];
    let output = dir.cli("template").args(template).run().exits(3);
    error(&document(&output, "template"), &output, "refused");
    let settings = ["--pool-settings", "missing.json", "--output", "json"];
    let output = dir.cli("rehearsal-pool").args(settings).run().exits(3);
    error(&document(&output, "rehearsal-pool"), &output, "refused");
    // Nothing listens there any more.
    let describe = dir.read_only("describe", &pool).args(json);
    let describe = describe.args(["--preflight-timeout", "1s"]);
    let address = pool.url().replace("http://", "");
    pool.stop();
    let output = describe.run().exits(3);
    let document = document(&output, "describe");
    let message = error(&document, &output, "refused");
    assert!(
        message.contains(&format!("ConnectFailed: {address}: ")),
        "{message}"
    );
}

#[test]
fn the_document_of_a_check_has_counts_findings_and_plan() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.existing.push(existing_user("old"));
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", MIXED);
    let check = || {
        let args = ["--output", "json", "--rate", "7"];
        dir.check(&pool, list).args(args)
    };
    let output = check().args(["--prescan", "always"]).run().exits(1);
    let checked = document(&output, "check");
    assert_eq!(checked["exit_name"], "some_rows");
    let counts = ["rows", "to_send", "invalid", "duplicates"].map(|name| &checked["rows"][name]);
    assert_eq!(counts, [3, 1, 1, 1]);
    assert_eq!(checked["findings"], dir.findings().len());
    assert_eq!(checked["findings_file"], "findings.csv");
    let rules: Vec<&str> = checked["findings_by_rule"]
        .as_array()
        .unwrap()
        .iter()
        .map(|broken| broken["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"username.duplicate") && rules.contains(&"password.policy"));
    let broken = &checked["findings_by_rule"][0];
    assert!(broken["what_to_do"].is_string());
    assert!(broken["examples"][0]["row"].is_u64() && broken["examples"][0]["found"].is_string());
    let plan = &checked["plan"];
    assert_eq!(
        plan["requests"]["UserCreation"]["rate"],
        json!({"a_second": 7, "source": "flag", "flag": "--rate", "limit": null, "share": null, "parts": null, "unanswered": null})
    );
    let rate = &plan["requests"]["UserRead"]["rate"];
    assert_eq!(
        (&rate["source"], &rate["share"]),
        (&json!("granted"), &json!(0.8))
    );
    assert_eq!(plan["requests"]["UserList"]["at_most"], 1);
    assert_eq!(plan["reads_pool_first"], true);
    assert_eq!(plan["seconds"], 1);
    assert_eq!(plan["messages"]["emails"], 0);
    assert_eq!(plan["active_users_at_most"], 1);
    assert_eq!(plan["threat_protection"], false);
    let output = check().arg("--strict").run().exits(3);
    let refused = document(&output, "check");
    error(&refused, &output, "refused");
    assert_eq!(refused["refusals"][0]["code"], "strict");
    assert_eq!(refused["rows"], checked["rows"], "all the same");
}

#[test]
fn printed_answers_are_fields_of_the_document() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let output = dir.read_only("describe", &pool).json().run().exits(0);
    let rules = &document(&output, "describe")["rules"];
    assert_eq!(rules["user_pool_id"], *pool.settings().pool_id);
    assert_eq!(rules["password_policy"]["minimum_length"], 8);
    let text = dir.read_only("template", &pool).run().exits(0).stdout;
    let output = dir.read_only("template", &pool).json();
    let columns = &document(&output.run().exits(0), "template")["columns"];
    let columns: Vec<&str> = columns
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column.as_str().unwrap())
        .collect();
    assert_eq!(columns.join(","), text.trim_end());
    let iam = |more: &[&'static str]| {
        let cli = dir
            .cli("iam-policy")
            .args(["--user-pool-id", "us-east-1_Ab1"]);
        cli.args(more).run().exits(0)
    };
    let text = iam(&[]).document();
    let document_of = |more: &[&'static str]| document(&iam(more), "iam-policy");
    assert_eq!(document_of(&["--output", "json"])["policy"], text);
    let nothing = document_of(&[
        "--output=json",
        "--no-lookup",
        "--named-rates",
        "--no-preflight",
    ]);
    assert_eq!(nothing["policy"], Value::Null);
}

#[test]
fn an_interrupted_run_has_a_document_with_the_resume_command() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(300));
    let slow = ["--output", "json", "--rate", "50"];
    let running = dir.import(&pool, list).args(slow).start();
    pool.wait_for_requests("SignUp", 10);
    running.signal("TERM");
    let output = running.wait().exits(143);
    let stopped = document(&output, "import");
    assert_eq!(stopped["exit_name"], "sigterm");
    assert_eq!(stopped["error"]["name"], "sigterm");
    let hint = stopped["error"]["what_to_do"].as_str().unwrap();
    assert!(hint.contains("import users.csv"), "{hint}");
    assert_eq!(stopped["summary"], dir.results().summary);
    assert_eq!(stopped["summary"]["state"], "stopped");
}

#[test]
fn an_aborted_run_has_a_document_without_a_summary() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("users.csv", users(3));
    let running = dir.import(&pool, list).json().start();
    pool.wait_for_requests("SignUp", 3);
    running.signal("INT");
    running.wait_for_stderr("Ctrl-C");
    running.signal("INT");
    let output = running.wait().exits(130);
    let stopped = document(&output, "import");
    error(&stopped, &output, "sigint");
    assert_eq!(stopped["run_directory"], "run");
    assert!(stopped.get("summary").is_none());
}

#[test]
fn rehearsal_pool_prints_its_address_and_nothing_at_exit() {
    let dir = TestDir::new();
    let running = dir
        .cli("rehearsal-pool")
        .args(["--listen", "127.0.0.1:0", "--output", "json"])
        .start();
    running.wait_for_stderr("Ctrl-C");
    running.signal("INT");
    let mut output = running.wait().exits(130);
    // There is no document while it is still listening.
    output.code = None;
    let mut serving = output.document();
    let url = serving["endpoint_url"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert!(output.stderr.contains(url));
    assert!(serving["user_pool_id"].is_string() && serving["client_id"].is_string());
    for unknown in ["exit_code", "exit_name", "exit_meaning"] {
        assert_eq!(serving[unknown].take(), Value::Null);
    }
    assert_eq!(serving["command"], "rehearsal-pool");
}

#[test]
fn text_output_is_unchanged_and_usage_errors_have_no_document() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(2));
    let output = dir.rehearse(list).args(["--output", "text"]).run().exits(0);
    assert_eq!(output.stdout, "", "a run prints nothing");
    let wrong = ["--output", "json", "--rate", "fast"];
    let output = dir.rehearse(list).args(wrong).run().exits(2);
    assert_eq!(output.stdout, "");
    let yaml = dir.rehearse(list).args(["--output", "yaml"]);
    yaml.run().exits(2).names(["--output"]);
    assert!(fs::read_to_string(dir.path("run/summary.json")).is_ok());
}

#[test]
fn the_document_of_an_undo_counts_users_by_outcome() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    dir.import(&pool, list).run().exits(0);
    let wrong = dir.undo(&pool).args(["--yes-delete", "us-east-1_Other"]);
    let output = wrong.json().run().exits(3);
    let refused = document(&output, "undo");
    assert!(error(&refused, &output, "refused").contains("us-east-1_Other"));
    let output = dir.dry_undo(&pool).json().run().exits(0);
    let dry = document(&output, "undo");
    assert_eq!(
        (&dry["dry_run"], &dry["users"]["deleted"]),
        (&json!(true), &json!(3))
    );
    assert_eq!(pool.users().len(), 3, "a dry run deletes no user");
    let output = dir.undo(&pool).json().run().exits(0);
    let undone = document(&output, "undo");
    assert_eq!(undone["exit_name"], "done");
    assert_eq!(undone["users"]["deleted"], 3);
    assert_eq!(undone["users"]["open"], 0);
    assert_eq!(undone["users"]["kept_maybe_used"], 0);
    assert_eq!(undone["requests"]["UserUpdate"]["sent"], 3);
    assert!(dir.path(undone["results"].as_str().unwrap()).is_file());
    assert_eq!(pool.users().len(), 0);
}

#[test]
fn an_interrupted_query_has_a_document_too() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    // It accepts connections and never responds.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", mute.local_addr().unwrap());
    for (command, signal, code, name) in [
        ("describe", "INT", 130, "sigint"),
        ("template", "TERM", 143, "sigterm"),
    ] {
        let asking = dir.read_only(command, &pool);
        let running = asking
            .args(["--endpoint-url", &url, "--output", "json"])
            .start();
        let connection = mute.accept().unwrap();
        running.signal(signal);
        let output = running.wait().exits(code);
        let stopped = document(&output, command);
        error(&stopped, &output, name);
        drop(connection);
    }
}
