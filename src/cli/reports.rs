//! What the command line says of a run's reports.

use super::args::{PiiArg, ReportsArgs};
use super::exit::{Codes, Exit};
use crate::report::{MetricsFileError, Names, ReportOptions};

/// For `report`.
///
/// # Errors
/// The file for metrics could not be written at the end.
pub fn asked(reports: &ReportsArgs) -> Result<ReportOptions, MetricsFileError> {
    if let Some(metrics) = &reports.metrics_file {
        metrics.check()?;
    }
    Ok(ReportOptions {
        names: match reports.pii {
            PiiArg::Masked => Names::Masked,
            PiiArg::Full => Names::Full,
        },
        metrics: reports.metrics_file.clone(),
        csv: reports.csv.encoding(),
        undone: false,
        exit: |summary, kind| {
            let exit = Exit::of_summary(summary);
            (exit.number(), exit.meaning(Codes::of(kind)))
        },
    })
}
