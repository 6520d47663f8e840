//! Whether there are certificates that a server can be checked by. Small containers often have none, and then the SDK says
//! of every request only that it could not connect.

use super::endpoint::Endpoint;

/// What names the certificates to trust. Where one of them is set, the system's are not looked for.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// No server can be trusted, so nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum NoCertificates {
    /// The environment says where they are, and they are not there.
    #[error(
        "{named}: there is no CA certificate ({why}), so AWS cannot be told from anybody else; correct the path, or unset the variable where the \
         system has certificates of its own"
    )]
    WhereNamed {
        /// Variables and their values.
        named: String,
        /// What was met there.
        why: String,
    },
    /// The system has none.
    #[error(
        "this system has no CA certificates ({0}), so AWS cannot be told from anybody else; install them (Debian and Ubuntu: `apt install \
         ca-certificates`), or name a PEM file of them in SSL_CERT_FILE"
    )]
    InTheSystem(String),
}

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
    let why = found
        .errors
        .first()
        .map_or_else(|| "none was found".to_owned(), ToString::to_string);
    let set = |name: &&str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", value.display()))
    };
    let named: Vec<String> = VARIABLES.iter().filter_map(set).collect();
    Err(if named.is_empty() {
        NoCertificates::InTheSystem(why)
    } else {
        let named = named.join(", ");
        NoCertificates::WhereNamed { named, why }
    })
}
