//! SignUp with various pool settings.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::AuthFlowType;
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};

use super::*;

#[test]
fn signs_up_looks_up_and_signs_in() {
    let test_pool = TestPool::with(PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        ..quick()
    });
    let response = test_pool.sign_up("jane").unwrap();
    assert!(response.user_confirmed());
    assert_eq!(
        test_pool.status("JANE").unwrap(),
        "CONFIRMED",
        "usernames are case-insensitive"
    );
    assert_eq!(test_pool.status(response.user_sub()).unwrap(), "CONFIRMED");
    assert_eq!(
        test_pool.sign_up("Jane").unwrap_err(),
        "UsernameExistsException"
    );
    assert_eq!(
        test_pool.status("joe").unwrap_err(),
        "UserNotFoundException"
    );
    for (password, expected) in [
        (PASSWORD, None),
        ("Wr0ng-Secret", Some("NotAuthorizedException")),
    ] {
        let request = test_pool
            .client
            .initiate_auth()
            .client_id(&test_pool.settings.client_id)
            .auth_flow(AuthFlowType::UserPasswordAuth)
            .auth_parameters("USERNAME", "jane")
            .auth_parameters("PASSWORD", password);
        let code = test_pool
            .runtime
            .block_on(request.send())
            .err()
            .map(|error| failure(&error));
        assert_eq!(code.as_deref(), expected);
    }
    let audited = test_pool.audited("jane");
    assert_eq!(
        (
            audited.sign_ups_received,
            audited.sign_ups_accepted,
            audited.responses_delivered
        ),
        (2, 1, 1)
    );
    test_pool.server.stop();
}

#[test]
fn limits_daily_messages() {
    let settings = PoolSettings {
        auto_verified_attributes: vec!["email".to_owned()],
        daily_messages: Some(1),
        ..quick()
    };
    let test_pool = TestPool::with(settings);
    let first = test_pool.sign_up("jane").unwrap();
    assert_eq!(
        first.code_delivery_details().unwrap().destination(),
        Some("j***@e***")
    );
    assert_eq!(
        test_pool.sign_up("joe").unwrap_err(),
        "LimitExceededException"
    );
    assert_eq!(test_pool.status("joe").unwrap(), "UNCONFIRMED");
}

#[test]
fn respects_creation_dates_and_clock_offset() {
    let existing = vec![ExistingUser {
        username: "old".to_owned(),
        created: Some(1_000),
        ..ExistingUser::default()
    }];
    let test_pool = TestPool::with(PoolSettings {
        existing,
        date_offset_ms: 86_400_000,
        ..quick()
    });
    test_pool.sign_up("new").unwrap();
    let request = test_pool
        .client
        .admin_get_user()
        .user_pool_id(&test_pool.settings.pool_id);
    let date = |name: &str| {
        let response = test_pool
            .runtime
            .block_on(request.clone().username(name).send())
            .unwrap();
        response.user_create_date().unwrap().to_millis().unwrap()
    };
    assert_eq!(date("old"), 1_000_000);
    // The SDK parses dates as doubles and rounds down, so a millisecond can get lost.
    let lost = test_pool.audited("new").created - date("new");
    assert!((0..=1).contains(&lost), "{lost}");
    let tomorrow = std::time::SystemTime::now() + Duration::from_secs(86_000);
    let tomorrow = tomorrow
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    assert!(u128::try_from(date("new")).unwrap() > tomorrow);
    assert!(test_pool.audited("old").preexisting);
}

/// Signs up with a valid password; returns the error, if any.
fn refusal(test_pool: &TestPool, name: &str, attributes: &[(&str, &str)]) -> Option<String> {
    let attributes = attributes
        .iter()
        .map(|(name, value)| attribute(name, value))
        .collect();
    let request = test_pool
        .client
        .sign_up()
        .client_id(&test_pool.settings.client_id)
        .username(name);
    let request = request
        .password(PASSWORD)
        .set_user_attributes(Some(attributes));
    test_pool
        .runtime
        .block_on(request.send())
        .err()
        .map(|error| failure(&error))
}

#[test]
fn client_with_a_secret_requires_its_hash() {
    let secret = "hush";
    let test_pool = TestPool::with(PoolSettings {
        client_secret: Some(secret.to_owned()),
        ..quick()
    });
    let client = test_pool.settings.client_id.clone();
    let hash_by = |secret: &str| {
        let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        let code = mac
            .chain_update("jane")
            .chain_update(&client)
            .finalize()
            .into_bytes();
        base64::engine::general_purpose::STANDARD.encode(code)
    };
    let attempt = |hash: Option<String>| {
        let request = test_pool
            .client
            .sign_up()
            .client_id(&client)
            .username("jane")
            .password(PASSWORD);
        let request = request
            .user_attributes(attribute("email", "jane@example.com"))
            .set_secret_hash(hash);
        test_pool
            .runtime
            .block_on(request.send())
            .err()
            .and_then(|error| error.message().map(str::to_owned))
    };
    assert!(
        attempt(None)
            .unwrap()
            .ends_with("is configured with secret but SECRET_HASH was not received")
    );
    assert!(
        attempt(Some(hash_by("other")))
            .unwrap()
            .starts_with("Unable to verify secret hash for client")
    );
    assert_eq!(attempt(Some(hash_by(secret))), None);
}

#[test]
fn client_without_a_secret_rejects_a_hash() {
    let test_pool = TestPool::with(quick());
    let client = &test_pool.settings.client_id;
    let request = test_pool
        .client
        .sign_up()
        .client_id(client)
        .username("jane")
        .password(PASSWORD)
        .user_attributes(attribute("email", "jane@example.com"))
        .secret_hash("AAAA");
    let error = test_pool.runtime.block_on(request.send()).unwrap_err();
    assert_eq!(failure(&error), "InvalidParameterException");
    let reason = "is not configured for secret but secret hash was received";
    assert_eq!(
        error.message(),
        Some(&*format!("App client {client} {reason}"))
    );
    assert!(test_pool.server.stats_users().is_empty());
}

#[test]
fn refuses_every_sign_up_for_pool_wide_reasons() {
    let email = [("email", "jane@example.com")];
    let closed = TestPool::with(PoolSettings {
        admin_create_only: true,
        ..quick()
    });
    assert_eq!(
        refusal(&closed, "jane", &email).unwrap(),
        "NotAuthorizedException"
    );
    let message = "staff only".to_owned();
    let guarded = TestPool::with(PoolSettings {
        pre_sign_up: PreSignUp::Refuse { message },
        ..quick()
    });
    assert_eq!(
        refusal(&guarded, "jane", &email).unwrap(),
        "UserLambdaValidationException"
    );
    let mut elsewhere = TestPool::with(quick());
    elsewhere.settings.client_id = "another".to_owned();
    assert_eq!(
        refusal(&elsewhere, "jane", &email).unwrap(),
        "ResourceNotFoundException"
    );
}

#[test]
fn email_addresses_can_be_usernames() {
    let settings = PoolSettings {
        username_attributes: vec!["email".to_owned()],
        ..quick()
    };
    let test_pool = TestPool::with(settings);
    assert_eq!(
        refusal(&test_pool, "jane", &[]).unwrap(),
        "InvalidParameterException"
    );
    let other = [("email", "other@example.com")];
    assert_eq!(
        refusal(&test_pool, "jane@example.com", &other).unwrap(),
        "InvalidParameterException"
    );
    assert_eq!(refusal(&test_pool, "jane@example.com", &[]), None);
    assert_eq!(
        refusal(&test_pool, "Jane@Example.com", &[]).unwrap(),
        "UsernameExistsException"
    );
    assert_eq!(test_pool.status("JANE@example.com").unwrap(), "UNCONFIRMED");
    let audited = test_pool.server.stats_users().remove(0);
    assert_eq!(audited.username, audited.sub);
    assert_eq!(audited.attributes["email"], "jane@example.com");
    assert_eq!(
        audited.sign_ups_received, 3,
        "names are counted case-insensitively"
    );
}

#[test]
fn alias_belongs_to_the_last_user_that_verified_it() {
    let alias_attributes = vec!["email".to_owned()];
    let pre_sign_up = PreSignUp::AutoConfirmAndVerify;
    let test_pool = TestPool::with(PoolSettings {
        alias_attributes,
        pre_sign_up,
        ..quick()
    });
    let email = [("email", "shared@example.com")];
    assert_eq!(
        refusal(&test_pool, "jane@example.com", &email).unwrap(),
        "InvalidParameterException"
    );
    for name in ["jane", "joe"] {
        assert_eq!(refusal(&test_pool, name, &email), None);
        assert!(test_pool.status("Shared@example.com").is_ok());
    }
    assert_eq!(
        test_pool.audited("jane").attributes["email_verified"],
        "false"
    );
    assert_eq!(
        test_pool.audited("joe").attributes["email_verified"],
        "true"
    );
}

#[test]
fn password_is_optional_if_another_factor_is_allowed() {
    let passwordless = PoolSettings {
        allowed_first_auth_factors: vec!["PASSWORD".to_owned(), "EMAIL_OTP".to_owned()],
        ..quick()
    };
    for (settings, expected) in [
        (quick(), Err("InvalidParameterException".to_owned())),
        (passwordless, Ok(())),
    ] {
        let test_pool = TestPool::with(settings);
        let request = test_pool
            .client
            .sign_up()
            .client_id(&test_pool.settings.client_id)
            .username("jane")
            .user_attributes(attribute("email", "jane@example.com"));
        let response = test_pool.runtime.block_on(request.send());
        assert_eq!(
            response.map(drop).map_err(|error| failure(&error)),
            expected
        );
    }
}

#[test]
fn errors_and_debug_output_contain_no_password() {
    let test_pool = TestPool::with(quick());
    let request = test_pool
        .client
        .sign_up()
        .client_id(&test_pool.settings.client_id)
        .username("jane");
    let weak = "all-lower-case";
    let error = test_pool
        .runtime
        .block_on(request.password(weak).send())
        .unwrap_err();
    assert!(!format!("{error:?}").contains(weak));
    assert!(!format!("{:?}", test_pool.server).contains(weak));
}

#[test]
fn concurrent_sign_ups_create_one_user() {
    let test_pool = TestPool::with(quick());
    let request = test_pool
        .client
        .sign_up()
        .client_id(&test_pool.settings.client_id)
        .username("jane");
    let request = request
        .password(PASSWORD)
        .user_attributes(attribute("email", "jane@example.com"));
    let created = test_pool.runtime.block_on(async {
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..20 {
            attempts.spawn(request.clone().send());
        }
        attempts
            .join_all()
            .await
            .iter()
            .filter(|response| response.is_ok())
            .count()
    });
    assert_eq!(created, 1);
    assert_eq!(test_pool.audited("jane").sign_ups_received, 20);
}
