//! The command line together with the environment, as one small config for each stage.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::args::{
    AllowArgs, ConnectionArgs, DurabilityArg, FollowUpArgs, ListArgs, LookArgs, LookupArg,
    PaceArgs, PasswordSource, PoolArgs, PrescanArg, RateArgs, Retry, RunArgs, UsernameCase,
};
use super::client_secret::{SecretError, SecretOwner, client_secret};
use super::mapping_file::{MappingFile, MappingFileError};
use super::mapping_options::{follow_up_of_flags, of_flags, over};
use super::rehearsal::RehearsalArgsError;
use super::text_file::{WRITTEN_BY_HAND, read_text};
use super::trigger_data::TriggerDataError;
use crate::hints::Hint;
use crate::import::{BreakerLimits, Deadline};
use crate::ledger::{Durability, RetryFilter};
use crate::mapping::{MappingOptions, PasswordFrom};
use crate::outcome::Outcome;
use crate::pool::{ConnectSettings, EndpointChoice, LookupMode, Signing, TriggerData, region_of};
use crate::preflight::prescan::{ExistingUserPolicy, PrescanMode};
use crate::preflight::problems::Allowed;
use crate::preflight::rates::RatesAsked;
use crate::report::MetricsFileError;
use crate::run::RetryPolicy;
use crate::source::object::S3Access;
use crate::user::StepKind;
use crate::user::pool_rules::PoolRules;

/// How long a question may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(30);

/// What is wrong with the settings: nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The app client's secret cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The pool's rules cannot be read from their file.
    #[error("--pool {path}: {cause}")]
    RulesFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The SDK was told to log what it sends.
    #[error("LOG_SENSITIVE_BODIES is set: the SDK would log requests with their passwords")]
    SensitiveBodies,
    /// Reading the pool is asked for, and nothing may be asked.
    #[error("--prescan always: reads the pool's users, and --lookup none asks nothing")]
    PrescanUnsigned,
    /// The mapping file cannot be used.
    #[error(transparent)]
    Mapping(#[from] MappingFileError),
    /// The data for triggers cannot be used.
    #[error(transparent)]
    TriggerData(#[from] TriggerDataError),
    /// The file for metrics cannot be written at the end.
    #[error(transparent)]
    Metrics(#[from] MetricsFileError),
    /// The simulated pool is not valid.
    #[error(transparent)]
    Rehearsal(#[from] RehearsalArgsError),
    /// One character cannot be both.
    #[error("{0} cannot both separate the columns and quote the values")]
    QuoteSeparates(char),
    /// One character cannot escape and quote or separate.
    #[error("--escape {0}: the same character quotes the values or separates the columns")]
    EscapeTaken(char),
    /// Nothing is quoted, so nothing can be escaped.
    #[error("--escape {0}: escapes within quotes, and --quote none reads none")]
    EscapeUnquoted(char),
}

impl Hint for SettingsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Secret(error) => return error.hint(),
            Self::RulesFile { .. } => "`cognito-import describe` writes such a file".to_owned(),
            Self::SensitiveBodies => "unset it".to_owned(),
            Self::PrescanUnsigned => "leave one of the two out".to_owned(),
            Self::Mapping(error) => return error.hint(),
            Self::TriggerData(error) => return error.hint(),
            Self::Metrics(error) => return error.hint(),
            Self::Rehearsal(error) => return error.hint(),
            Self::QuoteSeparates(..) => "name another character with --delimiter or --quote (`--quote none` where nothing is quoted)".to_owned(),
            Self::EscapeTaken(..) => "name another one, or leave --escape out (a doubled quote needs no flag)".to_owned(),
            Self::EscapeUnquoted(..) => "leave one of the two out".to_owned(),
        })
    }
}

impl Hint for toml::ser::Error {
    fn hint(&self) -> Option<String> {
        None
    }
}

/// What the environment says; an empty variable says nothing.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Refuses what would write passwords where they can be read.
///
/// # Errors
/// The environment makes the SDK log bodies.
pub fn refuse_sensitive_logs() -> Result<(), SettingsError> {
    match environment("LOG_SENSITIVE_BODIES") {
        Some(value) if !value.eq_ignore_ascii_case("false") => Err(SettingsError::SensitiveBodies),
        Some(_) | None => Ok(()),
    }
}

/// For `pool`, where it is written to; and a warning about the file with the app client's secret.
///
/// # Errors
/// The secret cannot be used.
pub fn connect(
    pool: &PoolArgs,
    pace: &PaceArgs,
    looks: ExistingUserPolicy,
    trigger_data: TriggerData,
) -> Result<(ConnectSettings, Option<String>), SettingsError> {
    let settings = connect_to_ask(&pool.user_pool_id, Some(&pool.client_id), &pool.connection);
    let owner = SecretOwner {
        user_pool_id: &pool.user_pool_id,
        client_id: Some(&pool.client_id),
    };
    let (client_secret, warning) = client_secret(&pool.connection, owner)?
        .map_or((None, None), |given| (Some(given.secret), given.warning));
    let settings = ConnectSettings {
        client_secret,
        signing: if looks.look_ups.any() {
            Signing::Chain
        } else {
            Signing::Off
        },
        attempt_timeout: pace.attempt_timeout,
        trigger_data,
        ..settings
    };
    Ok((settings, warning))
}

/// For commands that sign no one up: only SignUp needs the app client's secret.
#[must_use]
pub fn connect_to_ask(
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
        attempt_timeout: ASK_TIMEOUT,
    }
}

/// A pool's rules from a file.
///
/// # Errors
/// It cannot be read, or is not what `describe` writes.
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

/// A pool's rules as such a file.
///
/// # Errors
/// They hold a number that TOML cannot.
pub fn pool_rules_text(rules: &PoolRules) -> Result<String, toml::ser::Error> {
    toml::to_string(rules)
}

/// For `preflight`.
#[must_use]
pub fn allowed(allow: &AllowArgs) -> Allowed {
    Allowed {
        messages: allow.allow_messages,
        message_limit: allow.ignore_message_limit,
        alias_moves: allow.allow_alias_moves,
        alias_repeats: allow.allow_alias_repeats,
        strict: allow.strict,
    }
}

/// For `source`: as the pool is reached. The pool's own Region is the likeliest of a list that nobody named one for.
#[must_use]
pub fn s3_access(user_pool_id: Option<&str>, connection: &ConnectionArgs) -> S3Access {
    S3Access {
        profile: connection.profile.clone(),
        region: region(connection).or_else(|| region_of(user_pool_id?)),
    }
}

/// The Region that the command line or the environment names.
fn region(connection: &ConnectionArgs) -> Option<String> {
    connection
        .region
        .clone()
        .or_else(|| environment("AWS_REGION"))
        .or_else(|| environment("AWS_DEFAULT_REGION"))
}

/// For `user`: the flags, and under them what the mapping file says.
///
/// # Errors
/// The mapping file cannot be used.
pub fn mapping(list: &ListArgs) -> Result<MappingOptions, SettingsError> {
    let from_flags = MappingOptions {
        password: list.password.map(|from| match from {
            PasswordSource::Column => PasswordFrom::Column,
            PasswordSource::Generate => PasswordFrom::Generate,
            PasswordSource::ColumnOrGenerate => PasswordFrom::ColumnOrGenerate,
            PasswordSource::None => PasswordFrom::None,
        }),
        follow_up: follow_up_of_flags(&list.follow_up),
        ..of_flags(&list.mapping)
    };
    match &list.mapping.mapping {
        Some(path) => Ok(over(from_flags, MappingFile::read(path)?.options()?)),
        None => Ok(from_flags),
    }
}

/// For `import`: rows that are begun together. About a quarter of a second's: a crash leaves few rows to look up, and the disk
/// is synced four times a second, not for every row. At most 256, so that memory stays flat whatever the quota.
#[must_use]
pub fn group(sign_ups_a_second: NonZeroU32) -> usize {
    (sign_ups_a_second.get() / 4).clamp(1, 256) as usize
}

/// For `preflight` and `import`.
///
/// # Errors
/// What is asked for contradicts itself.
pub fn looks(look: &LookArgs) -> Result<ExistingUserPolicy, SettingsError> {
    let look_ups = match look.lookup {
        _ if look.no_lookup => LookupMode::None,
        LookupArg::Get => LookupMode::Get,
        LookupArg::List => LookupMode::List,
        LookupArg::None => LookupMode::None,
    };
    let prescan = match look.prescan {
        PrescanArg::Always if !look_ups.any() => return Err(SettingsError::PrescanUnsigned),
        PrescanArg::Always => PrescanMode::Always,
        PrescanArg::Auto => PrescanMode::Auto,
        PrescanArg::Never => PrescanMode::Never,
    };
    Ok(ExistingUserPolicy { look_ups, prescan })
}

/// For `preflight`: the kinds of steps that these flags ask for, whatever a list says.
#[must_use]
pub fn step_kinds(args: &FollowUpArgs) -> Vec<StepKind> {
    let asked = |kind: &StepKind| match kind {
        StepKind::Confirm => args.confirm || !args.confirm_where.is_empty(),
        StepKind::Verify => !args.verify.is_empty(),
        StepKind::AddToGroup => !args.group.is_empty(),
        StepKind::Disable => !args.disable_where.is_empty(),
    };
    StepKind::ALL.into_iter().filter(asked).collect()
}

/// For `preflight`.
#[must_use]
pub fn rates(rates: &RateArgs) -> RatesAsked {
    RatesAsked {
        creation: rates.rate.named(),
        read: rates.lookup_rate.named(),
        update: rates.update_rate.named(),
        list: rates.list_rate.named(),
        share: rates.share,
    }
}

/// For `import`.
#[must_use]
pub fn retry_policy(run: &RunArgs) -> RetryPolicy {
    RetryPolicy {
        settle: run.settle_time,
        ..RetryPolicy::default()
    }
}

/// For `import`.
#[must_use]
pub fn breaker(run: &RunArgs) -> BreakerLimits {
    BreakerLimits {
        first: run.max_failures,
        rate: run.max_failure_rate,
    }
}

/// For `import`: rows are not taken any more a little before the time is over, so that those on their way fit in.
#[must_use]
pub fn deadline(run: &RunArgs, started: Instant) -> Option<Deadline> {
    run.deadline.map(|time| Deadline {
        no_more_rows: started + (time - (time / 10).min(Duration::from_secs(10))),
        over: started + time,
    })
}

/// For `ledger`.
#[must_use]
pub fn durability(run: &RunArgs) -> Durability {
    match run.durability {
        DurabilityArg::Power => Durability::Power,
        DurabilityArg::Process => Durability::Process,
    }
}

/// For `ledger`: what is taken back.
#[must_use]
pub fn retried(retry: &[Retry]) -> Vec<RetryFilter> {
    let all = [
        Outcome::Failed,
        Outcome::Rejected,
        Outcome::InDoubt,
        Outcome::Invalid,
    ];
    let mut again: Vec<RetryFilter> = retry
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
    again.sort_unstable();
    again.dedup();
    again
}

/// For `ledger`: whether usernames are compared without case, where the command line says so.
#[must_use]
pub fn case_insensitive(usernames: Option<UsernameCase>) -> Option<bool> {
    usernames.map(|how| match how {
        UsernameCase::IgnoreCase => true,
        UsernameCase::CaseSensitive => false,
    })
}
