//! The commands that write nothing to a pool: `check`, `describe`, `template`, `iam-policy`.

use std::path::PathBuf;

use clap::Args;

use super::{
    AllowArgs, ConnectionArgs, FollowUpArgs, KnownPoolArgs, ListArgs, LookArgs, OutputArgs,
    PasswordSource, PatienceArgs, RateArgs, UsernameCase,
};

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The list and its columns.
    #[command(flatten)]
    pub list: ListArgs,
    /// The pool.
    #[command(flatten)]
    pub pool: KnownPoolArgs,
    /// What is allowed.
    #[command(flatten)]
    pub allow: AllowArgs,
    /// How long the pool is asked.
    #[command(flatten)]
    pub patience: PatienceArgs,
    /// Requests a second, to say how long a run would take.
    #[command(flatten)]
    pub rates: RateArgs,
    /// Users that exist.
    #[command(flatten)]
    pub look: LookArgs,
    /// How the pool compares usernames; by default it is asked, and taken to ignore case where it may not be
    #[arg(long, value_enum, value_name = "HOW", help_heading = "Run")]
    pub usernames: Option<UsernameCase>,
    /// Where every finding goes, a line each
    #[arg(
        long,
        value_name = "FILE.csv",
        default_value = "findings.csv",
        help_heading = "Output"
    )]
    pub findings: PathBuf,
    /// What to say meanwhile.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// The user pool
    #[arg(long, value_name = "ID", help_heading = "Pool")]
    pub user_pool_id: String,
    /// The app client: what it may write, and whether it has a secret (which is not printed)
    #[arg(long, value_name = "ID", help_heading = "Pool")]
    pub client_id: Option<String>,
    /// How it is reached.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How long it is asked.
    #[command(flatten)]
    pub patience: PatienceArgs,
}

/// `template`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// The pool.
    #[command(flatten)]
    pub pool: KnownPoolArgs,
    /// How long it is asked.
    #[command(flatten)]
    pub patience: PatienceArgs,
    /// Where passwords would come from: only `column` needs one
    #[arg(long, value_enum, default_value_t = PasswordSource::Column, help_heading = "List")]
    pub password: PasswordSource,
}

/// `iam-policy`.
#[derive(Debug, Args)]
pub struct IamPolicyArgs {
    /// The user pool
    #[arg(long, value_name = "ID", help_heading = "Pool")]
    pub user_pool_id: String,
    /// The account that the pool is in, to name it in the policy [default: any]
    #[arg(long, value_name = "ID", help_heading = "Pool")]
    pub account_id: Option<String>,
    /// The list, where it is an object in S3
    #[arg(long, value_name = "s3://BUCKET/KEY", help_heading = "List")]
    pub list: Option<String>,
    /// Users that exist. A run with `--lookup none` needs no permission for the pool.
    #[command(flatten)]
    pub look: LookArgs,
    /// What follows the sign-ups. For a list with a column groups, name any group.
    #[command(flatten)]
    pub follow_up: FollowUpArgs,
    /// For a run whose --rate, --lookup-rate, --update-rate and --list-rate are numbers: it does not ask for the account's limits
    #[arg(long, help_heading = "Pace")]
    pub named_rates: bool,
    /// For `undo` as well: users are deleted, and asked what they did
    #[arg(long, help_heading = "Run")]
    pub undo: bool,
    /// For a run that sends without checking
    #[arg(long, help_heading = "Run")]
    pub no_preflight: bool,
}
