//! An HTTP client whose errors name the address.

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

use super::bounded::{Answers, bounded};
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
    /// The connector's own message only names the kind of error.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl AtAddress {
    /// Adds the address and keeps the kind, by which the SDK and we classify the error.
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

/// When the system's certificates are loaded. Without any, the SDK's client panics in a debug
/// build.
#[derive(Debug, Clone, Copy)]
pub(super) enum Certificates {
    /// When the client is made, before anything is sent.
    AtOnce,
    /// With the first request. Most clients for credentials are never used.
    WhenUsed,
}

/// Wraps a client: errors name the address, and answers are bounded.
pub(super) fn addressed(
    client: SharedHttpClient,
    certificates: Certificates,
    answers: Answers,
) -> SharedHttpClient {
    SharedHttpClient::new(AddressedClient {
        client,
        certificates,
        answers,
    })
}

#[derive(Debug)]
struct AddressedClient {
    client: SharedHttpClient,
    certificates: Certificates,
    answers: Answers,
}

impl HttpClient for AddressedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(AddressedConnector {
            connector: self.client.http_connector(settings, components),
            answers: self.answers,
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        match self.certificates {
            Certificates::AtOnce => {
                HttpClient::validate_base_client_config(&self.client, components, bag)
            }
            Certificates::WhenUsed => Ok(()),
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
    answers: Answers,
}

impl HttpConnector for AddressedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // Nearly all requests succeed, so the address is only formatted after an error.
        let url = request.uri().to_owned();
        let answer = self.connector.call(request);
        let answers = self.answers;
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(answer) => Ok(bounded(answer, answers)),
                Err(error) => Err(AtAddress::wrap(host_and_port(&url), error)),
            }
        })
    }
}
