//! Untrusted text (cells, headers, file names, messages from a pool) can neither send escape
//! sequences to the terminal nor forge a line of output.

use serde_json::json;

use crate::harness::{
    Pool, ProcessOutput, ProgramCommand, TestDir, TestEndpoint, TestReply, quick, users,
};

/// Starts new lines and escape sequences.
const HOSTILE: &str = "a\n  forged\n    forged\r\nforged\u{1b}[2J\u{9b}31m\u{202e}";

#[track_caller]
fn assert_harmless(command: ProgramCommand) -> ProcessOutput {
    let output = command.run();
    for stream in [&output.stderr, &output.stdout] {
        for hidden in ['\u{1b}', '\u{9b}', '\u{202e}', '\r'] {
            assert!(!stream.contains(hidden), "{hidden:?} in {stream}");
        }
        let forged = |line: &str| line.trim_start().starts_with("forged");
        assert!(!stream.lines().any(forged), "{stream}");
    }
    output
}

#[test]
fn text_from_the_command_line_is_harmless() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(2));
    let flag = |name: &str| format!("{name}={HOSTILE}");
    for name in [
        "--rate",
        "--deadline",
        "--share",
        "--concurrency",
        "--run-dir",
        "--log-file",
        "--lookup",
        "--retry",
        "--group",
        "--map",
        "--ignore-column",
        "--keep",
        "--username-from",
        "--value",
        "--set",
        "--delimiter",
        "--quote",
        "--encoding",
        "--mapping",
        "--pool",
        "--client-secret-file",
        "--validation-data-file",
        "--confirm-where",
        "--disable-where",
        "--phone-region",
        "--date",
        "--user-pool-id",
        "--client-id",
        "--region",
        "--profile",
        "--endpoint-url",
        "--nothing",
    ] {
        let without = [
            "--user-pool-id",
            "--client-id",
            "--endpoint-url",
            "--run-dir",
        ];
        let mut import = dir.import(&pool, list);
        if let Some(named) = without.into_iter().find(|flag| *flag == name) {
            import = import.without_flag(named);
        }
        let output = assert_harmless(import.arg(&flag(name)));
        assert!(
            matches!(output.code, Some(0 | 2 | 3)),
            "{name}: {:?} {}",
            output.code,
            output.stderr
        );
    }
    for command in ["import", "rehearse", "check", "report", "undo", HOSTILE] {
        for word in [HOSTILE, "--nothing\u{1b}[2J\nforged"] {
            let output = assert_harmless(dir.cli(command).arg(word));
            assert!(
                matches!(output.code, Some(0 | 2 | 3)),
                "{command}: {}",
                output.stderr
            );
        }
    }
}

#[test]
fn text_from_the_list_and_its_files_is_harmless() {
    let dir = TestDir::new();
    let cell = format!("\"{HOSTILE}\"");
    let lists = [
        format!("username,password,{cell}\nann,Passw0rd!1,x\n"),
        format!("username,password,email\n{cell},Passw0rd!1,ann@example.com\n"),
        format!("username,password,email\nann,Passw0rd!1,{cell}\nbob,x{cell},bob@example.com\n"),
        format!("{cell}\n{cell}\n"),
    ];
    for list in &lists {
        let list = dir.file("hostile.csv", list);
        assert_harmless(dir.rehearse(list).args(["--keep", "email", "-vvv"]));
        assert_harmless(dir.cli("check").arg(list));
        assert_harmless(
            dir.rehearse(list)
                .args(["--map", &format!("{HOSTILE}=email")]),
        );
    }
    let list = dir.file("users.csv", users(2));
    let text = serde_json::to_string(HOSTILE).unwrap();
    for mapping in [
        format!("{text} = 1\n"),
        format!("[columns]\n{text} = \"email\"\n"),
        format!("[columns]\nemail = {text}\n"),
        format!("[columns]\nemail = \"{HOSTILE}\n"),
    ] {
        let mapping = dir.file("mapping.toml", mapping);
        let output = assert_harmless(dir.rehearse(list).args(["--mapping", mapping]));
        assert_eq!(output.code, Some(3), "{}", output.stderr);
    }
    for settings in [
        json!({ HOSTILE: 1 }),
        json!({ "pre_sign_up": HOSTILE }),
        json!({ "schema": [{ "name": HOSTILE }] }),
    ] {
        let settings = dir.file("settings.json", settings.to_string());
        assert_harmless(dir.rehearse(list).args(["--pool-settings", settings]));
    }
}

#[test]
fn text_from_the_pool_is_harmless() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    for operation in [
        "SignUp",
        "AdminGetUser",
        "DescribeUserPool",
        "DescribeUserPoolClient",
        "GetProvisionedLimit",
        "ListGroups",
        "AdminConfirmSignUp",
    ] {
        for code in [
            "InvalidParameterException",
            "UserLambdaValidationException",
            HOSTILE,
        ] {
            let endpoint = TestEndpoint::start(&pool, move |request| {
                if request.operation == operation {
                    TestReply::error(code, HOSTILE)
                } else {
                    TestReply::Forward
                }
            });
            let command = dir
                .import(&pool, list)
                .args(["--endpoint-url", &endpoint.url(), "--restart", "-vv"])
                .args([
                    "--rate",
                    "auto",
                    "--group",
                    "staff",
                    "--confirm",
                    "--preflight-timeout",
                    "1s",
                ]);
            assert_harmless(command);
        }
    }
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "DescribeUserPool" => TestReply::ForwardEdited(Box::new(|body| {
            for attribute in body["UserPool"]["SchemaAttributes"].as_array_mut().unwrap() {
                attribute["Name"] = json!("b\n  forged\u{1b}[2J");
                attribute["Required"] = json!(true);
            }
        })),
        _ => TestReply::Forward,
    });
    let output = assert_harmless(dir.import(&pool, list).args([
        "--endpoint-url",
        &endpoint.url(),
        "--restart",
    ]));
    assert_eq!(output.code, Some(3), "{}", output.stderr);
}
