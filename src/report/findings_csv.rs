//! `findings.csv`: a line for each finding and note on a list, for people with spreadsheets.

use std::io;
use std::path::Path;

use super::csv_file::{self, CsvEncoding};
use super::results_csv::defused;
use super::whole_file::WholeFile;

/// The columns, in order.
const COLUMNS: [&str; 8] = [
    "row",
    "line",
    "username",
    "column",
    "rule",
    "found",
    "what_to_do",
    "kind",
];

/// One line.
#[derive(Debug, Clone, Copy)]
pub struct FindingLine<'a> {
    /// Number of the row.
    pub row: u64,
    /// Line on which it begins.
    pub line: u64,
    /// The username, where one could be read.
    pub username: Option<&'a str>,
    /// The column, where it is about one.
    pub column: Option<&'a str>,
    /// The code of the rule, or of the kind of note.
    pub rule: &'a str,
    /// What was found.
    pub found: &'a str,
    /// What to do about it.
    pub what_to_do: &'a str,
    /// Whether the row would be sent all the same.
    pub is_note: bool,
}

/// See the module's words. The file is there when it is whole; mode 0600.
pub struct FindingsCsv(csv::Writer<WholeFile>);

impl FindingsCsv {
    /// Begins the file.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin(path: &Path, encoding: CsvEncoding) -> io::Result<Self> {
        let mut csv = csv_file::begin(path, encoding)?;
        csv.write_record(COLUMNS)?;
        Ok(Self(csv))
    }

    /// Writes a line.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn line(&mut self, line: &FindingLine<'_>) -> io::Result<()> {
        let (row, number) = (line.row.to_string(), line.line.to_string());
        self.0.write_record([
            row.as_str(),
            &number,
            &defused(line.username),
            &defused(line.column),
            line.rule,
            &defused(Some(line.found)),
            line.what_to_do,
            if line.is_note { "note" } else { "finding" },
        ])?;
        Ok(())
    }

    /// Takes away what is begun of the file, when the program ends before the list does. An older file stays.
    pub fn abandon(path: &Path) {
        WholeFile::abandon(path);
    }

    /// Puts the file in its place, over an older one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> io::Result<()> {
        csv_file::finish(self.0)
    }
}
