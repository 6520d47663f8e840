//! Logs and progress.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::logs::LogFormat;

/// The log.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct LogArgs {
    /// Append the log to a file instead of standard error
    ///
    /// Logs at least as much as -v. -vv, -vvv or a level in RUST_LOG, such as debug, log more.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub log_file: Option<PathBuf>,
    /// Choose the format of log lines
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text, hide_short_help = true)]
    pub log_format: LogFormat,
}

/// Progress.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ProgressArgs {
    /// Choose how to show progress
    #[arg(long, value_enum, value_name = "MODE", default_value_t = ProgressArg::Auto, hide_short_help = true)]
    pub progress: ProgressArg,
}

/// How to show progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressArg {
    /// A bar on a terminal, otherwise lines
    Auto,
    /// One line every ten seconds
    Lines,
    /// No progress
    None,
}
