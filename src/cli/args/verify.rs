//! `verify`.

use std::path::PathBuf;

use clap::Args;

use super::pace::{RateArg, rate};
use super::{CsvArgs, OutputArgs, PatienceArgs, RecordedRunArgs};
use crate::import::differences::DifferenceDetail;

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Run directory, as printed by `import`, s3://BUCKET/PREFIX/, or `latest`
    ///
    /// A run in S3 is copied into a temporary directory, and verify.csv is stored next to it.
    /// `latest` is the newest import in import-runs, and DIR/latest the newest in DIR.
    #[arg(value_name = "RUN_DIR")]
    pub run_dir: PathBuf,
    /// CSV file of the run, to compare the attributes of its users as well
    ///
    /// It is read with the mapping and format flags of the run, which are in the ledger. A mapping
    /// file must still be where the run read it.
    #[arg(value_name = "USERS.csv")]
    pub list: Option<PathBuf>,
    /// Also report users in the pool who are in no row of the run
    #[arg(long, help_heading = "Verification")]
    pub extra: bool,
    /// Choose what verify.csv says about attributes that differ
    #[arg(long, value_enum, value_name = "MODE", default_value_t = DifferenceDetail::Names, hide_short_help = true, help_heading = "Verification")]
    pub differences: DifferenceDetail,
    /// The run.
    #[command(flatten)]
    pub recorded: RecordedRunArgs,
    /// Retries of preflight calls.
    #[command(flatten)]
    pub patience: PatienceArgs,
    /// Limit ListUsers and ListUsersInGroup requests per second
    ///
    /// `auto` is --share of Cognito's default UserList quota (30).
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true, help_heading = "Rate limits")]
    pub list_rate: RateArg,
    /// Limit lookups per second
    ///
    /// Only users that the listing does not show as expected are looked up. `auto` is --share of
    /// Cognito's default UserRead quota (120).
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true, help_heading = "Rate limits", hide_short_help = true)]
    pub lookup_rate: RateArg,
    /// CSV reports.
    #[command(flatten)]
    pub csv: CsvArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}
