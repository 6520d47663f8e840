use std::path::PathBuf;
use std::time::Duration;

use super::{RunPlace, SettingsError};
use crate::cli::args::{ReportArgs, ReportsArgs};
use crate::cli::exit::{Codes, Exit};
use crate::report::{CsvEncoding, MetricsFileError, ReportOptions};

/// The settings of `report`.
pub enum ReportSettings {
    /// Write the reports of a run again.
    Run {
        run: RunPlace,
        /// Merge the parts of the run first.
        merge: bool,
        wait_for_lock: Option<Duration>,
        reports: ReportOptions,
    },
    Comparison(CompareSettings),
}

/// The settings of `report --compare`.
pub struct CompareSettings {
    /// The earlier and the later run.
    pub runs: [RunPlace; 2],
    pub wait_for_lock: Option<Duration>,
    /// Compare runs of different pools or kinds.
    pub unlike: bool,
    /// The maximum number of examples of each kind of change.
    pub examples: usize,
    pub changes_csv: Option<PathBuf>,
    pub csv: CsvEncoding,
}

impl ReportSettings {
    pub(super) fn of(args: &ReportArgs) -> Result<Self, SettingsError> {
        let comparison = &args.comparison;
        match (&args.run_dir, comparison.compare.as_slice()) {
            (Some(directory), _) => Ok(Self::Run {
                run: RunPlace::of(directory)?,
                merge: args.merge,
                wait_for_lock: args.wait_for_lock,
                reports: report_options(&args.reports)?,
            }),
            (None, [before, after]) => Ok(Self::Comparison(CompareSettings {
                runs: [RunPlace::of(before)?, RunPlace::of(after)?],
                wait_for_lock: args.wait_for_lock,
                unlike: comparison.compare_unlike,
                examples: comparison.examples,
                changes_csv: comparison.changes_csv.clone(),
                csv: args.reports.csv.encoding(),
            })),
            (None, _) => Err(SettingsError::NoRun),
        }
    }
}

pub(super) fn report_options(args: &ReportsArgs) -> Result<ReportOptions, MetricsFileError> {
    if let Some(metrics) = &args.metrics_file {
        metrics.check()?;
    }
    Ok(ReportOptions {
        names: args.pii,
        metrics: args.metrics_file.clone(),
        csv: args.csv.encoding(),
        undone: false,
        active: false,
        exit: |summary, kind| {
            let exit = Exit::of_summary(summary);
            (exit.number(), exit.meaning(Codes::of(kind)))
        },
    })
}
