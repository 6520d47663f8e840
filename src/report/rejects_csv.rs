//! `rejects.csv`: rows of the list that did not make it, to be corrected and imported again. Who has the list writes its rows; what is known
//! here is where the file is, that it is whole, and why a row did not make it.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::results_csv::defused;
use super::whole_file::WholeFile;
use crate::outcome::RowResult;

/// The file's name in the run's directory.
pub(super) const FILE: &str = "rejects.csv";

/// The code of a row whose username stands in an earlier one, as `findings.csv` has it.
const DUPLICATE: &str = "username.duplicate";

/// The file, being written. It is there when it is whole; mode 0600.
pub struct RejectsFile(WholeFile);

impl RejectsFile {
    /// Where it is.
    #[must_use]
    pub fn path(run_directory: &Path) -> PathBuf {
        run_directory.join(FILE)
    }

    /// Begins it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin(run_directory: &Path) -> io::Result<Self> {
        WholeFile::begin(&Self::path(run_directory)).map(Self)
    }

    /// Puts it in its place, over an older one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish()
    }

    /// Removes one of an earlier session: what stands in it is no longer so.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn remove(run_directory: &Path) -> io::Result<()> {
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

/// Why a row did not make it: outcome, code, words, and its row and line in the list that it came from. A spreadsheet takes none of it
/// for a formula; `and` is added to the words.
#[must_use]
pub fn reasons_of<'r>(row: &'r RowResult, and: &'r str) -> [Cow<'r, str>; 5] {
    let outcome = &row.outcome;
    let (code, words) = match outcome.same_as_row {
        Some(earlier) => (
            Cow::Borrowed(DUPLICATE),
            Cow::Owned(format!("row {earlier} already has this username")),
        ),
        None => (
            defused(outcome.error_code.as_deref()),
            defused(outcome.error_message.as_deref()),
        ),
    };
    [
        outcome.outcome.name().into(),
        code,
        words + and,
        row.row.to_string().into(),
        row.line.to_string().into(),
    ]
}
