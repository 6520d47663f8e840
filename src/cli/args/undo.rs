//! `undo`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::pace::{RateArg, rate, share};
use super::{ConnectionArgs, OutputArgs, some_time, time};

/// `undo`.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The run's directory: import prints it
    #[arg(value_name = "RUN_DIR")]
    pub run_dir: PathBuf,
    /// Do not ask for the pool's id to be typed: it is this one. Needed where there is no terminal
    #[arg(long, value_name = "POOL_ID", help_heading = "Undo")]
    pub yes_delete: Option<String>,
    /// Look at every user and say what would be deleted, in undo-dry-run.csv; delete nobody
    #[arg(long, conflicts_with = "yes_delete", help_heading = "Undo")]
    pub dry_run: bool,
    /// Delete users as well that have signed in since the run, or may have
    #[arg(long, help_heading = "Undo")]
    pub even_if_used: bool,
    /// If another process is using the run directory, wait for it up to this long; by default the command exits with 4 at once
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Undo")]
    pub wait_for_lock: Option<Duration>,
    /// How the pool is reached. Its id is the run's.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Deletions a second, never more: a number, or `auto`, --share of Cognito's default for UserUpdate (25), which everybody who changes
    /// users of the account draws on
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, help_heading = "Pace")]
    pub delete_rate: RateArg,
    /// Look-ups a second, never more: a number, or `auto`, --share of Cognito's default for UserRead (120)
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, help_heading = "Pace")]
    pub lookup_rate: RateArg,
    /// The part of Cognito's defaults that may be used; the rest is left to everybody else
    #[arg(long, value_name = "PART", default_value_t = 0.8, value_parser = share, help_heading = "Pace")]
    pub share: f64,
    /// How long one request may take
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = some_time, help_heading = "Pace")]
    pub attempt_timeout: Duration,
    /// What to say meanwhile.
    #[command(flatten)]
    pub output: OutputArgs,
}
