//! The log: where it is written, what it contains, and what it never contains.

use std::fs;

use cognito_import::rehearsal::{PoolSettings, PreSignUp, QuotaSetting};
use serde_json::Value;

use crate::harness::{Pool, TestDir, existing_user, quick, users};

/// Parses every line of a log as a JSON object.
fn events(text: &str) -> Vec<Value> {
    let parsed = text.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event["time"].as_str().unwrap().ends_with('Z'), "{line}");
        assert!(event["message"].is_string(), "{line}");
        event
    });
    parsed.collect()
}

/// The events with this field.
fn with<'e>(events: &'e [Value], field: &str) -> Vec<&'e Value> {
    let found = events.iter().filter(|event| event.get(field).is_some());
    found.collect()
}

#[test]
fn every_row_not_created_has_an_event_with_the_run_id() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users(4)
        + "user0001,Passw0rd!1,user0001@example.com\n\
           bad name,Passw0rd!1,bad@example.com\n\
           weakling,weakweak,weakling@example.com\n";
    let list = dir.file("users.csv", list);
    dir.import(&pool, list)
        .args([
            "--no-preflight",
            "--log-file",
            "run.log",
            "--log-format",
            "json",
        ])
        .run()
        .exits(1);
    let text = fs::read_to_string(dir.path("run.log")).unwrap();
    let events = events(&text);
    let mut settled: Vec<_> = with(&events, "outcome")
        .into_iter()
        .map(|event| {
            (
                event["row"].as_u64(),
                event["outcome"].as_str(),
                event["code"].as_str(),
            )
        })
        .collect();
    settled.sort_unstable();
    assert_eq!(
        settled,
        [
            (Some(5), Some("duplicate"), None),
            (Some(6), Some("invalid"), Some("username.characters")),
            (Some(7), Some("rejected"), Some("InvalidPasswordException")),
        ]
    );
    let summary = dir.results().summary;
    for event in &events {
        assert_eq!(
            (&event["run"], &event["session"]),
            (&summary["run_id"], &Value::from(1))
        );
        assert_eq!(event["level"], "INFO");
    }
    assert_eq!(with(&events, "run_directory").len(), 1);
    let ends = with(&events, "finished");
    assert_eq!(
        (&ends[0]["created"], &ends[0]["finished"]),
        (&Value::from(4), &Value::from(true))
    );
    for personal in ["user0001", "weakling", "bad name", "example.com"] {
        assert!(!text.contains(personal), "{personal} is in {text}");
    }
}

#[test]
fn a_resumed_run_keeps_its_id_and_appends_to_the_log() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(120));
    let import = || {
        let import = dir
            .import(&pool, list)
            .args(["--rate", "50", "--log-file", "run.log"]);
        import.args(["--log-format", "json"])
    };
    let running = import().start();
    pool.wait_for_requests("SignUp", 11);
    running.signal("TERM");
    let output = running.wait().exits(143);
    assert!(!output.stderr.contains("INFO"), "{}", output.stderr);
    import().run().exits(0);
    let text = fs::read_to_string(dir.path("run.log")).unwrap();
    let events = events(&text);
    let begins = with(&events, "run_directory");
    assert_eq!(begins.len(), 2);
    assert_eq!(begins[0]["run"], begins[1]["run"]);
    let numbers = [&begins[0]["session"], &begins[1]["session"]];
    assert_eq!(numbers, [&Value::from(1), &Value::from(2)]);
    assert_eq!(begins[0]["run"], dir.results().summary["run_id"]);
    assert_eq!(dir.results().summary["sessions"], 2);
    let stops = with(&events, "reason");
    assert_eq!(
        (stops.len(), &stops[0]["reason"]),
        (1, &Value::from("SIGTERM"))
    );
}

#[test]
fn verbosity_is_the_same_in_a_file_and_on_standard_error() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        existing: vec![existing_user("user0001")],
        ..quick()
    });
    let list = |run: &str| {
        // One existing and one new user in each run.
        format!(
            "username,password,email\nuser0001,Passw0rd!,a@example.com\n{run},Passw0rd!,b@example.com\n"
        )
    };
    let levels = |text: &str| {
        let levels = ["INFO", "DEBUG", "TRACE"];
        levels.map(|level| text.contains(&format!("{level} ")))
    };
    for (verbose, expected) in [
        ("-v", [true, false, false]),
        ("-vv", [true, true, false]),
        ("-vvv", [true, true, true]),
    ] {
        let import = |run: &str| {
            let file = format!("{run}.csv");
            let import = dir.import(&pool, dir.file(&file, list(run)));
            import.args(["--no-preflight", verbose, "--run-dir", run])
        };
        let to_screen = import(&format!("screen{verbose}")).run().exits(0).stderr;
        assert_eq!(levels(&to_screen), expected, "{verbose}: {to_screen}");
        let log = format!("run{verbose}.log");
        let import = import(&format!("file{verbose}")).args(["--log-file", &log]);
        import.run().exits(0);
        let in_file = fs::read_to_string(dir.path(&log)).unwrap();
        assert_eq!(levels(&in_file), expected, "{verbose}: {in_file}");
    }
}

#[test]
fn an_unwritable_log_is_refused_before_anything_is_sent() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let import = dir
        .import(&pool, list)
        .args(["--log-file", "no/such/run.log"]);
    import.run().exits(3).names(["--log-file no/such/run.log"]);
    assert_eq!(pool.stats().operations.len(), 0);
    assert!(!dir.path("run").exists());
}

#[cfg(unix)]
#[test]
fn the_log_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(1));
    dir.rehearse(list)
        .args(["--log-file", "run.log"])
        .run()
        .exits(0);
    let mode = fs::metadata(dir.path("run.log"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn throttling_and_its_end_are_logged() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.quotas.user_creation = QuotaSetting::per_second(20.0);
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(120));
    let import = dir
        .import(&pool, list)
        .args(["--rate", "60", "--log-file", "run.log"]);
    import.args(["--log-format", "json"]).run().exits(0);
    let events = events(&fs::read_to_string(dir.path("run.log")).unwrap());
    let throttled: u64 = with(&events, "throttled")
        .iter()
        .map(|event| event["throttled"].as_u64().unwrap())
        .sum();
    let counted = dir.results().summary["requests"]["UserCreation"]["throttled"].as_u64();
    assert_eq!(Some(throttled), counted);
    let slowed = with(&events, "allowed");
    assert_eq!(
        (&slowed[0]["category"], &slowed[0]["ceiling"]),
        (&"UserCreation".into(), &60.0.into())
    );
    assert!(slowed[0]["allowed"].as_f64() < Some(60.0));
}

#[test]
fn levels_come_from_flags_or_environment_and_exclude_the_sdk() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", users(2));
    let log = |flags: &[&str], rust_log: &str| {
        let rehearse = dir.rehearse(list).env("RUST_LOG", rust_log).args(flags);
        rehearse.run().exits(0).stderr
    };
    let warnings = log(&[], "warn");
    assert!(!warnings.contains("INFO"), "{warnings}");
    assert!(log(&["-v"], "off").contains(" run_directory="));
    assert!(log(&[], "cognito_import=info").contains(" run_directory="));
    let answers = |log: &str| {
        let of_rows = |line: &&str| line.contains("TRACE") && line.contains(" row=");
        log.lines().filter(of_rows).count()
    };
    let everything = log(&[], "trace");
    assert_eq!(answers(&everything), 2, "{everything}");
    for of_others in ["aws_", "hyper", "rustls", "smithy", "Passw0rd"] {
        assert!(!everything.contains(of_others), "{of_others}: {everything}");
    }
    let failures = log(&["-vv"], "off");
    assert!(failures.contains("DEBUG"), "{failures}");
    assert_eq!(answers(&failures), 0, "{failures}");
    assert_eq!(answers(&log(&[], "cognito_import::import=trace")), 2);
    let elsewhere = log(&[], "cognito_import::pool=trace");
    assert_eq!(answers(&elsewhere), 0, "{elsewhere}");
    assert!(log(&[], "cognito_import=loud").contains("RUST_LOG"));
}

/// Text in a file name or a pool's message that would send escape sequences to a terminal, reverse
/// its text and forge a line.
const HOSTILE: &str = "no\u{1b}[2J \u{202e}way\nINFO forged";
const HARMLESS: &str = "no[U+001B][2J [U+202E]way[U+000A]INFO forged";

#[test]
fn control_characters_in_a_list_name_are_escaped_in_the_log() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    // The last record is unterminated, so the log contains the list's name.
    let list = dir.file(HOSTILE, users(3) + "\"" + &"x".repeat(600_000));
    for (run, colors) in [("plain", "0"), ("colored", "1")] {
        let import = dir.import(&pool, list).env("CLICOLOR_FORCE", colors);
        let import = import.args(["--no-preflight", "--run-dir", run, "-v"]);
        let log = import.run().exits(4).stderr;
        let line = log.lines().find(|line| line.contains("no["));
        let line = line.unwrap_or_else(|| panic!("no such line: {log}"));
        assert!(line.contains(HARMLESS), "{line:?}");
        assert_eq!(line.contains('\u{1b}'), colors == "1", "{line:?}");
        assert!(
            !log.contains("\u{1b}[2J") && !log.contains('\u{202e}'),
            "{log:?}"
        );
    }
}

#[test]
fn messages_of_a_pool_are_escaped_in_a_json_log() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::Refuse {
            message: HOSTILE.to_owned(),
        },
        ..quick()
    });
    let list = dir.file("users.csv", users(2));
    let import = dir.import(&pool, list).args(["-vv", "--no-preflight"]);
    let import = import.args(["--log-file", "run.log", "--log-format", "json"]);
    import.run().exits(1);
    let text = fs::read_to_string(dir.path("run.log")).unwrap();
    assert!(
        !text.contains('\u{202e}') && text.contains("\\u202e"),
        "{text}"
    );
    let events = events(&text);
    let failed = with(&events, "service_message")[0];
    assert_eq!(failed["level"], "DEBUG");
    let message = failed["service_message"].as_str().unwrap();
    assert!(
        message.contains(HOSTILE),
        "the same text after unescaping: {message}"
    );
}
