//! The pool through the real SDK client, over real sockets.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use aws_sdk_cognitoidentityprovider::operation::sign_up::SignUpOutput;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, AuthFlowType};

use super::*;

const PASSWORD: &str = "Sup3r-Secret";

/// A pool, a client of it, and the runtime the client runs on.
struct Rehearsed {
    pool: RehearsalPool,
    client: Client,
    runtime: tokio::runtime::Runtime,
    settings: PoolSettings,
}

/// Settings that wait for nothing and refuse no rate.
fn quick() -> PoolSettings {
    let plenty = Quota::per_second(100_000.0);
    PoolSettings {
        latency: Latency {
            base_ms: 0,
            jitter_ms: 0,
        },
        quotas: Quotas {
            user_creation: plenty,
            user_read: plenty,
            ..Quotas::default()
        },
        ..PoolSettings::default()
    }
}

fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeType::builder()
        .name(name)
        .value(value)
        .build()
        .unwrap()
}

impl Rehearsed {
    fn with(settings: PoolSettings) -> Rehearsed {
        let pool = RehearsalPool::start("127.0.0.1:0".parse().unwrap(), settings.clone()).unwrap();
        let config = aws_sdk_cognitoidentityprovider::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(pool.endpoint_url())
            .credentials_provider(Credentials::new(
                "AKIDEXAMPLE",
                "secret",
                None,
                None,
                "test",
            ))
            .retry_config(RetryConfig::disabled())
            .build();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Rehearsed {
            pool,
            client: Client::from_conf(config),
            runtime,
            settings,
        }
    }

    /// Signs up with a good password and an e-mail address. The error is its code, or the kind of failure.
    fn sign_up(&self, name: &str) -> Result<SignUpOutput, String> {
        let request = self
            .client
            .sign_up()
            .client_id(&self.settings.client_id)
            .username(name)
            .password(PASSWORD)
            .user_attributes(attribute("email", "jane@example.com"));
        self.runtime
            .block_on(request.send())
            .map_err(|error| failure(&error))
    }

    fn status(&self, name: &str) -> Result<String, String> {
        let request = self
            .client
            .admin_get_user()
            .user_pool_id(&self.settings.pool_id)
            .username(name);
        let answer = self
            .runtime
            .block_on(request.send())
            .map_err(|error| failure(&error))?;
        Ok(answer.user_status().unwrap().as_str().to_owned())
    }

    fn truth(&self, name: &str) -> UserTruth {
        self.pool
            .stats_users()
            .into_iter()
            .find(|user| user.username == name)
            .unwrap()
    }
}

fn failure<E, R>(error: &aws_sdk_cognitoidentityprovider::error::SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata,
{
    use aws_sdk_cognitoidentityprovider::error::SdkError;
    if let SdkError::ServiceError(service) = error {
        return service.err().code().unwrap_or("no code").to_owned();
    }
    let unreadable = matches!(error, SdkError::ResponseError(_));
    if unreadable {
        "unreadable"
    } else {
        "connection lost"
    }
    .to_owned()
}

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
fn every_form_of_an_error_reaches_the_sdk() {
    for place in [ErrorPlace::Header, ErrorPlace::Type, ErrorPlace::Code] {
        for style in [
            ErrorNameStyle::Plain,
            ErrorNameStyle::Uri,
            ErrorNameStyle::Namespace,
        ] {
            let error_wire_form = ErrorWireForm { place, style };
            let rehearsed = Rehearsed::with(PoolSettings {
                error_wire_form,
                ..quick()
            });
            assert_eq!(
                rehearsed.status("joe").unwrap_err(),
                "UserNotFoundException",
                "{error_wire_form:?}"
            );
        }
    }
}

/// What the client sees of a fault, and whether the user is there afterwards.
fn struck_by(faults: Faults) -> (String, bool) {
    let rehearsed = Rehearsed::with(PoolSettings { faults, ..quick() });
    // Twice over the same client, so that a connection kept alive is met as well as a fresh one.
    rehearsed.status("nobody").unwrap_err();
    let seen = rehearsed
        .sign_up("jane")
        .map_or_else(|code| code, |_| "success".to_owned());
    assert_eq!(
        rehearsed.pool.stats().faults.values().sum::<u64>(),
        1,
        "the fault took effect"
    );
    (seen, rehearsed.status("jane").is_ok())
}

#[test]
fn faults_do_as_they_are_named() {
    const NEVER: LateFault = LateFault {
        probability: 1.0,
        delay_ms: 3_600_000,
    };
    const SOON: LateFault = LateFault {
        probability: 1.0,
        delay_ms: 1,
    };
    const BURST: BurstFault = BurstFault {
        probability: 1.0,
        requests: 3,
    };
    type Case = (fn(&mut Faults), &'static str, bool);
    let cases: [Case; 14] = [
        (|f| f.commit_then_drop = 1.0, "connection lost", true),
        (|f| f.drop_before = 1.0, "connection lost", false),
        (|f| f.commit_late = NEVER, "connection lost", false),
        (|f| f.answer_late = SOON, "success", true),
        (
            |f| f.error_500_before = 1.0,
            "InternalErrorException",
            false,
        ),
        (|f| f.error_500_after = 1.0, "InternalErrorException", true),
        (|f| f.truncated_body = 1.0, "unreadable", true),
        (|f| f.non_json_body = 1.0, "unreadable", true),
        (
            |f| f.limit_exceeded_after = 1.0,
            "LimitExceededException",
            true,
        ),
        (|f| f.throttle = 1.0, "TooManyRequestsException", false),
        (
            |f| f.throttle_burst = BURST,
            "TooManyRequestsException",
            false,
        ),
        (
            |f| f.unexpected_lambda_before = 1.0,
            "UnexpectedLambdaException",
            false,
        ),
        (
            |f| f.unexpected_lambda_after = 1.0,
            "UnexpectedLambdaException",
            true,
        ),
        (
            |f| f.lost_pool_after = Some(1),
            "ResourceNotFoundException",
            false,
        ),
    ];
    for (set, seen, made) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        assert_eq!(
            struck_by(faults.clone()),
            (seen.to_owned(), made),
            "{faults:?}"
        );
    }
}

#[test]
fn a_late_creation_comes_to_pass() {
    let commit_late = LateFault {
        probability: 1.0,
        delay_ms: 0,
    };
    let rehearsed = Rehearsed::with(PoolSettings {
        faults: Faults {
            commit_late,
            ..Faults::default()
        },
        ..quick()
    });
    assert_eq!(rehearsed.sign_up("jane").unwrap_err(), "connection lost");
    assert_eq!(rehearsed.status("jane").unwrap(), "UNCONFIRMED");
    assert_eq!(rehearsed.truth("jane").answers_delivered, 0);
}

#[test]
fn faults_do_not_depend_on_the_order_of_arrival() {
    let names: Vec<_> = (0..40).map(|n| format!("user-{n}")).collect();
    let outcomes = |order: &[String]| {
        let faults = Faults {
            error_500_before: 0.5,
            ..Faults::default()
        };
        let rehearsed = Rehearsed::with(PoolSettings {
            faults,
            seed: 7,
            ..quick()
        });
        let mut seen: Vec<_> = order
            .iter()
            .map(|name| (name.clone(), rehearsed.sign_up(name).is_ok()))
            .collect();
        seen.sort();
        seen
    };
    let forward = outcomes(&names);
    let backward: Vec<_> = names.iter().rev().cloned().collect();
    assert_eq!(forward, outcomes(&backward));
    let struck = forward.iter().filter(|(_, ok)| !ok).count();
    assert!((8..=32).contains(&struck), "{struck} of 40");
}

#[test]
fn over_the_quota_is_too_many() {
    let user_creation = Quota {
        rate: 0.001,
        burst: 2.0,
    };
    let settings = quick();
    let quotas = Quotas {
        user_creation,
        ..settings.quotas.clone()
    };
    let rehearsed = Rehearsed::with(PoolSettings { quotas, ..settings });
    let seen: Vec<_> = ["a", "b", "c"]
        .map(|name| rehearsed.sign_up(name).err())
        .into_iter()
        .collect();
    assert_eq!(
        seen,
        [None, None, Some("TooManyRequestsException".to_owned())]
    );
    let stats = rehearsed.pool.stats();
    assert_eq!(stats.operations["SignUp"].throttled, 1);
    assert_eq!(stats.categories["UserCreation"].over_quota, 1);
    assert_eq!((stats.users, stats.created_by_sign_up), (2, 2));
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

#[test]
fn only_this_host_may_reach_it() {
    let refused = RehearsalPool::start("0.0.0.0:0".parse().unwrap(), quick());
    assert!(matches!(refused, Err(RehearsalError::NotLoopback(_))));
}
