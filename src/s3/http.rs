//! Sends the requests of `object_store` through the HTTP client of all AWS clients.

use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest as SdkRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use futures_util::stream::unfold;
use http_body_util::{BodyExt as _, Collected, StreamBody};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use serde::Deserialize;

use super::error::is_temporary_status;

/// The timeout until a response starts, after the request's body.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// The timeout between two pieces of a response.
const STALL_TIMEOUT: Duration = Duration::from_secs(20);

/// The slowest upload that does not time out, in bytes per second.
const SLOWEST_UPLOAD: u64 = 32 * 1024;

/// The response header with the bucket's Region.
const BUCKET_REGION_HEADER: &str = "x-amz-bucket-region";

/// A response that is not a success.
#[derive(Debug, thiserror::Error)]
#[error("HTTP {status}")]
pub(super) struct ErrorResponse {
    pub(super) status: u16,
    /// The bucket's Region.
    pub(super) region: Option<String>,
    /// `None` in responses to HEAD requests, which have no body.
    pub(super) explanation: Option<ErrorBody>,
}

/// The document in an error response.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ErrorBody {
    pub(super) code: String,
    pub(super) message: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("no response within {} s", .0.as_secs())]
struct NoResponse(Duration);

#[derive(Debug, thiserror::Error)]
#[error("nothing was received for {:?}", .0)]
struct Stalled(Duration);

#[derive(Debug, Clone)]
pub(super) struct Connector {
    connector: SharedHttpConnector,
    stall_timeout: Duration,
}

impl Connector {
    pub(super) fn new(connector: SharedHttpConnector) -> Self {
        Self {
            connector,
            stall_timeout: STALL_TIMEOUT,
        }
    }

    #[cfg(test)]
    pub(super) fn set_stall_timeout(&mut self, timeout: Duration) {
        self.stall_timeout = timeout;
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let upload_seconds = request.body().content_length() as u64 / SLOWEST_UPLOAD;
        let timeout = RESPONSE_TIMEOUT + Duration::from_secs(upload_seconds);
        let request = SdkRequest::try_from(request.map(sdk_body))
            .map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let response = tokio::time::timeout(timeout, self.connector.call(request))
            .await
            .map_err(|_| HttpError::new(HttpErrorKind::Timeout, NoResponse(timeout)))?
            .map_err(|error| HttpError::new(kind_of(&error), error))?
            .try_into_http1x()
            .map_err(|error| HttpError::new(HttpErrorKind::Decode, error))?;
        if !response.status().is_success() {
            return Err(failure(response, self.stall_timeout).await);
        }
        Ok(response.map(|body| unless_stalled(body, self.stall_timeout)))
    }
}

/// A body that fails if nothing is received for this time.
fn unless_stalled(body: SdkBody, timeout: Duration) -> HttpResponseBody {
    let frames = unfold(Some(body), move |body| async move {
        let mut body = body?;
        let (frame, body) = match tokio::time::timeout(timeout, body.frame()).await {
            Ok(frame) => match frame? {
                Ok(frame) => (Ok(frame), Some(body)),
                Err(error) => {
                    let error = HttpError::new_boxed(HttpErrorKind::Interrupted, error);
                    (Err(error), None)
                }
            },
            Err(_) => {
                let error = HttpError::new(HttpErrorKind::Timeout, Stalled(timeout));
                (Err(error), None)
            }
        };
        Some((frame, body))
    });
    HttpResponseBody::new(StreamBody::new(frames))
}

fn sdk_body(body: object_store::client::HttpRequestBody) -> SdkBody {
    match body.as_bytes() {
        Some(bytes) => SdkBody::from(bytes.clone()),
        None => SdkBody::from_body_1_x(body),
    }
}

/// `Interrupted` is retried only for idempotent requests.
fn kind_of(error: &ConnectorError) -> HttpErrorKind {
    if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_user() {
        HttpErrorKind::Unknown
    } else {
        HttpErrorKind::Interrupted
    }
}

/// Reads an error response. As an error it keeps its headers, which `object_store` would drop.
async fn failure(response: http::Response<SdkBody>, stall_timeout: Duration) -> HttpError {
    let (parts, body) = response.into_parts();
    let status = parts.status.as_u16();
    let region = parts.headers.get(BUCKET_REGION_HEADER);
    let region = region.and_then(|region| region.to_str().ok());
    let body = tokio::time::timeout(stall_timeout, body.collect()).await;
    let explanation = body
        .ok()
        .and_then(Result::ok)
        .map(Collected::to_bytes)
        .and_then(|body| quick_xml::de::from_reader(&*body).ok());
    let kind = if is_temporary_status(status) {
        // Always retried.
        HttpErrorKind::Request
    } else {
        HttpErrorKind::Unknown
    };
    HttpError::new(
        kind,
        ErrorResponse {
            status,
            region: region.map(str::to_owned),
            explanation,
        },
    )
}
