//! Trusted CA certificates: those of a configured bundle, or the system's.
//!
//! The order is the AWS CLI's: `AWS_CA_BUNDLE`, then `ca_bundle` in the profile. Either one
//! replaces all other certificates. Without them, `SSL_CERT_FILE` and `SSL_CERT_DIR` count, and
//! then the system's store.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use aws_runtime::env_config::section::EnvConfigSections;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, RootCertStore};

use super::chain;
use super::endpoint::Endpoint;
use crate::hints::Hint;

const BUNDLE_VARIABLE: &str = "AWS_CA_BUNDLE";

const BUNDLE_KEY: &str = "ca_bundle";

/// The variables that replace the system's certificates.
const SYSTEM_VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The maximum size of a bundle. A whole system's has a quarter of a megabyte.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// No CA certificates can be used, so nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum NoCertificates {
    /// The configured bundle cannot be used.
    #[error("{named}: {why}")]
    Bundle {
        /// The setting and its value.
        named: String,
        why: String,
    },
    /// The environment names the system's certificates, and none can be used.
    #[error("{named}: there is no CA certificate ({why}), so AWS cannot be told from an impostor")]
    WhereNamed { named: String, why: String },
    #[error("this system has no CA certificates ({0}), so AWS cannot be told from an impostor")]
    InTheSystem(String),
}

impl Hint for NoCertificates {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Bundle { .. } => "name a PEM file with the CA certificates to trust, or remove the setting to trust the system's".to_owned(),
            Self::WhereNamed { .. } => "correct the path, or unset the variable if the system has certificates of its own".to_owned(),
            Self::InTheSystem(..) => "install them (Debian and Ubuntu: `apt install ca-certificates`), or name a PEM file with them in AWS_CA_BUNDLE".to_owned(),
        })
    }
}

/// The trusted CAs.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// The system's, which `SSL_CERT_FILE` and `SSL_CERT_DIR` can replace.
    #[default]
    System,
    /// Those of a bundle, and no others.
    Bundle(TlsContext),
}

impl Trust {
    /// From the environment and the profile.
    ///
    /// # Errors
    /// The bundle cannot be read or has no usable certificate.
    pub(super) fn configured(profiles: Option<&EnvConfigSections>) -> Result<Self, NoCertificates> {
        let variable = std::env::var_os(BUNDLE_VARIABLE).filter(|value| !value.is_empty());
        let (named, path) = match variable {
            Some(path) => (format!("{BUNDLE_VARIABLE}={}", path.display()), path),
            None => {
                let profile = profiles.filter(|profiles| profiles.get(BUNDLE_KEY).is_some());
                let Some((profiles, path)) =
                    profile.and_then(|profiles| Some((profiles, profiles.get(BUNDLE_KEY)?)))
                else {
                    return Ok(Self::System);
                };
                if path.is_empty() {
                    return Ok(Self::System);
                }
                let profile = profiles.selected_profile();
                (
                    format!("{BUNDLE_KEY}={path} (profile {profile})"),
                    path.into(),
                )
            }
        };
        bundle(Path::new(&path))
            .map(Self::Bundle)
            .map_err(|why| NoCertificates::Bundle { named, why })
    }

    /// The TLS settings of the HTTP client.
    pub(super) fn tls_context(&self) -> TlsContext {
        match self {
            Self::System => TlsContext::default(),
            Self::Bundle(context) => context.clone(),
        }
    }
}

/// Trusts the certificates of this file only.
fn bundle(path: &Path) -> Result<TlsContext, String> {
    let unreadable = |cause: io::Error| format!("cannot be read: {cause}");
    let file = File::open(path).map_err(unreadable)?;
    let mut text = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > MOST_BYTES {
        return Err("is larger than 16 MiB".to_owned());
    }
    let found: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|cause| format!("is not valid PEM: {cause}"))?;
    let all = found.len();
    // The SDK's client panics on a certificate that it cannot use. Large bundles have obsolete
    // ones, so they are skipped.
    let usable = found
        .into_iter()
        .filter(is_usable)
        .fold(String::new(), |pem, certificate| {
            pem + &to_pem(&certificate)
        });
    match (all, usable.is_empty()) {
        (0, _) => Err("has no certificate in PEM form".to_owned()),
        (_, true) => Err("has no certificate that can be used as a CA".to_owned()),
        (_, false) => TlsContext::builder()
            .with_trust_store(TrustStore::empty().with_pem_certificate(usable))
            .build()
            .map_err(|cause| cause.to_string()),
    }
}

fn is_usable(certificate: &CertificateDer<'_>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

fn to_pem(certificate: &CertificateDer<'_>) -> String {
    let body = STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

/// Checks that there is at least one certificate if requests to this endpoint need it.
///
/// # Errors
/// There is none.
pub fn need_certificates(endpoint: Option<&Endpoint>, trust: &Trust) -> Result<(), NoCertificates> {
    match trust {
        Trust::Bundle(_) => return Ok(()),
        Trust::System if endpoint.is_some_and(Endpoint::is_plain) => return Ok(()),
        Trust::System => {}
    }
    let found = rustls_native_certs::load_native_certs();
    if found.certs.iter().any(is_usable) {
        return Ok(());
    }
    let why = match (found.errors.first(), found.certs.len()) {
        (Some(error), _) => error.to_string(),
        (None, 0) => "none was found".to_owned(),
        (None, _) => "none of those found is valid".to_owned(),
    };
    let set = |name: &&str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", value.display()))
    };
    let named: Vec<String> = SYSTEM_VARIABLES.iter().filter_map(set).collect();
    Err(if named.is_empty() {
        NoCertificates::InTheSystem(why)
    } else {
        let named = named.join(", ");
        NoCertificates::WhereNamed { named, why }
    })
}

/// Whether a server's certificate was refused, so that nothing was sent.
#[must_use]
pub fn refuses_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(|cause| refused(cause).is_some())
}

/// What to do if a server's certificate was refused.
pub(super) fn hint(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    let refused = chain(error).find_map(refused)?;
    // A CA that was renewed under its old name has a new key.
    if matches!(
        refused,
        CertificateError::UnknownIssuer | CertificateError::BadSignature
    ) {
        Some(
            "no trusted CA signed the server's certificate: if a proxy inspects TLS, name its CA certificate in AWS_CA_BUNDLE or in ca_bundle of \
             the profile",
        )
    } else if matches!(
        refused,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    ) {
        Some("is this machine's clock right?")
    } else {
        None
    }
}

/// Why a server's certificate was refused. I/O errors hide what they wrap from `source()`, and may
/// be nested.
fn refused<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a CertificateError> {
    if let Some(rustls::Error::InvalidCertificate(refused)) = cause.downcast_ref() {
        return Some(refused);
    }
    let wrapped = cause.downcast_ref::<io::Error>()?.get_ref()?;
    refused(wrapped)
}
