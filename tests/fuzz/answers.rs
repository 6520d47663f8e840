//! Fuzzes service responses to single calls: mutated JSON and HTTP, through the real SDK and a
//! socket.

use std::collections::BTreeSet;
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

use crate::case::{Case, fuzz};
use crate::harness::{Pool, TestEndpoint, quick};
use crate::hostile::Hostile;

/// The password of a user. A response may repeat it, but it must never be shown.
pub(crate) fn password_of(username: &str) -> String {
    format!("Zq7!{username}vKx9")
}

/// Replaces the password in calls that do not belong to a row.
const NO_PASSWORD: &str = "the password of no row";

fn settings(pool: &Pool, endpoint: &TestEndpoint) -> ConnectSettings {
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

/// Asserts that an error can be displayed and does not show the password.
fn failed<T>(result: Result<T, Failure>, secret: &str) -> Option<T> {
    result
        .map_err(|failure| {
            let text = failure.to_string();
            assert!(!text.contains(secret), "{text}");
            // Escape sequences are sanitized when text is printed.
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
        dated_ms: None,
    };
    let password = user.password.as_ref();
    if let Some(signed_up) = failed(pool.sign_up(&user).await, &secret) {
        assert_hides(&secret, &signed_up);
        assert!(!signed_up.sub.is_empty());
        assert!(
            in_pool() || named.lock().unwrap().contains(username),
            "no response reported this user"
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
    // These calls do not belong to a row.
    let none = NO_PASSWORD;
    failed(pool.user_events(username, None).await, none);
    let user = failed(pool.find(username).await, none);
    found(user.flatten().as_ref(), none);
    if let Some(page) = failed(pool.list_users(by, true, None).await, none) {
        page.users
            .iter()
            .for_each(|listed| found(Some(&listed.user), none));
    }
    failed(pool.check_listing().await, none);
    failed(pool.delete(username).await, none);
}

fn assert_hides(secret: &str, what: &impl Debug) {
    let text = format!("{what:?}");
    assert!(!text.contains(secret) && text.len() < 20_000, "{text}");
}

/// Makes every call about the pool.
async fn ask(pool: &Cognito) {
    let none = NO_PASSWORD;
    if let Some(Some(rules)) = failed(pool.describe().await, none) {
        assert_hides(none, &rules.password_policy);
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
    let endpoint = TestEndpoint::start(pool, move |request| hostile.answer(request));
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
    // A runtime is used by one thread at a time.
    let runtime = Mutex::new(runtime);
    fuzz("answers", 1, |case| {
        run(&pool, &runtime.lock().unwrap(), case)
    });
}
