//! Errors of S3 with their remedies. Each text follows the object's address.

use std::io;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::aws::endpoint::EndpointError;
use crate::aws::{NoCertificates, NoCredentials, causes, lacks_credentials};
use crate::hints::Hint;

/// The SDK's code for a 404 without a body: the bucket or the key does not exist.
const MADE_UP: &str = "NotFound";

#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There are no credentials.
    #[error("no AWS credentials: {0}")]
    NoCredentials(String),
    /// The profile requires an MFA code.
    #[error("no AWS credentials: {why}")]
    MfaNeeded { why: String, mfa: String },
    /// The endpoint is not allowed.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No certificates can be loaded.
    #[error(transparent)]
    Certificates(#[from] NoCertificates),
    #[error("there is no bucket of this name")]
    NoBucket,
    #[error("there is no object of this key in the bucket, or no longer")]
    NoKey,
    /// The credentials are invalid.
    #[error("the credentials are refused ({0})")]
    Credentials(String),
    /// Access is denied.
    #[error("access denied ({0})")]
    Denied(String),
    /// The object is archived.
    #[error("is archived, and cannot be read as it is")]
    Archived,
    /// The object was replaced.
    #[error(
        "the object changed while it was read, and what follows would not belong to what was read before"
    )]
    Changed,
    /// Throttled, after several attempts by the SDK.
    #[error("S3 throttles requests ({0})")]
    Throttled(String),
    /// Another error.
    #[error("S3 cannot be asked: {0}")]
    Unclear(String),
    /// An answer without an explanation.
    #[error("S3 answered HTTP {0} and gave no reason")]
    Wordless(u16),
    /// No async runtime can be created.
    #[error("the runtime that waits for S3 cannot be had: {0}")]
    Runtime(io::Error),
}

impl Hint for ObjectError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoCredentials(..) => "objects are read with s3:GetObject, which is signed: set up credentials (for example `aws sso login`, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)".to_owned(),
            Self::MfaNeeded { mfa, .. } => mfa.clone(),
            Self::Endpoint(error) => return error.hint(),
            Self::Certificates(error) => return error.hint(),
            Self::NoBucket => "check it (`aws s3 ls` lists those of an account)".to_owned(),
            Self::NoKey => "check it (`aws s3 ls` with the part before the last / lists what is there)".to_owned(),
            Self::Credentials(..) => "renew them (for example with `aws sso login`)".to_owned(),
            Self::Denied(..) => "let the credentials use s3:GetObject on this object, and kms:Decrypt where it is encrypted with a KMS key; without s3:ListBucket on the bucket, S3 says this of a key that is not there too".to_owned(),
            Self::Archived => "restore it first (`aws s3api restore-object`)".to_owned(),
            Self::Changed => "rows from here on were not read: the same command begins a run of the object as it is now, and what is made already is told there as existing".to_owned(),
            Self::Throttled(..) => "wait a few minutes, then run the same command again".to_owned(),
            Self::Unclear(..) => "check the network, AWS_REGION and AWS_ENDPOINT_URL_S3".to_owned(),
            Self::Wordless(..) => "check the address and AWS_ENDPOINT_URL_S3".to_owned(),
            Self::Runtime(..) => "run the same command again".to_owned(),
        })
    }
}

impl From<NoCredentials> for ObjectError {
    fn from(missing: NoCredentials) -> Self {
        let NoCredentials { why, mfa } = missing;
        match mfa {
            Some(mfa) => Self::MfaNeeded { why, mfa },
            None => Self::NoCredentials(why),
        }
    }
}

impl ObjectError {
    /// Classifies an error of the SDK.
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let Some(answer) = error.raw_response() else {
            return if lacks_credentials(error) {
                Self::NoCredentials(causes(error))
            } else {
                Self::Unclear(causes(error))
            };
        };
        let status = answer.status().as_u16();
        let Some(code) = error.code().filter(|code| *code != MADE_UP) else {
            return if status == 412 {
                Self::Changed
            } else {
                Self::Wordless(status)
            };
        };
        let said = match error.message() {
            Some(message) => format!("{code}: {}", message.trim_end_matches('.')),
            None => code.to_owned(),
        };
        match code {
            "NoSuchBucket" => Self::NoBucket,
            "NoSuchKey" => Self::NoKey,
            "PreconditionFailed" => Self::Changed,
            "InvalidObjectState" => Self::Archived,
            "ExpiredToken"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "SignatureDoesNotMatch"
            | "RequestTimeTooSkewed"
            | "TokenRefreshRequired" => Self::Credentials(said),
            "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => Self::Denied(said),
            "SlowDown"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException" => Self::Throttled(said),
            _ => Self::Unclear(said),
        }
    }

    /// Whether a GET request would return an explanation.
    pub(super) fn is_wordless(&self) -> bool {
        matches!(self, Self::Wordless(_))
    }
}
