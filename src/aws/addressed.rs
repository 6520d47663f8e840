//! An HTTP client whose errors contain the address.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;

use super::bounded::{ResponseLimit, bounded};
use super::endpoint::host_and_port;

/// A connector error with the address of the request, which may go through a proxy.
#[derive(Debug)]
pub(super) struct AtAddress {
    /// Host and port.
    address: String,
    error: ConnectorError,
}

impl fmt::Display for AtAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

impl Error for AtAddress {
    /// Skips the connector's own message, which only names the kind of error.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl AtAddress {
    /// Adds the address. Keeps the kind, by which the SDK and this program classify errors.
    fn wrap(address: String, error: ConnectorError) -> ConnectorError {
        let kind = error.as_other();
        let (timeout, user, io) = (error.is_timeout(), error.is_user(), error.is_io());
        let addressed = Box::new(Self { address, error });
        if timeout {
            ConnectorError::timeout(addressed)
        } else if user {
            ConnectorError::user(addressed)
        } else if io {
            ConnectorError::io(addressed)
        } else {
            ConnectorError::other(addressed, kind)
        }
    }
}

/// When the system's certificates are loaded. If there are none, the SDK's client panics in a debug
/// build.
#[derive(Debug, Clone, Copy)]
pub(super) enum Certificates {
    /// When the client is created, before anything is sent.
    Eager,
    /// With the first request, because most clients for credentials are never used.
    Lazy,
}

/// Wraps a client: adds the address to its errors and bounds its responses.
pub(super) fn addressed(
    client: SharedHttpClient,
    certificates: Certificates,
    limit: ResponseLimit,
) -> SharedHttpClient {
    SharedHttpClient::new(AddressedClient {
        client,
        certificates,
        limit,
    })
}

/// Wraps a connector in the same way, for clients that are not the SDK's.
pub(super) fn addressed_connector(
    connector: SharedHttpConnector,
    limit: ResponseLimit,
) -> SharedHttpConnector {
    SharedHttpConnector::new(AddressedConnector { connector, limit })
}

#[derive(Debug)]
struct AddressedClient {
    client: SharedHttpClient,
    certificates: Certificates,
    limit: ResponseLimit,
}

impl HttpClient for AddressedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        addressed_connector(connector, self.limit)
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        match self.certificates {
            Certificates::Eager => {
                HttpClient::validate_base_client_config(&self.client, components, bag)
            }
            Certificates::Lazy => Ok(()),
        }
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.client, components, bag)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

#[derive(Debug)]
struct AddressedConnector {
    connector: SharedHttpConnector,
    limit: ResponseLimit,
}

impl HttpConnector for AddressedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // Nearly all requests succeed, so the address is only formatted after an error.
        let url = request.uri().to_owned();
        let response = self.connector.call(request);
        let limit = self.limit;
        HttpConnectorFuture::new(async move {
            match response.await {
                Ok(response) => Ok(bounded(response, limit)),
                Err(error) => Err(AtAddress::wrap(host_and_port(&url), error)),
            }
        })
    }
}
