//! `undo`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::pace::{RateArg, rate, share};
use super::{ConnectionArgs, CsvArgs, OutputArgs, duration, nonzero_duration};

/// `undo`.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// Run directory, as printed by `import`, s3://BUCKET/PREFIX/, or `latest`
    ///
    /// A run in S3 is copied into a temporary directory, and what was deleted is stored next to it.
    /// `latest` is the newest import in import-runs, and DIR/latest the newest in DIR.
    #[arg(value_name = "RUN_DIR")]
    pub run_dir: PathBuf,
    /// Delete without asking; ID must be the run's user pool
    ///
    /// Required if there is no terminal.
    #[arg(long, value_name = "ID", help_heading = "Deletion")]
    pub yes_delete: Option<String>,
    /// Write what would be deleted to undo-dry-run.csv; delete nothing
    #[arg(long, conflicts_with = "yes_delete", help_heading = "Deletion")]
    pub dry_run: bool,
    /// Also delete users who have signed in since the run, or may have
    #[arg(long, help_heading = "Deletion")]
    pub even_if_used: bool,
    /// Wait this long for another process that uses the run directory
    ///
    /// By default the command exits with 4 immediately.
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Deletion", hide_short_help = true)]
    pub wait_for_lock: Option<Duration>,
    /// Exit at most this long after SIGTERM or Ctrl-C
    ///
    /// The first half is for requests in flight, the rest for the report. The default is 20s, or
    /// 30s at a terminal. A second signal stops at once.
    #[arg(long, value_name = "DURATION", value_parser = nonzero_duration, help_heading = "Deletion", hide_short_help = true)]
    pub grace: Option<Duration>,
    /// How to reach the pool. Its ID is recorded in the run.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Limit deletions per second
    ///
    /// `auto` is --share of Cognito's default UserUpdate quota (25). Everything else in the account
    /// that changes users shares this quota.
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, help_heading = "Rate limits")]
    pub delete_rate: RateArg,
    /// Limit lookups per second
    ///
    /// `auto` is --share of Cognito's default UserRead quota (120).
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, help_heading = "Rate limits", hide_short_help = true)]
    pub lookup_rate: RateArg,
    /// Use at most this fraction of Cognito's default quotas
    ///
    /// The rest is left to regular traffic.
    #[arg(long, value_name = "FRACTION", default_value_t = 0.8, value_parser = share, help_heading = "Rate limits", hide_short_help = true)]
    pub share: f64,
    /// Time out a single request after this long
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = nonzero_duration, help_heading = "Rate limits", hide_short_help = true)]
    pub attempt_timeout: Duration,
    /// CSV reports.
    #[command(flatten)]
    pub csv: CsvArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
