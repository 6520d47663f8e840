//! Tests of the pool with the real SDK client over real sockets.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use aws_sdk_cognitoidentityprovider::operation::sign_up::SignUpOutput;
use aws_sdk_cognitoidentityprovider::types::AttributeType;

use super::*;

mod administration;
mod after_sign_up;
mod faults;
mod group_members;
mod listing;
mod quotas;
mod sign_up;
mod triggers;
mod wire;

const PASSWORD: &str = "Sup3r-Secret";

/// A running pool, a client, and the client's runtime.
struct TestPool {
    server: RehearsalPool,
    client: Client,
    runtime: tokio::runtime::Runtime,
    settings: PoolSettings,
}

/// Settings without latency and with practically unlimited quotas.
fn quick() -> PoolSettings {
    let unlimited = QuotaSetting::per_second(100_000.0);
    PoolSettings {
        latency: SimulatedLatency {
            base_ms: 0,
            jitter_ms: 0,
        },
        quotas: Quotas {
            user_creation: unlimited,
            user_read: unlimited,
            user_update: unlimited,
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

impl TestPool {
    fn with(settings: PoolSettings) -> TestPool {
        let server =
            RehearsalPool::start("127.0.0.1:0".parse().unwrap(), settings.clone()).unwrap();
        let config = aws_sdk_cognitoidentityprovider::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(server.endpoint_url())
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
        TestPool {
            server,
            client: Client::from_conf(config),
            runtime,
            settings,
        }
    }

    /// Signs up with a valid password and an email address. The error is its code or the kind of
    /// failure.
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
        let response = self
            .runtime
            .block_on(request.send())
            .map_err(|error| failure(&error))?;
        Ok(response.user_status().unwrap().as_str().to_owned())
    }

    /// Changes the user, or lists all users. Returns `success`, an error code or the kind of
    /// failure.
    fn call(&self, operation: &str, name: &str) -> String {
        let (client, id) = (&self.client, &self.settings.pool_id);
        let run = &self.runtime;
        let result = match operation {
            "confirm" => {
                let request = client.admin_confirm_sign_up().user_pool_id(id);
                outcome(run.block_on(request.username(name).send()))
            }
            "update" => {
                let request = client.admin_update_user_attributes().user_pool_id(id);
                let request = request
                    .username(name)
                    .user_attributes(attribute("name", "J"));
                outcome(run.block_on(request.send()))
            }
            "join" => {
                let request = client.admin_add_user_to_group().user_pool_id(id);
                let request = request.username(name).group_name("staff");
                outcome(run.block_on(request.send()))
            }
            "disable" => {
                let request = client.admin_disable_user().user_pool_id(id);
                outcome(run.block_on(request.username(name).send()))
            }
            "enable" => {
                let request = client.admin_enable_user().user_pool_id(id);
                outcome(run.block_on(request.username(name).send()))
            }
            "delete" => {
                let request = client.admin_delete_user().user_pool_id(id);
                outcome(run.block_on(request.username(name).send()))
            }
            "list" => outcome(run.block_on(client.list_users().user_pool_id(id).send())),
            other => panic!("unknown call {other}"),
        };
        result.err().unwrap_or_else(|| "success".to_owned())
    }

    fn audited(&self, name: &str) -> AuditedUser {
        self.server
            .stats_users()
            .into_iter()
            .find(|user| user.username == name)
            .unwrap()
    }
}

fn outcome<T, E, R>(
    response: Result<T, aws_sdk_cognitoidentityprovider::error::SdkError<E, R>>,
) -> Result<(), String>
where
    E: ProvideErrorMetadata,
{
    response.map(drop).map_err(|error| failure(&error))
}

fn failure<E, R>(error: &aws_sdk_cognitoidentityprovider::error::SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata,
{
    use aws_sdk_cognitoidentityprovider::error::SdkError;
    if let SdkError::ServiceError(service) = error {
        return service.err().code().unwrap_or("no code").to_owned();
    }
    let is_unreadable = matches!(error, SdkError::ResponseError(_));
    if is_unreadable {
        "unreadable"
    } else {
        "connection lost"
    }
    .to_owned()
}
