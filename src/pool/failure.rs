//! Classifies failures: from the SDK's error to what a run does about it.
//!
//! Errors are matched by the string of their code, so that errors unknown to this SDK are reported
//! too. The classes follow the API reference. If AWS does not document whether a user may exist
//! after an error, the error is unclear and the user is looked up.

mod advice;
mod clock_skew;
mod explained;
mod stop;

use std::fmt;

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::error::{BuildError, ProvideErrorMetadata, SdkError};

use super::{bounds, echo};
use crate::aws::{causes, chain, lacks_credentials, refuses_certificate};
use crate::user::Password;
pub use explained::{Explained, Words, explained};
pub use stop::Stop;

/// Whether the request reached the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// No.
    No,
    /// It may have arrived, but no answer was received.
    Maybe,
    /// The service answered.
    Answered,
}

/// What to do when a look-up does not find the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfAbsent {
    /// Send the request again.
    SendAgain,
    /// Give up on the row: the same request would meet the same answer.
    GiveUp,
}

/// What a bulk run does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Nothing was created: retry after a backoff.
    Again,
    /// No connection could be made: retry after a backoff. After several rows in succession the run
    /// stops.
    Unreachable,
    /// Over the quota: slow the category down and retry. Never a row's failure.
    SlowDown,
    /// A web application firewall blocked the request: slow down and retry a few times, then stop
    /// the run.
    Firewalled,
    /// The username is taken.
    Exists,
    /// The user may have been created: look it up first.
    LookUp(IfAbsent),
    /// The user was created, but the message to it was refused.
    Undelivered,
    /// The pool refuses this row permanently.
    GiveUp,
    /// Every row would get the same answer: stop the run.
    Stop(Stop),
}

/// A failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whether it reached the service.
    pub sent: Sent,
    pub advice: Advice,
    /// Cognito's error code, or one of ours for failures without an answer (`ConnectFailed`,
    /// `AttemptTimedOut`, `ConnectionLost`, `UnreadableAnswer`, `RequestNotBuilt`).
    pub code: String,
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message.trim_end_matches('.'))
    }
}

impl std::error::Error for Failure {}

/// No connection could be made.
pub const CONNECT_FAILED: &str = "ConnectFailed";
/// The server's certificate is not trusted, so nothing was sent.
pub const CERTIFICATE_REFUSED: &str = "CertificateRefused";
/// No connection could be made because this process, or the machine, has too many files open. A row
/// waits until others are done.
pub const OUT_OF_FILES: &str = "TooManyOpenFiles";
/// No answer within the attempt's time.
pub const ATTEMPT_TIMED_OUT: &str = "AttemptTimedOut";
/// The connection was lost after the request was handed to it.
pub const CONNECTION_LOST: &str = "ConnectionLost";
/// The answer cannot be parsed.
pub const UNREADABLE_ANSWER: &str = "UnreadableAnswer";
/// The request has to be signed, and this run signs nothing.
pub const NOT_SIGNED: &str = "NotSigned";
/// AWS WAF blocked the request: the user pool has a web ACL (developer guide, "Associate an AWS WAF
/// web ACL with a user pool").
pub const BLOCKED_BY_FIREWALL: &str = "ForbiddenException";
/// The SDK refused to build the request.
pub const REQUEST_NOT_BUILT: &str = "RequestNotBuilt";

/// Cognito's code for a pool, an app client or a group that does not exist.
const RESOURCE_NOT_FOUND: &str = "ResourceNotFoundException";

/// The kind of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `SignUp`: it writes.
    SignUp,
    /// `AdminGetUser`, `DescribeUserPool`: they read.
    Read,
    /// `AdminConfirmSignUp` and the like: they change what is there, and can be repeated.
    Write,
    /// `AdminAddUserToGroup`: what is missing may be the group.
    WriteToGroup,
    /// `AdminDeleteUser`: a missing permission concerns all users.
    Delete,
}

impl Operation {
    /// What to do if the effect of the request is unknown.
    fn unclear(self) -> Advice {
        match self {
            Self::SignUp => Advice::LookUp(IfAbsent::SendAgain),
            Self::Read | Self::Write | Self::WriteToGroup | Self::Delete => Advice::Again,
        }
    }
}

impl Failure {
    /// Classifies an error of the SDK.
    #[must_use]
    pub fn of<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Self::for_row(operation, error, None)
    }

    /// The same for a row with this password, which is removed from the message.
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

    /// A successful answer with content that Cognito does not send.
    #[must_use]
    pub fn unreadable(why: impl Into<String>) -> Self {
        Self::unclear(Operation::Read, why)
    }

    /// The same for an operation that may have had an effect.
    #[must_use]
    pub fn unclear(operation: Operation, why: impl Into<String>) -> Self {
        Self {
            sent: Sent::Answered,
            advice: operation.unclear(),
            code: UNREADABLE_ANSWER.to_owned(),
            message: why.into(),
        }
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
        let on_the_way = |sent, advice, code: &str| Self {
            sent,
            advice,
            code: code.to_owned(),
            message: causes(error),
        };
        match error {
            SdkError::ConstructionFailure(_) => {
                on_the_way(Sent::No, Advice::GiveUp, REQUEST_NOT_BUILT)
            }
            SdkError::TimeoutError(_) => on_the_way(Sent::Maybe, unclear, ATTEMPT_TIMED_OUT),
            SdkError::DispatchFailure(failure) if failure.is_user() => {
                on_the_way(Sent::No, Advice::GiveUp, REQUEST_NOT_BUILT)
            }
            SdkError::DispatchFailure(_) if refuses_certificate(error) => {
                on_the_way(Sent::No, Advice::Stop(Stop::Untrusted), CERTIFICATE_REFUSED)
            }
            SdkError::DispatchFailure(_)
                if out_of_files(error)
                    || (lookup_failed(error) && crate::process::is_at_file_limit()) =>
            {
                on_the_way(Sent::No, Advice::SlowDown, OUT_OF_FILES)
            }
            // A connection that was never made times out here too; an attempt that was sent does so
            // above.
            SdkError::DispatchFailure(failure)
                if failure.is_timeout() || never_connected(error) =>
            {
                on_the_way(Sent::No, Advice::Unreachable, CONNECT_FAILED)
            }
            SdkError::DispatchFailure(failure)
                if failure.as_connector_error().is_none() || lacks_credentials(error) =>
            {
                on_the_way(Sent::No, Advice::Stop(Stop::Access), "CredentialsNotLoaded")
            }
            SdkError::DispatchFailure(_) => on_the_way(Sent::Maybe, unclear, CONNECTION_LOST),
            SdkError::ServiceError(service) if service.err().meta().code().is_some() => {
                let meta = service.err().meta();
                let code = meta.code().unwrap_or_default();
                if !is_error_name(code, password) {
                    let why = format!("HTTP {status} with an error code that no AWS service has");
                    return Self::unclear(operation, why).slowed_by(status);
                }
                let message = meta.message().unwrap_or("(the service gave no message)");
                Self::answered(operation, status, code, message)
                    .by_the_clock(clock_skew::offset_ms(service.raw()))
            }
            _ => {
                let cause = causes(error);
                let why = format!("HTTP {status} with a body that Cognito does not send ({cause})");
                Self::unclear(operation, why).slowed_by(status)
            }
        }
    }

    /// Adds the local clock's offset if it explains why the credentials were refused.
    fn by_the_clock(mut self, offset_ms: i64) -> Self {
        let Some(told) = clock_skew::far_off(offset_ms) else {
            return self;
        };
        if self.advice == Advice::Stop(Stop::Access) && clock_skew::is_signature(&self.code) {
            self.advice = Advice::Stop(Stop::ClockSkew);
        }
        if let Advice::Stop(Stop::Access | Stop::ClockSkew) = self.advice {
            self.message = format!("{} ({told})", self.message.trim_end_matches('.'));
        }
        self
    }

    /// A proxy that throttles may answer with nothing but the status.
    fn slowed_by(mut self, status: u16) -> Self {
        if status == 429 {
            self.advice = Advice::SlowDown;
        }
        self
    }

    /// The SDK cannot build the request.
    #[must_use]
    pub fn not_built(error: BuildError) -> Self {
        Self {
            sent: Sent::No,
            advice: Advice::GiveUp,
            code: REQUEST_NOT_BUILT.to_owned(),
            message: error.to_string(),
        }
    }

    /// Whether the service asked for fewer requests.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self.advice, Advice::SlowDown | Advice::Firewalled)
    }

    /// Why the run has to stop, once the request was retried often enough.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        match self.advice {
            Advice::Stop(stop) => Some(stop),
            Advice::Firewalled => Some(Stop::Firewall),
            Advice::Again
            | Advice::Unreachable
            | Advice::SlowDown
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered
            | Advice::GiveUp => None,
        }
    }

    /// Whether the credentials lack permission for this call. Wrong or expired signatures do not
    /// count.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        [
            "AccessDeniedException",
            "AccessDenied",
            "NotAuthorizedException",
        ]
        .contains(&self.code.as_str())
    }

    /// Whether the same request may succeed in a moment.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self.advice,
            Advice::Again | Advice::Unreachable | Advice::SlowDown | Advice::Firewalled
        )
    }

    /// For a call that names a group: an answer that names only the pool means that the pool is
    /// missing.
    pub(super) fn of_pool(mut self, user_pool_id: &str) -> Self {
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
        Self {
            sent: Sent::Answered,
            advice: advice::of(operation, status, code, message),
            code: code.to_owned(),
            message: message.trim().to_owned(),
        }
    }
}

/// Whether a code may be shown: it is an identifier and not the row's password.
fn is_error_name(code: &str, password: Option<&str>) -> bool {
    let repeats = || password.is_some_and(|password| echo::repeats(code, password));
    bounds::is_identifier(code) && (explained(code).is_some() || !repeats())
}

/// Whether this process or machine has too many open files, so that nothing was sent.
fn out_of_files(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(crate::process::is_out_of_files)
    })
}

/// Whether the host name could not be looked up. The system's resolver opens files, and some
/// resolvers report a failure to do so as an unknown name.
fn lookup_failed(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut io_errors = chain(error)
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .peekable();
    // A failure to connect has the system's error code.
    never_connected(error)
        && io_errors.peek().is_some()
        && io_errors.all(|cause| cause.raw_os_error().is_none())
}

/// Whether the HTTP client failed to connect, so that nothing was sent.
fn never_connected(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(|cause| {
        cause
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    })
}

#[cfg(test)]
mod tests;
