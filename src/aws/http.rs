//! The HTTP client of the SDK.

use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder as HttpClientBuilder, Connector};
use aws_types::sdk_config::SharedHttpClient;

use super::addressed::{Certificates, addressed};
use super::bounded::ResponseLimit;
use super::certificates::Trust;
use super::endpoint::Endpoint;

/// The timeout for connecting. Nothing was sent if it expires.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that were idle for longer are not reused: the service may be closing them, and a
/// sign-up lost that way must be looked up.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Creates a client for this endpoint, or for AWS. Requests to this machine bypass proxies, and
/// plain http does not load the system's certificates.
#[must_use]
pub fn http_client(
    endpoint: Option<&Endpoint>,
    trust: &Trust,
    limit: ResponseLimit,
) -> SharedHttpClient {
    addressed(client(endpoint, trust), Certificates::Eager, limit)
}

/// Creates a client for credential providers, which may have to call a service.
pub(super) fn credentials_http_client(trust: &Trust) -> SharedHttpClient {
    addressed(client(None, trust), Certificates::Lazy, ResponseLimit::All)
}

fn client(endpoint: Option<&Endpoint>, trust: &Trust) -> SharedHttpClient {
    let trust = trust.clone();
    let is_loopback = endpoint.is_some_and(Endpoint::is_loopback);
    let is_plain = endpoint.is_some_and(Endpoint::is_plain);
    HttpClientBuilder::new()
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder()
                .proxy_config(if is_loopback {
                    ProxyConfig::disabled()
                } else {
                    ProxyConfig::from_env()
                })
                .pool_idle_timeout(IDLE_TIMEOUT);
            if let Some(settings) = settings {
                connector.set_connector_settings(Some(settings.clone()));
            }
            if let Some(components) = components {
                connector.set_sleep_impl(components.sleep_impl());
            }
            if is_plain {
                connector.build_http()
            } else {
                connector
                    .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                    .tls_context(trust.tls_context())
                    .build()
            }
        })
}
