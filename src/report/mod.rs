//! Stage 8: results, as projections of the ledger. They can be made again from it at any time.
//!
//! Owns the formats, one file each, and that a report which exists is whole. Decides nothing: outcomes come from `import`.

mod asked;
mod changes_csv;
mod command_line;
mod comparison;
mod csv_file;
mod csv_line;
mod durations;
mod findings_csv;
mod html;
mod metrics_file;
mod moments;
mod rejects_csv;
mod results_csv;
mod results_jsonl;
mod summary_json;
mod table;
mod tally;
mod undo_csv;
mod undo_table;
mod whole_file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::hints::Hint;
use crate::ledger::{LedgerError, LedgerReader, RowSums};
use crate::outcome::{RowResult, Summary};
use results_csv::ResultsCsv;
use results_jsonl::ResultsJsonl;
use tally::ReportTally;
use whole_file::WholeFile;

#[cfg(test)]
pub(crate) use {
    comparison::ComparisonDocument, results_jsonl::ResultLine, summary_json::SummaryDocument,
};

pub use asked::{Names, ReportOptions};
pub use changes_csv::ChangesCsv;
pub use command_line::CommandLine;
pub use comparison::{Comparison, Side};
pub use csv_file::CsvEncoding;
pub use csv_line::csv_line;
pub use findings_csv::{FindingLine, FindingsCsv};
pub use metrics_file::{MetricsFile, MetricsFileError};
pub use rejects_csv::{RejectsFile, reasons_of};
pub use results_csv::COLUMNS;
pub use summary_json::{SCHEMA_VERSION, summary_document};
pub use table::summary_table;
pub use undo_csv::{UndoReport, write_undo};
pub use undo_table::undo_table;

/// The names of all reports of a run.
const FILES: [&str; 5] = [
    ResultsCsv::FILE,
    ResultsJsonl::FILE,
    summary_json::FILE,
    html::FILE,
    rejects_csv::FILE,
];

/// What can go wrong with reports. The ledger keeps everything, so they can be made again.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file cannot be written.
    #[error("{path}: cannot be written: {cause}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Hint for ReportError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Write { .. } => "the ledger has every result: free disk space and run `cognito-import report` on the run directory".to_owned(),
            Self::Ledger(error) => return error.hint(),
        })
    }
}

/// A format that shows every row.
trait RowReport {
    /// The file's name in the run's directory.
    const FILE: &'static str;
    /// Begins the file; `kept` are the names of the columns that are copied from the list.
    fn begin(file: WholeFile, kept: &[String], options: &ReportOptions) -> std::io::Result<Self>
    where
        Self: Sized;
    /// One row.
    fn row(&mut self, row: &RowResult) -> std::io::Result<()>;
    /// Ends the file and puts it in its place.
    fn finish(self) -> std::io::Result<()>;
}

/// Writes all reports of a run from its ledger, and returns the run summed up. Memory does not grow with the list.
///
/// # Errors
/// The ledger cannot be read, or a file cannot be written.
pub fn write_all(
    reader: &LedgerReader,
    run_directory: &Path,
    asked: &ReportOptions,
) -> Result<Summary, ReportError> {
    let kept = reader.kept_columns()?;
    let mut csv = begin::<ResultsCsv>(run_directory, &kept, asked)?;
    let mut jsonl = begin::<ResultsJsonl>(run_directory, &kept, asked)?;
    let (mut tally, mut sums) = (ReportTally::default(), RowSums::default());
    reader.each_row(|row| {
        tally.row(row);
        sums.row(row);
        csv.row(row)
            .map_err(in_file(run_directory, ResultsCsv::FILE))?;
        jsonl
            .row(row)
            .map_err(in_file(run_directory, ResultsJsonl::FILE))
    })?;
    let (summary, about) = (reader.summary_of(sums)?, reader.about()?);
    csv.finish()
        .map_err(in_file(run_directory, ResultsCsv::FILE))?;
    jsonl
        .finish()
        .map_err(in_file(run_directory, ResultsJsonl::FILE))?;
    let exit = (asked.exit)(&summary, about.kind);
    summary_json::write(run_directory, &summary, &about, &tally, exit)
        .map_err(in_file(run_directory, summary_json::FILE))?;
    let run = html::RunShown {
        summary: &summary,
        about: &about,
        tally: &tally,
        rates: &reader.rate_samples()?,
        exit,
        names: asked.names,
        undone: asked.undone,
    };
    html::write(run_directory, &run).map_err(in_file(run_directory, html::FILE))?;
    if let Some(metrics) = &asked.metrics {
        metrics
            .write(&summary, &about, exit.0)
            .map_err(|cause| ReportError::Write {
                path: metrics.path().to_owned(),
                cause,
            })?;
    }
    Ok(summary)
}

/// Where a run's reports are, by their names: those that are there.
#[must_use]
pub fn files_in(run_directory: &Path) -> BTreeMap<&'static str, PathBuf> {
    FILES
        .into_iter()
        .map(|name| (name, run_directory.join(name)))
        .filter(|(_, path)| path.exists())
        .collect()
}

fn begin<R: RowReport>(
    run_directory: &Path,
    kept: &[String],
    options: &ReportOptions,
) -> Result<R, ReportError> {
    WholeFile::begin(&run_directory.join(R::FILE))
        .and_then(|file| R::begin(file, kept, options))
        .map_err(in_file(run_directory, R::FILE))
}

fn in_file<'a>(
    run_directory: &'a Path,
    file: &'a str,
) -> impl Fn(std::io::Error) -> ReportError + 'a {
    move |cause| ReportError::Write {
        path: run_directory.join(file),
        cause,
    }
}
