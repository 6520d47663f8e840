//! Commands that never write to a user pool: `check`, `runs`, `describe`, `template`,
//! `iam-policy`, `completions`, `man`.

use std::path::PathBuf;

use clap::Args;

use super::{
    AllowArgs, ConnectionArgs, CsvArgs, FollowUpArgs, KnownPoolArgs, ListArgs, LookArgs,
    OutputArgs, PatienceArgs, RateArgs, UsernamesArgs,
};
use crate::cli::completions::Shell;
use crate::ledger::directory::RUNS;
use crate::mapping::PasswordFrom;

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The pool's rules.
    #[command(flatten)]
    pub pool: KnownPoolArgs,
    /// The CSV file and its columns.
    #[command(flatten)]
    pub list: ListArgs,
    /// Which findings to allow.
    #[command(flatten)]
    pub allow: AllowArgs,
    /// Retries of preflight calls.
    #[command(flatten)]
    pub patience: PatienceArgs,
    /// Requests per second, to estimate how long a run takes.
    #[command(flatten)]
    pub rates: RateArgs,
    /// Existing users.
    #[command(flatten)]
    pub look: LookArgs,
    /// How usernames are compared.
    #[command(flatten)]
    pub usernames: UsernamesArgs,
    /// Write all findings to this file, one per line
    #[arg(
        long,
        value_name = "FILE",
        default_value = "findings.csv",
        help_heading = "Output"
    )]
    pub findings: PathBuf,
    /// CSV reports.
    #[command(flatten)]
    pub csv: CsvArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// Directory whose subdirectories are run directories
    #[arg(value_name = "DIR", default_value = RUNS)]
    pub directory: PathBuf,
}

/// `describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// User pool to describe
    #[arg(long, value_name = "ID", help_heading = "User pool")]
    pub user_pool_id: String,
    /// App client to describe
    ///
    /// Adds the attributes that it may write, and whether it has a secret. The secret is not
    /// printed.
    #[arg(long, value_name = "ID", help_heading = "User pool")]
    pub client_id: Option<String>,
    /// How to reach it.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Retries.
    #[command(flatten)]
    pub patience: PatienceArgs,
}

/// `template`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// The pool's rules.
    #[command(flatten)]
    pub pool: KnownPoolArgs,
    /// Retries.
    #[command(flatten)]
    pub patience: PatienceArgs,
    /// Choose the source of passwords; not all need a column
    #[arg(long, value_enum, value_name = "SOURCE", default_value_t = PasswordFrom::Column, help_heading = "Mapping")]
    pub password: PasswordFrom,
}

/// `iam-policy`.
#[derive(Debug, Args)]
pub struct IamPolicyArgs {
    /// User pool to allow access to
    #[arg(long, value_name = "ID", help_heading = "User pool")]
    pub user_pool_id: String,
    /// Account of the user pool [default: any account]
    #[arg(long, value_name = "ID", help_heading = "User pool", value_parser = account_id)]
    pub account_id: Option<String>,
    /// Allow reading the CSV file from S3
    #[arg(long, value_name = "s3://BUCKET/KEY", help_heading = "Input")]
    pub list: Option<String>,
    /// Allow keeping the run directory in S3
    #[arg(long, value_name = "s3://BUCKET/PREFIX/", help_heading = "Run")]
    pub run_dir: Option<String>,
    /// Existing users. A run with `--lookup none` needs no permission for the pool.
    #[command(flatten)]
    pub look: LookArgs,
    /// Steps after sign-up. If the file has a `groups` column, pass any group.
    #[command(flatten)]
    pub follow_up: FollowUpArgs,
    /// Leave out GetProvisionedLimit, for runs with only numeric rates
    ///
    /// Such runs set --rate, --lookup-rate, --update-rate and --list-rate to numbers.
    #[arg(long, help_heading = "Rate limits", hide_short_help = true)]
    pub named_rates: bool,
    /// Add the permissions of `undo`
    ///
    /// `undo` deletes users and reads their sign-in history.
    #[arg(long, help_heading = "Run")]
    pub undo: bool,
    /// Add the permissions of `verify`
    ///
    /// `verify` lists users and members of groups, and looks up those that are missing.
    #[arg(long, help_heading = "Run")]
    pub verify_run: bool,
    /// Leave out the permissions of preflight checks
    #[arg(long, help_heading = "Run", hide_short_help = true)]
    pub no_preflight: bool,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell to complete in
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write one file per command to this directory
    ///
    /// The directory is created if it is missing. Without it, all pages go to standard output.
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

fn account_id(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("must be 12 digits".to_owned())
    }
}
