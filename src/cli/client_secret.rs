//! The app client's secret, from a file or the environment: the plain secret, or the JSON of a
//! managed secret in AWS Secrets Manager.
//!
//! Errors never quote the input: it may be the secret.

use std::ffi::OsString;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use secrecy::SecretString;
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use super::args::ConnectionArgs;
use super::text_file::mode_warning;
use crate::hints::Hint;

/// The environment variable that holds the app client's secret.
pub const SECRET_VARIABLE: &str = "COGNITO_CLIENT_SECRET";

/// Far more than a secret of at most 64 characters and its JSON need.
const MAX_BYTES: u64 = 64 * 1024;

const ACCEPTED: &str = "it must contain only the app client's secret, or the JSON printed by \
                        `aws secretsmanager get-secret-value --secret-id ARN \
                        --query SecretString --output text`";

/// The source of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOrigin {
    /// `--client-secret-file`.
    File(PathBuf),
    /// [`SECRET_VARIABLE`].
    Variable,
}

impl fmt::Display for SecretOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "--client-secret-file {}", path.display()),
            Self::Variable => f.write_str(SECRET_VARIABLE),
        }
    }
}

/// A secret that cannot be used. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {problem}")]
pub struct SecretError {
    origin: SecretOrigin,
    problem: SecretProblem,
}

impl Hint for SecretError {
    fn hint(&self) -> Option<String> {
        self.problem.hint()
    }
}

#[derive(Debug, thiserror::Error)]
enum SecretProblem {
    #[error("cannot be read: {0}")]
    Unreadable(std::io::Error),
    #[error("is larger than 64 KiB")]
    TooLarge,
    #[error("is not valid UTF-8")]
    InvalidUtf8,
    #[error("is empty")]
    Empty,
    #[error("contains whitespace within the secret")]
    Whitespace,
    #[error("malformed JSON at line {line}, column {column}")]
    Malformed { line: usize, column: usize },
    #[error("is the complete output of get-secret-value")]
    FullResponse,
    #[error("is a JSON string")]
    JsonString,
    #[error("has no string field {0}")]
    MissingField(&'static str),
    #[error("{field} does not match {flag} {value}")]
    OtherClient {
        field: &'static str,
        flag: &'static str,
        value: String,
    },
}

impl Hint for SecretProblem {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable(_) => "name a file with the app client's secret".to_owned(),
            Self::InvalidUtf8 => format!(
                "{ACCEPTED} (in Windows PowerShell, write it with `Out-File -Encoding ascii`)"
            ),
            Self::FullResponse => {
                "add `--query SecretString --output text` to that command".to_owned()
            }
            Self::JsonString => "add `--output text` to the command that printed it".to_owned(),
            Self::OtherClient { flag, .. } => {
                format!("fetch the secret of that app client, or correct {flag}")
            }
            Self::TooLarge
            | Self::Empty
            | Self::Whitespace
            | Self::Malformed { .. }
            | Self::MissingField(_) => ACCEPTED.to_owned(),
        })
    }
}

/// The pool and app client that the secret must belong to.
#[derive(Debug, Clone, Copy)]
pub struct SecretOwner<'a> {
    /// The user pool.
    pub user_pool_id: &'a str,
    /// The app client, if one is given.
    pub client_id: Option<&'a str>,
}

/// A secret from a file or the environment.
#[derive(Debug)]
pub struct GivenSecret {
    /// The secret.
    pub secret: SecretString,
    /// A warning about the permissions of its file.
    pub warning: Option<String>,
}

/// The cached value of [`SECRET_VARIABLE`].
static ENVIRONMENT_SECRET: OnceLock<Option<OsString>> = OnceLock::new();

/// Caches [`SECRET_VARIABLE`], so that it can be removed from the environment: child processes,
/// such as a profile's `credential_process`, would inherit it. Returns whether the variable is set.
pub fn keep_secret_of_environment() -> bool {
    secret_of_environment().is_some()
}

fn secret_of_environment() -> Option<OsString> {
    ENVIRONMENT_SECRET
        .get_or_init(|| std::env::var_os(SECRET_VARIABLE))
        .clone()
}

/// Returns the secret from the file on the command line or else from the environment, if any.
///
/// # Errors
/// The secret cannot be read, is malformed, or belongs to another app client.
pub fn client_secret(
    connection: &ConnectionArgs,
    owner: SecretOwner<'_>,
) -> Result<Option<GivenSecret>, SecretError> {
    let (origin, text, warning) = match &connection.client_secret_file {
        Some(path) => {
            let origin = SecretOrigin::File(path.clone());
            match read(path) {
                Ok((text, warning)) => (origin, Ok(text), warning),
                Err(problem) => (origin, Err(problem), None),
            }
        }
        None => match secret_of_environment() {
            Some(value) if !value.is_empty() => {
                let text = value.into_string().map_err(|_| SecretProblem::InvalidUtf8);
                (SecretOrigin::Variable, text.map(Zeroizing::new), None)
            }
            Some(_) | None => return Ok(None),
        },
    };
    match text.and_then(|text| parse_secret(&text, owner)) {
        Ok(secret) => Ok(Some(GivenSecret { secret, warning })),
        Err(problem) => Err(SecretError { origin, problem }),
    }
}

/// Reads the file, and returns a warning if other users can read it too.
fn read(path: &Path) -> Result<(Zeroizing<String>, Option<String>), SecretProblem> {
    let file = std::fs::File::open(path).map_err(SecretProblem::Unreadable)?;
    let metadata = file.metadata().map_err(SecretProblem::Unreadable)?;
    let warning = mode_warning("--client-secret-file", path, &metadata);
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(SecretProblem::Unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(SecretProblem::TooLarge);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretProblem::InvalidUtf8)?;
    Ok((Zeroizing::new(text.to_owned()), warning))
}

/// Parses a plain secret or the JSON of a managed one.
fn parse_secret(text: &str, owner: SecretOwner<'_>) -> Result<SecretString, SecretProblem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    match text.chars().next() {
        None => Err(SecretProblem::Empty),
        Some('{' | '[' | '"') => parse_managed_secret(text, owner),
        Some(_) if text.contains(char::is_whitespace) => Err(SecretProblem::Whitespace),
        Some(_) => Ok(SecretString::from(text)),
    }
}

/// The JSON that Secrets Manager stores for an app client. Unknown fields are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManagedSecret {
    user_pool_id: Option<JsonText>,
    user_pool_client_id: Option<JsonText>,
    client_secret_value: Option<JsonText>,
    /// Only in the complete output of `get-secret-value`.
    #[serde(rename = "SecretString")]
    secret_string: Option<JsonText>,
}

/// A JSON value of which only a string is kept.
#[derive(Deserialize)]
#[serde(untagged)]
enum JsonText {
    String(String),
    Other(serde::de::IgnoredAny),
}

impl JsonText {
    fn get(&self) -> Option<&str> {
        match self {
            Self::String(text) if !text.is_empty() => Some(text),
            Self::String(_) | Self::Other(_) => None,
        }
    }
}

impl Drop for JsonText {
    fn drop(&mut self) {
        if let Self::String(text) = self {
            text.zeroize();
        }
    }
}

fn parse_managed_secret(text: &str, owner: SecretOwner<'_>) -> Result<SecretString, SecretProblem> {
    // serde's messages quote the input.
    let malformed = |error: &serde_json::Error| SecretProblem::Malformed {
        line: error.line(),
        column: error.column(),
    };
    if text.starts_with('"') {
        let string = serde_json::from_str::<JsonText>(text);
        return Err(string.map_or_else(|error| malformed(&error), |_| SecretProblem::JsonString));
    }
    let managed: ManagedSecret = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    if managed.secret_string.is_some() {
        return Err(SecretProblem::FullResponse);
    }
    let field = |field: &Option<JsonText>, name| {
        let text = field.as_ref().and_then(JsonText::get).map(str::to_owned);
        text.map(Zeroizing::new)
            .ok_or(SecretProblem::MissingField(name))
    };
    let secret = field(&managed.client_secret_value, "clientSecretValue")?;
    if secret.contains(char::is_whitespace) {
        return Err(SecretProblem::Whitespace);
    }
    let client_id = field(&managed.user_pool_client_id, "userPoolClientId")?;
    if let Some(expected) = owner.client_id
        && *client_id != expected
    {
        return Err(SecretProblem::OtherClient {
            field: "userPoolClientId",
            flag: "--client-id",
            value: expected.to_owned(),
        });
    }
    if managed.user_pool_id.is_some()
        && *field(&managed.user_pool_id, "userPoolId")? != owner.user_pool_id
    {
        return Err(SecretProblem::OtherClient {
            field: "userPoolId",
            flag: "--user-pool-id",
            value: owner.user_pool_id.to_owned(),
        });
    }
    Ok(SecretString::from(secret.as_str()))
}

#[cfg(test)]
mod tests;
