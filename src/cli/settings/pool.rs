//! How to reach a user pool, and where its rules come from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{SettingsError, environment};
use crate::cli::args::{ConnectionArgs, KnownPoolArgs, LookArgs, PoolArgs};
use crate::cli::client_secret::{SecretOwner, client_secret};
use crate::cli::text_file::{WRITTEN_BY_HAND, read_text};
use crate::pool::{ConnectSettings, EndpointChoice, LookupMode, Signing, TriggerData, region_of};
use crate::preflight::prescan::{ExistingUserPolicy, PrescanMode};
use crate::rehearsal::PoolSettings;
use crate::s3::S3Access;
use crate::user::pool_rules::PoolRules;

/// The timeout of requests of commands without `--attempt-timeout`.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a pool's rules come from.
pub enum PoolRulesSource {
    /// A file written by `describe`.
    File(PathBuf),
    /// The pool itself.
    Pool(Box<ConnectSettings>),
    Unknown,
}

impl PoolRulesSource {
    pub(super) fn of(args: &KnownPoolArgs) -> Self {
        match (&args.pool, &args.user_pool_id) {
            (Some(path), _) => Self::File(path.clone()),
            (None, Some(user_pool_id)) => Self::Pool(Box::new(connect_to_read(
                user_pool_id,
                args.client_id.as_deref(),
                &args.connection,
            ))),
            (None, None) => Self::Unknown,
        }
    }

    /// Whether an app client is named.
    #[must_use]
    pub fn has_client(&self) -> bool {
        match self {
            Self::Pool(connection) => !connection.client_id.is_empty(),
            Self::File(_) | Self::Unknown => false,
        }
    }

    /// The flag that names a rules file, if there is one.
    #[must_use]
    pub fn flag(&self) -> Option<&'static str> {
        match self {
            Self::File(_) => Some("--pool"),
            Self::Pool(_) | Self::Unknown => None,
        }
    }

    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown)
    }
}

/// The connection for an import, and a warning about the permissions of the secret's file.
pub(super) fn connect_to_write(
    pool: &PoolArgs,
) -> Result<(ConnectSettings, Option<String>), SettingsError> {
    let owner = SecretOwner {
        user_pool_id: &pool.user_pool_id,
        client_id: Some(&pool.client_id),
    };
    let (client_secret, warning) = client_secret(&pool.connection, owner)?
        .map_or((None, None), |given| (Some(given.secret), given.warning));
    let settings = ConnectSettings {
        client_secret,
        ..connect_to_read(&pool.user_pool_id, Some(&pool.client_id), &pool.connection)
    };
    Ok((settings, warning))
}

/// The connection to a simulated pool.
pub(super) fn connect_to_rehearse(pool: &PoolSettings) -> ConnectSettings {
    ConnectSettings {
        user_pool_id: pool.pool_id.clone(),
        client_id: pool.client_id.clone(),
        client_secret: pool.client_secret.clone().map(Into::into),
        trigger_data: TriggerData::default(),
        region: Some(pool.region.clone()),
        profile: None,
        endpoint: EndpointChoice::Configured,
        signing: Signing::Rehearsal,
        attempt_timeout: REQUEST_TIMEOUT,
    }
}

/// The connection for commands that sign no users up. They do not need the app client's secret.
pub(super) fn connect_to_read(
    user_pool_id: &str,
    client_id: Option<&str>,
    connection: &ConnectionArgs,
) -> ConnectSettings {
    ConnectSettings {
        user_pool_id: user_pool_id.to_owned(),
        client_id: client_id.unwrap_or_default().to_owned(),
        client_secret: None,
        trigger_data: TriggerData::default(),
        region: region(connection),
        profile: connection.profile.clone(),
        endpoint: connection
            .endpoint_url
            .clone()
            .map_or(EndpointChoice::Configured, EndpointChoice::Url),
        signing: Signing::Chain,
        attempt_timeout: REQUEST_TIMEOUT,
    }
}

/// How to read a list from S3. Without `--region`, the bucket is looked for in the pool's Region.
pub(super) fn s3_access(user_pool_id: Option<&str>, connection: &ConnectionArgs) -> S3Access {
    S3Access {
        profile: connection.profile.clone(),
        region: region(connection).or_else(|| region_of(user_pool_id?)),
    }
}

fn region(connection: &ConnectionArgs) -> Option<String> {
    connection
        .region
        .clone()
        .or_else(|| environment("AWS_REGION"))
        .or_else(|| environment("AWS_DEFAULT_REGION"))
}

pub(super) fn existing_user_policy(args: &LookArgs) -> Result<ExistingUserPolicy, SettingsError> {
    let lookup = if args.no_lookup {
        LookupMode::None
    } else {
        args.lookup
    };
    if args.prescan == PrescanMode::Always && !lookup.any() {
        return Err(SettingsError::PrescanUnsigned);
    }
    Ok(ExistingUserPolicy {
        lookup,
        prescan: args.prescan,
    })
}

/// Reads a pool's rules from a file.
///
/// # Errors
/// The file cannot be read, or is not in the format that `describe` writes.
pub fn pool_rules(path: &Path) -> Result<PoolRules, SettingsError> {
    let text = read_text(path, WRITTEN_BY_HAND).map_err(|cause| SettingsError::RulesFile {
        path: path.to_owned(),
        cause: cause.to_string(),
    })?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        SettingsError::RulesFile {
            path: path.to_owned(),
            cause: format!("line {line}: {}", error.message()),
        }
    })
}

/// Formats a pool's rules as the content of such a file.
///
/// # Errors
/// A number is too large for TOML.
pub fn pool_rules_text(rules: &PoolRules) -> Result<String, toml::ser::Error> {
    toml::to_string(rules)
}
