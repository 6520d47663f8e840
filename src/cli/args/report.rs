//! `report`: writes the reports of a run again, or compares two runs.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::ReportsArgs;

/// `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Run directory, as printed by `import`
    #[arg(value_name = "RUN_DIR", required_unless_present = "compare")]
    pub run_dir: Option<PathBuf>,
    /// Report options.
    #[command(flatten)]
    pub reports: ReportsArgs,
    /// Comparing runs.
    #[command(flatten)]
    pub comparison: CompareArgs,
    /// Print only errors and the requested output
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
        requires = "compare",
        conflicts_with = "run_dir"
    )]
    pub examples: usize,
    /// Compare runs of different pools, or an import with a rehearsal
    #[arg(long, requires = "compare", conflicts_with = "run_dir")]
    pub compare_unlike: bool,
}
