//! `findings.csv`: a line for each finding and note about a list.

use std::io;
use std::path::Path;

use super::atomic_file::AtomicFile;
use super::csv_file::{self, CsvEncoding, safe_cell};

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

/// A line of the file.
#[derive(Debug, Clone, Copy)]
pub struct FindingLine<'a> {
    pub row: u64,
    /// The line on which the row starts.
    pub line: u64,
    /// The username, if the row has one.
    pub username: Option<&'a str>,
    /// The column, if the finding is about one.
    pub column: Option<&'a str>,
    /// The code of the rule or of the kind of note.
    pub rule: &'a str,
    pub found: &'a str,
    pub what_to_do: &'a str,
    /// Whether this is a note, which does not make the row invalid.
    pub is_note: bool,
}

/// The file, which appears when it is finished. Its mode is 0600.
pub struct FindingsCsv(csv::Writer<AtomicFile>);

impl FindingsCsv {
    /// Creates the file.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(path: &Path, encoding: CsvEncoding) -> io::Result<Self> {
        let mut csv = csv_file::create(path, encoding)?;
        csv.write_record(COLUMNS)?;
        Ok(Self(csv))
    }

    /// Writes a line.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn line(&mut self, line: &FindingLine<'_>) -> io::Result<()> {
        self.0.write_record([
            line.row.to_string().as_str(),
            line.line.to_string().as_str(),
            &safe_cell(line.username),
            &safe_cell(line.column),
            line.rule,
            &safe_cell(Some(line.found)),
            line.what_to_do,
            if line.is_note { "note" } else { "finding" },
        ])?;
        Ok(())
    }

    /// Removes the unfinished file if the command ends early. An older file stays.
    pub fn discard(path: &Path) {
        AtomicFile::discard(path);
    }

    /// Finishes the file, replacing an older one. It is not synced: after a power failure, the list
    /// can be checked again.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        csv_file::finish_unsynced(self.0)
    }
}
