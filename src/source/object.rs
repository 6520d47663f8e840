//! The address of an object in S3 and the settings to access it, with or without the feature `s3`.

use std::fmt;

use crate::hints::Hint;

const SCHEME: &str = "s3://";

/// The address of an object, `s3://bucket/key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Uri {
    /// The bucket's name, or the alias of an access point.
    pub bucket: String,
    /// The rest of the address, verbatim because keys have no escapes.
    pub key: String,
}

/// An address without a bucket or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}: not the address of an object")]
pub struct NotAnObject(String);

impl Hint for NotAnObject {
    fn hint(&self) -> Option<String> {
        Some("write s3://bucket/key".to_owned())
    }
}

impl S3Uri {
    /// Parses an S3 address. `None` if the text is not one.
    ///
    /// # Errors
    /// The bucket or the key is missing.
    pub fn named(text: &str) -> Result<Option<Self>, NotAnObject> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Ok(None);
        };
        match rest.split_once('/') {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => Ok(Some(Self {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            })),
            Some(_) | None => Err(NotAnObject(text.to_owned())),
        }
    }
}

impl fmt::Display for S3Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

/// The profile and Region for S3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Access {
    /// The profile in the AWS configuration files, if one is given.
    pub profile: Option<String>,
    /// The Region of the first request. S3 returns the right one if the bucket is in another one.
    /// `None` means the Region of the environment or profile.
    pub region: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::S3Uri;

    #[test]
    fn parses_bucket_and_key_and_keeps_the_key_verbatim() {
        for (text, bucket, key) in [
            ("s3://lists/users.csv", "lists", "users.csv"),
            ("s3://lists/a/b//users.csv", "lists", "a/b//users.csv"),
            ("s3://a.b-c/%20 ä?x#y", "a.b-c", "%20 ä?x#y"),
        ] {
            let uri = S3Uri::named(text).unwrap().unwrap();
            assert_eq!((uri.bucket.as_str(), uri.key.as_str()), (bucket, key));
            assert_eq!(uri.to_string(), text);
        }
    }

    #[test]
    fn rejects_a_missing_bucket_or_key() {
        for text in ["s3://", "s3:///users.csv", "s3://lists", "s3://lists/"] {
            let error = S3Uri::named(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{text}: not the address of an object")));
        }
    }

    #[test]
    fn ignores_anything_else() {
        for text in ["users.csv", "-", "s3/users.csv", "s3:lists", "./s3://a/b"] {
            assert_eq!(S3Uri::named(text), Ok(None), "{text}");
        }
    }
}
