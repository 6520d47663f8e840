//! The addresses of objects in S3.

use std::fmt;

use crate::hints::Hint;

const SCHEME: &str = "s3://";

/// The address of an object, `s3://bucket/key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Url {
    /// The bucket's name, or the alias of an access point.
    pub bucket: String,
    /// The rest of the address, verbatim because keys have no escapes.
    pub key: String,
}

/// The address of objects with the same prefix, `s3://bucket/prefix/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3FolderUrl(S3Url);

/// An invalid S3 URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableUrl {
    /// The bucket or the key is missing.
    #[error("{0}: not the address of an object")]
    Incomplete(String),
    /// The bucket or the prefix is missing, or the prefix has an empty part.
    #[error("{0}: not the address of a folder in S3")]
    NotAFolder(String),
    /// The key is not the path of a URL. `object_store` and proxies would resolve it.
    #[error("{0}: a part of the key is . or .., or it has control characters")]
    UnusableKey(String),
}

impl Hint for UnusableUrl {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Incomplete(_) => "write s3://bucket/key",
            Self::NotAFolder(_) => "write s3://bucket/prefix/",
            Self::UnusableKey(_) => "copy the object to another key (`aws s3 cp`)",
        };
        Some(hint.to_owned())
    }
}

impl S3Url {
    /// Parses an S3 address. `None` if the text is not one.
    ///
    /// # Errors
    /// The bucket or the key is missing, or the key cannot be part of a URL.
    pub fn named(text: &str) -> Result<Option<Self>, UnusableUrl> {
        let Some((scheme, rest)) = text.split_at_checked(SCHEME.len()) else {
            return Ok(None);
        };
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Ok(None);
        }
        let incomplete = || UnusableUrl::Incomplete(text.to_owned());
        let (bucket, key) = rest.split_once('/').ok_or_else(incomplete)?;
        if bucket.is_empty() || key.is_empty() {
            return Err(incomplete());
        }
        if key.split('/').any(|part| matches!(part, "." | ".."))
            || key.contains(|character: char| character.is_ascii_control())
        {
            return Err(UnusableUrl::UnusableKey(text.to_owned()));
        }
        Ok(Some(Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        }))
    }

    /// Splits the key after its last slash into a prefix, which may be empty, and a name.
    #[must_use]
    pub fn folder_and_name(&self) -> (&str, &str) {
        let end = self.key.rfind('/').map_or(0, |slash| slash + 1);
        self.key.split_at(end)
    }
}

impl S3FolderUrl {
    /// Parses an S3 address; the slash at its end may be missing. `None` if the text is not one.
    ///
    /// # Errors
    /// The bucket or the prefix is missing, or the prefix cannot be that of a folder.
    pub fn named(text: &str) -> Result<Option<Self>, UnusableUrl> {
        let not_a_folder = || UnusableUrl::NotAFolder(text.to_owned());
        let (bucket, mut key) = match S3Url::named(text) {
            Ok(Some(url)) => (url.bucket, url.key),
            Ok(None) => return Ok(None),
            Err(UnusableUrl::Incomplete(_)) => return Err(not_a_folder()),
            Err(error) => return Err(error),
        };
        if !key.ends_with('/') {
            key.push('/');
        }
        if key.starts_with('/') || key.contains("//") {
            return Err(not_a_folder());
        }
        Ok(Some(Self(S3Url { bucket, key })))
    }

    /// Returns the address of a subfolder.
    #[must_use]
    pub fn folder(&self, name: &str) -> Self {
        let Self(S3Url { bucket, key }) = self;
        Self(S3Url {
            bucket: bucket.clone(),
            key: format!("{key}{name}/"),
        })
    }

    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.0.bucket
    }

    /// Returns the prefix of this folder and those next to it; empty if it is at the top.
    #[must_use]
    pub fn parent(&self) -> &str {
        let prefix = self.prefix();
        let inner = prefix.strip_suffix('/').unwrap_or(prefix);
        inner.rfind('/').map_or("", |slash| &prefix[..=slash])
    }

    /// Returns the prefix with the slash at its end.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0.key
    }
}

impl fmt::Display for S3FolderUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for S3Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::{S3FolderUrl, S3Url, UnusableUrl};

    #[test]
    fn the_scheme_may_be_in_capitals() {
        let url = S3Url::named("S3://lists/users.csv").unwrap().unwrap();
        assert_eq!(url.to_string(), "s3://lists/users.csv");
        assert_eq!(S3Url::named("s3"), Ok(None));
        assert_eq!(S3Url::named("ß://a/b"), Ok(None));
    }

    #[test]
    fn parses_bucket_and_key_and_keeps_the_key_verbatim() {
        for (text, bucket, key) in [
            ("s3://lists/users.csv", "lists", "users.csv"),
            ("s3://lists/a/b//users.csv", "lists", "a/b//users.csv"),
            ("s3://a.b-c/%20 ä?x#y", "a.b-c", "%20 ä?x#y"),
        ] {
            let uri = S3Url::named(text).unwrap().unwrap();
            assert_eq!((uri.bucket.as_str(), uri.key.as_str()), (bucket, key));
            assert_eq!(uri.to_string(), text);
        }
    }

    #[test]
    fn rejects_a_missing_bucket_or_key() {
        for text in ["s3://", "s3:///users.csv", "s3://lists", "s3://lists/"] {
            let error = S3Url::named(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{text}: not the address of an object")));
        }
    }

    #[test]
    fn rejects_keys_that_a_url_cannot_have() {
        for text in ["s3://lists/../b", "s3://lists/a/.", "s3://lists/a\nb"] {
            let error = S3Url::named(text).unwrap_err();
            assert_eq!(error, UnusableUrl::UnusableKey(text.to_owned()));
        }
    }

    #[test]
    fn splits_a_key_after_its_last_slash() {
        for (text, parts) in [
            ("s3://lists/users.csv", ("", "users.csv")),
            ("s3://lists/a//b/users.csv", ("a//b/", "users.csv")),
            ("s3://lists//users.csv", ("/", "users.csv")),
            ("s3://lists/a/", ("a/", "")),
        ] {
            let url = S3Url::named(text).unwrap().unwrap();
            assert_eq!(url.folder_and_name(), parts, "{text}");
        }
    }

    #[test]
    fn a_folder_ends_with_a_slash() {
        for text in ["s3://runs/monday", "s3://runs/monday/"] {
            let url = S3FolderUrl::named(text).unwrap().unwrap();
            assert_eq!((url.bucket(), url.prefix()), ("runs", "monday/"));
            assert_eq!(url.to_string(), "s3://runs/monday/");
            assert_eq!(url.parent(), "");
        }
        let url = S3FolderUrl::named("s3://runs/a/b/monday").unwrap().unwrap();
        assert_eq!(url.parent(), "a/b/");
        for text in ["s3://runs", "s3://runs/", "s3://runs//a", "s3://runs/a//b"] {
            let error = S3FolderUrl::named(text).unwrap_err();
            assert_eq!(error, UnusableUrl::NotAFolder(text.to_owned()));
        }
        assert_eq!(S3FolderUrl::named("runs/monday"), Ok(None));
    }

    #[test]
    fn ignores_anything_else() {
        for text in ["users.csv", "-", "s3/users.csv", "s3:lists", "./s3://a/b"] {
            assert_eq!(S3Url::named(text), Ok(None), "{text}");
        }
    }
}
