//! Whether this machine has certificates that a server can be checked by. Small containers often have none, and then the SDK says
//! of every request only that it could not connect.

use super::endpoint::Endpoint;

/// No server can be trusted, so nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error(
    "this machine has no CA certificates, so it cannot tell AWS from anybody else: {0}; install them (Debian and Ubuntu: `apt install \
     ca-certificates`), or name a PEM file of them in SSL_CERT_FILE"
)]
pub struct NoCertificates(String);

/// Sees that there is at least one, where requests to this endpoint (or to wherever the service is) need it. They are those that the
/// SDK's HTTP client takes: what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, or the system's.
///
/// # Errors
/// There is none.
pub fn need_certificates(endpoint: Option<&Endpoint>) -> Result<(), NoCertificates> {
    if endpoint.is_some_and(Endpoint::is_plain) {
        return Ok(());
    }
    let found = rustls_native_certs::load_native_certs();
    if !found.certs.is_empty() {
        return Ok(());
    }
    let why = found.errors.first().map(ToString::to_string);
    Err(NoCertificates(
        why.unwrap_or_else(|| "none were found".to_owned()),
    ))
}
