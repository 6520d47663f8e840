//! Reports of a run, written from its ledger at any time. Each format has a file, and each report
//! is written atomically.

mod atomic_file;
mod changes_csv;
mod command_line;
mod comparison;
mod csv_file;
mod durations;
mod emf;
mod findings_csv;
mod html;
mod metrics_file;
mod rejects_csv;
mod rejects_index;
mod results_csv;
mod results_jsonl;
mod runs_list;
mod summary_json;
mod table;
mod tally;
mod undo_csv;
mod undo_table;
mod vanished_csv;
mod verify_csv;
mod verify_table;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::hints::Hint;
use crate::ledger::{LedgerError, LedgerReader, RowSums, RunKind, RunPath};
use crate::outcome::{RowResult, Summary};
use atomic_file::AtomicFile;
use results_csv::ResultsCsv;
use results_jsonl::ResultsJsonl;
use tally::ReportTally;

#[cfg(test)]
pub(crate) use {
    comparison::ComparisonDocument, results_jsonl::ResultLine, runs_list::RunsDocument,
    summary_json::SummaryDocument,
};

pub use changes_csv::ChangesCsv;
pub use command_line::CommandLine;
pub use comparison::{Comparison, Side};
pub use csv_file::{CsvEncoding, csv_line};
pub use emf::{MetricsFormat, emf_end_line, emf_line};
pub use findings_csv::{FindingLine, FindingsCsv};
pub use metrics_file::{ActiveRun, MetricsFile, MetricsFileError};
pub use rejects_csv::{RejectsFile, reasons_of};
pub use rejects_index::{IndexedRejects, RejectsIndexError};
pub use results_csv::COLUMNS;
pub use runs_list::{runs_document, runs_text, time_since};
pub use summary_json::{SCHEMA_VERSION, summary_document};
pub use table::summary_table;
pub use undo_csv::{UndoReport, write_undo};
pub use undo_table::undo_table;
pub use verify_csv::VerifyCsv;
pub use verify_table::{VerifyTally, verify_table};

/// The names of all reports of a run.
const FILES: [&str; 6] = [
    ResultsCsv::FILE,
    ResultsJsonl::FILE,
    vanished_csv::FILE,
    summary_json::FILE,
    html::FILE,
    rejects_csv::FILE,
];

/// How report.html shows personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Names {
    /// Names as a*** and a***@e***.com, errors without the values they quote
    #[default]
    Masked,
    /// Complete names and errors
    Full,
}

/// How to write reports.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    pub names: Names,
    pub metrics: Option<MetricsFile>,
    pub csv: CsvEncoding,
    /// Returns the exit code of a run and its meaning. Exit codes are defined by the command line.
    pub exit: fn(&Summary, RunKind) -> (u8, &'static str),
    /// Whether an undo of the run has started.
    pub undone: bool,
    /// Whether a process is using the run.
    pub active: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("{path}: cannot be written: {cause}")]
    Write {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Hint for ReportError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Write { .. } => "the ledger has every result: free disk space and run \
                 `cognito-import report` on the run directory"
                .to_owned(),
            Self::Ledger(error) => return error.hint(),
        })
    }

    fn is_busy(&self) -> bool {
        matches!(self, Self::Ledger(error) if error.is_busy())
    }
}

/// A report that contains every row.
trait RowReport {
    /// The name of the file in the run directory.
    const FILE: &'static str;
    /// Begins the file. `kept` are the names of the kept columns.
    fn begin(file: AtomicFile, kept: &[String], options: &ReportOptions) -> std::io::Result<Self>
    where
        Self: Sized;
    fn row(&mut self, row: &RowResult) -> std::io::Result<()>;
    fn finish(self) -> std::io::Result<()>;
}

/// Writes all reports of a run from its ledger, in constant memory, and returns the summary.
///
/// # Errors
/// The ledger cannot be read, or a file cannot be written.
pub fn write_all(
    reader: &LedgerReader,
    run_directory: &RunPath,
    options: &ReportOptions,
) -> Result<Summary, ReportError> {
    let kept = reader.kept_columns()?;
    let mut csv = begin::<ResultsCsv>(run_directory, &kept, options)?;
    let mut jsonl = begin::<ResultsJsonl>(run_directory, &kept, options)?;
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
    vanished_csv::write(reader, run_directory, options.csv)?;
    let exit = (options.exit)(&summary, about.kind);
    summary_json::write(run_directory, &summary, &about, &tally, exit)
        .map_err(in_file(run_directory, summary_json::FILE))?;
    let input = html::ReportInput {
        summary: &summary,
        about: &about,
        tally: &tally,
        rates: &reader.rate_samples()?,
        exit,
        names: options.names,
        undone: options.undone,
        active: options.active,
    };
    html::write(run_directory, &input).map_err(in_file(run_directory, html::FILE))?;
    if let Some(metrics) = &options.metrics {
        metrics
            .write(&summary, &about, exit.0)
            .map_err(|cause| ReportError::Write {
                path: metrics.path().to_owned(),
                cause,
            })?;
    }
    Ok(summary)
}

/// Returns the names of the existing reports of a run.
#[must_use]
pub fn files_in(run_directory: &Path) -> Vec<&'static str> {
    let exists = |name: &&str| run_directory.join(name).exists();
    FILES.into_iter().filter(exists).collect()
}

/// Returns the names of the existing files of a run that are stored with its ledger.
#[must_use]
pub fn files_to_store(run_directory: &Path) -> Vec<&'static str> {
    let mut names = files_in(run_directory);
    if run_directory.join(rejects_index::INDEX_FILE).exists() {
        names.push(rejects_index::INDEX_FILE);
    }
    names
}

fn begin<R: RowReport>(
    run_directory: &RunPath,
    kept: &[String],
    options: &ReportOptions,
) -> Result<R, ReportError> {
    AtomicFile::create(&run_directory.join(R::FILE))
        .and_then(|file| R::begin(file, kept, options))
        .map_err(in_file(run_directory, R::FILE))
}

fn in_file<'a>(
    run_directory: &'a RunPath,
    file: &'a str,
) -> impl Fn(std::io::Error) -> ReportError + 'a {
    move |cause| ReportError::Write {
        path: run_directory.join(file).shown().to_owned(),
        cause,
    }
}
