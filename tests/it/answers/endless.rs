//! Responses are read up to 1 MiB and until the request times out. Longer ones are unreadable, and
//! the row is looked up.

use serde_json::json;

use super::{FirstRequests, import};
use crate::harness::{Pool, TestDir, TestEndpoint, TestReply, head, quick, users};

/// The limit for what the program and its socket buffers read of all responses of a test.
const MAX_READ: u64 = 64 * 1024 * 1024;

type EndlessReply = fn() -> TestReply;

const ENDLESS: [(&str, EndlessReply); 5] = [
    ("a false length", || {
        let first = head(200, "content-length: 5000000000");
        TestReply::Endless([first, br#"{"UserSub":""#.to_vec()].concat(), filler())
    }),
    ("no length", || {
        let first = head(200, "x-none: 1");
        TestReply::Endless([first, br#"{"UserSub":""#.to_vec()].concat(), filler())
    }),
    ("pieces", || {
        let piece = [b"10000\r\n".to_vec(), filler(), b"\r\n".to_vec()].concat();
        TestReply::Endless(head(200, "transfer-encoding: chunked"), piece)
    }),
    ("an error", || {
        let message = br#"{"__type":"InvalidPasswordException","message":""#;
        let first = [head(400, "x-none: 1"), message.to_vec()].concat();
        TestReply::Endless(first, filler())
    }),
    ("headers", || {
        let first = b"HTTP/1.1 200 X\r\n".to_vec();
        TestReply::Endless(first, b"x-filler: y\r\n".repeat(1_000))
    }),
];

fn filler() -> Vec<u8> {
    vec![b'x'; 0x1_0000]
}

#[test]
fn an_endless_response_is_cut_off_and_its_row_looked_up() {
    for (name, endless) in ENDLESS {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(4));
        let firsts = FirstRequests::default();
        // Two of the sign-ups reach the pool, two do not.
        let endpoint = TestEndpoint::start(&pool, move |request| {
            let is_kept = ["user0001", "user0002"].contains(&request.username());
            match request.operation.as_str() {
                "SignUp" if !firsts.is_first(request) => TestReply::Forward,
                "SignUp" if is_kept => TestReply::ForwardThen(Box::new(endless())),
                "SignUp" => endless(),
                _ => TestReply::Forward,
            }
        });
        import(&dir, &pool, &endpoint, list).run().exits(0);
        let results = dir.results();
        assert_eq!(results.outcomes(), ["created"; 4], "{name}");
        assert_eq!(results.row(1)["evidence"], "lookup", "{name}");
        assert_eq!(results.row(3)["evidence"], "answer", "{name}");
        assert!(
            endpoint.written() < MAX_READ,
            "{name}: {} bytes",
            endpoint.written()
        );
    }
}

#[test]
fn a_dripping_response_ends_at_the_request_timeout() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(3));
    let firsts = FirstRequests::default();
    let endpoint = TestEndpoint::start(&pool, move |request| {
        match (request.operation.as_str(), request.username()) {
            ("SignUp", "user0001") if firsts.is_first(request) => {
                TestReply::Drip(head(200, "content-length: 100000"))
            }
            ("SignUp", "user0002") if firsts.is_first(request) => {
                TestReply::ForwardThen(Box::new(TestReply::Drip(head(200, "x-none: 1"))))
            }
            ("SignUp", "user0003") if firsts.is_first(request) => {
                TestReply::Drip(b"HTTP/1.1 200 X\r\nx-filler: ".to_vec())
            }
            _ => TestReply::Forward,
        }
    });
    import(&dir, &pool, &endpoint, list)
        .args(["--attempt-timeout", "1s"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created"; 3]);
    assert_eq!(results.row(2)["evidence"], "lookup");
}

#[test]
fn endless_look_up_responses_leave_the_row_in_doubt() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(2));
    let endpoint = TestEndpoint::start(&pool, |request| match request.operation.as_str() {
        "SignUp" => TestReply::Bytes(Vec::new()),
        "AdminGetUser" => TestReply::Endless(head(200, "content-length: 9000000000"), filler()),
        _ => TestReply::Forward,
    });
    import(&dir, &pool, &endpoint, list)
        .arg("--no-preflight")
        .run()
        .exits(5);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["in_doubt"; 2]);
    assert_eq!(results.row(1)["error_code"], "UnreadableAnswer");
}

#[test]
fn an_overlong_field_makes_the_response_unreadable() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(6));
    let firsts = FirstRequests::default();
    let long = "y".repeat(300_000);
    let endpoint = TestEndpoint::start(&pool, move |request| {
        if request.operation != "SignUp" || !firsts.is_first(request) {
            return TestReply::Forward;
        }
        let sub = "0c0d0e0f-0000-4000-8000-000000000001";
        let delivery = |medium: &str, destination: &str| {
            let details = json!({ "AttributeName": "email", "DeliveryMedium": medium, "Destination": destination });
            json!({ "UserConfirmed": false, "UserSub": sub, "CodeDeliveryDetails": details })
        };
        TestReply::json(
            200,
            &match request.username() {
                "user0001" => json!({ "UserConfirmed": false, "UserSub": long }),
                "user0002" => delivery(&long, "a***"),
                "user0003" => delivery("EMAIL", &long),
                "user0004" => delivery("\u{1b}[31mMAIL", "a***"),
                "user0005" => json!({ "UserConfirmed": false }),
                _ => return TestReply::error(&format!("A{long}"), &long),
            },
        )
    });
    let output = import(&dir, &pool, &endpoint, list).run().exits(0);
    let results = dir.results();
    // None of them reached the pool, so each is sent again.
    assert_eq!(results.outcomes(), ["created"; 6]);
    for row in &results.rows {
        assert_eq!(row["attempts"], "2", "{row:?}");
    }
    assert!(output.stderr.len() < 10_000);
}

#[test]
fn malformed_error_codes_are_hidden_and_messages_shortened() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(5));
    let endpoint = TestEndpoint::start(&pool, |request| {
        let message = format!("first line\nerror: second {}", "z".repeat(10_000));
        match (request.operation.as_str(), request.username()) {
            ("SignUp", "user0001") => TestReply::error("Click here: http://evil.example", "a"),
            ("SignUp", "user0002") => TestReply::error("\u{1b}]0;evil\u{7}", "b"),
            ("SignUp", "user0003") => TestReply::error("evil\nerror: evil", "c"),
            ("SignUp", "user0004") => TestReply::error("InvalidParameterException", &message),
            _ => TestReply::Forward,
        }
    });
    let output = import(&dir, &pool, &endpoint, list)
        .args(["--max-failures", "0", "-vv"])
        .run()
        .exits(1);
    assert!(!output.stderr.contains("evil"), "{}", output.stderr);
    let results = dir.results();
    for row in 1..=3 {
        let row = results.row(row);
        assert_eq!(
            (&*row["outcome"], &*row["error_code"]),
            ("failed", "UnreadableAnswer")
        );
        assert!(!row["error_message"].contains("evil"), "{row:?}");
    }
    let message = &results.row(4)["error_message"];
    assert_eq!(results.row(4)["outcome"], "rejected");
    assert!(
        message.starts_with("first line\nerror: second"),
        "{message}"
    );
    assert!(message.chars().count() <= 2_049);
    assert!(
        !output
            .stderr
            .lines()
            .any(|line| line.starts_with("error: second"))
    );
}
