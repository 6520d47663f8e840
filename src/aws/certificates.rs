//! The trusted CA certificates: those of a configured bundle, or the system's.
//!
//! As in the AWS CLI, `AWS_CA_BUNDLE` takes precedence over `ca_bundle` in the profile, and either
//! one replaces all other certificates. Otherwise, `SSL_CERT_FILE` and `SSL_CERT_DIR` apply, and
//! then the system's store.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use aws_runtime::env_config::section::EnvConfigSections;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::{CertificateError, RootCertStore};

use super::chain;
use super::endpoint::Endpoint;
use crate::hints::Hint;

const BUNDLE_VARIABLE: &str = "AWS_CA_BUNDLE";

const BUNDLE_KEY: &str = "ca_bundle";

/// The variables that replace the system's certificates.
const SYSTEM_VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The maximum size of a bundle. A system's complete bundle has a quarter of a megabyte.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// There are no usable CA certificates, so nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum NoCertificates {
    /// The configured bundle is unusable.
    #[error("{setting}: {message}")]
    Bundle {
        /// The setting and its value.
        setting: String,
        message: String,
    },
    /// `SSL_CERT_FILE` or `SSL_CERT_DIR` contains no usable certificate.
    #[error("{variables}: no CA certificate found ({message}), so AWS cannot be authenticated")]
    Environment { variables: String, message: String },
    #[error("this system has no CA certificates ({0}), so AWS cannot be authenticated")]
    System(String),
}

impl Hint for NoCertificates {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Bundle { .. } => {
                "use a PEM file with the trusted CA certificates, or remove the setting to trust \
                 the system's"
                    .to_owned()
            }
            Self::Environment { .. } => {
                "correct the path, or unset the variable to use the system's certificates"
                    .to_owned()
            }
            Self::System(..) => {
                "install them (Debian and Ubuntu: `apt install ca-certificates`), or set \
                 AWS_CA_BUNDLE to a PEM file with them"
                    .to_owned()
            }
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
    /// Loads the bundle configured in the environment or the profile, if any.
    ///
    /// # Errors
    /// Fails if the bundle cannot be read or has no usable certificate.
    pub(super) fn configured(profiles: Option<&EnvConfigSections>) -> Result<Self, NoCertificates> {
        let variable = std::env::var_os(BUNDLE_VARIABLE).filter(|value| !value.is_empty());
        let (setting, path) = match variable {
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
        load_bundle(Path::new(&path))
            .map(Self::Bundle)
            .map_err(|message| NoCertificates::Bundle { setting, message })
    }

    /// Returns the TLS settings of the HTTP client.
    pub(super) fn tls_context(&self) -> TlsContext {
        match self {
            Self::System => TlsContext::default(),
            Self::Bundle(context) => context.clone(),
        }
    }
}

/// Returns TLS settings for requests without TLS, which need no certificates.
pub(super) fn without_certificates() -> TlsContext {
    TlsContext::builder()
        .with_trust_store(TrustStore::empty())
        .build()
        .unwrap_or_default()
}

/// Loads the certificates of this file.
fn load_bundle(path: &Path) -> Result<TlsContext, String> {
    let unreadable = |cause: io::Error| format!("cannot be read: {cause}");
    let file = File::open(path).map_err(unreadable)?;
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > MAX_BYTES {
        return Err("is larger than 16 MiB".to_owned());
    }
    let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|cause| {
            // The error's own text is a list of bytes.
            if let pem::Error::MissingSectionEnd { end_marker } = cause {
                let section = String::from_utf8_lossy(&end_marker);
                return format!("is not valid PEM: no end of `{}`", section.trim());
            }
            format!("is not valid PEM: {cause}")
        })?;
    let count = certificates.len();
    // The SDK's client panics on certificates that it cannot use. Large bundles contain some
    // obsolete ones, so these are skipped.
    let usable = certificates
        .into_iter()
        .filter(is_usable)
        .fold(String::new(), |pem, certificate| {
            pem + &to_pem(&certificate)
        });
    match (count, usable.is_empty()) {
        (0, _) => Err("contains no PEM certificate".to_owned()),
        (_, true) => Err("contains no usable CA certificate".to_owned()),
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
/// Fails if no certificate can be loaded.
pub fn need_certificates(endpoint: Option<&Endpoint>, trust: &Trust) -> Result<(), NoCertificates> {
    match trust {
        Trust::Bundle(_) => return Ok(()),
        Trust::System if endpoint.is_some_and(Endpoint::is_plain) => return Ok(()),
        Trust::System => {}
    }
    let loaded = rustls_native_certs::load_native_certs();
    if loaded.certs.iter().any(is_usable) {
        return Ok(());
    }
    let message = match (loaded.errors.first(), loaded.certs.len()) {
        (Some(error), _) => error.to_string(),
        (None, 0) => "none was found".to_owned(),
        (None, _) => "none of those found is usable".to_owned(),
    };
    let assignment = |name: &&str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
        Some(format!("{name}={}", value.display()))
    };
    let variables: Vec<String> = SYSTEM_VARIABLES.iter().filter_map(assignment).collect();
    Err(if variables.is_empty() {
        NoCertificates::System(message)
    } else {
        let variables = variables.join(", ");
        NoCertificates::Environment { variables, message }
    })
}

/// Returns whether a server's certificate was rejected, so that nothing was sent.
#[must_use]
pub fn refuses_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(|cause| certificate_error(cause).is_some())
}

/// Returns a hint if a server's certificate was rejected.
pub(super) fn hint(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    let rejection = chain(error).find_map(certificate_error)?;
    // A bad signature is typical of a CA that was renewed under the same name with a new key.
    if matches!(
        rejection,
        CertificateError::UnknownIssuer | CertificateError::BadSignature
    ) {
        Some(
            "no trusted CA signed the server's certificate: if a proxy inspects TLS, set \
             AWS_CA_BUNDLE, or ca_bundle in the profile, to its CA certificate",
        )
    } else if matches!(
        rejection,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    ) {
        Some("check this machine's clock")
    } else {
        None
    }
}

/// Returns the certificate error, if the cause is one. I/O errors do not return the error they wrap
/// from `source()`, and may be nested.
fn certificate_error<'a>(
    cause: &'a (dyn std::error::Error + 'static),
) -> Option<&'a CertificateError> {
    if let Some(rustls::Error::InvalidCertificate(error)) = cause.downcast_ref() {
        return Some(error);
    }
    let wrapped = cause.downcast_ref::<io::Error>()?.get_ref()?;
    certificate_error(wrapped)
}
