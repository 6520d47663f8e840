//! The pool through the real SDK client, over real sockets.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use aws_sdk_cognitoidentityprovider::operation::sign_up::SignUpOutput;
use aws_sdk_cognitoidentityprovider::types::AttributeType;

use super::*;

mod administration;
mod faults;
mod listing;
mod quotas;
mod sign_up;
mod wire;

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
