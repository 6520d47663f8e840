//! `report`: the reports of a run once more, or two runs compared.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::ReportsArgs;

/// `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The run's directory: import prints it
    #[arg(value_name = "RUN_DIR", required_unless_present = "compare")]
    pub run_dir: Option<PathBuf>,
    /// Its reports.
    #[command(flatten)]
    pub reports: ReportsArgs,
    /// Two runs.
    #[command(flatten)]
    pub comparison: CompareArgs,
    /// Print nothing but errors, and what was asked for
    #[arg(short, long)]
    pub quiet: bool,
}

/// `report --compare`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Two runs compared")]
pub struct CompareArgs {
    /// Tell what is different between two runs, user by user: who is new in the list, who vanished from it, and whose outcome,
    /// status or follow-up is another one. What only one of the runs knows is no difference
    #[arg(
        long,
        value_names = ["RUN_DIR", "RUN_DIR"],
        num_args = 2,
        action = ArgAction::Set,
        conflicts_with = "run_dir"
    )]
    pub compare: Vec<PathBuf>,
    /// Write every change to this file as well, a line for each user
    #[arg(
        long,
        value_name = "FILE.csv",
        requires = "compare",
        conflicts_with = "run_dir"
    )]
    pub compare_to: Option<PathBuf>,
    /// Examples of each kind of change
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        requires = "compare",
        conflicts_with = "run_dir"
    )]
    pub examples: usize,
    /// Compare runs of different pools, or an import with a rehearsal, all the same
    #[arg(long, requires = "compare", conflicts_with = "run_dir")]
    pub compare_unlike: bool,
}
