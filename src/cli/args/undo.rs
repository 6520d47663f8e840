//! `undo`.

use std::path::PathBuf;

use clap::Args;

use super::pace::{RateArg, rate};
use super::{CsvArgs, OutputArgs, RecordedRunArgs};

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
    /// Undo only the users in the ledger, although it may lack some rows
    ///
    /// It may lack rows if the run was interrupted and is in S3, or if an earlier ledger was lost.
    /// Users of missing rows are kept, and the run cannot be resumed any more. It is better to
    /// finish the run first.
    #[arg(long, help_heading = "Deletion", hide_short_help = true)]
    pub known_only: bool,
    /// Also restore addresses to which the pool may send a code
    ///
    /// An email address or phone number that was not verified before the run is restored as
    /// unverified, and a pool that verifies the attribute then sends a code to it.
    #[arg(long, help_heading = "Deletion")]
    pub allow_messages: bool,
    /// The run.
    #[command(flatten)]
    pub recorded: RecordedRunArgs,
    /// Limit deletions per second
    ///
    /// `auto` is --share of Cognito's default UserUpdate quota (25). Everything else in the account
    /// that changes users shares this quota.
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true, help_heading = "Rate limits")]
    pub delete_rate: RateArg,
    /// Limit lookups per second
    ///
    /// `auto` is --share of Cognito's default UserRead quota (120).
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true, help_heading = "Rate limits", hide_short_help = true)]
    pub lookup_rate: RateArg,
    /// CSV reports.
    #[command(flatten)]
    pub csv: CsvArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
