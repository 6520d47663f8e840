//! What SignUp takes and refuses, pool by pool.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::AuthFlowType;
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};

use super::*;

#[test]
fn a_user_signs_up_is_looked_up_and_signs_in() {
    let rehearsed = Rehearsed::with(PoolSettings {
        pre_sign_up: PreSignUp::AutoConfirm,
        ..quick()
    });
    let answer = rehearsed.sign_up("jane").unwrap();
    assert!(answer.user_confirmed());
    assert_eq!(
        rehearsed.status("JANE").unwrap(),
        "CONFIRMED",
        "names fold case"
    );
    assert_eq!(rehearsed.status(answer.user_sub()).unwrap(), "CONFIRMED");
    assert_eq!(
        rehearsed.sign_up("Jane").unwrap_err(),
        "UsernameExistsException"
    );
    assert_eq!(
        rehearsed.status("joe").unwrap_err(),
        "UserNotFoundException"
    );
    for (password, expected) in [
        (PASSWORD, None),
        ("Wr0ng-Secret", Some("NotAuthorizedException")),
    ] {
        let request = rehearsed
            .client
            .initiate_auth()
            .client_id(&rehearsed.settings.client_id)
            .auth_flow(AuthFlowType::UserPasswordAuth)
            .auth_parameters("USERNAME", "jane")
            .auth_parameters("PASSWORD", password);
        let code = rehearsed
            .runtime
            .block_on(request.send())
            .err()
            .map(|error| failure(&error));
        assert_eq!(code.as_deref(), expected);
    }
    let truth = rehearsed.truth("jane");
    assert_eq!(
        (
            truth.sign_ups_asked,
            truth.sign_ups_accepted,
            truth.answers_delivered
        ),
        (2, 1, 1)
    );
    rehearsed.pool.stop();
}

#[test]
fn a_day_has_so_many_messages() {
    let settings = PoolSettings {
        auto_verified_attributes: vec!["email".to_owned()],
        daily_messages: Some(1),
        ..quick()
    };
    let rehearsed = Rehearsed::with(settings);
    let first = rehearsed.sign_up("jane").unwrap();
    assert_eq!(
        first.code_delivery_details().unwrap().destination(),
        Some("j***@e***")
    );
    assert_eq!(
        rehearsed.sign_up("joe").unwrap_err(),
        "LimitExceededException"
    );
    assert_eq!(rehearsed.status("joe").unwrap(), "UNCONFIRMED");
}

#[test]
fn an_existing_user_is_older_than_the_pool_and_the_clock_can_be_wrong() {
    let existing = vec![ExistingUser {
        username: "old".to_owned(),
        created: Some(1_000),
        ..ExistingUser::default()
    }];
    let rehearsed = Rehearsed::with(PoolSettings {
        existing,
        date_offset_ms: 86_400_000,
        ..quick()
    });
    rehearsed.sign_up("new").unwrap();
    let request = rehearsed
        .client
        .admin_get_user()
        .user_pool_id(&rehearsed.settings.pool_id);
    let date = |name: &str| {
        let answer = rehearsed
            .runtime
            .block_on(request.clone().username(name).send())
            .unwrap();
        answer.user_create_date().unwrap().to_millis().unwrap()
    };
    assert_eq!(date("old"), 1_000_000);
    // The SDK reads a date through a double and rounds down, so that a millisecond can go missing.
    let lost = rehearsed.truth("new").created - date("new");
    assert!((0..=1).contains(&lost), "{lost}");
    let tomorrow = std::time::SystemTime::now() + Duration::from_secs(86_000);
    let tomorrow = tomorrow
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    assert!(u128::try_from(date("new")).unwrap() > tomorrow);
    assert!(rehearsed.truth("old").preexisting);
}

/// The error of a SignUp of this user with a good password, or nothing.
fn refusal(rehearsed: &Rehearsed, name: &str, attributes: &[(&str, &str)]) -> Option<String> {
    let attributes = attributes
        .iter()
        .map(|(name, value)| attribute(name, value))
        .collect();
    let request = rehearsed
        .client
        .sign_up()
        .client_id(&rehearsed.settings.client_id)
        .username(name);
    let request = request
        .password(PASSWORD)
        .set_user_attributes(Some(attributes));
    rehearsed
        .runtime
        .block_on(request.send())
        .err()
        .map(|error| failure(&error))
}

#[test]
fn a_client_with_a_secret_wants_its_hash() {
    let secret = "hush";
    let rehearsed = Rehearsed::with(PoolSettings {
        client_secret: Some(secret.to_owned()),
        ..quick()
    });
    let client = rehearsed.settings.client_id.clone();
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
        let request = rehearsed
            .client
            .sign_up()
            .client_id(&client)
            .username("jane")
            .password(PASSWORD);
        let request = request
            .user_attributes(attribute("email", "jane@example.com"))
            .set_secret_hash(hash);
        rehearsed
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
fn a_client_without_a_secret_takes_no_hash() {
    let rehearsed = Rehearsed::with(quick());
    let client = &rehearsed.settings.client_id;
    let request = rehearsed
        .client
        .sign_up()
        .client_id(client)
        .username("jane")
        .password(PASSWORD)
        .user_attributes(attribute("email", "jane@example.com"))
        .secret_hash("AAAA");
    let error = rehearsed.runtime.block_on(request.send()).unwrap_err();
    assert_eq!(failure(&error), "InvalidParameterException");
    let words = "is not configured for secret but secret hash was received";
    assert_eq!(
        error.message(),
        Some(&*format!("App client {client} {words}"))
    );
    assert!(rehearsed.pool.stats_users().is_empty());
}

#[test]
fn refusals_that_concern_every_row() {
    let email = [("email", "jane@example.com")];
    let closed = Rehearsed::with(PoolSettings {
        admin_create_only: true,
        ..quick()
    });
    assert_eq!(
        refusal(&closed, "jane", &email).unwrap(),
        "NotAuthorizedException"
    );
    let message = "staff only".to_owned();
    let guarded = Rehearsed::with(PoolSettings {
        pre_sign_up: PreSignUp::Refuse { message },
        ..quick()
    });
    assert_eq!(
        refusal(&guarded, "jane", &email).unwrap(),
        "UserLambdaValidationException"
    );
    let mut elsewhere = Rehearsed::with(quick());
    elsewhere.settings.client_id = "another".to_owned();
    assert_eq!(
        refusal(&elsewhere, "jane", &email).unwrap(),
        "ResourceNotFoundException"
    );
}

#[test]
fn email_addresses_as_usernames() {
    let settings = PoolSettings {
        username_attributes: vec!["email".to_owned()],
        ..quick()
    };
    let rehearsed = Rehearsed::with(settings);
    assert_eq!(
        refusal(&rehearsed, "jane", &[]).unwrap(),
        "InvalidParameterException"
    );
    let other = [("email", "other@example.com")];
    assert_eq!(
        refusal(&rehearsed, "jane@example.com", &other).unwrap(),
        "InvalidParameterException"
    );
    assert_eq!(refusal(&rehearsed, "jane@example.com", &[]), None);
    assert_eq!(
        refusal(&rehearsed, "Jane@Example.com", &[]).unwrap(),
        "UsernameExistsException"
    );
    assert_eq!(rehearsed.status("JANE@example.com").unwrap(), "UNCONFIRMED");
    let truth = rehearsed.pool.stats_users().remove(0);
    assert_eq!(truth.username, truth.sub);
    assert_eq!(truth.attributes["email"], "jane@example.com");
    assert_eq!(
        truth.sign_ups_asked, 3,
        "a name is counted by what it folds to"
    );
}

#[test]
fn an_alias_belongs_to_whoever_verified_it_last() {
    let alias_attributes = vec!["email".to_owned()];
    let pre_sign_up = PreSignUp::AutoConfirmAndVerify;
    let rehearsed = Rehearsed::with(PoolSettings {
        alias_attributes,
        pre_sign_up,
        ..quick()
    });
    let email = [("email", "shared@example.com")];
    assert_eq!(
        refusal(&rehearsed, "jane@example.com", &email).unwrap(),
        "InvalidParameterException"
    );
    for name in ["jane", "joe"] {
        assert_eq!(refusal(&rehearsed, name, &email), None);
        assert!(rehearsed.status("Shared@example.com").is_ok());
    }
    assert_eq!(
        rehearsed.truth("jane").attributes["email_verified"],
        "false"
    );
    assert_eq!(rehearsed.truth("joe").attributes["email_verified"], "true");
}

#[test]
fn without_a_password_users_sign_up_where_another_factor_is_allowed() {
    let passwordless = PoolSettings {
        allowed_first_auth_factors: vec!["PASSWORD".to_owned(), "EMAIL_OTP".to_owned()],
        ..quick()
    };
    for (settings, expected) in [
        (quick(), Err("InvalidParameterException".to_owned())),
        (passwordless, Ok(())),
    ] {
        let rehearsed = Rehearsed::with(settings);
        let request = rehearsed
            .client
            .sign_up()
            .client_id(&rehearsed.settings.client_id)
            .username("jane")
            .user_attributes(attribute("email", "jane@example.com"));
        let answer = rehearsed.runtime.block_on(request.send());
        assert_eq!(answer.map(drop).map_err(|error| failure(&error)), expected);
    }
}

#[test]
fn a_password_reaches_neither_an_error_nor_a_debug_print() {
    let rehearsed = Rehearsed::with(quick());
    let request = rehearsed
        .client
        .sign_up()
        .client_id(&rehearsed.settings.client_id)
        .username("jane");
    let weak = "all-lower-case";
    let error = rehearsed
        .runtime
        .block_on(request.password(weak).send())
        .unwrap_err();
    assert!(!format!("{error:?}").contains(weak));
    assert!(!format!("{:?}", rehearsed.pool).contains(weak));
}

#[test]
fn many_at_once_make_one_user() {
    let rehearsed = Rehearsed::with(quick());
    let request = rehearsed
        .client
        .sign_up()
        .client_id(&rehearsed.settings.client_id)
        .username("jane");
    let request = request
        .password(PASSWORD)
        .user_attributes(attribute("email", "jane@example.com"));
    let made = rehearsed.runtime.block_on(async {
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..20 {
            attempts.spawn(request.clone().send());
        }
        attempts
            .join_all()
            .await
            .iter()
            .filter(|answer| answer.is_ok())
            .count()
    });
    assert_eq!(made, 1);
    assert_eq!(rehearsed.truth("jane").sign_ups_asked, 20);
}
