//! What is asked of the reports besides the ledger's own facts.

use super::csv_file::CsvEncoding;
use super::metrics_file::MetricsFile;
use crate::ledger::RunKind;
use crate::outcome::Summary;
use clap::ValueEnum;

/// How report.html shows personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Names {
    /// Names as a*** and a***@e***.com, errors without the values they quote
    #[default]
    Masked,
    /// Complete names and errors
    Full,
}

/// See the module's words.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// How much is shown of the people in the list.
    pub names: Names,
    /// Where metrics go, where they are wanted.
    pub metrics: Option<MetricsFile>,
    /// How results.csv is encoded.
    pub csv: CsvEncoding,
    /// The exit code of a run that stands like this, and what it means. Exit codes are the command line's.
    pub exit: fn(&Summary, RunKind) -> (u8, &'static str),
    /// The run was undone since, or its undo has begun.
    pub undone: bool,
}
