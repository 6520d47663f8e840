//! Which pool, how it is reached, and what is known of it.

use std::path::PathBuf;

use clap::Args;

/// The pool that is written to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pool")]
pub struct PoolArgs {
    /// The user pool
    #[arg(long, value_name = "ID")]
    pub user_pool_id: String,
    /// The app client that SignUp goes through
    #[arg(long, value_name = "ID")]
    pub client_id: String,
    /// How it is reached.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// A pool that may be asked, or whose rules stand in a file, or neither.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pool")]
pub struct KnownPoolArgs {
    /// The user pool, to ask it for its rules
    #[arg(long, value_name = "ID")]
    pub user_pool_id: Option<String>,
    /// The app client, to ask it what it may write
    #[arg(long, value_name = "ID", requires = "user_pool_id")]
    pub client_id: Option<String>,
    /// The pool's rules from a file (`cognito-import describe` writes one): nothing is asked
    #[arg(long, value_name = "FILE.toml", conflicts_with = "user_pool_id")]
    pub pool: Option<PathBuf>,
    /// How it is reached.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// How a pool is reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pool")]
pub struct ConnectionArgs {
    /// A file with the app client's secret, if it has one: the secret itself, or the JSON from Secrets Manager (or in the environment:
    /// COGNITO_CLIENT_SECRET). Only SignUp needs it
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// The Region; by default the one in the pool's id (AWS_REGION must not contradict it)
    #[arg(long)]
    pub region: Option<String>,
    /// The profile in the AWS configuration files (or AWS_PROFILE)
    #[arg(long)]
    pub profile: Option<String>,
    /// Where requests go, for emulators and VPC endpoints (or AWS_ENDPOINT_URL); https, unless it is this machine
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}
