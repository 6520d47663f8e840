//! What every client of AWS here is made of: where requests may go, who signs them, and the HTTP client below them.
//!
//! Owns what is the same for each service, and so is decided once: plain http only to this machine, no proxy on the way to
//! it, a named profile before the environment. Knows no service: [`crate::pool`] and [`crate::source`] make the clients.

mod addressed;
mod bounded;
mod certificates;
mod context;
pub mod endpoint;
mod frugal;
mod http;

use aws_credential_types::provider::error::CredentialsError;

use addressed::AtAddress;

pub use bounded::Answers;
pub use certificates::{NoCertificates, Trust, need_certificates, refuses_certificate};
pub use context::{AwsContext, NoCredentials};
pub use frugal::frugal;
pub use http::{CONNECT_TIMEOUT, http_client};

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
    let mut text = parts.join(": ").trim_end_matches('.').to_owned();
    if let Some(hint) = certificates::hint(error) {
        text = format!("{text} ({hint})");
    }
    text
}
