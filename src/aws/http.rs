//! The HTTP client below the SDK's.

use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder as HttpClientBuilder, Connector};
use aws_types::sdk_config::SharedHttpClient;

use super::addressed::addressed;

/// Connecting takes at most this long; then nothing was sent.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that was idle for so long is not used again: the service may just be closing it, and a sign-up lost on it
/// has to be looked up.
const IDLE_CONNECTION: Duration = Duration::from_secs(15);

/// A client for requests to this machine, which no proxy is asked for, or to others. Its errors name the address.
#[must_use]
pub fn http_client(loopback: bool) -> SharedHttpClient {
    let client = HttpClientBuilder::new()
        .pool_idle_timeout(IDLE_CONNECTION)
        .build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder()
                .proxy_config(if loopback {
                    ProxyConfig::disabled()
                } else {
                    ProxyConfig::from_env()
                })
                .pool_idle_timeout(IDLE_CONNECTION)
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
            if let Some(settings) = settings {
                connector.set_connector_settings(Some(settings.clone()));
            }
            if let Some(components) = components {
                connector.set_sleep_impl(components.sleep_impl());
            }
            connector.build()
        });
    addressed(client)
}
