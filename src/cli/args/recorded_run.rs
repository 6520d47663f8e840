//! A run that exists, and how to reach its pool.

use std::time::Duration;

use clap::Args;

use super::pace::share;
use super::{ConnectionArgs, LockArgs, TimeoutArgs, nonzero_duration};

/// How to use a run that exists.
#[derive(Debug, Args)]
pub struct RecordedRunArgs {
    /// The lock on the run directory.
    #[command(flatten)]
    pub lock: LockArgs,
    /// Exit at most this long after SIGTERM or Ctrl-C
    ///
    /// The default is 20s, or 30s at a terminal. A second signal stops at once.
    #[arg(long, value_name = "DURATION", value_parser = nonzero_duration, help_heading = "Run", hide_short_help = true)]
    pub grace: Option<Duration>,
    /// How to reach the pool. Its ID is recorded in the run.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Use at most this fraction of Cognito's default quotas
    ///
    /// The rest is left to regular traffic.
    #[arg(long, value_name = "FRACTION", default_value_t = 0.8, value_parser = share, allow_negative_numbers = true, help_heading = "Rate limits", hide_short_help = true)]
    pub share: f64,
    /// Timeouts.
    #[command(flatten)]
    pub timeout: TimeoutArgs,
}
