use std::time::Duration;

use super::pool::{connect_to_read, s3_access};
use super::{RecordedEndpoint, RunPlace, SettingsError, refuse_sensitive_logs};
use crate::cli::args::UndoArgs;
use crate::cli::terminal;
use crate::pace::Ceilings;
use crate::pool::{ConnectSettings, EndpointChoice};
use crate::preflight::queries::PoolAnswers;
use crate::preflight::rates::{RateOptions, Rates};
use crate::report::CsvEncoding;
use crate::s3::S3Access;

/// The settings of `undo`.
pub struct UndoSettings {
    pub run: RunPlace,
    /// How to reach a run in S3.
    pub s3: S3Access,
    /// The user pool whose users may be deleted without asking.
    pub confirmed_pool: Option<String>,
    pub dry_run: bool,
    /// Also delete users who have signed in.
    pub even_if_used: bool,
    pub wait_for_lock: Option<Duration>,
    /// The time from a signal to the end of the process.
    pub grace: Duration,
    pub endpoint: RecordedEndpoint,
    pub ceilings: Ceilings,
    pub csv: CsvEncoding,
    connection: ConnectSettings,
}

impl UndoSettings {
    pub(super) fn of(args: &UndoArgs) -> Result<Self, SettingsError> {
        refuse_sensitive_logs()?;
        Ok(Self {
            run: RunPlace::of(&args.run_dir)?,
            s3: s3_access(None, &args.connection),
            confirmed_pool: args.yes_delete.clone(),
            dry_run: args.dry_run,
            even_if_used: args.even_if_used,
            wait_for_lock: args.wait_for_lock,
            grace: terminal::grace(args.grace),
            endpoint: RecordedEndpoint::of(&args.connection),
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
    pub fn connect(
        &self,
        user_pool_id: &str,
        client_id: &str,
        endpoint: EndpointChoice,
    ) -> ConnectSettings {
        ConnectSettings {
            user_pool_id: user_pool_id.to_owned(),
            client_id: client_id.to_owned(),
            endpoint,
            ..self.connection.clone()
        }
    }
}

/// The account's quotas are not read: UserUpdate cannot be raised, and lookups need no more
/// requests than deletions.
fn ceilings(args: &UndoArgs) -> Ceilings {
    let rates = RateOptions {
        creation: None,
        read: args.lookup_rate.named(),
        update: args.delete_rate.named(),
        list: None,
        share: args.share,
    };
    Rates::new(&rates, &PoolAnswers::default()).ceilings()
}
