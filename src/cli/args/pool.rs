//! The user pool: how to reach it, its existing users, and data for its Lambda triggers.

use std::path::PathBuf;

use clap::Args;

use crate::pool::LookupMode;
use crate::preflight::prescan::PrescanMode;

/// The user pool to import into.
#[derive(Debug, Args)]
#[command(next_help_heading = "User pool")]
pub struct PoolArgs {
    /// User pool to import into
    #[arg(long, value_name = "ID")]
    pub user_pool_id: String,
    /// App client to sign users up with
    #[arg(long, value_name = "ID")]
    pub client_id: String,
    /// How to reach it.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// The pool's rules: from the pool, from a file, or unknown.
#[derive(Debug, Args)]
#[command(next_help_heading = "User pool")]
pub struct KnownPoolArgs {
    /// User pool to read the rules from
    #[arg(long, value_name = "ID")]
    pub user_pool_id: Option<String>,
    /// App client to read the writable attributes from
    #[arg(long, value_name = "ID", requires = "user_pool_id")]
    pub client_id: Option<String>,
    /// Read the pool's rules from a file, without calling AWS
    ///
    /// `cognito-import describe` writes this file.
    #[arg(long, value_name = "FILE", conflicts_with = "user_pool_id")]
    pub pool: Option<PathBuf>,
    /// How to reach it.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// How to reach a user pool.
#[derive(Debug, Args)]
#[command(next_help_heading = "User pool")]
pub struct ConnectionArgs {
    /// Read the app client's secret from a file
    ///
    /// The file contains the secret itself or the JSON from Secrets Manager. The environment
    /// variable COGNITO_CLIENT_SECRET works as well. Only SignUp needs the secret.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub client_secret_file: Option<PathBuf>,
    /// AWS Region [default: the Region in the user pool ID]
    ///
    /// AWS_REGION must not contradict it.
    #[arg(long, hide_short_help = true)]
    pub region: Option<String>,
    /// AWS configuration profile [env: AWS_PROFILE]
    #[arg(long, hide_short_help = true)]
    pub profile: Option<String>,
    /// Endpoint of an emulator or a VPC endpoint [env: AWS_ENDPOINT_URL]
    ///
    /// Must be https, except for loopback addresses.
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub endpoint_url: Option<String>,
}

/// How existing users are found.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Existing users")]
pub struct LookArgs {
    /// Choose whether to list the pool first and skip users who exist
    ///
    /// ListUsers returns 60 users per request, so this is faster when many users already exist.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = PrescanMode::Auto, hide_short_help = true)]
    pub prescan: PrescanMode,
    /// Choose how to look up a user who already exists
    #[arg(long, value_enum, value_name = "MODE", default_value_t = LookupMode::Get, hide_short_help = true)]
    pub lookup: LookupMode,
    /// Never look up users; same as `--lookup none`
    ///
    /// Needs no AWS credentials. A request without a response is sent again; if that does not
    /// settle the row, it stays in doubt.
    #[arg(long, conflicts_with = "lookup", hide_short_help = true)]
    pub no_lookup: bool,
}

/// Data for the pool's Lambda triggers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Triggers")]
pub struct TriggerArgs {
    /// Pass ValidationData to the PreSignUp trigger; repeatable
    ///
    /// Flags are visible in the process list, so put secrets into --validation-data-file. Never
    /// pass a user's password.
    #[arg(
        long,
        value_name = "KEY=VALUE",
        allow_hyphen_values = true,
        hide_short_help = true
    )]
    pub validation_data: Vec<String>,
    /// Read ValidationData from a file, one KEY=VALUE per line
    ///
    /// Only you may have permission to read the file.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub validation_data_file: Option<PathBuf>,
    /// Pass ClientMetadata to the sign-up triggers; repeatable
    ///
    /// Never pass a secret: Cognito does not encrypt ClientMetadata, and triggers may log it.
    #[arg(
        long,
        value_name = "KEY=VALUE",
        allow_hyphen_values = true,
        hide_short_help = true
    )]
    pub client_metadata: Vec<String>,
}
