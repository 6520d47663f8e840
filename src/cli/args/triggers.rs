//! Data for the pool's Lambda triggers.

use std::path::PathBuf;

use clap::Args;

/// Data for the pool's Lambda triggers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Triggers")]
pub struct TriggerArgs {
    /// Pass ValidationData to the PreSignUp trigger; repeatable
    ///
    /// Flags are visible in the process list, so put secrets into --validation-data-file. Never pass
    /// a user's password.
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
