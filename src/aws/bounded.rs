//! Bounds the length of responses, so that they cannot exhaust memory.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

/// The maximum length of a response in bytes, several times that of Cognito's longest (60 users
/// with all attributes).
const MAX_LENGTH: usize = 1024 * 1024;

/// The responses to bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseLimit {
    /// All responses.
    All,
    /// All but successful responses, which are streamed.
    ErrorsOnly,
}

/// The response is longer than [`MAX_LENGTH`].
#[derive(Debug)]
struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is longer than 1 MiB and was not read completely")
    }
}

impl Error for TooLong {}

/// Returns the response with a body that fails if it is too long.
pub(super) fn bounded(response: HttpResponse, limit: ResponseLimit) -> HttpResponse {
    if limit == ResponseLimit::ErrorsOnly && response.status().is_success() {
        return response;
    }
    response.map(|body| match body.content_length() {
        // The HTTP client reads no more than the announced length.
        Some(announced) if announced <= MAX_LENGTH as u64 => body,
        Some(_) | None => SdkBody::from_body_1_x(Limited::new(body, MAX_LENGTH).map_err(|error| {
            if error.is::<LengthLimitError>() {
                TooLong.into()
            } else {
                error
            }
        })),
    })
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use http_body_util::BodyExt as _;

    use super::{MAX_LENGTH, ResponseLimit, bounded};

    fn is_readable(status: u16, body: SdkBody, limit: ResponseLimit) -> bool {
        let status = StatusCode::try_from(status).unwrap();
        let response = bounded(HttpResponse::new(status, body), limit);
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        runtime.block_on(response.into_body().collect()).is_ok()
    }

    fn announced(bytes: usize) -> SdkBody {
        SdkBody::from(vec![b'x'; bytes])
    }

    #[test]
    fn reads_responses_up_to_the_maximum_length() {
        for status in [200, 400, 500] {
            assert!(is_readable(
                status,
                announced(MAX_LENGTH),
                ResponseLimit::All
            ));
            assert!(!is_readable(
                status,
                announced(MAX_LENGTH + 1),
                ResponseLimit::All
            ));
        }
        assert!(is_readable(
            200,
            announced(2 * MAX_LENGTH),
            ResponseLimit::ErrorsOnly
        ));
        assert!(!is_readable(
            400,
            announced(2 * MAX_LENGTH),
            ResponseLimit::ErrorsOnly
        ));
    }
}
