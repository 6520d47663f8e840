//! The simulated pool as a server: which clients it accepts.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::harness::{Sdk, TestDir};

/// Sends a request with these headers and returns the status.
fn status(port: u16, request_line: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("{request_line} HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn requests_from_web_pages_are_refused_and_programs_accepted() {
    let dir = TestDir::new();
    let listen = ["--listen", "127.0.0.1:0"];
    let running = dir.cli("rehearsal-pool").args(listen).start();
    running.wait_for_stderr("Ctrl-C");
    let stderr = running.stderr_so_far();
    let (_, port) = stderr.split_once("http://127.0.0.1:").unwrap();
    let port: u16 = port.split(' ').next().unwrap().parse().unwrap();

    for host in ["localhost", "127.0.0.1", "[::1]", "127.1.2.3"] {
        let headers = format!("host: {host}:{port}\r\n");
        assert_eq!(status(port, "GET /stats", &headers), "200", "{host}");
    }
    let own = format!("host: localhost:{port}\r\n");
    for headers in [
        format!("host: rebound.example:{port}\r\n"),
        "host: rebound.example\r\n".to_owned(),
        "host: localhost\r\n".to_owned(),
        format!("host: localhost:{}\r\n", port ^ 1),
        String::new(),
        format!("{own}origin: http://rebound.example\r\n"),
        format!("{own}origin: http://localhost:{port}\r\n"),
        format!("{own}origin: null\r\n"),
    ] {
        for request in [
            "GET /stats",
            "GET /stats/users",
            "POST /",
            "OPTIONS /",
            "GET /elsewhere",
        ] {
            assert_eq!(
                status(port, request, &headers),
                "403",
                "{request} {headers}"
            );
        }
    }

    for name in ["127.0.0.1", "localhost"] {
        let sdk = Sdk::new(&format!("http://{name}:{port}"), "us-east-1", "any", "any");
        let call = sdk.client.list_users().user_pool_id("us-east-1_Rehearsal");
        sdk.wait(call.send()).unwrap();
    }
    running.signal("INT");
    running.wait().exits(130);
}
