//! The user pool and how to reach it.

use std::path::PathBuf;

use clap::Args;

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
    /// The file contains the secret itself or the JSON from Secrets Manager. The environment variable
    /// COGNITO_CLIENT_SECRET works as well. Only SignUp needs the secret.
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
