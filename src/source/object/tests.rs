//! Tests with broken responses, which emulators do not return.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use super::reader::RANGE_BYTES;
use super::{Object, OwnRuntime};
use crate::hints::Hint as _;
use crate::s3::{S3Config, S3Error, S3Url};

/// Serves one response per connection, and returns the requests.
struct Server {
    url: String,
    heads: JoinHandle<Vec<String>>,
}

impl Server {
    fn start(responses: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = std::thread::spawn(move || {
            let serve = |response: Vec<u8>| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") {
                    stream.read_exact(&mut byte).unwrap();
                    head.push(byte[0]);
                }
                // The client may have read enough.
                let _ = stream.write_all(&response);
                String::from_utf8(head).unwrap().to_lowercase()
            };
            responses.into_iter().map(serve).collect()
        });
        Self { url, heads }
    }

    fn find(&self) -> Result<Object, S3Error> {
        self.find_url("s3://lists/a/users.csv")
    }

    fn find_url(&self, url: &str) -> Result<Object, S3Error> {
        let url = S3Url::named(url).unwrap().unwrap();
        let config = S3Config::of_test_server(&self.url);
        Object::find_with(url, config, OwnRuntime::new().unwrap())
    }

    fn heads(self) -> Vec<String> {
        self.heads.join().unwrap()
    }
}

fn head(etag: &str, length: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nETag: {etag}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    .into_bytes()
}

fn range(list: &[u8], from: usize, to: usize, sent: usize) -> Vec<u8> {
    let mut response = format!(
        "HTTP/1.1 206 Partial Content\r\nETag: \"e\"\r\nContent-Range: bytes {from}-{}/{}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        to - 1,
        list.len(),
        to - from
    )
    .into_bytes();
    response.extend(&list[from..from + sent]);
    response
}

fn error_response(status: &str, code: &str) -> Vec<u8> {
    let body = format!("<Error><Code>{code}</Code><Message>No.</Message></Error>");
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn all_of(object: &Object) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    object.open().bytes.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn list(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn requests_consecutive_ranges_each_with_the_etag() {
    let list = list(RANGE_BYTES + 10);
    let server = Server::start(vec![
        head("\"e\"", list.len()),
        range(&list, 0, RANGE_BYTES, RANGE_BYTES),
        range(&list, RANGE_BYTES, list.len(), 10),
    ]);
    let object = server.find().unwrap();
    assert_eq!(object.open().length, Some(list.len() as u64));
    assert!(all_of(&object).unwrap() == list);
    let heads = server.heads();
    assert!(heads[0].starts_with("head /lists/a/users.csv "));
    for (head, range) in [(&heads[1], "0-4194303"), (&heads[2], "4194304-4194313")] {
        assert!(head.starts_with("get /lists/a/users.csv "), "{head}");
        assert!(
            head.contains(&format!("range: bytes={range}\r\n")),
            "{head}"
        );
        assert!(head.contains("if-match: \"e\"\r\n"), "{head}");
    }
}

#[test]
fn continues_where_a_response_broke_off() {
    let list = list(1_000);
    let server = Server::start(vec![
        head("\"e\"", 1_000),
        range(&list, 0, 1_000, 0),
        range(&list, 0, 1_000, 300),
        error_response("503 Slow Down", "SlowDown"),
        range(&list, 300, 1_000, 700),
    ]);
    assert!(all_of(&server.find().unwrap()).unwrap() == list);
    server.heads();
}

#[test]
fn empty_responses_are_an_error() {
    let list = list(1_000);
    let mut responses = vec![head("\"e\"", 1_000)];
    // Two requests, each repeated twice.
    responses.extend(vec![range(&list, 0, 1_000, 0); 6]);
    let server = Server::start(responses);
    let error = all_of(&server.find().unwrap()).unwrap_err().to_string();
    assert!(error.contains("before the first byte"), "{error}");
    server.heads();
}

#[test]
fn a_response_with_another_range_is_an_error() {
    let list = list(1_000);
    let whole = [head("\"e\"", 1_000), list.clone()].concat();
    let server = Server::start(vec![
        head("\"e\"", 1_000),
        whole,
        head("\"e\"", 1_000),
        range(&list, 0, 500, 500),
    ]);
    for message in ["non-partial response when range requested", "0..500"] {
        let error = all_of(&server.find().unwrap()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    server.heads();
}

#[test]
fn an_empty_object_is_not_requested() {
    let server = Server::start(vec![head("\"e\"", 0)]);
    assert_eq!(all_of(&server.find().unwrap()).unwrap(), b"");
    server.heads();
}

#[test]
fn requests_the_explanation_of_an_error() {
    for (code, words) in [
        ("NoSuchBucket", "the bucket does not exist"),
        ("NoSuchKey", "no object with this key"),
        ("AccessDenied", "s3:GetObject"),
        ("ExpiredToken", "renew them"),
        ("InvalidAccessKeyId", "renew them"),
        ("PermanentRedirect", "check AWS_REGION"),
        ("InvalidObjectState", "restore-object"),
        ("RequestTimeTooSkewed", "set the clock"),
    ] {
        let silent = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n";
        let server = Server::start(vec![silent.to_vec(), error_response("403 Forbidden", code)]);
        let error = server.find().unwrap_err();
        let text = format!("{error}; {}", error.hint().unwrap());
        assert!(text.contains(words), "{code}: {text}");
        server.heads();
    }
}

#[test]
fn throttling_is_not_reported_as_a_network_error() {
    let slow = error_response("503 Slow Down", "SlowDown");
    // The HEAD request, then the attempts of the GET request.
    let silent = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n".to_vec();
    let server = Server::start(vec![silent, slow.clone(), slow.clone(), slow]);
    let error = server.find().unwrap_err();
    assert_eq!(error.to_string(), "throttled by S3 (SlowDown: No)");
    assert_eq!(
        error.hint().unwrap(),
        "wait a few minutes, then run the same command again"
    );
    server.heads();
}

#[test]
fn an_object_that_changed_while_it_was_read_is_an_error() {
    let list = list(RANGE_BYTES + 10);
    let server = Server::start(vec![
        head("\"e\"", list.len()),
        range(&list, 0, RANGE_BYTES, RANGE_BYTES),
        error_response("412 Precondition Failed", "PreconditionFailed"),
    ]);
    let error = all_of(&server.find().unwrap()).unwrap_err().to_string();
    assert!(error.contains("changed while it was read"), "{error}");
    server.heads();
}

#[test]
fn another_etag_or_version_is_another_fingerprint() {
    let found = |etag: &str, version: Option<&str>| {
        let mut response = String::from_utf8(head(etag, 10)).unwrap();
        if let Some(version) = version {
            response = response.replace(
                "Connection",
                &format!("x-amz-version-id: {version}\r\nConnection"),
            );
        }
        let server = Server::start(vec![response.into_bytes()]);
        let object = server.find().unwrap();
        server.heads();
        object.fingerprint()
    };
    let all = [
        found("\"a\"", None),
        found("\"b\"", None),
        found("\"a\"", Some("1")),
        found("\"a\"", Some("2")),
    ];
    for (index, one) in all.iter().enumerate() {
        assert_eq!(one.len(), 64);
        assert!(!all[index + 1..].contains(one));
    }
    assert_eq!(all[0], found("\"a\"", None));
}

#[test]
fn another_bucket_or_key_is_another_fingerprint() {
    let server = Server::start(vec![head("\"a\"", 10)]);
    let object = server.find().unwrap();
    server.heads();
    for other in ["s3://lists/b/users.csv", "s3://others/a/users.csv"] {
        let other = Object {
            url: S3Url::named(other).unwrap().unwrap(),
            ..object.clone()
        };
        assert_ne!(other.fingerprint(), object.fingerprint());
    }
}

#[test]
fn keys_are_requested_verbatim_and_signed() {
    for (url, path) in [
        ("s3://lists/users.csv", "/lists/users.csv"),
        ("s3://lists/a//b/users.csv", "/lists/a//b/users.csv"),
        ("s3://lists//users.csv", "/lists//users.csv"),
        ("s3://lists/a/", "/lists/a/"),
        (
            "s3://lists/%20 \u{e4}?x/#y",
            "/lists/%2520%20%c3%a4%3fx/%23y",
        ),
    ] {
        let server = Server::start(vec![head("\"e\"", 10)]);
        server.find_url(url).unwrap();
        let heads = server.heads();
        assert!(
            heads[0].starts_with(&format!("head {path} ")),
            "{}",
            heads[0]
        );
        assert!(heads[0].contains("authorization: aws4-hmac-sha256 credential=key/"));
        assert!(heads[0].contains("/us-east-1/s3/aws4_request"));
    }
}

#[test]
fn a_request_to_another_region_is_signed_again_for_the_right_one() {
    let elsewhere = "HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: eu-west-1\r\n\
         Connection: close\r\n\r\n";
    let list = list(10);
    let server = Server::start(vec![
        elsewhere.into(),
        head("\"e\"", 10),
        range(&list, 0, 10, 10),
    ]);
    assert!(all_of(&server.find().unwrap()).unwrap() == list);
    let heads = server.heads();
    for (head, region) in heads.iter().zip(["us-east-1", "eu-west-1", "eu-west-1"]) {
        assert!(
            head.contains(&format!("/{region}/s3/aws4_request")),
            "{head}"
        );
    }
}

#[test]
fn can_be_dropped_in_async_code() {
    let server = Server::start(vec![head("\"e\"", 10)]);
    let object = server.find().unwrap();
    let opened = object.open();
    assert_eq!(Arc::strong_count(&object.s3), 2);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async move {
        drop(object);
        drop(opened);
    });
    server.heads();
}
