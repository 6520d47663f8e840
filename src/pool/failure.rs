//! Classifies the SDK's errors: [`Failure`] carries what a run does about them.
//!
//! Errors are classified by their code, here and nowhere else, so that errors unknown to this SDK
//! are reported, too. The classes follow the API reference. If AWS does not document whether a user
//! may exist after an error, the user is looked up.

mod advice;
mod clock_skew;
mod connect;
mod explanation;
mod kind;
mod stop;

use std::fmt;

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::error::{BuildError, ProvideErrorMetadata, SdkError};

use super::{bounds, echo};
use crate::aws::{causes, lacks_credentials, refuses_certificate};
use crate::user::Password;
pub use advice::refuses_update;
use connect::{lookup_failed, never_connected, out_of_files};
pub use explanation::{Explanation, MessageOrigin, explain};
use kind::RESOURCE_NOT_FOUND;
pub use kind::{
    ATTEMPT_TIMED_OUT, BLOCKED_BY_FIREWALL, CERTIFICATE_REFUSED, CONNECT_FAILED, CONNECTION_LOST,
    FailureKind, NOT_SIGNED, OUT_OF_FILES, REQUEST_NOT_BUILT, UNREADABLE_ANSWER, USER_NOT_FOUND,
    USER_REPLACED,
};
pub use stop::Stop;

/// Whether the request reached the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Nothing was sent.
    No,
    /// It may have arrived, but no response was received.
    Maybe,
    /// The service responded.
    Answered,
}

/// The action if a lookup does not find the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfAbsent {
    /// Send the request again.
    SendAgain,
    /// Give up on the row: the same request would get the same response.
    GiveUp,
}

/// The action of a run after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Nothing was created: retry after a backoff.
    Retry,
    /// No connection could be made: retry after a backoff. The run stops after several consecutive
    /// rows.
    Unreachable,
    /// Over the quota: slow the category down and retry. Never fails a row.
    SlowDown,
    /// A web application firewall blocked the request: slow down and retry a few times, then stop
    /// the run.
    Firewalled,
    /// The username is taken.
    Exists,
    /// The user may have been created: look it up first.
    LookUp(IfAbsent),
    /// The user was created, but its confirmation message was not sent.
    Undelivered,
    /// The pool refuses this row permanently.
    GiveUp,
    /// Every row would get the same response: stop the run.
    Stop(Stop),
}

/// A failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whether it reached the service.
    pub sent: Sent,
    pub advice: Advice,
    kind: FailureKind,
    /// Whether the status of an unreadable answer is that of a failed server.
    is_server_error: bool,
    /// Cognito's error code, or one of this module's codes for failures without a response.
    pub code: String,
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message.trim_end_matches('.'))
    }
}

impl std::error::Error for Failure {}

/// The kind of operation, which decides what an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `SignUp`, which creates a user and must not be repeated blindly.
    SignUp,
    /// Reads such as `AdminGetUser` and `DescribeUserPool`.
    Read,
    /// `ListUsersInGroup`: the group may be missing.
    ReadGroup,
    /// Changes such as `AdminConfirmSignUp`, which can be repeated.
    Write,
    /// `AdminAddUserToGroup`: the group may be missing.
    WriteToGroup,
    /// `AdminDeleteUser`: a missing permission affects all users.
    Delete,
}

impl Operation {
    /// Returns what to do if the effect of the request is unknown.
    fn unclear(self) -> Advice {
        match self {
            Self::SignUp => Advice::LookUp(IfAbsent::SendAgain),
            Self::Read | Self::ReadGroup | Self::Write | Self::WriteToGroup | Self::Delete => {
                Advice::Retry
            }
        }
    }
}

impl Failure {
    /// Creates a failure whose kind follows from its code.
    #[must_use]
    pub fn new(
        sent: Sent,
        advice: Advice,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let code = code.into();
        Self {
            sent,
            advice,
            kind: FailureKind::from_code(&code),
            is_server_error: false,
            code,
            message: message.into(),
        }
    }

    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Classifies an error of the SDK.
    #[must_use]
    pub fn of<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Self::for_row(operation, error, None)
    }

    /// Like [`Failure::of`], but removes the row's password from the message.
    #[must_use]
    pub fn for_row<E>(
        operation: Operation,
        error: &SdkError<E, HttpResponse>,
        password: Option<&Password>,
    ) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let password = password.map(Password::expose);
        let mut failure = Self::classified(operation, error, password);
        failure.message = bounds::message(&failure.message, password);
        failure
    }

    /// Creates the failure for a successful response to a read with content that Cognito never
    /// sends.
    #[must_use]
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self::unclear(Operation::Read, message)
    }

    /// Like [`Failure::unreadable`], but for an operation that may have had an effect.
    #[must_use]
    pub fn unclear(operation: Operation, message: impl Into<String>) -> Self {
        Self::new(
            Sent::Answered,
            operation.unclear(),
            UNREADABLE_ANSWER,
            message,
        )
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "SdkError is non-exhaustive, and new variants are unreadable answers"
    )]
    fn classified<E>(
        operation: Operation,
        error: &SdkError<E, HttpResponse>,
        password: Option<&str>,
    ) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let unclear = operation.unclear();
        let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
        let without_response = |sent, advice, code| Self::new(sent, advice, code, causes(error));
        match error {
            SdkError::ConstructionFailure(_) => {
                without_response(Sent::No, Advice::GiveUp, REQUEST_NOT_BUILT)
            }
            SdkError::TimeoutError(_) => without_response(Sent::Maybe, unclear, ATTEMPT_TIMED_OUT),
            SdkError::DispatchFailure(failure) if failure.is_user() => {
                without_response(Sent::No, Advice::GiveUp, REQUEST_NOT_BUILT)
            }
            SdkError::DispatchFailure(_) if refuses_certificate(error) => {
                without_response(Sent::No, Advice::Stop(Stop::Untrusted), CERTIFICATE_REFUSED)
            }
            SdkError::DispatchFailure(_)
                if out_of_files(error)
                    || (lookup_failed(error) && crate::process::is_at_file_limit()) =>
            {
                without_response(Sent::No, Advice::SlowDown, OUT_OF_FILES)
            }
            // Failing to connect can also time out here. An attempt that was sent times out
            // above.
            SdkError::DispatchFailure(failure)
                if failure.is_timeout() || never_connected(error) =>
            {
                without_response(Sent::No, Advice::Unreachable, CONNECT_FAILED)
            }
            SdkError::DispatchFailure(failure)
                if failure.as_connector_error().is_none() || lacks_credentials(error) =>
            {
                without_response(Sent::No, Advice::Stop(Stop::Access), "CredentialsNotLoaded")
            }
            SdkError::DispatchFailure(_) => without_response(Sent::Maybe, unclear, CONNECTION_LOST),
            SdkError::ServiceError(service) if service.err().meta().code().is_some() => {
                let meta = service.err().meta();
                let code = meta.code().unwrap_or_default();
                if !is_error_name(code, password) {
                    let message =
                        format!("HTTP {status} with an error code that no AWS service has");
                    return Self::unclear(operation, message).throttled_by(status);
                }
                let message = meta.message().unwrap_or("(the service gave no message)");
                Self::answered(operation, status, code, message)
                    .with_clock_offset(clock_skew::offset_ms(service.raw()))
            }
            _ => {
                let cause = causes(error);
                let message =
                    format!("HTTP {status} with a body that Cognito does not send ({cause})");
                Self {
                    is_server_error: status >= 500,
                    ..Self::unclear(operation, message).throttled_by(status)
                }
            }
        }
    }

    /// Adds the local clock's offset if it explains why the credentials were refused.
    fn with_clock_offset(mut self, offset_ms: i64) -> Self {
        let Some(skew) = clock_skew::describe(offset_ms) else {
            return self;
        };
        if self.advice == Advice::Stop(Stop::Access) && clock_skew::is_signature(&self.code) {
            self.advice = Advice::Stop(Stop::ClockSkew);
        }
        if let Advice::Stop(Stop::Access | Stop::ClockSkew) = self.advice {
            self.message = format!("{} ({skew})", self.message.trim_end_matches('.'));
        }
        self
    }

    /// A throttling proxy may respond with only the status.
    fn throttled_by(mut self, status: u16) -> Self {
        if status == 429 {
            self.advice = Advice::SlowDown;
        }
        self
    }

    /// Creates the failure for a request that the SDK cannot build.
    #[must_use]
    pub fn not_built(error: BuildError) -> Self {
        Self::new(
            Sent::No,
            Advice::GiveUp,
            REQUEST_NOT_BUILT,
            error.to_string(),
        )
    }

    /// Returns whether the service throttled the request.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self.advice, Advice::SlowDown | Advice::Firewalled)
    }

    /// Returns the reason to stop the run once the retries are used up.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        match self.advice {
            Advice::Stop(stop) => Some(stop),
            Advice::Firewalled => Some(Stop::Firewall),
            Advice::Retry
            | Advice::Unreachable
            | Advice::SlowDown
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered
            | Advice::GiveUp => None,
        }
    }

    /// Returns whether the credentials lack permission for this call. Invalid or expired signatures
    /// do not count.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::AccessDenied | FailureKind::NotAuthorized
        )
    }

    /// Returns whether another server answered in place of the pool, and did not fail itself.
    #[must_use]
    pub fn is_misdirected(&self) -> bool {
        self.kind == FailureKind::Unreadable && !self.is_server_error
    }

    /// Returns whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.advice,
            Advice::Retry | Advice::Unreachable | Advice::SlowDown | Advice::Firewalled
        )
    }

    /// Distinguishes a missing pool from a missing group, for a call that names both: only a
    /// message about a missing pool contains its ID and no group.
    pub(super) fn tell_pool_from_group(mut self, user_pool_id: &str) -> Self {
        let names_group = self.message.to_ascii_lowercase().contains("group");
        if self.advice == Advice::Stop(Stop::GroupMissing)
            && self.message.contains(user_pool_id)
            && !names_group
        {
            self.advice = Advice::Stop(Stop::NotFound);
        }
        self
    }

    /// Classifies an error code of the service.
    #[must_use]
    pub fn answered(operation: Operation, status: u16, code: &str, message: &str) -> Self {
        let advice = advice::of(operation, status, code, message);
        Self::new(Sent::Answered, advice, code, message.trim())
    }
}

/// Returns whether a code may be shown: it is an identifier and not the row's password.
fn is_error_name(code: &str, password: Option<&str>) -> bool {
    let repeats_password = || password.is_some_and(|password| echo::repeats(code, password));
    bounds::is_identifier(code) && (explain(code).is_some() || !repeats_password())
}

#[cfg(test)]
mod tests;
