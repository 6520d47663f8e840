//! A plain AWS SDK client: creates pools and users, and signs in as an imported user.

use std::collections::HashMap;
use std::future::Future;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::AuthFlowType;

pub(crate) struct Sdk {
    runtime: tokio::runtime::Runtime,
    pub(crate) client: Client,
}

impl Sdk {
    pub(crate) fn new(url: &str, region: &str, key: &str, secret: &str) -> Self {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(url)
            .credentials_provider(Credentials::new(key, secret, None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            client: Client::from_conf(config),
        }
    }

    /// Blocks on a future.
    pub(crate) fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// Signs in with a password. Returns the error code on failure.
    pub(crate) fn sign_in(
        &self,
        client_id: &str,
        username: &str,
        password: &str,
    ) -> Result<(), String> {
        let answer = self.wait(
            self.client
                .initiate_auth()
                .auth_flow(AuthFlowType::UserPasswordAuth)
                .client_id(client_id)
                .set_auth_parameters(auth_parameters(username, password))
                .send(),
        );
        signed_in(answer.map(|answer| answer.authentication_result().is_some()))
    }

    /// Signs in as an administrator. Returns the error code on failure.
    pub(crate) fn admin_sign_in(
        &self,
        user_pool_id: &str,
        client_id: &str,
        username: &str,
        password: &str,
    ) -> Result<(), String> {
        let answer = self.wait(
            self.client
                .admin_initiate_auth()
                .auth_flow(AuthFlowType::AdminUserPasswordAuth)
                .user_pool_id(user_pool_id)
                .client_id(client_id)
                .set_auth_parameters(auth_parameters(username, password))
                .send(),
        );
        signed_in(answer.map(|answer| answer.authentication_result().is_some()))
    }
}

fn auth_parameters(username: &str, password: &str) -> Option<HashMap<String, String>> {
    let parameters = [("USERNAME", username), ("PASSWORD", password)];
    Some(HashMap::from(
        parameters.map(|(name, value)| (name.to_owned(), value.to_owned())),
    ))
}

/// `Ok` if the sign-in is complete. Otherwise the error code, or "a challenge".
fn signed_in<E: ProvideErrorMetadata, R>(
    is_in: Result<bool, SdkError<E, R>>,
) -> Result<(), String> {
    match is_in {
        Ok(true) => Ok(()),
        Ok(false) => Err("a challenge".to_owned()),
        Err(error) => Err(error.code().unwrap_or("no code").to_owned()),
    }
}
