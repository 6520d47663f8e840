//! Answers of the service, to each call on its own: JSON and HTTP with changes, through the real SDK and a socket.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cognito_import::ledger::reader::rfc3339;
use cognito_import::pace::Category;
use cognito_import::pool::{
    Cognito, ConnectSettings, EndpointChoice, Failure, FoundUser, NamedBy, Signing, TriggerData,
    connect,
};
use cognito_import::user::{Addresses, Attribute, FollowUpStep, NewUser, Password};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::case::{Case, fuzz};
use crate::harness::{Endpoint, Pool, Reply, Request, quick};
use crate::mutate::{self, pick};

/// The password of a user, which an answer may repeat and nothing may show.
pub(crate) fn password_of(username: &str) -> String {
    format!("Zq7!{username}vKx9")
}

/// In the place of a password, where a call is for no row.
const NO_PASSWORD: &str = "the password of no row";

/// Codes of errors, of which the importer knows most.
const CODES: [&str; 26] = [
    "UsernameExistsException",
    "InvalidPasswordException",
    "InvalidParameterException",
    "TooManyRequestsException",
    "LimitExceededException",
    "CodeDeliveryFailureException",
    "UserLambdaValidationException",
    "UnexpectedLambdaException",
    "InvalidLambdaResponseException",
    "UserNotFoundException",
    "ResourceNotFoundException",
    "NotAuthorizedException",
    "InternalErrorException",
    "AliasExistsException",
    "GroupExistsException",
    "ExpiredTokenException",
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ThrottlingException",
    "ServiceUnavailable",
    "ForbiddenException",
    "com.amazonaws.cognito#UsernameExistsException",
    "UsernameExistsException:http://x/",
    "a b",
    "",
];

/// First lines and headers of answers.
const STATUS: [&str; 18] = [
    "200 OK",
    "200",
    "201 X",
    "204 X",
    "100 Continue",
    "101 X",
    "301 X",
    "304 X",
    "400 X",
    "403 X",
    "404 X",
    "413 X",
    "429 X",
    "500 X",
    "503 X",
    "599 X",
    "999 X",
    "-1 X",
];

const HEADERS: [&str; 22] = [
    "date: Thu, 01 Jan 1970 00:00:00 GMT",
    "date: Fri, 31 Dec 9999 23:59:60 GMT",
    "date: Fri, 31 Dec 99999 23:59:59 GMT",
    "date: Mon, 01 Jan 0000 00:00:00 GMT",
    "date: 1795658400000",
    "date: ",
    "content-length: 0",
    "content-length: 7",
    "content-length: 99999999999",
    "content-length: 18446744073709551616",
    "content-length: -1",
    "transfer-encoding: chunked",
    "transfer-encoding: gzip, chunked",
    "content-encoding: gzip",
    "content-type: text/html",
    "retry-after: 99999999999999999999",
    "x-amz-retry-after: -1",
    "x-amzn-errortype: UsernameExistsException",
    "x-amzn-errortype: :::",
    "location: http://127.0.0.1:1/",
    "connection: upgrade",
    "x-amzn-requestid: \u{1b}[31m",
];

const HTTP: [&[u8]; 12] = [
    b"\r\n",
    b"\n",
    b"\0",
    b":",
    b" ",
    b"\xff",
    b"HTTP/1.1",
    b"HTTP/2",
    b"\r\n\r\n",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"x: y\r\n",
];

/// What a pool answers, with changes.
pub(crate) struct Hostile {
    seed: u64,
    /// Of so many answers, one is passed on unchanged.
    calm: u8,
    /// How often each request came.
    asked: Mutex<BTreeMap<String, u64>>,
    /// Users that some answer may have said exist.
    pub(crate) named: Arc<Mutex<BTreeSet<String>>>,
}

impl Hostile {
    pub(crate) fn new(seed: u64, calm: u8) -> Self {
        Self {
            seed,
            calm,
            asked: Mutex::default(),
            named: Arc::default(),
        }
    }

    /// The same request of the same case is answered in the same way, whatever else is on its way.
    fn rng_for(&self, request: &Request) -> Rng {
        let name = format!("{} {}", request.operation, request.username());
        let mut asked = self.asked.lock().unwrap();
        let times = asked.entry(name.clone()).or_default();
        *times += 1;
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let seed = name.bytes().fold(self.seed ^ 0xcbf2_9ce4_8422_2325, mix);
        Rng::with_seed(seed.wrapping_add(*times))
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let mut rng = self.rng_for(request);
        // Other requests are for no row: a check before the run, a listing.
        let secret = match request.username() {
            username if username.starts_with("user") => password_of(username),
            _ => "x".to_owned(),
        };
        let (named, username) = (Arc::clone(&self.named), request.username().to_owned());
        if rng.u8(..self.calm) == 0 {
            return Reply::Pass;
        }
        match rng.u8(..10) {
            0..=3 => Reply::Changed(Box::new(move |body| {
                mutate::json(&mut rng, body, &secret);
                // It may be the answer of a request that the pool refused.
                if body.get("UserSub").is_some() || body.get("Username").is_some() {
                    named.lock().unwrap().insert(username);
                }
            })),
            4 => Reply::error(pick(&mut rng, &CODES), &format!("no {secret}")),
            5 => {
                let mut body = json!({ "__type": pick(&mut rng, &CODES), "message": "no" });
                mutate::json(&mut rng, &mut body, &secret);
                let error = Reply::json([400, 403, 429, 500, 503][rng.usize(..5)], &body);
                if rng.bool() {
                    error
                } else {
                    Reply::Instead(Box::new(error))
                }
            }
            6 => Reply::Instead(Box::new(Reply::Bytes(Vec::new()))),
            _ => {
                let mut body = success(request, &secret);
                if rng.bool() {
                    mutate::json(&mut rng, &mut body, &secret);
                }
                let bytes = http(&mut rng, &body.to_string());
                if contains(&bytes, b"UserSub") || contains(&bytes, b"Username") {
                    named.lock().unwrap().insert(username);
                }
                let answer = Reply::Bytes(bytes);
                if rng.bool() {
                    answer
                } else {
                    Reply::Instead(Box::new(answer))
                }
            }
        }
    }
}

pub(crate) fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// An answer as the service may give it.
fn success(request: &Request, secret: &str) -> Value {
    let sub = "0c0d0e0f-0000-4000-8000-000000000001";
    let attribute =
        json!([{ "Name": "sub", "Value": sub }, { "Name": "nickname", "Value": secret }]);
    let user = json!({
        "Username": request.username(), "UserAttributes": attribute, "Attributes": attribute, "Enabled": true,
        "UserStatus": "UNCONFIRMED", "UserCreateDate": 1_795_658_400.123, "UserLastModifiedDate": 1_795_658_400,
    });
    match request.operation.as_str() {
        "SignUp" => json!({
            "UserSub": sub, "UserConfirmed": false,
            "CodeDeliveryDetails": { "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***" },
        }),
        "ListUsers" => json!({ "Users": [user], "PaginationToken": "x" }),
        "ListGroups" => {
            json!({ "Groups": [{ "GroupName": "staff", "CreationDate": 1_795_658_400 }] })
        }
        "GetProvisionedLimit" => {
            json!({ "Limit": { "ProvisionedLimitValue": 50, "FreeLimitValue": 50 } })
        }
        "AdminListUserAuthEvents" => json!({
            "AuthEvents": [{ "EventType": "SignUp", "EventResponse": "Pass", "CreationDate": 1_795_658_400 }], "NextToken": "x",
        }),
        _ => user,
    }
}

/// An answer as bytes.
fn http(rng: &mut Rng, body: &str) -> Vec<u8> {
    let status = if rng.bool() {
        "200 OK"
    } else {
        pick(rng, &STATUS)
    };
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    if rng.bool() {
        head += "content-type: application/x-amz-json-1.1\r\n";
    }
    for _ in 0..rng.usize(..3) {
        head += pick(rng, &HEADERS);
        head += "\r\n";
    }
    if rng.bool() {
        head += &format!("content-length: {}\r\n", body.len());
    }
    let mut bytes = format!("{head}\r\n{body}").into_bytes();
    if rng.u8(..3) == 0 {
        let copy = bytes.clone();
        mutate::bytes(rng, &mut bytes, &HTTP, &copy);
    }
    if rng.u8(..3) == 0 {
        bytes.truncate(rng.usize(..=bytes.len()));
    }
    bytes
}

fn settings(pool: &Pool, endpoint: &Endpoint) -> ConnectSettings {
    ConnectSettings {
        user_pool_id: pool.settings().pool_id.clone(),
        client_id: pool.settings().client_id.clone(),
        client_secret: None,
        trigger_data: TriggerData::default(),
        region: None,
        profile: None,
        endpoint: EndpointChoice::Url(endpoint.url()),
        signing: Signing::Rehearsal,
        attempt_timeout: Duration::from_secs(10),
    }
}

/// Fails where an error cannot be shown, or shows the password.
fn failed<T>(result: Result<T, Failure>, secret: &str) -> Option<T> {
    result
        .map_err(|failure| {
            let text = failure.to_string();
            assert!(!text.contains(secret), "{text}");
            // Escape sequences are made visible where a text is printed.
            assert!(!text.contains(['\r', '\n']), "{text:?}");
            assert!(text.len() < 20_000);
            assert!(
                !failure.code.is_empty()
                    && failure
                        .code
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || c == '_'),
                "{text}"
            );
        })
        .ok()
}

fn found(user: Option<&FoundUser>, secret: &str) {
    let Some(user) = user else { return };
    let text = [
        Some(&user.username),
        user.sub.as_ref(),
        user.status.as_ref(),
    ];
    for text in text.into_iter().flatten() {
        assert!(!text.contains(secret) && text.len() < 20_000, "{text}");
    }
    if let Some(created) = user.created_ms {
        assert!(!rfc3339(created).is_empty());
    }
}

/// Makes every call for one user.
async fn call(
    pool: &Cognito,
    username: &str,
    named: &Mutex<BTreeSet<String>>,
    in_pool: impl Fn() -> bool,
) {
    let secret = password_of(username);
    let user = NewUser {
        username: username.to_owned(),
        password: Some(Password::new(&secret)),
        attributes: vec![Attribute {
            name: "email".into(),
            value: format!("{username}@example.com"),
        }],
        follow_up: Vec::new(),
    };
    let password = user.password.as_ref();
    if let Some(signed_up) = failed(pool.sign_up(&user).await, &secret) {
        shows_no(&secret, &signed_up);
        assert!(!signed_up.sub.is_empty());
        assert!(
            in_pool() || named.lock().unwrap().contains(username),
            "no answer said so"
        );
    }
    let user = failed(pool.look_up_for_row(username, password).await, &secret);
    found(user.flatten().as_ref(), &secret);
    let by = NamedBy::default();
    let user = failed(pool.find_in_listing(by, username, password).await, &secret);
    found(user.flatten().as_ref(), &secret);
    for step in [
        FollowUpStep::Confirm,
        FollowUpStep::Verify(Addresses::Email),
        FollowUpStep::AddToGroup("staff".into()),
        FollowUpStep::Disable,
    ] {
        failed(
            pool.follow_up_for_row(username, &step, password).await,
            &secret,
        );
    }
    // These know of no row.
    let none = NO_PASSWORD;
    failed(pool.doings(username, None).await, none);
    let user = failed(pool.find(username).await, none);
    found(user.flatten().as_ref(), none);
    if let Some(page) = failed(pool.list_users(by, None).await, none) {
        page.users
            .iter()
            .for_each(|listed| found(Some(&listed.user), none));
    }
    failed(pool.may_list().await, none);
    failed(pool.delete(username).await, none);
}

fn shows_no(secret: &str, what: &impl Debug) {
    let text = format!("{what:?}");
    assert!(!text.contains(secret) && text.len() < 20_000, "{text}");
}

/// Asks the pool about itself.
async fn ask(pool: &Cognito) {
    let none = NO_PASSWORD;
    if let Some(Some(rules)) = failed(pool.describe().await, none) {
        shows_no(none, &rules.password_policy);
    }
    failed(pool.describe_client().await, none);
    failed(pool.groups(None).await, none);
    failed(pool.create_group("staff").await, none);
    for category in Category::ALL {
        failed(pool.provisioned_limit(category).await, none);
    }
    assert!(pool.earliest_time() < i64::MAX);
}

fn run(pool: &Pool, runtime: &tokio::runtime::Runtime, case: &mut Case) {
    let hostile = Hostile::new(case.seed, 10);
    let named = Arc::clone(&hostile.named);
    let endpoint = Endpoint::start(pool, move |request| hostile.answer(request));
    runtime.block_on(async {
        let client = connect(&settings(pool, &endpoint)).await.unwrap();
        ask(&client).await;
        for number in 1..=4 {
            let username = format!("user{}n{number}", case.seed);
            let in_pool = || pool.users().contains_key(&username);
            call(&client, &username, &named, in_pool).await;
        }
    });
}

#[test]
fn answers() {
    let pool = Pool::start(quick());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    // A runtime belongs to one thread at a time.
    let runtime = Mutex::new(runtime);
    fuzz("answers", 1, |case| {
        run(&pool, &runtime.lock().unwrap(), case)
    });
}
