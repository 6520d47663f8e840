//! Shared by all AWS clients: endpoints, credentials, certificates and the HTTP client.
//!
//! The common policy is: plain http only to this machine and without a proxy, and a given profile
//! takes precedence over the environment. [`crate::pool`] and [`crate::s3`] create the clients.

mod addressed;
mod bounded;
mod certificates;
mod context;
pub mod endpoint;
mod http;
mod lean_client;
mod localhost;

use aws_credential_types::provider::error::CredentialsError;

use addressed::AtAddress;

pub use bounded::ResponseLimit;
pub use certificates::{NoCertificates, Trust, need_certificates, refuses_certificate};
pub use context::{AwsContext, NoCredentials};
pub use http::{CONNECT_TIMEOUT, http_client, http_connector};
pub use lean_client::lean_client;

/// Returns an error and its causes, outermost first.
pub fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |cause| cause.source())
}

/// Returns whether the SDK had no credentials for a request, so that nothing was sent.
#[must_use]
pub fn lacks_credentials(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(<dyn std::error::Error>::is::<CredentialsError>)
}

/// Joins the messages of an error and its causes, outermost first, without repetitions. For a
/// connector error, starts at the address, because the SDK's outer messages add nothing.
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
    let mut text = parts.join(": ").trim_end_matches('.').to_owned();
    if let Some(hint) = certificates::hint(error) {
        text = format!("{text} ({hint})");
    }
    text
}
