//! What the pool's triggers are told with every sign-up.

use std::path::PathBuf;

use clap::Args;

/// What the pool's triggers are told.
#[derive(Debug, Args)]
#[command(next_help_heading = "Triggers")]
pub struct TriggerArgs {
    /// Tell the PreSignUp trigger this with every SignUp (ValidationData); may be repeated. Flags show in the process list: a key
    /// that only the trigger should know goes into --validation-data-file. Never a password of anybody
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub validation_data: Vec<String>,
    /// The same from a file with one KEY=VALUE a line, for you alone to read
    #[arg(long, value_name = "FILE")]
    pub validation_data_file: Option<PathBuf>,
    /// Tell every trigger of a sign-up this (ClientMetadata); may be repeated. Never a secret: it is not protected on its way, and it
    /// ends in the triggers' logs
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub client_metadata: Vec<String>,
}
