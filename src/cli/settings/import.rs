//! The settings of `import` and `rehearse`, with one field for each stage of a run.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use super::part::part;
use super::pool::{connect_to_rehearse, connect_to_write, existing_user_policy, s3_access};
use super::report::report_options;
use super::{ListSettings, RunPlace, SettingsError, refuse_sensitive_logs};
use crate::cli::args::{
    AllowArgs, ImportArgs, PreflightArgs, PreviousArgs, RateArgs, RehearseArgs, ReportsArgs, Retry,
    RunArgs, SharedImportArgs, UsernameCase, UsernamesArgs,
};
use crate::cli::rehearsal::RehearsalSettings;
use crate::cli::terminal;
use crate::cli::trigger_data::trigger_data;
use crate::import::differences::DifferenceDetail;
use crate::import::{BreakerLimits, Deadline};
use crate::ledger::{Durability, LedgerLock, RetryFilter, RunKind};
use crate::outcome::Outcome;
use crate::part::Part;
use crate::pool::{ConnectSettings, Signing};
use crate::preflight::prescan::ExistingUserPolicy;
use crate::preflight::problems::{Allowed, BrakeLimits};
use crate::preflight::rates::RateOptions;
use crate::progress::ProgressMode;
use crate::report::{MetricsFormat, ReportOptions};
use crate::run::RetryPolicy;
use crate::s3::S3Access;

pub struct ImportSettings {
    pub list: ListSettings,
    pub connect: ConnectSettings,
    /// Warnings about files with secrets that other users can read.
    pub warnings: Vec<String>,
    pub preflight: PreflightSettings,
    pub existing_users: ExistingUserPolicy,
    /// What the run records about the attributes of existing users.
    pub differences: DifferenceDetail,
    pub rates: RateOptions,
    /// The maximum number of users in flight; `None`: as many as the rate needs.
    pub concurrency: Option<NonZeroU32>,
    pub run: RunSettings,
    /// The interval of copies of the ledger in S3, if the run directory is there.
    pub snapshot_every: Duration,
    pub on_existing_run: OnExistingRun,
    /// Ask for confirmation if there is a terminal.
    pub confirm: bool,
    pub reports: ReportOptions,
    pub metrics_format: MetricsFormat,
    pub progress: ProgressMode,
}

/// Checks before the first request that writes.
pub struct PreflightSettings {
    pub skipped: bool,
    /// The pool's rules, instead of reading them from the pool.
    pub rules_file: Option<PathBuf>,
    pub allowed: Allowed,
    /// How long failing calls are retried.
    pub timeout: Duration,
}

/// The run directory, and when a run stops on its own.
pub struct RunSettings {
    /// `None`: named after the list and the pool.
    pub directory: Option<RunPlace>,
    /// The part of the list to import; `None`: the whole list.
    pub part: Option<Part>,
    /// How to reach a run directory in S3.
    pub s3: S3Access,
    pub previous: Option<PreviousSettings>,
    pub wait_for_lock: Option<Duration>,
    pub durability: Durability,
    pub ledger_lock: LedgerLock,
    /// Whether usernames are compared without case; `None`: as the pool does.
    pub ignore_case: Option<bool>,
    pub retry: RetryPolicy,
    pub breaker: BreakerLimits,
    pub time_limit: Option<Duration>,
    pub deadline: Option<Deadline>,
    pub stop_after: Option<NonZeroU64>,
    /// The time from a signal to the end of the process.
    pub grace: Duration,
    pub rejects_with_passwords: bool,
    /// Exit with 0 if the run finishes, whatever the outcomes of its rows.
    pub allow_row_failures: bool,
}

/// The previous run of the list, and how much the list may differ from that.
pub struct PreviousSettings {
    pub run: PreviousChoice,
    pub limits: BrakeLimits,
}

#[derive(Debug, Clone)]
pub enum PreviousChoice {
    /// The newest finished run of the same list and pool next to this one.
    Last,
    Run(RunPlace),
}

impl PreviousSettings {
    fn of(args: &PreviousArgs) -> Result<Option<Self>, SettingsError> {
        let Some(previous) = &args.previous else {
            return Ok(None);
        };
        Ok(Some(Self {
            // `latest` is the word of the other commands.
            run: if previous.as_os_str() == "last" || previous.as_os_str() == "latest" {
                PreviousChoice::Last
            } else {
                PreviousChoice::Run(RunPlace::of(previous)?)
            },
            limits: BrakeLimits {
                max_shrink: args.max_shrink,
                max_new: args.max_new,
            },
        }))
    }
}

/// What to do if the run directory contains a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnExistingRun {
    /// Resume it, and retry these rows.
    Resume(Vec<RetryFilter>),
    /// Start over and keep its ledger under another name.
    PutAside,
    /// Start over without keeping its ledger, because a rehearsal's pool ends with it.
    Replace,
}

impl OnExistingRun {
    /// Whether `--retry` is given.
    #[must_use]
    pub fn retries(&self) -> bool {
        match self {
            Self::Resume(filters) => !filters.is_empty(),
            Self::PutAside | Self::Replace => false,
        }
    }

    #[must_use]
    pub fn kind(&self) -> RunKind {
        match self {
            Self::Resume(_) | Self::PutAside => RunKind::Import,
            Self::Replace => RunKind::Rehearsal,
        }
    }
}

impl ImportSettings {
    pub(super) fn of_import(args: &ImportArgs) -> Result<Self, SettingsError> {
        let (connect, secret_warning) = connect_to_write(&args.pool)?;
        let access = s3_access(Some(&args.pool.user_pool_id), &args.pool.connection);
        let part = part(&args.part, |name| std::env::var(name).ok())?;
        if part.is_some() && args.restart {
            return Err(SettingsError::RestartOfPart);
        }
        let run = RunSettings::of(&args.shared.run, part, access)?;
        if let Some(address) = run.s3_address().filter(|_| args.restart) {
            return Err(SettingsError::RestartInS3(address));
        }
        Ok(Self {
            snapshot_every: args.snapshot_every,
            on_existing_run: if args.restart {
                OnExistingRun::PutAside
            } else {
                OnExistingRun::Resume(retry_filters(&args.retry))
            },
            confirm: !args.yes,
            ..Self::of_shared(&args.shared, connect, secret_warning, run)?
        })
    }

    /// The endpoint is filled in when the simulated pool listens.
    pub(super) fn of_rehearse(
        args: &RehearseArgs,
    ) -> Result<(Self, RehearsalSettings), SettingsError> {
        let rehearsal = RehearsalSettings::of(&args.rehearsal)?;
        let run = RunSettings::of(&args.shared.run, None, S3Access::default())?;
        if let Some(address) = run.s3_address() {
            return Err(SettingsError::RehearsalInS3(address));
        }
        let connect = connect_to_rehearse(&rehearsal.pool);
        let settings = Self::of_shared(&args.shared, connect, None, run)?;
        Ok((settings, rehearsal))
    }

    /// The settings of a rehearsal. `import` overrides some of them.
    fn of_shared(
        args: &SharedImportArgs,
        connect: ConnectSettings,
        secret_warning: Option<String>,
        run: RunSettings,
    ) -> Result<Self, SettingsError> {
        refuse_sensitive_logs()?;
        let existing_users = existing_user_policy(&args.look)?;
        let (trigger_data, trigger_warning) = trigger_data(&args.triggers, &args.list)?;
        Ok(Self {
            list: ListSettings::of(&args.list, run.s3.clone())?,
            connect: ConnectSettings {
                signing: if existing_users.lookup.any() {
                    connect.signing
                } else {
                    Signing::Off
                },
                attempt_timeout: args.pace.timeout.attempt_timeout,
                trigger_data,
                ..connect
            },
            warnings: secret_warning.into_iter().chain(trigger_warning).collect(),
            preflight: PreflightSettings::of(&args.preflight),
            existing_users,
            differences: args.run.differences,
            rates: rates(&args.pace.rates, run.parts()),
            concurrency: args.pace.concurrency,
            run,
            // The run directory of a rehearsal is never in S3.
            snapshot_every: Duration::MAX,
            on_existing_run: OnExistingRun::Replace,
            confirm: false,
            reports: report_options(&args.reports)?,
            metrics_format: metrics_format(&args.run, &args.reports)?,
            progress: terminal::progress_mode(&args.output, &args.progress),
        })
    }
}

impl PreflightSettings {
    fn of(args: &PreflightArgs) -> Self {
        Self {
            skipped: args.no_preflight,
            rules_file: args.pool.clone(),
            allowed: allowed(&args.allow),
            timeout: args.patience.preflight_timeout,
        }
    }
}

impl RunSettings {
    fn of(args: &RunArgs, part: Option<Part>, s3: S3Access) -> Result<Self, SettingsError> {
        let parts = part.map_or(NonZeroU32::MIN, Part::parts);
        let directory = args.run_dir.as_deref().map(RunPlace::of).transpose()?;
        Ok(Self {
            directory,
            part,
            s3,
            previous: PreviousSettings::of(&args.previous)?,
            wait_for_lock: args.lock.wait_for_lock,
            durability: args.durability,
            ledger_lock: args.ledger_lock,
            ignore_case: ignore_case(args.usernames),
            retry: RetryPolicy {
                settle: args.settle_time,
                ..RetryPolicy::default()
            },
            breaker: BreakerLimits {
                first: args.max_failures.div_ceil(parts.get()),
                rate: args.max_failure_rate,
            },
            time_limit: args.deadline,
            deadline: args.deadline.map(|time| deadline(time, Instant::now())),
            stop_after: args.stop_after,
            grace: terminal::grace(args.grace),
            rejects_with_passwords: args.rejects_with_passwords,
            allow_row_failures: args.allow_row_failures,
        })
    }

    /// The number of processes that share the run.
    #[must_use]
    pub fn parts(&self) -> NonZeroU32 {
        self.part.map_or(NonZeroU32::MIN, Part::parts)
    }

    /// Whether `--previous last` is given.
    #[must_use]
    pub fn compares_with_the_last(&self) -> bool {
        let previous = self.previous.as_ref();
        previous.is_some_and(|previous| matches!(previous.run, PreviousChoice::Last))
    }

    /// The address of a run directory in S3.
    fn s3_address(&self) -> Option<String> {
        match &self.directory {
            Some(RunPlace::S3(url)) => Some(url.to_string()),
            Some(RunPlace::Directory(_)) | None => None,
        }
    }
}

fn metrics_format(run: &RunArgs, reports: &ReportsArgs) -> Result<MetricsFormat, SettingsError> {
    match (run.metrics_format, &reports.metrics_file) {
        (MetricsFormat::Emf, Some(_)) => Err(SettingsError::MetricsInLog),
        (format, _) => Ok(format),
    }
}

pub(super) fn allowed(args: &AllowArgs) -> Allowed {
    Allowed {
        messages: args.allow_messages,
        message_limit: args.ignore_message_limit,
        alias_moves: args.allow_alias_moves,
        alias_repeats: args.allow_alias_repeats,
        strict: args.strict,
    }
}

/// `parts` is the number of processes that share the quotas.
pub(super) fn rates(args: &RateArgs, parts: NonZeroU32) -> RateOptions {
    RateOptions {
        creation: args.rate.named(),
        read: args.lookup_rate.named(),
        update: args.update_rate.named(),
        list: args.list_rate.named(),
        share: args.share,
        parts,
    }
}

pub(super) fn ignore_case(args: UsernamesArgs) -> Option<bool> {
    args.usernames.map(|case| match case {
        UsernameCase::IgnoreCase => true,
        UsernameCase::CaseSensitive => false,
    })
}

/// The last tenth of the time, at most 10 s, is left to requests in flight.
fn deadline(time: Duration, started: Instant) -> Deadline {
    Deadline {
        no_more_rows: started + (time - (time / 10).min(Duration::from_secs(10))),
        over: started + time,
    }
}

fn retry_filters(args: &[Retry]) -> Vec<RetryFilter> {
    let all = [
        Outcome::Failed,
        Outcome::Rejected,
        Outcome::InDoubt,
        Outcome::Invalid,
    ];
    let mut filters: Vec<RetryFilter> = args
        .iter()
        .flat_map(|retry| match retry {
            Retry::Failed => vec![RetryFilter::Rows(Outcome::Failed)],
            Retry::Rejected => vec![RetryFilter::Rows(Outcome::Rejected)],
            Retry::InDoubt => vec![RetryFilter::Rows(Outcome::InDoubt)],
            Retry::Invalid => vec![RetryFilter::Rows(Outcome::Invalid)],
            Retry::FollowUp => vec![RetryFilter::FailedSteps],
            Retry::All => all
                .map(RetryFilter::Rows)
                .into_iter()
                .chain([RetryFilter::FailedSteps])
                .collect(),
        })
        .collect();
    filters.sort_unstable();
    filters.dedup();
    filters
}
