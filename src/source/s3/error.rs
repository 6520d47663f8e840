//! Why an object cannot be read, and what to do about it. Each text follows the object's address.

use std::io;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::aws::endpoint::EndpointError;
use crate::aws::{NoCertificates, NoCredentials, causes, lacks_credentials};
use crate::hints::Hint;

/// The code that the SDK gives to a 404 without a body, be it the bucket or the key that is not there.
const MADE_UP: &str = "NotFound";

/// See the module's words.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// Nobody can sign.
    #[error("no AWS credentials: {0}")]
    NoCredentials(String),
    /// The SDK cannot get any, because the profile wants an MFA code.
    #[error("no AWS credentials: {why}")]
    MfaNeeded {
        /// What was wrong.
        why: String,
        /// What to do.
        mfa: String,
    },
    /// Requests may not go there.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No server can be trusted.
    #[error(transparent)]
    Certificates(#[from] NoCertificates),
    /// There is no such bucket.
    #[error("there is no bucket of this name")]
    NoBucket,
    /// There is no such object.
    #[error("there is no object of this key in the bucket, or no longer")]
    NoKey,
    /// The credentials are no good.
    #[error("the credentials are refused ({0})")]
    Credentials(String),
    /// The credentials may not.
    #[error("access denied ({0})")]
    Denied(String),
    /// It is in an archive.
    #[error("is archived, and cannot be read as it is")]
    Archived,
    /// It is another one now.
    #[error(
        "the object changed while it was read, and what follows would not belong to what was read before"
    )]
    Changed,
    /// Too many requests, also of others: the SDK has tried several times.
    #[error("S3 throttles requests ({0})")]
    Throttled(String),
    /// An answer that says nothing of the kind.
    #[error("S3 cannot be asked: {0}")]
    Unclear(String),
    /// There is an answer, but nothing in it says why.
    #[error("S3 answered HTTP {0} and gave no reason")]
    Wordless(u16),
    /// The system lets nothing be waited for.
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
    /// What an error of the SDK means.
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

    /// Whether the same question would be answered in words, were it asked with GET.
    pub(super) fn is_wordless(&self) -> bool {
        matches!(self, Self::Wordless(_))
    }
}
