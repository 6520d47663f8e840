//! `rejects.csv`: rows that were not imported, to be corrected and imported again. The caller
//! writes the rows of the list; this module provides the file and the reasons.

use std::borrow::Cow;
use std::io::{self, Write};

use super::atomic_file::AtomicFile;
use super::csv_file::safe_cell;
use crate::ledger::RunPath;
use crate::outcome::RowResult;

/// The name of the file in the run directory.
pub(super) const FILE: &str = "rejects.csv";

/// The code of a row with the username of an earlier row, as in `findings.csv`.
const DUPLICATE: &str = "username.duplicate";

/// The file, which appears when it is finished. Its mode is 0600.
pub struct RejectsFile(AtomicFile);

impl RejectsFile {
    /// Returns the path of the file.
    #[must_use]
    pub fn path(run_directory: &RunPath) -> RunPath {
        run_directory.join(FILE)
    }

    /// Creates the file.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(run_directory: &RunPath) -> io::Result<Self> {
        AtomicFile::create(&Self::path(run_directory)).map(Self)
    }

    /// Finishes the file, replacing an older one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish()
    }

    /// Removes the outdated file of an earlier session.
    ///
    /// # Errors
    /// The file exists and cannot be removed.
    pub fn remove(run_directory: &RunPath) -> io::Result<()> {
        match std::fs::remove_file(Self::path(run_directory)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl Write for RejectsFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Returns the cells that explain why a row was not imported: outcome, code, message, row and line.
/// They are safe for spreadsheets. `suffix` is appended to the message.
#[must_use]
pub fn reasons_of<'r>(row: &'r RowResult, suffix: &'r str) -> [Cow<'r, str>; 5] {
    let outcome = &row.outcome;
    let (code, message) = match outcome.same_as_row {
        Some(earlier) => (
            Cow::Borrowed(DUPLICATE),
            Cow::Owned(format!("row {earlier} already has this username")),
        ),
        None => (
            safe_cell(outcome.error_code.as_deref()),
            safe_cell(outcome.error_message.as_deref()),
        ),
    };
    [
        outcome.outcome.name().into(),
        code,
        message + suffix,
        row.row.to_string().into(),
        row.line.to_string().into(),
    ]
}
