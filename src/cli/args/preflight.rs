//! What is asked before the first call, and what is allowed.

use std::path::PathBuf;

use clap::Args;

/// What a run may do, though something stands against it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Before the first call")]
pub struct AllowArgs {
    /// Refuse a list with any invalid row. (More than half invalid rows are always refused)
    #[arg(long)]
    pub strict: bool,
    /// Let the pool send its codes to real people, by mail or SMS, in a pool that verifies by itself
    #[arg(long)]
    pub allow_messages: bool,
    /// Go on though Cognito's own mail sender sends 50 mails a day for an account: users above that are made and get no code
    #[arg(long)]
    pub ignore_message_limit: bool,
    /// Go on though an e-mail address or phone number may move from the user who has it now to a new one, who cannot sign in by it any
    /// more (aliases with a PreSignUp trigger)
    #[arg(long)]
    pub allow_alias_moves: bool,
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
}
