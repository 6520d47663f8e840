//! What is said meanwhile, and where.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::logs::LogFormat;

/// The log.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct LogArgs {
    /// Append the log to this file instead of standard error, at least at the level of -v: -vv and -vvv log more, and RUST_LOG can
    /// name a level, such as debug
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// How a line of the log looks: for people, or one JSON object
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormatArg::Text)]
    pub log_format: LogFormatArg,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormatArg {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

impl From<LogFormatArg> for LogFormat {
    fn from(format: LogFormatArg) -> Self {
        match format {
            LogFormatArg::Text => Self::Text,
            LogFormatArg::Json => Self::Json,
        }
    }
}

/// How far it is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ProgressArgs {
    /// How to show how far the run is
    #[arg(long, value_enum, value_name = "HOW", default_value_t = ProgressArg::Auto)]
    pub progress: ProgressArg,
}

/// How to show how far the run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressArg {
    /// A bar on a terminal, lines elsewhere
    Auto,
    /// A line every ten seconds
    Lines,
    /// Not at all
    None,
}
