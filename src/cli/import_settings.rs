//! The settings of `import` and `rehearse`: arguments, environment and mapping file, resolved once.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use super::args::{ImportArgs, ListArgs, PreflightArgs, RehearseArgs, RunArgs};
use super::dialect::dialect;
use super::rehearsal::RehearsalSettings;
use super::settings::{self, SettingsError};
use super::trigger_data::trigger_data;
use super::{reports, terminal};
use crate::import::{BreakerLimits, Deadline};
use crate::ledger::{Durability, RetryFilter, RunKind};
use crate::mapping::MappingOptions;
use crate::pool::{ConnectSettings, EndpointChoice, Signing};
use crate::preflight::prescan::ExistingUserPolicy;
use crate::preflight::problems::Allowed;
use crate::preflight::rates::RatesAsked;
use crate::progress::ProgressMode;
use crate::report::ReportOptions;
use crate::rows::Dialect;
use crate::run::RetryPolicy;
use crate::source::object::S3Access;

/// One field for each stage of a run.
pub struct ImportSettings {
    pub list: ListSettings,
    pub connect: ConnectSettings,
    pub preflight: PreflightSettings,
    pub existing_users: ExistingUserPolicy,
    pub rates: RatesAsked,
    /// Requests in flight at most; `None`: as many as the rate needs.
    pub concurrency: Option<NonZeroU32>,
    pub run: RunSettings,
    pub on_existing_run: OnExistingRun,
    /// Ask for confirmation if there is a terminal.
    pub confirm: bool,
    pub reports: ReportOptions,
    pub progress: ProgressMode,
}

/// The list: where it is, how it is written and what its columns mean.
pub struct ListSettings {
    pub path: PathBuf,
    pub access: S3Access,
    pub dialect: Dialect,
    pub mapping: MappingOptions,
    /// Steps also apply to users that existed before the run.
    pub follow_up_existing: bool,
}

/// Checks before the first request that writes.
pub struct PreflightSettings {
    pub skipped: bool,
    /// The pool's rules, instead of asking the pool.
    pub rules_file: Option<PathBuf>,
    pub allowed: Allowed,
    /// How long the pool is asked.
    pub timeout: Duration,
}

/// The run directory, and when a run stops on its own.
pub struct RunSettings {
    /// `None`: named after the list and the pool.
    pub directory: Option<PathBuf>,
    pub wait_for_lock: Option<Duration>,
    pub durability: Durability,
    /// Whether usernames are compared without case, if that is set.
    pub ignore_case: Option<bool>,
    pub retry: RetryPolicy,
    pub breaker: BreakerLimits,
    /// The time that the run may take.
    pub time_limit: Option<Duration>,
    pub deadline: Option<Deadline>,
    pub rejects_with_passwords: bool,
}

/// What happens to a run that is in the run directory already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnExistingRun {
    /// Resume it, and retry these rows.
    Resume(Vec<RetryFilter>),
    /// Start over and keep its ledger under another name.
    PutAside,
    /// Start over without keeping it: the pool of a rehearsal ends with it.
    Replace,
}

impl OnExistingRun {
    #[must_use]
    pub fn kind(&self) -> RunKind {
        match self {
            Self::Resume(_) | Self::PutAside => RunKind::Import,
            Self::Replace => RunKind::Rehearsal,
        }
    }
}

impl ImportSettings {
    /// The settings of `import`, and a warning about the file with the app client's secret.
    ///
    /// # Errors
    /// A file cannot be used, or the arguments contradict each other.
    pub fn of_import(args: &ImportArgs) -> Result<(Self, Option<String>), SettingsError> {
        settings::refuse_sensitive_logs()?;
        let existing_users = settings::looks(&args.look)?;
        let reports = reports::asked(&args.reports)?;
        let trigger_data = trigger_data(&args.triggers, &args.list)?;
        let (connect, warning) =
            settings::connect(&args.pool, &args.pace, existing_users, trigger_data)?;
        let access = settings::s3_access(Some(&args.pool.user_pool_id), &args.pool.connection);
        let settings = Self {
            list: ListSettings::of(&args.list, access)?,
            connect,
            preflight: PreflightSettings::of(&args.preflight),
            existing_users,
            rates: settings::rates(&args.pace.rates),
            concurrency: args.pace.concurrency,
            run: RunSettings::of(&args.run),
            on_existing_run: if args.restart {
                OnExistingRun::PutAside
            } else {
                OnExistingRun::Resume(settings::retried(&args.retry))
            },
            confirm: !args.yes,
            reports,
            progress: terminal::form(&args.output, &args.progress),
        };
        Ok((settings, warning))
    }

    /// The settings of `rehearse`. The endpoint is known once the simulated pool listens.
    ///
    /// # Errors
    /// As for [`ImportSettings::of_import`].
    pub fn of_rehearse(args: &RehearseArgs) -> Result<(Self, RehearsalSettings), SettingsError> {
        settings::refuse_sensitive_logs()?;
        let existing_users = settings::looks(&args.look)?;
        let reports = reports::asked(&args.reports)?;
        let trigger_data = trigger_data(&args.triggers, &args.list)?;
        let rehearsal = RehearsalSettings::of(&args.rehearsal)?;
        let pool = &rehearsal.pool;
        let connect = ConnectSettings {
            user_pool_id: pool.pool_id.clone(),
            client_id: pool.client_id.clone(),
            client_secret: pool.client_secret.clone().map(Into::into),
            trigger_data,
            region: Some(pool.region.clone()),
            profile: None,
            endpoint: EndpointChoice::Configured,
            signing: if existing_users.look_ups.any() {
                Signing::Rehearsal
            } else {
                Signing::Off
            },
            attempt_timeout: args.pace.attempt_timeout,
        };
        let settings = Self {
            list: ListSettings::of(&args.list, S3Access::default())?,
            connect,
            preflight: PreflightSettings::of(&args.preflight),
            existing_users,
            rates: settings::rates(&args.pace.rates),
            concurrency: args.pace.concurrency,
            run: RunSettings::of(&args.run),
            on_existing_run: OnExistingRun::Replace,
            confirm: false,
            reports,
            progress: terminal::form(&args.output, &args.progress),
        };
        Ok((settings, rehearsal))
    }
}

impl ListSettings {
    /// # Errors
    /// The mapping file cannot be used, or one character has two roles.
    pub fn of(args: &ListArgs, access: S3Access) -> Result<Self, SettingsError> {
        Ok(Self {
            path: args.list.clone(),
            access,
            mapping: settings::mapping(args)?,
            dialect: dialect(args)?,
            follow_up_existing: args.follow_up.follow_up_existing,
        })
    }
}

impl PreflightSettings {
    fn of(args: &PreflightArgs) -> Self {
        Self {
            skipped: args.no_preflight,
            rules_file: args.pool.clone(),
            allowed: settings::allowed(&args.allow),
            timeout: args.patience.preflight_timeout,
        }
    }
}

impl RunSettings {
    fn of(args: &RunArgs) -> Self {
        Self {
            directory: args.run_dir.clone(),
            wait_for_lock: args.wait_for_lock,
            durability: settings::durability(args),
            ignore_case: settings::case_insensitive(args.usernames),
            retry: settings::retry_policy(args),
            breaker: settings::breaker(args),
            time_limit: args.deadline,
            deadline: settings::deadline(args, Instant::now()),
            rejects_with_passwords: args.rejects_with_passwords,
        }
    }
}
