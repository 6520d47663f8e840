//! Responses of the pool, independent of HTTP.

use std::time::Duration;

use serde_json::Value;

use super::protocol::ServiceError;
use super::users::UserIndex;

/// The bytes to send over the connection.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A success.
    Success(Value),
    /// A success with a truncated body.
    Truncated(Value),
    /// An HTML page with a success status.
    Html,
    Error(ServiceError),
    /// Nothing: the connection closes.
    Nothing,
}

impl From<Result<Value, ServiceError>> for Outgoing {
    fn from(result: Result<Value, ServiceError>) -> Outgoing {
        result.map_or_else(Outgoing::Error, Outgoing::Success)
    }
}

/// The complete response to a request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) outgoing: Outgoing,
    /// The delay before the response is sent.
    pub(super) delay: Duration,
    /// The created user, if this is the response to a successful SignUp.
    pub(super) sign_up_of: Option<UserIndex>,
    /// The value of `x-amzn-requestid`.
    pub(super) request_id: String,
    /// The time on the pool's clock, in Unix milliseconds.
    pub(super) date_ms: i64,
}

/// The response of an operation.
pub(super) struct OperationReply {
    pub(super) outgoing: Outgoing,
    pub(super) extra_delay: Duration,
    pub(super) sign_up_of: Option<UserIndex>,
}

impl From<Outgoing> for OperationReply {
    fn from(outgoing: Outgoing) -> OperationReply {
        OperationReply {
            outgoing,
            extra_delay: Duration::ZERO,
            sign_up_of: None,
        }
    }
}

impl From<Result<Value, ServiceError>> for OperationReply {
    fn from(result: Result<Value, ServiceError>) -> OperationReply {
        OperationReply::from(Outgoing::from(result))
    }
}
