//! Bounds the length of answers, so that no answer can exhaust memory.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

/// The maximum length of an answer in bytes. Cognito's longest, 60 users with all attributes, is a
/// fraction of it.
const LONGEST: usize = 1024 * 1024;

/// Which answers may be longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// None.
    Short,
    /// Successful answers, which are streamed.
    Streamed,
}

/// The answer is longer than [`LONGEST`].
#[derive(Debug)]
struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is longer than 1 MiB, and was not read to its end")
    }
}

impl Error for TooLong {}

/// The answer, with a body that fails if it is too long.
pub(super) fn bounded(answer: HttpResponse, answers: Answers) -> HttpResponse {
    if answers == Answers::Streamed && answer.status().is_success() {
        return answer;
    }
    answer.map(|body| match body.content_length() {
        // The HTTP client reads no more than the announced length.
        Some(announced) if announced <= LONGEST as u64 => body,
        Some(_) | None => SdkBody::from_body_1_x(Limited::new(body, LONGEST).map_err(|error| {
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

    use super::{Answers, LONGEST, bounded};

    fn reads(status: u16, body: SdkBody, answers: Answers) -> bool {
        let status = StatusCode::try_from(status).unwrap();
        let answer = bounded(HttpResponse::new(status, body), answers);
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        runtime.block_on(answer.into_body().collect()).is_ok()
    }

    fn announced(bytes: usize) -> SdkBody {
        SdkBody::from(vec![b'x'; bytes])
    }

    #[test]
    fn an_answer_is_read_up_to_its_longest() {
        for status in [200, 400, 500] {
            assert!(reads(status, announced(LONGEST), Answers::Short));
            assert!(!reads(status, announced(LONGEST + 1), Answers::Short));
        }
        assert!(reads(200, announced(2 * LONGEST), Answers::Streamed));
        assert!(!reads(400, announced(2 * LONGEST), Answers::Streamed));
    }
}
