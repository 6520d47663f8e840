use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Config, Region};
use aws_sdk_cognitoidentityprovider::error::SdkError;
use aws_sdk_cognitoidentityprovider::operation::sign_up::SignUpError;

use super::{Advice, Failure, IfAbsent, Operation, Stop, lookup_failed};

fn sign_up(code: &str, message: &str) -> Advice {
    Failure::answered(Operation::SignUp, 400, code, message).advice
}

#[test]
fn throttling_never_fails_a_row() {
    for code in ["TooManyRequestsException", "ThrottlingException"] {
        assert_eq!(sign_up(code, ""), Advice::SlowDown);
    }
    assert_eq!(sign_up("ForbiddenException", ""), Advice::Firewalled);
    let failure = Failure::answered(Operation::SignUp, 429, "Whatever", "");
    assert_eq!(failure.advice, Advice::SlowDown);
}

#[test]
fn unclear_errors_cause_a_lookup() {
    for code in [
        "UnexpectedLambdaException",
        "InvalidLambdaResponseException",
    ] {
        assert_eq!(sign_up(code, ""), Advice::LookUp(IfAbsent::SendAgain));
    }
    let failure = Failure::answered(Operation::SignUp, 500, "InternalErrorException", "");
    assert_eq!(failure.advice, Advice::LookUp(IfAbsent::SendAgain));
    assert_eq!(
        sign_up("NeverHeardOfException", ""),
        Advice::LookUp(IfAbsent::GiveUp)
    );
    for code in ["LimitExceededException", "CodeDeliveryFailureException"] {
        assert_eq!(sign_up(code, ""), Advice::Undelivered);
    }
}

#[test]
fn only_a_pre_sign_up_refusal_is_final() {
    let code = "UserLambdaValidationException";
    assert_eq!(
        sign_up(code, "PreSignUp failed with error no."),
        Advice::GiveUp
    );
    assert_eq!(
        sign_up(code, "PostConfirmation failed with error no."),
        Advice::LookUp(IfAbsent::GiveUp)
    );
}

#[test]
fn classifies_not_authorized_by_its_message() {
    let code = "NotAuthorizedException";
    for (message, stop) in [
        (
            "SignUp is not permitted for this user pool",
            Stop::SignUpNotPermitted,
        ),
        (
            "Unable to verify secret hash for client 1",
            Stop::SecretRejected,
        ),
        (
            "Client 1 is configured with secret but SECRET_HASH was not received",
            Stop::SecretMissing,
        ),
        (
            "A client attempted to write unauthorized attribute",
            Stop::UnwritableAttribute,
        ),
        ("something new", Stop::Refused),
    ] {
        assert_eq!(sign_up(code, message), Advice::Stop(stop), "{message}");
    }
}

#[test]
fn unexpected_secret_hash_stops_the_run_but_a_quoted_value_does_not() {
    let code = "InvalidParameterException";
    let text = "App client 45f45bitpl1u3n2pku8fm0r3im is not configured for secret but secret hash was received";
    let stop = Advice::Stop(Stop::SecretUnexpected);
    for (code, message) in [
        (code, text.to_owned()),
        (code, format!("{text}.")),
        (
            "NotAuthorizedException",
            text.replace("App client", "Client"),
        ),
    ] {
        assert_eq!(sign_up(code, &message), stop, "{message}");
    }
    for message in [
        "1 validation error detected: Value at 'username' failed to satisfy constraint: is not configured for secret but secret hash was received",
        "Invalid phone number: App client 1 is not configured for secret but secret hash was received",
        "secret hash was received",
    ] {
        assert_eq!(sign_up(code, message), Advice::GiveUp, "{message}");
    }
}

#[test]
fn gives_up_on_rows_that_the_pool_refuses() {
    for code in ["InvalidPasswordException", "InvalidParameterException"] {
        assert_eq!(sign_up(code, ""), Advice::GiveUp);
    }
    assert_eq!(sign_up("UsernameExistsException", ""), Advice::Exists);
}

#[test]
fn distinguishes_a_wrong_clock_from_wrong_credentials() {
    let code = "InvalidSignatureException";
    let expired_message = "Signature expired: 20190723T172834Z is now earlier than 20190723T201503Z (20190723T203003Z - 15 min.)";
    for operation in [
        Operation::Read,
        Operation::Write,
        Operation::WriteToGroup,
        Operation::Delete,
    ] {
        let answered = |message| Failure::answered(operation, 400, code, message);
        assert_eq!(answered(expired_message).stop(), Some(Stop::ClockSkew));
        let mismatch = answered("The request signature we calculated does not match.");
        assert_eq!(mismatch.stop(), Some(Stop::Access));
        // The date of the response also reveals the skew.
        let skewed = mismatch.clone().with_clock_offset(-1_200_000);
        assert_eq!(skewed.stop(), Some(Stop::ClockSkew));
        assert!(skewed.message.contains("20m ahead of"), "{skewed}");
        assert_eq!(mismatch.clone().with_clock_offset(60_000), mismatch);
        let expired = Failure::answered(operation, 400, "ExpiredTokenException", "expired");
        let expired = expired.with_clock_offset(1_200_000);
        assert_eq!(expired.stop(), Some(Stop::Access));
        assert!(expired.message.contains("20m behind"), "{expired}");
    }
    let throttled = Failure::answered(Operation::Read, 400, "ThrottlingException", "slow");
    assert_eq!(throttled.clone().with_clock_offset(1_200_000), throttled);
}

#[test]
fn forbidden_lookup_stops_the_run() {
    for code in [
        "AccessDeniedException",
        "ExpiredTokenException",
        "NotAuthorizedException",
    ] {
        let failure = Failure::answered(Operation::Read, 400, code, "");
        assert_eq!(failure.advice, Advice::Stop(Stop::Access), "{code}");
    }
    let failure = Failure::answered(Operation::Read, 500, "InternalErrorException", "");
    assert_eq!(failure.advice, Advice::Retry);
}

#[test]
fn unclear_writes_are_retried_and_refused_ones_given_up() {
    let advice = |operation, status, code| Failure::answered(operation, status, code, "").advice;
    for (status, code, expected) in [
        (400, "TooManyRequestsException", Advice::SlowDown),
        (500, "InternalErrorException", Advice::Retry),
        (503, "Whatever", Advice::Retry),
        (400, "UnexpectedLambdaException", Advice::Retry),
        (400, "AliasExistsException", Advice::GiveUp),
        (400, "UserNotFoundException", Advice::GiveUp),
        (400, "NotAuthorizedException", Advice::GiveUp),
        (400, "LimitExceededException", Advice::GiveUp),
        (400, "AccessDeniedException", Advice::Stop(Stop::Access)),
        (400, "SomethingNewException", Advice::GiveUp),
    ] {
        for operation in [Operation::Write, Operation::WriteToGroup] {
            assert_eq!(advice(operation, status, code), expected, "{code}");
        }
    }
}

#[test]
fn distinguishes_a_missing_group_from_a_missing_pool() {
    let (pool, group) = (Stop::NotFound, Stop::GroupMissing);
    for (operation, message, stop) in [
        (Operation::WriteToGroup, "Group not found.", group),
        (Operation::WriteToGroup, "crew", group),
        (Operation::WriteToGroup, "pool", group),
        (Operation::WriteToGroup, "", group),
        (
            Operation::WriteToGroup,
            "Group crew of eu-west-1_x does not exist.",
            group,
        ),
        (
            Operation::WriteToGroup,
            "User pool eu-west-1_x does not exist.",
            pool,
        ),
        (Operation::Write, "Group not found.", pool),
    ] {
        let failure = Failure::answered(operation, 400, "ResourceNotFoundException", message);
        let advice = failure.tell_pool_from_group("eu-west-1_x").advice;
        assert_eq!(advice, Advice::Stop(stop), "{message}");
    }
}

/// Returns the error of a sign-up at an unreachable endpoint.
async fn sign_up_at(url: &str) -> SdkError<SignUpError, HttpResponse> {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_cognitoidentityprovider::Client::from_conf(config);
    let sign_up = client.sign_up().client_id("c").username("u").password("p");
    sign_up.send().await.unwrap_err()
}

#[tokio::test]
async fn distinguishes_failed_name_lookup_from_refused_connection() {
    // A label of 64 characters is invalid, so resolvers do not query the network.
    let unknown = sign_up_at(&format!("http://{}.invalid", "x".repeat(64))).await;
    assert!(lookup_failed(&unknown), "{unknown:?}");
    let failure = Failure::of(Operation::SignUp, &unknown);
    assert_eq!(failure.code, super::CONNECT_FAILED, "{failure}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = sign_up_at(&format!("http://{address}")).await;
    assert!(!lookup_failed(&refused), "{refused:?}");
}
