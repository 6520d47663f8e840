//! Shared by all AWS clients: endpoints, credentials, certificates and the HTTP client.
//!
//! Settles what is the same for each service: plain http only to this machine, no proxy for it, a
//! named profile before the environment. [`crate::pool`] and [`crate::source`] make the clients.

mod addressed;
mod bounded;
mod certificates;
mod context;
pub mod endpoint;
mod http;
mod lean_client;

use aws_credential_types::provider::error::CredentialsError;

use addressed::AtAddress;

pub use bounded::Answers;
pub use certificates::{NoCertificates, Trust, need_certificates, refuses_certificate};
pub use context::{AwsContext, NoCredentials};
pub use http::{CONNECT_TIMEOUT, http_client};
pub use lean_client::lean_client;

/// An error and its causes, outermost first.
pub fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |cause| cause.source())
}

/// Whether the SDK had no credentials for a request, so that nothing was sent.
#[must_use]
pub fn lacks_credentials(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(<dyn std::error::Error>::is::<CredentialsError>)
}

/// The messages of an error's causes, outermost first, without repetitions. For a connector error,
/// starts at the address: the outer messages of the SDK add nothing.
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
