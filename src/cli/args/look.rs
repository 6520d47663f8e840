//! How existing users are found.

use clap::{Args, ValueEnum};

/// How existing users are found.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Existing users")]
pub struct LookArgs {
    /// Choose whether to list the pool first and skip users who exist
    ///
    /// ListUsers returns 60 users per request, so this is faster when many users already exist.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = PrescanArg::Auto, hide_short_help = true)]
    pub prescan: PrescanArg,
    /// Choose how to look up a user who already exists
    #[arg(long, value_enum, value_name = "MODE", default_value_t = LookupArg::Get, hide_short_help = true)]
    pub lookup: LookupArg,
    /// Never look up users; same as `--lookup none`
    ///
    /// Needs no AWS credentials. A request without a response is sent again; if that does not settle
    /// the row, it stays in doubt.
    #[arg(long, conflicts_with = "lookup", hide_short_help = true)]
    pub no_lookup: bool,
}

/// When the pool is listed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrescanArg {
    /// If listing the pool takes fewer requests and less time
    Auto,
    /// Always list the pool
    Always,
    /// Never list the pool
    Never,
}

/// How an existing user is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LookupArg {
    /// AdminGetUser: always up to date, but the user counts as monthly active
    Get,
    /// ListUsers: eventually consistent, does not count users as active; unclear results still need
    /// AdminGetUser
    List,
    /// No lookup
    None,
}
