use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::import::{allowed, ignore_case, rates};
use super::pool::{existing_user_policy, s3_access};
use super::{ListSettings, PoolRulesSource, SettingsError, refuse_sensitive_logs};
use crate::cli::args::{CheckArgs, KnownPoolArgs};
use crate::cli::client_secret::{GivenSecret, SecretOwner, client_secret};
use crate::preflight::prescan::ExistingUserPolicy;
use crate::preflight::problems::Allowed;
use crate::preflight::rates::RateOptions;
use crate::report::CsvEncoding;

/// The settings of `check`.
pub struct CheckSettings {
    pub list: ListSettings,
    pub rules: PoolRulesSource,
    /// Whether the app client's secret is given; `None` if the pool is not read.
    pub secret_given: Option<bool>,
    /// A warning if other users can read the app client's secret.
    pub secret_warning: Option<String>,
    pub allowed: Allowed,
    /// How long failing preflight calls are retried.
    pub preflight_timeout: Duration,
    pub rates: RateOptions,
    pub existing_users: ExistingUserPolicy,
    /// Whether usernames are compared without case; `None`: as the pool does.
    pub ignore_case: Option<bool>,
    /// The file to write findings to.
    pub findings: PathBuf,
    pub csv: CsvEncoding,
}

impl CheckSettings {
    pub(super) fn of(args: &CheckArgs) -> Result<Self, SettingsError> {
        refuse_sensitive_logs()?;
        let access = s3_access(args.pool.user_pool_id.as_deref(), &args.pool.connection);
        let secret = secret(&args.pool)?;
        Ok(Self {
            list: ListSettings::of(&args.list, access)?,
            rules: PoolRulesSource::of(&args.pool),
            secret_given: args.pool.user_pool_id.as_ref().map(|_| secret.is_some()),
            secret_warning: secret.and_then(|secret| secret.warning),
            allowed: allowed(&args.allow),
            preflight_timeout: args.patience.preflight_timeout,
            rates: rates(&args.rates, NonZeroU32::MIN),
            existing_users: existing_user_policy(&args.look)?,
            ignore_case: ignore_case(args.usernames),
            findings: args.findings.clone(),
            csv: args.csv.encoding(),
        })
    }
}

fn secret(args: &KnownPoolArgs) -> Result<Option<GivenSecret>, SettingsError> {
    let Some(user_pool_id) = &args.user_pool_id else {
        return Ok(None);
    };
    let owner = SecretOwner {
        user_pool_id,
        client_id: args.client_id.as_deref(),
    };
    Ok(client_secret(&args.connection, owner)?)
}
