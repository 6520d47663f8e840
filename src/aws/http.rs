//! The HTTP client of the SDK and of other AWS clients.

use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder as HttpClientBuilder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::addressed::{Certificates, addressed, addressed_connector};
use super::bounded::ResponseLimit;
use super::certificates::{Trust, without_certificates};
use super::endpoint::Endpoint;
use super::localhost::Localhost;

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

/// Creates a connector for clients that are not the SDK's, with the same policy.
#[must_use]
pub fn http_connector(
    endpoint: Option<&Endpoint>,
    trust: &Trust,
    limit: ResponseLimit,
) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .build();
    let sleep = SharedAsyncSleep::new(TokioSleep::new());
    let connector = Policy::of(endpoint, trust).connector(Some(&settings), Some(sleep));
    addressed_connector(SharedHttpConnector::new(connector), limit)
}

fn client(endpoint: Option<&Endpoint>, trust: &Trust) -> SharedHttpClient {
    let policy = Policy::of(endpoint, trust);
    HttpClientBuilder::new()
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build_with_connector_fn(move |settings, components| {
            let sleep = components.and_then(RuntimeComponents::sleep_impl);
            policy.connector(settings, sleep)
        })
}

/// Connection policy derived from the endpoint and the trusted CAs.
struct Policy {
    is_loopback: bool,
    is_localhost: bool,
    is_plain: bool,
    trust: Trust,
}

impl Policy {
    fn of(endpoint: Option<&Endpoint>, trust: &Trust) -> Self {
        Self {
            is_loopback: endpoint.is_some_and(Endpoint::is_loopback),
            is_localhost: endpoint.is_some_and(Endpoint::is_localhost),
            is_plain: endpoint.is_some_and(Endpoint::is_plain),
            trust: trust.clone(),
        }
    }

    fn connector(
        &self,
        settings: Option<&HttpConnectorSettings>,
        sleep: Option<SharedAsyncSleep>,
    ) -> Connector {
        let mut connector = Connector::builder()
            .proxy_config(if self.is_loopback {
                ProxyConfig::disabled()
            } else {
                ProxyConfig::from_env()
            })
            .pool_idle_timeout(IDLE_TIMEOUT);
        if let Some(settings) = settings {
            connector.set_connector_settings(Some(settings.clone()));
        }
        connector.set_sleep_impl(sleep);
        if self.is_plain && !self.is_localhost {
            return connector.build_http();
        }
        let trust = if self.is_plain {
            without_certificates()
        } else {
            self.trust.tls_context()
        };
        let connector = connector
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(trust);
        if self.is_localhost {
            connector.build_with_resolver(Localhost)
        } else {
            connector.build()
        }
    }
}
