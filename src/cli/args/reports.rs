//! The reports of a run.

use clap::Args;

use crate::report::{CsvEncoding, MetricsFile, Names};

/// The reports of a run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
pub struct ReportsArgs {
    /// Choose how report.html shows personal data
    ///
    /// results.csv always contains usernames.
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Names::Masked, hide_short_help = true)]
    pub pii: Names,
    /// CSV reports.
    #[command(flatten)]
    pub csv: CsvArgs,
    /// Write metrics for node_exporter's textfile collector
    ///
    /// The file is replaced atomically and is readable by all users.
    #[arg(long, value_name = "FILE", value_parser = MetricsFile::named, hide_short_help = true)]
    pub metrics_file: Option<MetricsFile>,
}

/// CSV reports.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Reports")]
pub struct CsvArgs {
    /// Start CSV files with a byte-order mark, so that Excel reads them as UTF-8
    #[arg(long, hide_short_help = true)]
    pub excel: bool,
}

impl CsvArgs {
    /// How the files are encoded.
    #[must_use]
    pub fn encoding(self) -> CsvEncoding {
        if self.excel {
            CsvEncoding::Utf8WithMark
        } else {
            CsvEncoding::Utf8
        }
    }
}
