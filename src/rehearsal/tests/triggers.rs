//! PreSignUp triggers that depend on data in the request.

use super::*;

fn settings(pre_sign_up: fn(TriggerPair) -> PreSignUp) -> PoolSettings {
    PoolSettings {
        pre_sign_up: pre_sign_up(TriggerPair {
            key: "import".to_owned(),
            value: "yes".to_owned(),
        }),
        auto_verified_attributes: vec!["email".to_owned()],
        ..quick()
    }
}

/// Signs up with this `ValidationData` and `ClientMetadata`. Returns whether the user is confirmed,
/// or the error.
fn sign_up(
    test_pool: &TestPool,
    name: &str,
    validation: Option<(&str, &str)>,
    metadata: Option<(&str, &str)>,
) -> Result<bool, String> {
    let validation = validation.map(|(key, value)| vec![attribute(key, value)]);
    let metadata = metadata.map(|(key, value)| [(key.to_owned(), value.to_owned())].into());
    let request = test_pool
        .client
        .sign_up()
        .client_id(&test_pool.settings.client_id)
        .username(name)
        .password(PASSWORD)
        .user_attributes(attribute("email", "jane@example.com"))
        .set_validation_data(validation)
        .set_client_metadata(metadata);
    let response = test_pool.runtime.block_on(request.send());
    let response = response.map_err(|error| failure(&error))?;
    let confirmed = response.user_confirmed();
    assert_eq!(
        response.code_delivery_details().is_none(),
        confirmed,
        "a code is sent only to unconfirmed users"
    );
    let verified = test_pool.audited(name).attributes["email_verified"] == "true";
    assert_eq!(verified, confirmed);
    Ok(confirmed)
}

#[test]
fn trigger_confirms_users_with_the_expected_pair() {
    let expected = Some(("import", "yes"));
    let by_validation = TestPool::with(settings(PreSignUp::OnValidationData));
    let by_metadata = TestPool::with(settings(PreSignUp::OnClientMetadata));
    let cases = [
        ("expected", expected, true),
        ("other-value", Some(("import", "YES")), false),
        ("other-key", Some(("imported", "yes")), false),
        ("nothing", None, false),
    ];
    for (name, pair, confirmed) in cases {
        assert_eq!(
            sign_up(&by_validation, name, pair, None),
            Ok(confirmed),
            "{name}"
        );
        assert_eq!(
            sign_up(&by_metadata, name, None, pair),
            Ok(confirmed),
            "{name}"
        );
    }
    assert_eq!(
        sign_up(&by_validation, "wrong-place", None, expected),
        Ok(false)
    );
    assert_eq!(
        sign_up(&by_metadata, "wrong-place", expected, None),
        Ok(false)
    );
    let without = TestPool::with(PoolSettings {
        pre_sign_up: PreSignUp::Absent,
        ..settings(PreSignUp::OnValidationData)
    });
    assert_eq!(
        sign_up(&without, "no-trigger", expected, expected),
        Ok(false)
    );
}

#[test]
fn describes_the_trigger() {
    for kind in [PreSignUp::OnValidationData, PreSignUp::OnClientMetadata] {
        let test_pool = TestPool::with(settings(kind));
        let request = test_pool.client.describe_user_pool();
        let request = request.user_pool_id(&test_pool.settings.pool_id);
        let response = test_pool.runtime.block_on(request.send()).unwrap();
        let triggers = response.user_pool().and_then(|pool| pool.lambda_config());
        assert!(triggers.unwrap().pre_sign_up().is_some());
    }
}

#[test]
fn limits_validation_data_and_client_metadata() {
    let test_pool = TestPool::with(settings(PreSignUp::OnClientMetadata));
    let (name_fits, name_too_long) = ("k".repeat(32), "k".repeat(33));
    let (fits, too_long) = ("v".repeat(2_048), "v".repeat(2_049));
    let (max, above_max) = ("m".repeat(131_072), "m".repeat(131_073));
    let refused = Err("InvalidParameterException".to_owned());
    let validation =
        |name: &str, key: &str, value: &str| sign_up(&test_pool, name, Some((key, value)), None);
    assert_eq!(validation("a", &name_fits, &fits), Ok(false));
    assert_eq!(validation("b", &name_too_long, "v"), refused);
    assert_eq!(validation("c", "two words", "v"), refused);
    assert_eq!(validation("d", "k", &too_long), refused);
    let metadata =
        |name: &str, key: &str, value: &str| sign_up(&test_pool, name, None, Some((key, value)));
    assert_eq!(metadata("e", &max, &max), Ok(false));
    assert_eq!(metadata("f", &above_max, "v"), refused);
    assert_eq!(metadata("g", "k", &above_max), refused);
}
