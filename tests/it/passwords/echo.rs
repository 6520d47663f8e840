//! An endpoint that repeats the password of each row in every field and every encoding.

use std::collections::HashMap;
use std::fs;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::files;
use crate::harness::{Pool, ReceivedRequest, TestDir, TestEndpoint, TestReply, quick};

/// Part of every password and of nothing else.
const MARK: &str = "Kanary";

fn password(form: &str, row: usize) -> String {
    match form {
        // For fields that only accept protocol identifiers.
        "name" => format!("{MARK}0Name{row}"),
        _ => format!("{MARK}{row}#\"<\u{e9}>'&/+\\x"),
    }
}

const FORMS: [&str; 15] = [
    "name",
    "raw",
    "json",
    "ascii",
    "slashes",
    "html",
    "decimal",
    "hexadecimal",
    "entities",
    "url",
    "lower url",
    "plus",
    "base64",
    "hex",
    "twice",
];

fn in_json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn written(form: &str, text: &str) -> String {
    let each = |write: fn(char) -> String| text.chars().map(write).collect::<String>();
    let url = || {
        text.bytes()
            .map(|b| format!("%{b:02X}"))
            .collect::<String>()
    };
    match form {
        "name" | "raw" => text.to_owned(),
        "json" => in_json(text),
        "ascii" => text
            .encode_utf16()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect(),
        "slashes" => in_json(text).replace('/', "\\/"),
        "html" => text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;"),
        "decimal" => each(|c| format!("&#{};", u32::from(c))),
        "hexadecimal" => each(|c| format!("&#x{:X};", u32::from(c))),
        "entities" => text.replace('\u{e9}', "&eacute;").replace('/', "&sol;"),
        "url" => url(),
        "lower url" => url().to_lowercase(),
        "plus" => url().replace("%20", "+"),
        "base64" => STANDARD.encode(text),
        "hex" => text.bytes().map(|b| format!("{b:02x}")).collect(),
        _ => in_json(&in_json(text)),
    }
}

/// Places in responses, and the operation that reads each.
const PLACES: [&str; 12] = [
    "code",
    "message",
    "sub",
    "destination",
    "medium",
    "header",
    "trigger",
    "get-code",
    "get-message",
    "get-sub",
    "get-status",
    "step",
];

/// A response with the echo at this place.
fn answer(request: &ReceivedRequest, place: &str, echo: &str) -> TestReply {
    let sub = "0c0d0e0f-0000-4000-8000-000000000001";
    let text = format!("before {echo} after");
    let delivery = |medium: &str, destination: &str| {
        let details = json!({ "AttributeName": "email", "DeliveryMedium": medium, "Destination": destination });
        TestReply::json(
            200,
            &json!({ "UserConfirmed": false, "UserSub": sub, "CodeDeliveryDetails": details }),
        )
    };
    let found = |sub: &str, status: &str| {
        let body = json!({
            "Username": request.username(), "UserStatus": status, "Enabled": true,
            "UserCreateDate": 1_700_000_000,
            "UserAttributes": [{ "Name": "sub", "Value": sub }],
        });
        TestReply::json(200, &body)
    };
    match (request.operation.as_str(), place) {
        ("SignUp", "code") => TestReply::error(echo, "a message"),
        ("SignUp", "message") => TestReply::error("InvalidParameterException", &text),
        ("SignUp", "trigger") => {
            let message = format!("PreSignUp failed with error {text}.");
            TestReply::error("UserLambdaValidationException", &message)
        }
        ("SignUp", "sub") => {
            TestReply::json(200, &json!({ "UserConfirmed": true, "UserSub": echo }))
        }
        ("SignUp", "destination") => delivery("EMAIL", echo),
        ("SignUp", "medium") => delivery(echo, "a***@e***"),
        ("SignUp", "header") => TestReply::Bytes(
            format!(
                "HTTP/1.1 400 {echo}\r\nx-amzn-errortype: {echo}\r\nx-amzn-requestid: {echo}\r\ndate: {echo}\r\n\
                 content-type: {echo}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}"
            )
            .into_bytes(),
        ),
        ("SignUp", "step") | (_, "code" | "message" | "sub" | "destination" | "medium") => {
            TestReply::Forward
        }
        ("SignUp", _) => TestReply::error("UsernameExistsException", "User already exists"),
        ("AdminGetUser", "get-code") => TestReply::error(echo, "a message"),
        ("AdminGetUser", "get-message") => TestReply::error("InvalidParameterException", &text),
        ("AdminGetUser", "get-sub") => found(echo, "CONFIRMED"),
        ("AdminGetUser", "get-status") => found(sub, echo),
        ("AdminConfirmSignUp", "step") => TestReply::error("InvalidParameterException", &text),
        _ => TestReply::Forward,
    }
}

#[test]
fn no_response_can_leak_a_password() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let mut list = csv::Writer::from_writer(Vec::new());
    list.write_record(["username", "password", "email"])
        .unwrap();
    let mut passwords = Vec::new();
    for (row, (place, form)) in PLACES
        .iter()
        .flat_map(|place| FORMS.map(|form| (place, form)))
        .enumerate()
    {
        let password = password(form, row);
        let username = format!("{place}:{}", form.replace(' ', "-"));
        let email = format!("user{row}@example.com");
        list.write_record([&username, &password, &email]).unwrap();
        passwords.push(password);
    }
    let list = String::from_utf8(list.into_inner().unwrap()).unwrap();
    let list = dir.file("canaries.csv", list);
    let passwords_by_user: Mutex<HashMap<String, String>> = Mutex::default();
    let endpoint = TestEndpoint::start(&pool, move |request| {
        let mut passwords_by_user = passwords_by_user.lock().unwrap();
        if let Some(Value::String(password)) = request.body.get("Password") {
            passwords_by_user.insert(request.username().to_owned(), password.clone());
        }
        match (
            passwords_by_user.get(request.username()),
            request.username().split_once(':'),
        ) {
            (Some(password), Some((place, form))) => {
                answer(request, place, &written(&form.replace('-', " "), password))
            }
            _ => TestReply::Forward,
        }
    });
    let mut outputs = Vec::new();
    for (run, format) in [("text", "text"), ("json", "json")] {
        let log = format!("{run}.log");
        let output = dir
            .import(&pool, list)
            .args(["--endpoint-url", &endpoint.url(), "--run-dir", run, "-vvv"])
            .args([
                "--max-failures",
                "0",
                "--max-failure-rate",
                "1",
                "--confirm",
            ])
            .args([
                "--log-file",
                &log,
                "--log-format",
                format,
                "--output",
                "json",
            ])
            .args(["--restart", "--no-preflight"])
            .run();
        assert!(matches!(output.code, Some(1 | 5)), "{}", output.stderr);
        outputs.push((
            run.to_owned(),
            (output.stderr + &output.stdout).into_bytes(),
        ));
        let report = dir.cli("report").args([run, "--output", "json"]).run();
        outputs.push((
            "report".to_owned(),
            (report.stderr + &report.stdout).into_bytes(),
        ));
    }
    let results = dir.results_in("text");
    assert_eq!(results.rows.len(), PLACES.len() * FORMS.len());
    let shown = fs::read_to_string(dir.path("text/results.csv")).unwrap();
    assert!(shown.contains("before (the password) after"), "{shown}");
    files(dir.path("canaries.csv").parent().unwrap(), &mut outputs);
    assert_no_password_in(&outputs, &passwords);
}

fn assert_no_password_in(outputs: &[(String, Vec<u8>)], passwords: &[String]) {
    for (name, bytes) in outputs {
        let text = String::from_utf8_lossy(bytes);
        let found = text
            .find(MARK)
            .map(|at| text.get(at..(at + 60).min(text.len())));
        assert!(found.is_none(), "{name}: {found:?}");
        for password in passwords {
            for form in FORMS {
                let written = written(form, password);
                assert!(!text.contains(&written), "{name}: {form} of {password}");
            }
        }
    }
}
