//! The wire itself: what a client sees that is not the SDK.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;

/// Sends one call of the service, and leaves the answer to be read.
pub(super) fn begin(pool: &RehearsalPool, operation: &str, body: &str) -> TcpStream {
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

fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn calls_that_make_no_sense_are_told_so() {
    let rehearsed = Rehearsed::with(quick());
    let cases = [
        ("AdminGetUser", "{}", "MissingAuthenticationTokenException"),
        ("SingUp", "{}", "UnknownOperationException"),
        ("SignUp", "{\"Username\":", "SerializationException"),
        ("SignUp", "{}", "2 validation errors detected"),
    ];
    for (operation, body, expected) in cases {
        let text = answer(begin(&rehearsed.pool, operation, body));
        assert!(
            text.starts_with("HTTP/1.1 400 ") && text.contains(expected),
            "{operation}: {text}"
        );
        assert!(text.contains("x-amzn-requestid: "), "{text}");
    }
    assert_eq!(rehearsed.pool.stats().operations["unknown"].requests, 1);
}

#[test]
fn the_date_header_is_the_pools_clock() {
    let rehearsed = Rehearsed::with(PoolSettings {
        date_offset_ms: -86_400_000 * 365 * 20,
        ..quick()
    });
    let text = answer(begin(&rehearsed.pool, "SignUp", "{}"));
    let date = text
        .lines()
        .find_map(|line| line.strip_prefix("date: "))
        .unwrap();
    let year: i32 = date.split(' ').nth(3).unwrap().parse().unwrap();
    let started_year = 1970 + rehearsed.pool.stats().started_ms / 86_400_000 / 365;
    assert!((i64::from(year) - started_year).abs() <= 1, "{date}");
    assert_eq!(text.matches("date: ").count(), 1);
}

#[test]
fn a_dropped_answer_is_not_a_byte() {
    let rehearsed = Rehearsed::with(PoolSettings {
        faults: Faults {
            drop_before: 1.0,
            ..Faults::default()
        },
        ..quick()
    });
    let client = &rehearsed.settings.client_id;
    let body = format!(r#"{{"ClientId":"{client}","Username":"jane","Password":"{PASSWORD}"}}"#);
    assert_eq!(answer(begin(&rehearsed.pool, "SignUp", &body)), "");
}

#[test]
fn the_pages_of_statistics_say_what_the_pool_says() {
    let rehearsed = Rehearsed::with(quick());
    rehearsed.sign_up("jane").unwrap();
    let page = |path: &str| {
        let address = rehearsed.pool.address();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        answer(stream).split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    assert_eq!(
        serde_json::from_str::<Stats>(&page("/stats")).unwrap(),
        rehearsed.pool.stats()
    );
    let users = page("/stats/users");
    assert_eq!(
        serde_json::from_str::<Vec<AuditedUser>>(&users).unwrap(),
        rehearsed.pool.stats_users()
    );
    assert!(!users.contains(PASSWORD));
}

#[test]
fn stopping_frees_the_port() {
    let rehearsed = Rehearsed::with(quick());
    let address = rehearsed.pool.address();
    rehearsed.pool.stop();
    RehearsalPool::start(address, quick()).unwrap();
}

#[test]
fn every_form_of_an_error_reaches_the_sdk() {
    for place in [ErrorPlace::Header, ErrorPlace::Type, ErrorPlace::Code] {
        for style in [
            ErrorNameStyle::Plain,
            ErrorNameStyle::Uri,
            ErrorNameStyle::Namespace,
        ] {
            let error_wire_form = ErrorWireForm { place, style };
            let rehearsed = Rehearsed::with(PoolSettings {
                error_wire_form,
                ..quick()
            });
            assert_eq!(
                rehearsed.status("joe").unwrap_err(),
                "UserNotFoundException",
                "{error_wire_form:?}"
            );
        }
    }
}

#[test]
fn only_this_host_may_reach_it() {
    let refused = RehearsalPool::start("0.0.0.0:0".parse().unwrap(), quick());
    assert!(matches!(refused, Err(RehearsalError::NotLoopback(_))));
}
