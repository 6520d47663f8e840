//! Hints: what to do about an error, in the message for people and in a separate JSON field for
//! programs.

use serde_json::Value;

use crate::harness::{Pool, TestDir, quick, users};

/// The message and the hint of an error.
#[track_caller]
fn error(cli: crate::harness::Cli) -> (String, String) {
    let output = cli.args(["--output", "json"]).run().exits(3);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let text = |name: &str| {
        let text = document["error"][name].as_str();
        assert!(text.is_some(), "{name}: {document:#}");
        text.unwrap_or_default().to_owned()
    };
    assert!(
        output.stderr.contains(&text("message")),
        "{}",
        output.stderr
    );
    (text("message"), text("what_to_do"))
}

#[test]
fn hints_about_list_and_flags_are_in_the_json_document() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(1));
    dir.file("empty.csv", "");
    dir.file(
        "unknown.csv",
        "username,password,email,Shoe\nann,Passw0rd!1,ann@example.com,1\n",
    );
    dir.file("mapping.toml", "colums = 1\n");
    dir.file("secret.txt", "");
    for (list, flags, hint) in [
        ("missing.csv", vec![], "name a file that is there"),
        (".", vec![], "name a file in it"),
        ("empty.csv", vec![], "it needs a header line"),
        ("unknown.csv", vec![], "add: --ignore-column Shoe"),
        (
            list,
            vec!["--mapping", "mapping.toml"],
            "known keys: username_from",
        ),
        (
            list,
            vec!["--mapping", "missing.toml"],
            "name a readable TOML file",
        ),
        (
            list,
            vec!["--user-pool-id", "pool"],
            "write one like us-east-1_",
        ),
        (
            list,
            vec!["--endpoint-url", "http://example.com"],
            "use https",
        ),
        (list, vec!["--region", "eu-west-1"], "leave the Region out"),
        (
            list,
            vec!["--pool", "missing.toml"],
            "`cognito-import describe` writes such a file",
        ),
        (
            list,
            vec!["--client-secret-file", "secret.txt"],
            "it must contain only",
        ),
        (list, vec!["--validation-data", "x"], "write KEY=VALUE"),
        (
            list,
            vec!["--lookup", "none", "--prescan", "always"],
            "leave one of the two out",
        ),
        (
            list,
            vec!["--lookup", "none", "--confirm"],
            "leave one of the two out",
        ),
        (
            list,
            vec!["--metrics-file", "no/such.prom"],
            "name a file in an existing, writable directory",
        ),
        (
            list,
            vec!["--log-file", "no/such.log"],
            "name a file in an existing, writable directory",
        ),
    ] {
        let mut cli = dir.import(&pool, list);
        for flag in &flags {
            cli = cli.arg(flag);
        }
        let (message, given_hint) = error(cli);
        assert!(
            given_hint.contains(hint),
            "{list} {flags:?}: {message}: {given_hint}"
        );
        assert!(!given_hint.contains("cannot be"), "{given_hint}");
    }
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn hints_of_other_commands_are_in_the_json_document() {
    let dir = TestDir::new();
    for (command, arguments, hint) in [
        ("report", vec!["nowhere"], "name the directory of a run"),
        ("undo", vec!["nowhere"], "name the directory of a run"),
        ("iam-policy", vec!["--user-pool-id", "x"], "write one like"),
        (
            "template",
            vec!["--pool", "missing.toml"],
            "describe` writes",
        ),
        ("rehearse", vec!["missing.csv"], "name a file that is there"),
        (
            "rehearsal-pool",
            vec!["--listen", "192.0.2.1:80"],
            "use a loopback address",
        ),
        (
            "rehearsal-pool",
            vec!["--pool-settings", "missing.json"],
            "name an existing file",
        ),
    ] {
        let mut cli = dir.cli(command);
        for argument in &arguments {
            cli = cli.arg(argument);
        }
        let (message, given_hint) = error(cli);
        assert!(
            given_hint.contains(hint),
            "{command} {arguments:?}: {message}: {given_hint}"
        );
    }
}

#[test]
fn an_unwritable_run_directory_is_refused_before_the_pool_is_queried() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(1));
    let taken = dir.file("taken", "no folder");
    for run in [taken, "taken/run", "taken/runs/one"] {
        let import = dir.import(&pool, list).args(["--run-dir", run]);
        let (message, hint) = error(import);
        assert!(
            message.starts_with(&format!("run directory {run}: ")),
            "{message}"
        );
        assert!(hint.contains("name one with --run-dir"), "{hint}");
    }
    assert!(
        pool.stats().operations.is_empty(),
        "{:?}",
        pool.stats().operations
    );
    // A directory that could be created is not created for a refused run.
    let import = dir
        .import(&pool, list)
        .args(["--run-dir", "new/run", "--confirm-where", "No=1"]);
    import.run().exits(3);
    let import = dir
        .import(&pool, list)
        .args(["--run-dir", "new/run", "--group", "crew"]);
    import.run().exits(3).says(["group_missing"]);
    let mut there: Vec<_> = std::fs::read_dir(dir.path("."))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    there.sort();
    assert_eq!(there, ["taken", "users.csv"]);
}
