//! The minimal import loop with the Rust SDK: read a row, sign it up, forget it. It keeps no
//! ledger, holds no rate, only checks whether an answer was a success, and writes no results. It is
//! the baseline for the cost of `cognito-import`.
//!
//! `bare_loop LIST.csv ENDPOINT_URL CLIENT_ID IN_FLIGHT off|standard|adaptive`; the last argument
//! is the SDK's retry mode. It is single-threaded and uses the importer's SDK client, including its
//! reduced request building ([`lean_client`]) and the compiled-out events below INFO (a feature of
//! the package).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "part of a benchmark: it prints and panics on errors"
)]

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::timeout::TimeoutConfig;
use aws_sdk_cognitoidentityprovider::config::{
    BehaviorVersion, Config, IdentityCache, Region, StalledStreamProtectionConfig,
};
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use cognito_import::aws::endpoint::Endpoint;
use cognito_import::aws::{CONNECT_TIMEOUT, ResponseLimit, Trust, http_client, lean_client};
use csv::StringRecord;
use tokio::task::JoinSet;

fn client(endpoint_url: &str, retry: &str) -> Client {
    let retry = match retry {
        "off" => RetryConfig::disabled(),
        "standard" => RetryConfig::standard(),
        "adaptive" => RetryConfig::adaptive(),
        other => panic!("{other} is not one of off, standard, adaptive"),
    };
    // Same configuration as the importer's client in src/pool/connect.rs.
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .retry_config(retry)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(Duration::from_secs(30))
                .build(),
        )
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client(
            Some(&Endpoint::parse(endpoint_url).unwrap()),
            &Trust::System,
            ResponseLimit::All,
        ))
        .endpoint_url(endpoint_url)
        .allow_no_auth()
        .identity_cache(IdentityCache::no_cache())
        .disable_clock_skew_correction(true);
    config.push_interceptor(lean_client());
    Client::from_conf(config.build())
}

/// Signs a user up. Returns whether the pool created it.
async fn sign_up(
    client: Client,
    client_id: String,
    header: StringRecord,
    row: StringRecord,
) -> bool {
    let mut request = client.sign_up().client_id(client_id);
    for (name, cell) in header.iter().zip(&row) {
        request = match name {
            "username" => request.username(cell),
            "password" => request.password(cell),
            name => {
                let attribute = AttributeType::builder().name(name).value(cell).build();
                request.user_attributes(attribute.unwrap())
            }
        };
    }
    request.send().await.is_ok()
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, endpoint_url, client_id, in_flight, retry] = arguments.as_slice() else {
        panic!("LIST.csv ENDPOINT_URL CLIENT_ID IN_FLIGHT off|standard|adaptive");
    };
    let in_flight: usize = in_flight.parse().unwrap();
    let client = client(endpoint_url, retry);
    let mut rows = csv::Reader::from_path(list).unwrap();
    let header = rows.headers().unwrap().clone();
    let mut tasks = JoinSet::new();
    let (mut made, mut failed) = (0_u64, 0_u64);
    let mut count = |ended: bool| if ended { made += 1 } else { failed += 1 };
    let mut row = StringRecord::new();
    while rows.read_record(&mut row).unwrap() {
        if tasks.len() == in_flight {
            count(tasks.join_next().await.unwrap().unwrap());
        }
        tasks.spawn(sign_up(
            client.clone(),
            client_id.clone(),
            header.clone(),
            row.clone(),
        ));
    }
    while let Some(ended) = tasks.join_next().await {
        count(ended.unwrap());
    }
    println!("{made} made, {failed} failed");
}
