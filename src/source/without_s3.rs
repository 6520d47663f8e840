//! Replaces `s3` in builds without that feature: opening an object is an error.

use std::convert::Infallible;

use super::OpenSource;
use super::object::{S3Access, S3Uri};
use crate::hints::Hint;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoObject(Infallible);

#[derive(Debug, thiserror::Error)]
pub enum NoObjectError {
    /// The feature `s3` is off.
    #[error("this build of cognito-import does not read from S3")]
    NotBuiltIn(String),
}

impl Hint for NoObjectError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotBuiltIn(uri) => format!(
                "pipe it in: `aws s3 cp {uri} - | cognito-import import - --run-dir DIR ...`, or \
                 build with `--features s3`"
            ),
        })
    }
}

impl NoObject {
    /// Always fails.
    ///
    /// # Errors
    /// The feature `s3` is off.
    pub fn find(uri: S3Uri, _access: &S3Access) -> Result<Self, NoObjectError> {
        Err(NoObjectError::NotBuiltIn(uri.to_string()))
    }

    pub(super) fn uri(&self) -> &S3Uri {
        match self.0 {}
    }

    pub(super) fn fingerprint(&self) -> String {
        match self.0 {}
    }

    pub(super) fn open(&self) -> OpenSource {
        match self.0 {}
    }
}
