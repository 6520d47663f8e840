//! PreSignUp triggers that look at what the client says.

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

/// A SignUp with this in `ValidationData` or in `ClientMetadata`: whether the user is confirmed then, or the error.
fn sign_up(
    rehearsed: &Rehearsed,
    name: &str,
    validation: Option<(&str, &str)>,
    metadata: Option<(&str, &str)>,
) -> Result<bool, String> {
    let validation = validation.map(|(key, value)| vec![attribute(key, value)]);
    let metadata = metadata.map(|(key, value)| [(key.to_owned(), value.to_owned())].into());
    let request = rehearsed
        .client
        .sign_up()
        .client_id(&rehearsed.settings.client_id)
        .username(name)
        .password(PASSWORD)
        .user_attributes(attribute("email", "jane@example.com"))
        .set_validation_data(validation)
        .set_client_metadata(metadata);
    let answer = rehearsed.runtime.block_on(request.send());
    let answer = answer.map_err(|error| failure(&error))?;
    let confirmed = answer.user_confirmed();
    assert_eq!(
        answer.code_delivery_details().is_none(),
        confirmed,
        "a code for the others only"
    );
    let verified = rehearsed.truth(name).attributes["email_verified"] == "true";
    assert_eq!(verified, confirmed);
    Ok(confirmed)
}

#[test]
fn a_trigger_confirms_whom_the_client_vouches_for() {
    let right = Some(("import", "yes"));
    let by_validation = Rehearsed::with(settings(PreSignUp::OnValidationData));
    let by_metadata = Rehearsed::with(settings(PreSignUp::OnClientMetadata));
    let cases = [
        ("right", right, true),
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
        sign_up(&by_validation, "wrong-place", None, right),
        Ok(false)
    );
    assert_eq!(sign_up(&by_metadata, "wrong-place", right, None), Ok(false));
    let without = Rehearsed::with(PoolSettings {
        pre_sign_up: PreSignUp::Absent,
        ..settings(PreSignUp::OnValidationData)
    });
    assert_eq!(sign_up(&without, "no-trigger", right, right), Ok(false));
}

#[test]
fn the_pool_tells_that_there_is_a_trigger() {
    for kind in [PreSignUp::OnValidationData, PreSignUp::OnClientMetadata] {
        let rehearsed = Rehearsed::with(settings(kind));
        let request = rehearsed.client.describe_user_pool();
        let request = request.user_pool_id(&rehearsed.settings.pool_id);
        let answer = rehearsed.runtime.block_on(request.send()).unwrap();
        let triggers = answer.user_pool().and_then(|pool| pool.lambda_config());
        assert!(triggers.unwrap().pre_sign_up().is_some());
    }
}

#[test]
fn what_the_client_says_has_its_limits() {
    let rehearsed = Rehearsed::with(settings(PreSignUp::OnClientMetadata));
    let (name_fits, name_too_long) = ("k".repeat(32), "k".repeat(33));
    let (fits, too_long) = ("v".repeat(2_048), "v".repeat(2_049));
    let (much, too_much) = ("m".repeat(131_072), "m".repeat(131_073));
    let refused = Err("InvalidParameterException".to_owned());
    let validation =
        |name: &str, key: &str, value: &str| sign_up(&rehearsed, name, Some((key, value)), None);
    assert_eq!(validation("a", &name_fits, &fits), Ok(false));
    assert_eq!(validation("b", &name_too_long, "v"), refused);
    assert_eq!(validation("c", "two words", "v"), refused);
    assert_eq!(validation("d", "k", &too_long), refused);
    let metadata =
        |name: &str, key: &str, value: &str| sign_up(&rehearsed, name, None, Some((key, value)));
    assert_eq!(metadata("e", &much, &much), Ok(false));
    assert_eq!(metadata("f", &too_much, "v"), refused);
    assert_eq!(metadata("g", "k", &too_much), refused);
}
