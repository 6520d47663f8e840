//! The HTTP client of the SDK.

use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder as HttpClientBuilder, Connector};
use aws_types::sdk_config::SharedHttpClient;

use super::addressed::{Certificates, addressed};
use super::bounded::Answers;
use super::certificates::Trust;
use super::endpoint::Endpoint;

/// The timeout of connecting, after which nothing was sent.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that were idle for longer are not reused: the service may be closing them, and a
/// sign-up lost that way has to be looked up.
const IDLE_CONNECTION: Duration = Duration::from_secs(15);

/// A client for this endpoint or the service's own. Requests to this machine bypass proxies, and
/// plain http does not load the system's certificates. Errors name the address.
#[must_use]
pub fn http_client(
    endpoint: Option<&Endpoint>,
    trust: &Trust,
    answers: Answers,
) -> SharedHttpClient {
    addressed(client(endpoint, trust), Certificates::AtOnce, answers)
}

/// A client for credential providers, which may have to call a service.
pub(super) fn http_client_of_credentials(trust: &Trust) -> SharedHttpClient {
    addressed(client(None, trust), Certificates::WhenUsed, Answers::Short)
}

fn client(endpoint: Option<&Endpoint>, trust: &Trust) -> SharedHttpClient {
    let trust = trust.clone();
    let loopback = endpoint.is_some_and(Endpoint::is_loopback);
    let plain = endpoint.is_some_and(Endpoint::is_plain);
    HttpClientBuilder::new()
        .pool_idle_timeout(IDLE_CONNECTION)
        .build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder()
                .proxy_config(if loopback {
                    ProxyConfig::disabled()
                } else {
                    ProxyConfig::from_env()
                })
                .pool_idle_timeout(IDLE_CONNECTION);
            if let Some(settings) = settings {
                connector.set_connector_settings(Some(settings.clone()));
            }
            if let Some(components) = components {
                connector.set_sleep_impl(components.sleep_impl());
            }
            if plain {
                connector.build_http()
            } else {
                connector
                    .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                    .tls_context(trust.tls_context())
                    .build()
            }
        })
}
