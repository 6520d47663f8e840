//! How users that exist are found.

use clap::{Args, ValueEnum};

/// How users that exist are found.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Users that exist")]
pub struct LookArgs {
    /// Read the whole pool first, 60 users a request, and send nothing for those of the list who exist: never, always, or where that
    /// takes fewer requests and less time than trying every name
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = PrescanArg::Auto)]
    pub prescan: PrescanArg,
    /// How a user that exists is looked up
    #[arg(long, value_enum, value_name = "HOW", default_value_t = LookupArg::Get)]
    pub lookup: LookupArg,
    /// The same as `--lookup none`: needs no credentials and asks nothing. Requests whose answer was lost are sent again, and what that
    /// does not settle stays in doubt
    #[arg(long, conflicts_with = "lookup")]
    pub no_lookup: bool,
}

/// When the pool is read first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrescanArg {
    /// Where it pays
    Auto,
    /// In any case
    Always,
    /// Not at all
    Never,
}

/// How a user that exists is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LookupArg {
    /// By AdminGetUser: it is always up to date, and the user counts as active this month
    Get,
    /// By ListUsers: it lags behind, and nobody counts. Unclear answers are settled by AdminGetUser all the same
    List,
    /// Not at all
    None,
}
