//! What every client of AWS here is made of: where requests may go, who signs them, and the HTTP client below them.
//!
//! Owns what is the same for each service, and so is decided once: plain http only to this machine, no proxy on the way to
//! it, a named profile before the environment. Knows no service: [`crate::pool`] and [`crate::source`] make the clients.

mod addressed;
mod bounded;
mod certificates;
pub mod endpoint;
mod frugal;
mod http;

use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_types::service_config::ServiceConfigKey;

use addressed::AtAddress;
use endpoint::{Endpoint, EndpointError};

pub use bounded::Answers;
pub use certificates::{NoCertificates, need_certificates};
pub use frugal::frugal;
pub use http::{CONNECT_TIMEOUT, http_client};

/// What the environment and the AWS configuration files say.
pub async fn shared_config(
    profile: Option<&str>,
    region: impl ProvideRegion + 'static,
) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .http_client(http::http_client_of_credentials());
    if let Some(profile) = profile {
        // A profile that is named goes before what the environment holds, as it does with AWS's own command line.
        let credentials = ProfileFileCredentialsProvider::builder()
            .profile_name(profile)
            .build();
        loader = loader
            .profile_name(profile)
            .credentials_provider(credentials);
    }
    loader.load().await
}

/// The endpoint that the environment or the profile names: one for this service before one for all services.
///
/// AWS documents the key of a service in a `[services]` section as its id in lower case with underscores
/// (`cognito_identity_provider`). The SDK looks for hyphens instead, so both spellings are tried. `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`
/// and `ignore_configured_endpoint_urls` turn all of it off.
///
/// # Errors
/// Requests may not go there.
pub fn configured_endpoint(
    shared: &SdkConfig,
    service_id: &str,
) -> Result<Option<Endpoint>, EndpointError> {
    let load = |service_id: &str| {
        let key = ServiceConfigKey::builder()
            .service_id(service_id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        shared.service_config()?.load_config(key.ok()?)
    };
    // The SDK falls back to the endpoint for all services. No service has this id, so this is that endpoint alone.
    let for_all = load("-");
    let underscored = load(&service_id.replace(' ', "_"));
    let hyphenated = load(service_id);
    underscored
        .filter(|url| Some(url) != for_all.as_ref())
        .or(hyphenated)
        .as_deref()
        .map(Endpoint::parse)
        .transpose()
}

/// The provider of credentials, which has given some.
///
/// # Errors
/// Why there are none, in words.
pub async fn resolved_credentials(shared: &SdkConfig) -> Result<SharedCredentialsProvider, String> {
    let provider = shared
        .credentials_provider()
        .ok_or_else(|| "none are configured".to_owned())?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(provider),
        Err(error) => Err(causes(&error)),
    }
}

/// An error and its causes, outermost first.
pub fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |cause| cause.source())
}

/// Whether the SDK had nothing to sign a request with: then no byte of it left.
#[must_use]
pub fn lacks_credentials(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(<dyn std::error::Error>::is::<CredentialsError>)
}

/// The causes of an error, outermost first, without repeating what a cause already says. Of what went wrong on the way to an address,
/// from the address on: what the SDK and its HTTP client put around it says no more.
#[must_use]
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let first = chain(error)
        .find(|cause| cause.is::<AtAddress>())
        .unwrap_or(error);
    let mut parts: Vec<String> = Vec::new();
    for cause in chain(first) {
        if cause.is::<hyper_util::client::legacy::Error>() && cause.source().is_some() {
            continue;
        }
        let text = cause.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ").trim_end_matches('.').to_owned()
}
