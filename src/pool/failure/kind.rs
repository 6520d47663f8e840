//! The error codes of failures, and the kinds that code reacts to.

/// No connection could be made.
pub const CONNECT_FAILED: &str = "ConnectFailed";
/// The server's certificate is not trusted, so nothing was sent.
pub const CERTIFICATE_REFUSED: &str = "CertificateRefused";
/// No connection could be made because this process, or the machine, has too many open files. The
/// row waits until others are done.
pub const OUT_OF_FILES: &str = "TooManyOpenFiles";
/// No response within the time limit of an attempt.
pub const ATTEMPT_TIMED_OUT: &str = "AttemptTimedOut";
/// The connection was lost after the request was handed to it.
pub const CONNECTION_LOST: &str = "ConnectionLost";
/// The response cannot be parsed.
pub const UNREADABLE_ANSWER: &str = "UnreadableAnswer";
/// The request must be signed, but this run signs nothing.
pub const NOT_SIGNED: &str = "NotSigned";
/// The SDK refused to build the request.
pub const REQUEST_NOT_BUILT: &str = "RequestNotBuilt";
/// AWS WAF blocked the request: the user pool has a web ACL (developer guide, "Associate an AWS WAF
/// web ACL with a user pool").
pub const BLOCKED_BY_FIREWALL: &str = "ForbiddenException";
/// The username of a row belongs to a different user than before.
pub const USER_REPLACED: &str = "UserReplaced";
/// Cognito's code for a user that does not exist.
pub const USER_NOT_FOUND: &str = "UserNotFoundException";

/// Cognito's code for a pool, an app client or a group that does not exist.
pub(super) const RESOURCE_NOT_FOUND: &str = "ResourceNotFoundException";

/// The kind of a failure, for code that reacts to specific errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    TimedOut,
    ConnectionLost,
    Unreadable,
    /// The IAM policy does not allow the call.
    AccessDenied,
    /// Cognito's `NotAuthorizedException`, whose reason is only in its message.
    NotAuthorized,
    UserNotFound,
    GroupExists,
    /// The pool has no threat protection, so it records no user events.
    ThreatProtectionOff,
    Other,
}

impl FailureKind {
    pub(super) fn from_code(code: &str) -> Self {
        match code {
            ATTEMPT_TIMED_OUT => Self::TimedOut,
            CONNECTION_LOST => Self::ConnectionLost,
            UNREADABLE_ANSWER => Self::Unreadable,
            "AccessDeniedException" | "AccessDenied" => Self::AccessDenied,
            "NotAuthorizedException" => Self::NotAuthorized,
            USER_NOT_FOUND => Self::UserNotFound,
            "GroupExistsException" => Self::GroupExists,
            "UserPoolAddOnNotEnabledException" => Self::ThreatProtectionOff,
            _ => Self::Other,
        }
    }
}
