//! Which object in S3 is meant, and by whom it is asked for. What follows from it is `s3`, or its stand-in in a build without it.

use std::fmt;

use crate::hints::Hint;

/// What the address of an object begins with.
const SCHEME: &str = "s3://";

/// The address of an object, `s3://bucket/key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Uri {
    /// The bucket's name, or the alias of an access point.
    pub bucket: String,
    /// All that follows, as it stands: a key has no escapes.
    pub key: String,
}

/// An address without a bucket or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}: names no object")]
pub struct NotAnObject(String);
impl Hint for NotAnObject {
    fn hint(&self) -> Option<String> {
        Some("a bucket and a key are needed, s3://bucket/key".to_owned())
    }
}

impl S3Uri {
    /// The object that a command line names; none where it names something else.
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

/// With which credentials objects are asked for, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Access {
    /// The profile in the AWS configuration files, where one was named.
    pub profile: Option<String>,
    /// The Region to begin with; a bucket that is elsewhere says so. None: what the environment or the profile says.
    pub region: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::S3Uri;

    #[test]
    fn a_bucket_and_a_key_are_an_object_and_the_key_stays_as_it_is() {
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
    fn without_a_bucket_or_a_key_it_is_an_error() {
        for text in ["s3://", "s3:///users.csv", "s3://lists", "s3://lists/"] {
            let error = S3Uri::named(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{text}: names no object")));
        }
    }

    #[test]
    fn anything_else_is_no_object() {
        for text in ["users.csv", "-", "s3/users.csv", "s3:lists", "./s3://a/b"] {
            assert_eq!(S3Uri::named(text), Ok(None), "{text}");
        }
    }
}
