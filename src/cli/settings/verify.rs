use std::path::PathBuf;
use std::time::Duration;

use super::pool::{connect_to_read, s3_access};
use super::{RecordedEndpoint, RunPlace, SettingsError, refuse_sensitive_logs};
use crate::cli::args::VerifyArgs;
use crate::cli::terminal;
use crate::import::differences::DifferenceDetail;
use crate::pace::Ceilings;
use crate::pool::{ConnectSettings, EndpointChoice};
use crate::preflight::queries::PoolAnswers;
use crate::preflight::rates::{RateOptions, Rates};
use crate::report::CsvEncoding;
use crate::s3::S3Access;

/// The settings of `verify`.
pub struct VerifySettings {
    pub run: RunPlace,
    /// How to reach a run or a list in S3.
    pub s3: S3Access,
    /// The list of the run.
    pub list: Option<PathBuf>,
    /// Report users of the pool that are in no row.
    pub extra: bool,
    pub differences: DifferenceDetail,
    pub wait_for_lock: Option<Duration>,
    /// The time from a signal to the end of the process.
    pub grace: Duration,
    pub endpoint: RecordedEndpoint,
    /// How long failing preflight calls are retried.
    pub preflight_timeout: Duration,
    pub ceilings: Ceilings,
    pub csv: CsvEncoding,
    connection: ConnectSettings,
}

impl VerifySettings {
    pub(super) fn of(args: &VerifyArgs) -> Result<Self, SettingsError> {
        refuse_sensitive_logs()?;
        Ok(Self {
            run: RunPlace::of(&args.run_dir)?,
            s3: s3_access(None, &args.connection),
            list: args.list.clone(),
            extra: args.extra,
            differences: args.differences,
            wait_for_lock: args.wait_for_lock,
            grace: terminal::grace(args.grace),
            endpoint: RecordedEndpoint::of(&args.connection),
            preflight_timeout: args.patience.preflight_timeout,
            ceilings: ceilings(args),
            csv: args.csv.encoding(),
            connection: ConnectSettings {
                attempt_timeout: args.attempt_timeout,
                ..connect_to_read("", None, &args.connection)
            },
        })
    }

    /// How to reach the run's pool.
    #[must_use]
    pub fn connect(&self, user_pool_id: &str, endpoint: EndpointChoice) -> ConnectSettings {
        ConnectSettings {
            user_pool_id: user_pool_id.to_owned(),
            endpoint,
            ..self.connection.clone()
        }
    }
}

/// The account's quotas are not read: UserList cannot be raised, and few users are looked up.
fn ceilings(args: &VerifyArgs) -> Ceilings {
    let rates = RateOptions {
        creation: None,
        read: args.lookup_rate.named(),
        update: None,
        list: args.list_rate.named(),
        share: args.share,
    };
    Rates::new(&rates, &PoolAnswers::default()).ceilings()
}
