//! The user pool: sign up, look up, list, follow up, describe.
//!
//! The only folder that uses types of the Cognito SDK. It takes no permits (see `pace`) and does
//! not retry (see `import`). [`failure`] classifies Cognito's errors.

mod administer;
mod bounds;
mod connect;
mod date_probe;
mod describe;
mod echo;
pub mod failure;
mod found;
pub mod groups;
pub mod list;
pub mod pages;
mod region;
pub mod service_clock;
mod trigger_data;
mod undo;

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::operation::admin_get_user::AdminGetUserError;
use aws_sdk_cognitoidentityprovider::operation::sign_up::SignUpInput;
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::user::{NewUser, Password};
pub use administer::{action_of, category_of, operation_of};
pub use connect::{ConnectError, ConnectSettings, EndpointChoice, Signing, connect};
pub use date_probe::{monotonic_ms, now_ms};
pub use failure::{Advice, Failure, IfAbsent, Sent, Stop};
use failure::{NOT_SIGNED, Operation};
pub use found::FoundUser;
pub use list::{ListedUser, NamedBy, UserPage};
pub use region::{partition_of, region_of};
use service_clock::ServiceClock;
pub use trigger_data::TriggerData;
pub use undo::{Deletion, UserEvents};

/// The maximum skew of a working clock: AWS rejects signed requests whose time is off by more than
/// five minutes.
pub const MAX_SKEW_MS: i64 = 5 * 60 * 1_000;

/// How existing users are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LookupMode {
    /// AdminGetUser: always up to date, but the user counts as monthly active
    #[default]
    Get,
    /// ListUsers: eventually consistent, does not count users as active; unclear results still need
    /// AdminGetUser
    List,
    /// No lookup
    None,
}

impl LookupMode {
    #[must_use]
    pub fn any(self) -> bool {
        match self {
            Self::Get | Self::List => true,
            Self::None => false,
        }
    }
}

/// A client for one user pool and app client.
#[derive(Debug)]
pub struct Cognito {
    unsigned: Client,
    signed: Option<Client>,
    user_pool_id: String,
    client_id: String,
    client_secret: Option<SecretString>,
    trigger_data: TriggerData,
    clock: Arc<Mutex<ServiceClock>>,
    /// Empty for AWS's own endpoint.
    endpoint: String,
}

/// The response to `SignUp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUp {
    /// `UserSub`.
    pub sub: String,
    /// `UserConfirmed`.
    pub confirmed: bool,
    /// `CodeDeliveryDetails` if a message was sent: its medium and masked destination.
    pub message: Option<(String, String)>,
}

impl Cognito {
    /// Returns the endpoint from a flag, the environment or a profile; empty for AWS's own.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Sends `SignUp` once, unsigned.
    ///
    /// # Errors
    /// See [`failure`].
    pub async fn sign_up(&self, user: &NewUser) -> Result<SignedUp, Failure> {
        let attributes = user.attributes.iter().map(|attribute| {
            AttributeType::builder()
                .name(&*attribute.name)
                .value(&attribute.value)
                .build()
        });
        let attributes: Vec<AttributeType> = attributes
            .collect::<Result<_, _>>()
            .map_err(Failure::not_built)?;
        let secret_hash = self
            .client_secret
            .as_ref()
            .and_then(|secret| secret_hash(secret, &user.username, &self.client_id));
        let request = SignUpInput::builder()
            .client_id(&self.client_id)
            .username(&user.username)
            .set_password(
                user.password
                    .as_ref()
                    .map(|password| password.expose().to_owned()),
            )
            .set_secret_hash(secret_hash)
            .set_user_attributes(Some(attributes).filter(|all| !all.is_empty()));
        let answer = self
            .trigger_data
            .add_to(request)
            .map_err(Failure::not_built)?
            .send_with(&self.unsigned)
            .await
            .map_err(|error| {
                let password = user.password.as_ref();
                let failure = Failure::for_row(Operation::SignUp, &error, password);
                self.correct_missing_secret(failure)
            })?;
        found::signed_up(&answer, user.password.as_ref())
            .map_err(|message| Failure::unclear(Operation::SignUp, message))
    }

    /// Corrects the reason if no secret was given: Cognito also returns "Unable to verify secret
    /// hash" if the hash is missing (AWS knowledge center, "Unable to verify secret hash for
    /// client").
    fn correct_missing_secret(&self, mut failure: Failure) -> Failure {
        if self.client_secret.is_none() && failure.advice == Advice::Stop(Stop::SecretRejected) {
            failure.advice = Advice::Stop(Stop::SecretMissing);
        }
        failure
    }

    /// Sends `AdminGetUser` once, signed. `None` if the user does not exist. Cognito counts a user
    /// that it finds as active this month.
    ///
    /// # Errors
    /// See [`failure`]. The advice is `GiveUp` if this run signs no requests.
    pub async fn look_up(&self, username: &str) -> Result<Option<FoundUser>, Failure> {
        self.look_up_for_row(username, None).await
    }

    /// Like [`Self::look_up`], but removes the row's password from the response.
    ///
    /// # Errors
    /// See [`Self::look_up`].
    pub async fn look_up_for_row(
        &self,
        username: &str,
        password: Option<&Password>,
    ) -> Result<Option<FoundUser>, Failure> {
        let found = self.get_user(username, password).await?;
        // AdminGetUser also accepts aliases. A user found by an alias is a different user: no user
        // has this username.
        Ok(found.filter(|found| found.is_named(username)))
    }

    /// Sends `AdminGetUser` once, signed.
    async fn get_user(
        &self,
        name: &str,
        password: Option<&Password>,
    ) -> Result<Option<FoundUser>, Failure> {
        let answer = self
            .signing()?
            .admin_get_user()
            .user_pool_id(&self.user_pool_id)
            .username(name)
            .send()
            .await;
        let found = match answer {
            Ok(found) => found,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(AdminGetUserError::is_user_not_found_exception) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(Failure::for_row(Operation::Read, &error, password)),
        };
        let answer = found::UserDescription {
            username: found.username(),
            status: found.user_status(),
            enabled: found.enabled(),
            created: found.user_create_date(),
            modified: found.user_last_modified_date(),
            attributes: found.user_attributes(),
        };
        answer.user(password).map(Some).map_err(Failure::unreadable)
    }

    /// Returns the client whose requests are signed.
    fn signing(&self) -> Result<&Client, Failure> {
        self.signed.as_ref().ok_or_else(|| {
            Failure::new(
                Sent::No,
                Advice::GiveUp,
                NOT_SIGNED,
                "requests are not signed in this run",
            )
        })
    }

    /// Returns the earliest possible time on the service's clock, in milliseconds since the Unix
    /// epoch. Before the first response, this is the local clock minus the allowed skew of signed
    /// requests.
    #[must_use]
    pub fn earliest_time(&self) -> i64 {
        self.clock()
            .service_time(monotonic_ms())
            .map_or_else(|| now_ms() - MAX_SKEW_MS, |(earliest, _)| earliest)
    }

    /// Returns the estimate of the service's clock from the responses so far.
    #[must_use]
    pub fn clock(&self) -> ServiceClock {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the text without the password, in whatever form it contains it.
#[must_use]
pub fn without_password(text: &str, password: &Password) -> String {
    echo::without(text, password.expose())
}

/// Computes the `SecretHash` that an app client with a secret requires:
/// base64(HMAC-SHA256(key: client secret, message: username as sent + client ID)), according to
/// Cognito's developer guide ("Computing secret hash values"). Never `None`, because HMAC accepts
/// keys of any length.
fn secret_hash(secret: &SecretString, username: &str, client_id: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(username.as_bytes());
    mac.update(client_id.as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::secret_hash;
    use secrecy::SecretString;

    /// Computed with `printf '%s' annclient | openssl dgst -sha256 -hmac secret -binary | base64`.
    #[test]
    fn secret_hash_is_the_hmac_of_username_and_client_id() {
        let hash = secret_hash(&SecretString::from("secret"), "ann", "client");
        assert_eq!(
            hash.as_deref(),
            Some("1KBhTmaloN8gn8mYFOpcHRnT/Jn7qaddEv2E6vNUy30=")
        );
    }
}
