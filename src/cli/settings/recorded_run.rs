use std::path::Path;
use std::time::Duration;

use super::pool::{connect_to_read, s3_access};
use super::{RecordedEndpoint, RunPlace, SettingsError};
use crate::cli::args::RecordedRunArgs;
use crate::cli::terminal;
use crate::pool::{ConnectSettings, EndpointChoice};
use crate::s3::S3Access;

/// A run that exists, and how to reach its pool.
pub struct RecordedRun {
    pub place: RunPlace,
    /// How to reach a run or a list in S3.
    pub s3: S3Access,
    pub wait_for_lock: Option<Duration>,
    /// The time from a signal to the end of the process.
    pub grace: Duration,
    pub endpoint: RecordedEndpoint,
    connection: ConnectSettings,
}

impl RecordedRun {
    pub(super) fn of(run_dir: &Path, args: &RecordedRunArgs) -> Result<Self, SettingsError> {
        Ok(Self {
            place: RunPlace::of(run_dir)?,
            s3: s3_access(None, &args.connection),
            wait_for_lock: args.lock.wait_for_lock,
            grace: terminal::grace(args.grace),
            endpoint: RecordedEndpoint::of(&args.connection),
            connection: ConnectSettings {
                attempt_timeout: args.timeout.attempt_timeout,
                ..connect_to_read("", None, &args.connection)
            },
        })
    }

    /// How to reach the run's pool. Only sign-ups need the app client.
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
