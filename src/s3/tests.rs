//! Tests with servers that stall or fail, which emulators do not.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use tokio::time::{Duration, Instant};

use super::{Folder, S3Config, S3Error};
use crate::hints::Hint as _;

/// Answers each connection with this response, and leaves it open. Returns the URL.
fn serve(response: String) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            stream.write_all(response.as_bytes()).unwrap();
            open.push(stream);
        }
    });
    url
}

fn folder(response: String) -> Folder {
    let config = S3Config::of_stalling_server(&serve(response));
    Folder::new(config, "bucket", "runs/").unwrap()
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// A response with this body, of which the last bytes are missing.
fn response(status: &str, body: &str, missing: usize) -> String {
    let length = body.len() + missing;
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nETag: \"e\"\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn an_object_that_stalls_is_given_up_before_the_deadline() {
    // A retry asks for the rest, which this server does not have.
    let stalled = folder(response("200 OK", "beg", 6));
    let error = stalled.read("run.json", deadline()).await.unwrap_err();
    assert!(!matches!(error, S3Error::TimedOut), "{error:?}");
}

#[tokio::test]
async fn a_list_that_stalls_is_given_up_before_the_deadline() {
    let names = folder(response("200 OK", "<Lis", 6))
        .names(deadline())
        .await;
    assert!(matches!(names, Err(S3Error::Unreachable(_))), "{names:?}");
}

#[tokio::test]
async fn an_error_whose_explanation_stalls_is_reported() {
    let denied = folder(response("403 Forbidden", "<Er", 6));
    let read = denied.read("run.json", deadline()).await;
    assert!(matches!(read, Err(S3Error::Unexplained(403))), "{read:?}");
}

#[tokio::test]
async fn only_errors_that_may_pass_are_temporary() {
    let error = |code: &str| format!("<Error><Code>{code}</Code></Error>");
    let answers = [
        ("403 Forbidden", error("AccessDenied"), false),
        ("500 Internal Server Error", error("InternalError"), true),
        ("503 Service Unavailable", String::new(), true),
    ];
    for (status, body, is_temporary) in answers {
        let folder = folder(response(status, &body, 0));
        let error = folder.read("run.json", deadline()).await.unwrap_err();
        assert_eq!(error.is_temporary(), is_temporary, "{error}");
    }
    // Nothing listens there any more.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let folder = Folder::new(S3Config::of_test_server(&url), "bucket", "").unwrap();
    let error = folder.read("run.json", deadline()).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
}
