//! The app client's secret, from a file or the environment: the secret itself, or the JSON in which AWS Secrets Manager keeps it.
//!
//! Nothing of what was read appears in an error: it may be the secret.

use std::ffi::OsString;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use secrecy::SecretString;
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

use super::args::ConnectionArgs;
use crate::hints::Hint;

/// The environment variable with the app client's secret.
pub const SECRET_VARIABLE: &str = "COGNITO_CLIENT_SECRET";

/// A secret has at most 64 characters, and the JSON around it is not much longer.
const MOST_BYTES: u64 = 64 * 1024;

/// The form that is accepted, for messages.
const ACCEPTED: &str = "it should hold the app client's secret and nothing else, or the JSON printed by `aws secretsmanager get-secret-value \
                        --secret-id ARN --query SecretString --output text`";

/// Where a secret comes from.
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

/// A secret that cannot be used: nothing was sent.
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
    TooLong,
    #[error("is not UTF-8 text")]
    NotText,
    #[error("is empty")]
    Empty,
    #[error("holds white space within the secret")]
    WhiteSpace,
    #[error("malformed JSON at line {line}, column {column}")]
    Malformed { line: usize, column: usize },
    #[error("is the whole answer of get-secret-value")]
    WholeAnswer,
    #[error("is a JSON string")]
    JsonString,
    #[error("has no {0} as a JSON string")]
    NoField(&'static str),
    #[error("{field} is not the {what} of this command ({flag} {value})")]
    OtherClient {
        field: &'static str,
        what: &'static str,
        flag: &'static str,
        value: String,
    },
}

impl Hint for SecretProblem {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable(..) => "name a file that holds the app client's secret".to_owned(),
            Self::TooLong => ACCEPTED.to_owned(),
            Self::NotText => format!(
                "{ACCEPTED} (in Windows PowerShell, write it with `Out-File -Encoding ascii`)"
            ),
            Self::Empty => ACCEPTED.to_owned(),
            Self::WhiteSpace => ACCEPTED.to_owned(),
            Self::Malformed { .. } => ACCEPTED.to_owned(),
            Self::WholeAnswer => {
                "add `--query SecretString --output text` to that command".to_owned()
            }
            Self::JsonString => "add `--output text` to the command that printed it".to_owned(),
            Self::NoField(..) => ACCEPTED.to_owned(),
            Self::OtherClient { flag, .. } => {
                format!("fetch the secret of that app client, or correct {flag}")
            }
        })
    }
}

/// What the secret has to belong to.
#[derive(Debug, Clone, Copy)]
pub struct SecretOwner<'a> {
    /// The user pool.
    pub user_pool_id: &'a str,
    /// The app client, where one is named.
    pub client_id: Option<&'a str>,
}

/// A secret that was given.
#[derive(Debug)]
pub struct GivenSecret {
    /// The secret.
    pub secret: SecretString,
    /// What people should know about its file.
    pub warning: Option<String>,
}

/// The value of [`SECRET_VARIABLE`], once it was read.
static OF_ENVIRONMENT: OnceLock<Option<OsString>> = OnceLock::new();

/// Reads [`SECRET_VARIABLE`], so that it can be taken out of the environment: programs that this one starts (`credential_process` in a
/// profile) would inherit it. Returns whether it is set.
pub fn keep_secret_of_environment() -> bool {
    secret_of_environment().is_some()
}

fn secret_of_environment() -> Option<OsString> {
    OF_ENVIRONMENT
        .get_or_init(|| std::env::var_os(SECRET_VARIABLE))
        .clone()
}

/// The secret that the command line or else the environment gives; none where neither does.
///
/// # Errors
/// It cannot be read, is in no form that is accepted, or belongs to another app client.
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
                let text = value.into_string().map_err(|_| SecretProblem::NotText);
                (SecretOrigin::Variable, text.map(Zeroizing::new), None)
            }
            Some(_) | None => return Ok(None),
        },
    };
    match text.and_then(|text| secret_in(&text, owner)) {
        Ok(secret) => Ok(Some(GivenSecret { secret, warning })),
        Err(problem) => Err(SecretError { origin, problem }),
    }
}

/// What the file holds, and a warning where others can read it.
fn read(path: &Path) -> Result<(Zeroizing<String>, Option<String>), SecretProblem> {
    let file = std::fs::File::open(path).map_err(SecretProblem::Unreadable)?;
    let warning = readable_by_others(&file, path).map_err(SecretProblem::Unreadable)?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(SecretProblem::Unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(SecretProblem::TooLong);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretProblem::NotText)?;
    Ok((Zeroizing::new(text.to_owned()), warning))
}

/// A pipe or another device has no mode that matters.
#[cfg(unix)]
fn readable_by_others(file: &std::fs::File, path: &Path) -> std::io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt as _;
    let about = file.metadata()?;
    let mode = about.mode() & 0o777;
    Ok((about.is_file() && mode & 0o044 != 0).then(|| {
        format!(
            "--client-secret-file {path}: other users of this machine can read it (mode {mode:04o}); `chmod 600 {path}` keeps it to yourself",
            path = path.display()
        )
    }))
}

#[cfg(not(unix))]
fn readable_by_others(_: &std::fs::File, _: &Path) -> std::io::Result<Option<String>> {
    Ok(None)
}

/// The secret that this text holds.
fn secret_in(text: &str, owner: SecretOwner<'_>) -> Result<SecretString, SecretProblem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    match text.chars().next() {
        None => Err(SecretProblem::Empty),
        Some('{' | '[' | '"') => secret_in_json(text, owner),
        Some(_) if text.contains(char::is_whitespace) => Err(SecretProblem::WhiteSpace),
        Some(_) => Ok(SecretString::from(text)),
    }
}

/// What Secrets Manager keeps for an app client. Fields that AWS may add are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManagedSecret {
    user_pool_id: Option<JsonText>,
    user_pool_client_id: Option<JsonText>,
    client_secret_value: Option<JsonText>,
    /// Only in the whole answer of `get-secret-value`.
    #[serde(rename = "SecretString")]
    secret_string: Option<JsonText>,
}

/// A JSON string, or whatever else was there in its place.
#[derive(Deserialize)]
#[serde(untagged)]
enum JsonText {
    Is(String),
    IsNot(serde::de::IgnoredAny),
}

impl JsonText {
    fn get(&self) -> Option<&str> {
        match self {
            Self::Is(text) if !text.is_empty() => Some(text),
            Self::Is(_) | Self::IsNot(_) => None,
        }
    }
}

impl Drop for JsonText {
    fn drop(&mut self) {
        if let Self::Is(text) = self {
            text.zeroize();
        }
    }
}

fn secret_in_json(text: &str, owner: SecretOwner<'_>) -> Result<SecretString, SecretProblem> {
    // serde's own words quote what they met.
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
        return Err(SecretProblem::WholeAnswer);
    }
    let field = |text: &Option<JsonText>, name| {
        let found = text.as_ref().and_then(JsonText::get).map(str::to_owned);
        found
            .map(Zeroizing::new)
            .ok_or(SecretProblem::NoField(name))
    };
    let secret = field(&managed.client_secret_value, "clientSecretValue")?;
    if secret.contains(char::is_whitespace) {
        return Err(SecretProblem::WhiteSpace);
    }
    let client_id = field(&managed.user_pool_client_id, "userPoolClientId")?;
    if let Some(named) = owner.client_id
        && *client_id != named
    {
        return Err(SecretProblem::OtherClient {
            field: "userPoolClientId",
            what: "app client",
            flag: "--client-id",
            value: named.to_owned(),
        });
    }
    if managed.user_pool_id.is_some()
        && *field(&managed.user_pool_id, "userPoolId")? != owner.user_pool_id
    {
        return Err(SecretProblem::OtherClient {
            field: "userPoolId",
            what: "user pool",
            flag: "--user-pool-id",
            value: owner.user_pool_id.to_owned(),
        });
    }
    Ok(SecretString::from(secret.as_str()))
}

#[cfg(test)]
mod tests;
