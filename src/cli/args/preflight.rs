//! What is asked before the first call, and what is allowed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::some_time;

/// What a run may do, though something stands against it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Before the first call")]
pub struct AllowArgs {
    /// Refuse a list with any invalid row. (More than half invalid rows are always refused)
    #[arg(long)]
    pub strict: bool,
    /// Let the pool send its codes to real people, by email or SMS. Also needed where the pool may not be asked whether it sends any
    #[arg(long)]
    pub allow_messages: bool,
    /// Go on though Cognito's own mail sender sends 50 mails a day for an account: users above that are made and get no code
    #[arg(long)]
    pub ignore_message_limit: bool,
    /// Go on though an e-mail address or phone number may move from the user who has it now to a new one, who cannot sign in by it any
    /// more (aliases with a PreSignUp trigger)
    #[arg(long)]
    pub allow_alias_moves: bool,
    /// Verify addresses that are aliases although rows with different usernames share them: each is verified for one of the users, and
    /// the step fails for the others
    #[arg(long)]
    pub allow_alias_repeats: bool,
}

/// What is asked before the first call.
#[derive(Debug, Args)]
#[command(next_help_heading = "Before the first call")]
pub struct PreflightArgs {
    /// The pool's rules from a file, where the pool may not be asked (`cognito-import describe` writes one)
    #[arg(long, value_name = "FILE.toml")]
    pub pool: Option<PathBuf>,
    /// Send without checking: rows are not held to the pool's rules, the list is not read beforehand, and nothing is refused for what a
    /// run would do
    #[arg(long, conflicts_with_all = ["pool", "strict"])]
    pub no_preflight: bool,
    /// What is allowed.
    #[command(flatten)]
    pub allow: AllowArgs,
    /// How long the pool is asked.
    #[command(flatten)]
    pub patience: PatienceArgs,
}

/// How long the pool is asked.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Before the first call")]
pub struct PatienceArgs {
    /// How long calls to the pool are retried that fail (errors of the service, throttling, a lost connection, no answer) before the
    /// command is refused
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = some_time)]
    pub preflight_timeout: Duration,
}
