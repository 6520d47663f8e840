//! The reports of a run.

use clap::{Args, ValueEnum};

use crate::report::MetricsFile;

/// The reports of a run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
pub struct ReportsArgs {
    /// How much report.html shows of the people in the list. (Results always have the usernames)
    #[arg(long, value_enum, default_value_t = PiiArg::Masked)]
    pub pii: PiiArg,
    /// Also write the run's metrics to this file, as a whole, for node_exporter's textfile collector (readable for everybody)
    #[arg(long, value_name = "FILE.prom", value_parser = MetricsFile::named)]
    pub metrics_file: Option<MetricsFile>,
}

/// How much is shown of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PiiArg {
    /// Names as a*** and a***@e***.com, and errors without what they quote
    Masked,
    /// Names and errors as they stand
    Full,
}
