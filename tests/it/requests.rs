//! The HTTP requests of sign-ups, as recorded by a server.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use cognito_import::pool::{ConnectSettings, EndpointChoice, Signing, TriggerData, connect};
use cognito_import::user::{NewUser, Password};

type Headers = BTreeMap<String, String>;

const ANSWER: &str = r#"{"UserConfirmed":false,"UserSub":"0c0d0e0f-0000-4000-8000-000000000001"}"#;

/// Answers this many requests on one connection and returns their headers.
fn listen(requests: usize) -> (String, JoinHandle<Vec<Headers>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut to, _) = listener.accept().unwrap();
        let mut from = BufReader::new(to.try_clone().unwrap());
        let mut all = Vec::new();
        while all.len() < requests {
            let mut headers = Headers::new();
            for line in from.by_ref().lines().skip(1) {
                let line = line.unwrap();
                let Some((name, value)) = line.split_once(": ") else {
                    break;
                };
                assert!(
                    headers
                        .insert(name.to_lowercase(), value.to_owned())
                        .is_none(),
                    "{name} occurs twice"
                );
            }
            let length: usize = headers["content-length"].parse().unwrap();
            from.read_exact(&mut vec![0; length]).unwrap();
            all.push(headers);
            write!(
                to,
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{ANSWER}",
                ANSWER.len()
            )
            .unwrap();
        }
        all
    });
    (url, thread)
}

#[test]
fn every_sign_up_has_the_sdk_headers_of_the_first() {
    let (url, server) = listen(4);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let pool = connect(&ConnectSettings {
            user_pool_id: "us-east-1_Rehearsal".to_owned(),
            client_id: "client".to_owned(),
            client_secret: None,
            region: None,
            profile: None,
            endpoint: EndpointChoice::Url(url),
            signing: Signing::Rehearsal,
            trigger_data: TriggerData::default(),
            attempt_timeout: Duration::from_secs(30),
        })
        .await
        .unwrap();
        for name in ["ann", "bob", "cy", "di"] {
            let user = NewUser {
                username: name.to_owned(),
                password: Some(Password::new("Hidden#42")),
                attributes: Vec::new(),
                follow_up: Vec::new(),
                dated_ms: None,
            };
            pool.sign_up(&user).await.unwrap();
        }
    });
    let requests = server.join().unwrap();
    let first = &requests[0];
    assert!(first["user-agent"].starts_with("aws-sdk-rust/"));
    assert!(first["x-amz-user-agent"].contains("api/cognitoidentityprovider/"));
    assert_eq!(
        first["x-amz-target"],
        "AWSCognitoIdentityProviderService.SignUp"
    );
    assert!(!first.contains_key("authorization"));
    for request in &requests[1..] {
        let names = |headers: &Headers| headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(request), names(first));
        for (name, value) in first {
            match name.as_str() {
                "amz-sdk-invocation-id" => {
                    assert_ne!(&request[name], value, "each request has its own")
                }
                "content-length" => {}
                _ => assert_eq!(&request[name], value, "{name}"),
            }
        }
    }
}
