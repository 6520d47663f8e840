use std::path::PathBuf;
use std::time::Duration;

use super::{RecordedRun, SettingsError, refuse_sensitive_logs};
use crate::cli::args::VerifyArgs;
use crate::import::differences::DifferenceDetail;
use crate::pace::Ceilings;
use crate::preflight::queries::PoolAnswers;
use crate::preflight::rates::{RateOptions, Rates};
use crate::report::CsvEncoding;

/// The settings of `verify`.
pub struct VerifySettings {
    pub run: RecordedRun,
    /// The list of the run.
    pub list: Option<PathBuf>,
    /// Report users of the pool that are in no row.
    pub extra: bool,
    pub differences: DifferenceDetail,
    /// How long failing preflight calls are retried.
    pub preflight_timeout: Duration,
    pub ceilings: Ceilings,
    pub csv: CsvEncoding,
}

impl VerifySettings {
    pub(super) fn of(args: &VerifyArgs) -> Result<Self, SettingsError> {
        refuse_sensitive_logs()?;
        Ok(Self {
            run: RecordedRun::of(&args.run_dir, &args.recorded)?,
            list: args.list.clone(),
            extra: args.extra,
            differences: args.differences,
            preflight_timeout: args.patience.preflight_timeout,
            ceilings: ceilings(args),
            csv: args.csv.encoding(),
        })
    }
}

/// The account's quotas are not read: UserList cannot be raised, and few users are looked up.
fn ceilings(args: &VerifyArgs) -> Ceilings {
    let rates = RateOptions {
        read: args.lookup_rate.named(),
        list: args.list_rate.named(),
        ..RateOptions::of_share(args.recorded.share)
    };
    Rates::new(&rates, &PoolAnswers::default()).ceilings()
}
