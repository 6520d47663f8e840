//! A service with mutated responses: JSON, HTTP, and whether requests take effect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::answers::password_of;
use crate::harness::{ReceivedRequest, TestReply};
use crate::mutate::{self, pick};

/// Error codes, most of them known to the importer.
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

/// Status lines.
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

/// Mutates the responses of a pool.
pub(crate) struct Hostile {
    seed: u64,
    /// One in this many responses is unchanged.
    unchanged_one_in: u8,
    /// The number of times each request was received.
    requests: Mutex<BTreeMap<String, u64>>,
    /// Users that some response may have reported as existing.
    pub(crate) named: Arc<Mutex<BTreeSet<String>>>,
}

impl Hostile {
    pub(crate) fn new(seed: u64, unchanged_one_in: u8) -> Self {
        Self {
            seed,
            unchanged_one_in,
            requests: Mutex::default(),
            named: Arc::default(),
        }
    }

    /// The same request in the same case gets the same response, independent of other requests in
    /// flight.
    fn rng_for(&self, request: &ReceivedRequest) -> Rng {
        let name = format!("{} {}", request.operation, request.username());
        let mut requests = self.requests.lock().unwrap();
        let count = requests.entry(name.clone()).or_default();
        *count += 1;
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let seed = name.bytes().fold(self.seed ^ 0xcbf2_9ce4_8422_2325, mix);
        Rng::with_seed(seed.wrapping_add(*count))
    }

    pub(crate) fn answer(&self, request: &ReceivedRequest) -> TestReply {
        let mut rng = self.rng_for(request);
        // Other requests do not belong to a row: preflight checks and listings.
        let secret = match request.username() {
            username if username.starts_with("user") => password_of(username),
            _ => "x".to_owned(),
        };
        let (named, username) = (Arc::clone(&self.named), request.username().to_owned());
        if rng.u8(..self.unchanged_one_in) == 0 {
            return TestReply::Forward;
        }
        match rng.u8(..10) {
            0..=3 => TestReply::ForwardEdited(Box::new(move |body| {
                mutate::json(&mut rng, body, &secret);
                // It may be the response to a request that the pool rejected.
                if body.get("UserSub").is_some() || body.get("Username").is_some() {
                    named.lock().unwrap().insert(username);
                }
            })),
            4 => TestReply::error(pick(&mut rng, &CODES), &format!("no {secret}")),
            5 => {
                let mut body = json!({ "__type": pick(&mut rng, &CODES), "message": "no" });
                mutate::json(&mut rng, &mut body, &secret);
                let error = TestReply::json([400, 403, 429, 500, 503][rng.usize(..5)], &body);
                if rng.bool() {
                    error
                } else {
                    TestReply::ForwardThen(Box::new(error))
                }
            }
            6 => TestReply::ForwardThen(Box::new(TestReply::Bytes(Vec::new()))),
            _ => {
                let mut body = success(request, &secret);
                if rng.bool() {
                    mutate::json(&mut rng, &mut body, &secret);
                }
                let bytes = http(&mut rng, &body.to_string());
                if contains(&bytes, b"UserSub") || contains(&bytes, b"Username") {
                    named.lock().unwrap().insert(username);
                }
                let answer = TestReply::Bytes(bytes);
                if rng.bool() {
                    answer
                } else {
                    TestReply::ForwardThen(Box::new(answer))
                }
            }
        }
    }
}

pub(crate) fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// A plausible successful response.
fn success(request: &ReceivedRequest, secret: &str) -> Value {
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

/// A response as bytes.
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
