//! Errors of S3 and their hints. Each message follows the address of the object.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use object_store::client::HttpError;

use super::http::{ErrorBody, ErrorResponse};
use crate::aws::endpoint::EndpointError;
use crate::aws::{
    NoCertificates, NoCredentials, causes, chain, lacks_credentials, refuses_certificate,
};
use crate::hints::Hint;

#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    /// There are no credentials.
    #[error("no AWS credentials: {0}")]
    NoCredentials(String),
    /// The profile requires an MFA code.
    #[error("no AWS credentials: {cause}")]
    MfaNeeded { cause: String, hint: String },
    /// The endpoint is not allowed.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No certificates can be loaded.
    #[error(transparent)]
    Certificates(#[from] NoCertificates),
    #[error("directory buckets (S3 Express One Zone) are not supported")]
    DirectoryBucket,
    #[error("the bucket does not exist")]
    NoBucket,
    #[error("the bucket has no object with this key")]
    NoKey,
    #[error("invalid credentials ({0})")]
    InvalidCredentials(String),
    #[error("access denied ({0})")]
    Denied(String),
    #[error("access denied ({0})")]
    WriteDenied(String),
    #[error("access denied ({0})")]
    ListDenied(String),
    #[error("the object is archived")]
    Archived,
    #[error("the object changed while it was read")]
    Changed,
    #[error("this machine's clock is wrong ({0})")]
    ClockSkew(String),
    #[error("the object is too large")]
    TooLarge,
    /// Another request changed the object at the same time.
    #[error("concurrent changes ({0})")]
    Conflict(String),
    #[error("S3 did not finish in time")]
    TimedOut,
    /// A file on this machine.
    #[error("{path}: {cause}", path = .0.display(), cause = .1)]
    File(PathBuf, io::Error),
    /// S3 throttled all attempts.
    #[error("throttled by S3 ({0})")]
    Throttled(String),
    /// No response was received, or it broke off.
    #[error("no answer from S3: {0}")]
    Unreachable(String),
    /// An error of the server.
    #[error("S3 is unavailable ({0})")]
    Unavailable(String),
    /// An unknown code or an invalid response.
    #[error("the request to S3 failed: {0}")]
    Other(String),
    #[error("S3 returned HTTP {0} without an explanation")]
    Unexplained(u16),
    #[error("cannot start the async runtime for S3: {0}")]
    Runtime(io::Error),
}

impl Hint for S3Error {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::MfaNeeded { hint, .. } => return Some(hint.clone()),
            Self::Endpoint(error) => return error.hint(),
            Self::Certificates(error) => return error.hint(),
            Self::NoCredentials(_) => {
                "set up credentials for this bucket (for example `aws sso login`, AWS_PROFILE, or \
                 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
            }
            Self::DirectoryBucket => {
                "use a general purpose bucket, or pipe the object in (`aws s3 cp URL - | \
                 cognito-import ... -`)"
            }
            Self::NoBucket => "check the name (`aws s3 ls` lists an account's buckets)",
            Self::NoKey => {
                "check the key (`aws s3 ls` with the address up to the last / lists the objects)"
            }
            Self::InvalidCredentials(_) => "renew them (for example with `aws sso login`)",
            Self::Denied(_) => {
                "allow s3:GetObject on this object, and kms:Decrypt if it is encrypted with a KMS \
                 key; without s3:ListBucket on the bucket, S3 also denies access to a missing key"
            }
            Self::WriteDenied(_) => {
                "allow s3:PutObject and s3:AbortMultipartUpload on this object, and \
                 kms:GenerateDataKey if it is encrypted with a KMS key"
            }
            Self::ListDenied(_) => "allow s3:ListBucket on the bucket",
            Self::Archived => "restore it first (`aws s3api restore-object`)",
            Self::TooLarge => "check the address",
            Self::Changed | Self::Conflict(_) => "run the same command again",
            Self::TimedOut => "check the network, then run the same command again",
            Self::File(..) => "check that the directory is writable and the disk not full",
            Self::ClockSkew(_) => "set the clock, then run the same command again",
            Self::Throttled(_) => "wait a few minutes, then run the same command again",
            Self::Unreachable(_) => {
                "check the network, AWS_REGION and AWS_ENDPOINT_URL_S3, then run the same command \
                 again"
            }
            Self::Unavailable(_) => "wait a few minutes, then run the same command again",
            Self::Other(_) => "check AWS_REGION and AWS_ENDPOINT_URL_S3",
            Self::Unexplained(_) if self.is_temporary() => {
                "wait a few minutes, then run the same command again"
            }
            Self::Unexplained(_) => "check the address and AWS_ENDPOINT_URL_S3",
            Self::Runtime(_) => "run the same command again",
        };
        Some(hint.to_owned())
    }

    fn is_temporary(&self) -> bool {
        match self {
            Self::Unexplained(status) => is_temporary_status(*status),
            Self::TimedOut | Self::Throttled(_) | Self::Unreachable(_) | Self::Unavailable(_) => {
                true
            }
            Self::NoCredentials(_)
            | Self::MfaNeeded { .. }
            | Self::Endpoint(_)
            | Self::Certificates(_)
            | Self::DirectoryBucket
            | Self::NoBucket
            | Self::NoKey
            | Self::InvalidCredentials(_)
            | Self::Denied(_)
            | Self::WriteDenied(_)
            | Self::ListDenied(_)
            | Self::Archived
            | Self::Changed
            | Self::ClockSkew(_)
            | Self::TooLarge
            | Self::Conflict(_)
            | Self::File(..)
            | Self::Other(_)
            | Self::Runtime(_) => false,
        }
    }
}

pub(super) fn is_temporary_status(status: u16) -> bool {
    status >= 500 || [408, 429].contains(&status)
}

impl From<NoCredentials> for S3Error {
    fn from(missing: NoCredentials) -> Self {
        let NoCredentials {
            message: why,
            mfa_hint: mfa,
        } = missing;
        match mfa {
            Some(hint) => Self::MfaNeeded { cause: why, hint },
            None => Self::NoCredentials(why),
        }
    }
}

impl S3Error {
    /// Classifies an error of `object_store`.
    pub(super) fn of(error: &object_store::Error) -> Self {
        let Some(response) = error_response(error) else {
            // The message of `object_store` itself only names the service.
            let cause = error.source().unwrap_or(error);
            return if lacks_credentials(error) {
                Self::NoCredentials(causes(cause))
            } else if chain(error).any(<dyn Error>::is::<HttpError>) && !refuses_certificate(error)
            {
                Self::Unreachable(causes(cause))
            } else {
                Self::Other(causes(cause))
            };
        };
        let Some(ErrorBody { code, message }) = &response.explanation else {
            return match response.status {
                412 => Self::Changed,
                409 => Self::Conflict("HTTP 409".to_owned()),
                status => Self::Unexplained(status),
            };
        };
        let message = match message {
            Some(message) => format!("{code}: {}", message.trim_end_matches('.')),
            None => code.clone(),
        };
        match code.as_str() {
            "NoSuchBucket" => Self::NoBucket,
            "NoSuchKey" => Self::NoKey,
            "PreconditionFailed" => Self::Changed,
            "InvalidObjectState" => Self::Archived,
            "RequestTimeTooSkewed" => Self::ClockSkew(message),
            "ExpiredToken"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "SignatureDoesNotMatch"
            | "TokenRefreshRequired" => Self::InvalidCredentials(message),
            "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => Self::Denied(message),
            "SlowDown"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException" => Self::Throttled(message),
            _ if response.status == 409 => Self::Conflict(message),
            _ if is_temporary_status(response.status) => Self::Unavailable(message),
            _ => Self::Other(message),
        }
    }

    pub(super) fn file(path: &Path, cause: io::Error) -> Self {
        Self::File(path.to_owned(), cause)
    }

    /// Names the permission to write instead of that to read.
    pub(super) fn of_write(self) -> Self {
        if let Self::Denied(message) = self {
            Self::WriteDenied(message)
        } else {
            self
        }
    }

    /// Names the permission to list instead of that to read.
    pub(super) fn of_list(self) -> Self {
        if let Self::Denied(message) = self {
            Self::ListDenied(message)
        } else {
            self
        }
    }

    /// Returns whether S3 certainly stored nothing.
    pub(super) fn proves_nothing_written(&self) -> bool {
        matches!(
            self,
            Self::NoCredentials(_)
                | Self::NoBucket
                | Self::InvalidCredentials(_)
                | Self::WriteDenied(_)
                | Self::ClockSkew(_)
        )
    }

    /// Returns whether a GET request would return an explanation.
    pub(super) fn is_unexplained(&self) -> bool {
        matches!(self, Self::Unexplained(_))
    }
}

/// Returns the response that caused an error.
pub(super) fn error_response(error: &object_store::Error) -> Option<&ErrorResponse> {
    chain(error).find_map(<dyn Error>::downcast_ref)
}
