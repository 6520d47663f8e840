//! The raw protocol, without the SDK.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;

/// Sends a call without reading the response.
pub(super) fn send(pool: &RehearsalPool, operation: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(pool.address()).unwrap();
    let length = body.len();
    let address = pool.address();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\
         x-amz-target: AWSCognitoIdentityProviderService.{operation}\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    stream
}

fn read_response(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn rejects_malformed_calls() {
    let test_pool = TestPool::with(quick());
    let cases = [
        ("AdminGetUser", "{}", "MissingAuthenticationTokenException"),
        ("SingUp", "{}", "UnknownOperationException"),
        ("SignUp", "{\"Username\":", "SerializationException"),
        ("SignUp", "{}", "2 validation errors detected"),
    ];
    for (operation, body, expected) in cases {
        let text = read_response(send(&test_pool.server, operation, body));
        assert!(
            text.starts_with("HTTP/1.1 400 ") && text.contains(expected),
            "{operation}: {text}"
        );
        assert!(text.contains("x-amzn-requestid: "), "{text}");
    }
    assert_eq!(test_pool.server.stats().operations["unknown"].requests, 1);
}

#[test]
fn date_header_shows_the_pools_clock() {
    let test_pool = TestPool::with(PoolSettings {
        date_offset_ms: -86_400_000 * 365 * 20,
        ..quick()
    });
    let text = read_response(send(&test_pool.server, "SignUp", "{}"));
    let date = text
        .lines()
        .find_map(|line| line.strip_prefix("date: "))
        .unwrap();
    let year: i32 = date.split(' ').nth(3).unwrap().parse().unwrap();
    let started_year = 1970 + test_pool.server.stats().started_ms / 86_400_000 / 365;
    assert!((i64::from(year) - started_year).abs() <= 1, "{date}");
    assert_eq!(text.matches("date: ").count(), 1);
}

#[test]
fn dropped_response_is_empty() {
    let test_pool = TestPool::with(PoolSettings {
        faults: Faults {
            drop_before: 1.0,
            ..Faults::default()
        },
        ..quick()
    });
    let client = &test_pool.settings.client_id;
    let body = format!(r#"{{"ClientId":"{client}","Username":"jane","Password":"{PASSWORD}"}}"#);
    assert_eq!(read_response(send(&test_pool.server, "SignUp", &body)), "");
}

#[test]
fn serves_statistics() {
    let test_pool = TestPool::with(quick());
    test_pool.sign_up("jane").unwrap();
    let page = |path: &str| {
        let address = test_pool.server.address();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        read_response(stream)
            .split_once("\r\n\r\n")
            .unwrap()
            .1
            .to_owned()
    };
    assert_eq!(
        serde_json::from_str::<Stats>(&page("/stats")).unwrap(),
        test_pool.server.stats()
    );
    let users = page("/stats/users");
    assert_eq!(
        serde_json::from_str::<Vec<AuditedUser>>(&users).unwrap(),
        test_pool.server.stats_users()
    );
    assert!(!users.contains(PASSWORD));
}

#[test]
fn stopping_frees_the_port() {
    let test_pool = TestPool::with(quick());
    let address = test_pool.server.address();
    test_pool.server.stop();
    RehearsalPool::start(address, quick()).unwrap();
}

#[test]
fn sdk_understands_every_error_form() {
    for place in [ErrorPlace::Header, ErrorPlace::Type, ErrorPlace::Code] {
        for style in [
            ErrorNameStyle::Plain,
            ErrorNameStyle::Uri,
            ErrorNameStyle::Namespace,
        ] {
            let error_wire_form = ErrorWireForm { place, style };
            let test_pool = TestPool::with(PoolSettings {
                error_wire_form,
                ..quick()
            });
            assert_eq!(
                test_pool.status("joe").unwrap_err(),
                "UserNotFoundException",
                "{error_wire_form:?}"
            );
        }
    }
}

#[test]
fn listens_on_loopback_only() {
    let refused = RehearsalPool::start("0.0.0.0:0".parse().unwrap(), quick());
    assert!(matches!(refused, Err(RehearsalError::NotLoopback(_))));
}
