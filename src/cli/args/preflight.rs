//! Checks before the first write, and what to allow.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::nonzero_duration;

/// Which findings to allow.
#[derive(Debug, Args)]
#[command(next_help_heading = "Preflight")]
pub struct AllowArgs {
    /// Refuse a file with any invalid row
    ///
    /// A file with more than half invalid rows is always refused.
    #[arg(long, hide_short_help = true)]
    pub strict: bool,
    /// Allow the pool to email or text users
    ///
    /// Also needed if the pool's settings cannot be read, because it may send messages.
    #[arg(long)]
    pub allow_messages: bool,
    /// Exceed the limit of 50 emails per day of Cognito's default sender
    ///
    /// Users above the limit are created, but receive no code.
    #[arg(long, hide_short_help = true)]
    pub ignore_message_limit: bool,
    /// Allow an alias to move from an existing user to a new one
    ///
    /// The existing user can then no longer sign in with that email or phone number. This can
    /// happen in pools with aliases and a PreSignUp trigger.
    #[arg(long, hide_short_help = true)]
    pub allow_alias_moves: bool,
    /// Allow several rows to share an alias that --verify marks as verified
    ///
    /// Only one user keeps the verified alias; the step fails for the others.
    #[arg(long, hide_short_help = true)]
    pub allow_alias_repeats: bool,
}

/// Checks before the first write.
#[derive(Debug, Args)]
#[command(next_help_heading = "Preflight")]
pub struct PreflightArgs {
    /// Read the pool's rules from a file instead of querying the pool
    ///
    /// `cognito-import describe` writes this file.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub pool: Option<PathBuf>,
    /// Skip all checks before the first sign-up
    ///
    /// Rows are not validated against the pool's rules, the file is not read in advance, and no run
    /// is refused.
    #[arg(long, conflicts_with_all = ["pool", "strict"], hide_short_help = true)]
    pub no_preflight: bool,
    /// Which findings to allow.
    #[command(flatten)]
    pub allow: AllowArgs,
    /// Retries of preflight calls.
    #[command(flatten)]
    pub patience: PatienceArgs,
}

/// Retries of preflight calls.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Preflight")]
pub struct PatienceArgs {
    /// Retry failing preflight calls for this long
    ///
    /// Service errors, throttling, lost connections and timeouts are retried.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = nonzero_duration, hide_short_help = true)]
    pub preflight_timeout: Duration,
}
