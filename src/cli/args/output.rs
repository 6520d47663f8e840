//! Reports, logs and progress, and the arguments of `report`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};

use super::{duration, whole_number};
use crate::logs::LogFormat;
use crate::report::{CsvEncoding, MetricsFile, Names};

/// `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Run directory, as printed by `import`, s3://BUCKET/PREFIX/, or `latest`
    ///
    /// A run in S3 is copied into a temporary directory, and the reports are stored next to it.
    /// `latest` is the newest run in import-runs, and DIR/latest the newest in DIR.
    #[arg(value_name = "RUN_DIR", required_unless_present = "compare")]
    pub run_dir: Option<PathBuf>,
    /// Merge the parts of a run (`import --part`) first
    ///
    /// Afterwards the run directory has the ledger and the reports of the whole run, and `undo`,
    /// `verify` and `--previous` accept it. Every part must be finished; otherwise the exit code is
    /// 4.
    #[arg(long, requires = "run_dir")]
    pub merge: bool,
    /// Wait this long for another process that uses the run directory
    ///
    /// By default the reports show a run that is active as it is now. On a network file system, and
    /// with --ledger-lock exclusive, the command exits with 4 instead.
    #[arg(long, value_name = "DURATION", value_parser = duration, hide_short_help = true)]
    pub wait_for_lock: Option<Duration>,
    /// Report options.
    #[command(flatten)]
    pub reports: ReportsArgs,
    /// Comparing runs.
    #[command(flatten)]
    pub comparison: CompareArgs,
    /// Print only warnings, errors and the requested output
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
}

/// `report --compare`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Comparing runs")]
pub struct CompareArgs {
    /// Compare two runs user by user
    ///
    /// Shows users who were added to or removed from the file, and users whose outcome, status or
    /// steps after sign-up changed. Values that only one run recorded are not compared.
    #[arg(
        long,
        value_names = ["RUN_DIR", "RUN_DIR"],
        num_args = 2,
        action = ArgAction::Set,
        conflicts_with = "run_dir"
    )]
    pub compare: Vec<PathBuf>,
    /// Write all changes to a CSV file, one line per user
    #[arg(
        long,
        value_name = "FILE",
        requires = "compare",
        conflicts_with = "run_dir"
    )]
    pub changes_csv: Option<PathBuf>,
    /// Show at most N examples of each kind of change
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        value_parser = whole_number::<usize>,
        requires = "compare",
        conflicts_with = "run_dir"
    )]
    pub examples: usize,
    /// Compare runs of different pools, or an import with a rehearsal
    #[arg(long, requires = "compare", conflicts_with = "run_dir")]
    pub compare_unlike: bool,
}

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
    /// The file is replaced atomically, every 15s during a run and at its end, and is readable by
    /// all users.
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
