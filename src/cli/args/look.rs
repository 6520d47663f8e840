//! How existing users are found.

use clap::Args;

use crate::pool::LookupMode;
use crate::preflight::prescan::PrescanMode;

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
    /// Needs no AWS credentials. A request without a response is sent again; if that does not settle
    /// the row, it stays in doubt.
    #[arg(long, conflicts_with = "lookup", hide_short_help = true)]
    pub no_lookup: bool,
}
