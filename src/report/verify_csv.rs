//! `verify.csv`: a line for each problem, in the order of the list; then the users in no row.

use std::io;

use super::atomic_file::AtomicFile;
use super::csv_file::{self, CsvEncoding, safe_cell};
use super::{ReportError, in_file};
use crate::ledger::RunPath;
use crate::outcome::{Discrepancy, RowResult, UserDiscrepancy};

/// The columns, in order.
const COLUMNS: [&str; 8] = [
    "row", "line", "username", "user_sub", "problem", "item", "expected", "found",
];

/// `verify.csv` while it is written.
pub struct VerifyCsv<'d> {
    run_directory: &'d RunPath,
    csv: csv::Writer<AtomicFile>,
}

impl<'d> VerifyCsv<'d> {
    /// The name of the file in the run directory.
    pub const FILE: &'static str = "verify.csv";

    /// Begins the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(run_directory: &'d RunPath, encoding: CsvEncoding) -> Result<Self, ReportError> {
        let created = csv_file::create(&run_directory.join(Self::FILE), encoding);
        let csv = created.map_err(in_file(run_directory, Self::FILE))?;
        let mut file = Self { run_directory, csv };
        file.write(COLUMNS)?;
        Ok(file)
    }

    /// Writes a problem of a row's user.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn problem(
        &mut self,
        row: &RowResult,
        problem: &UserDiscrepancy,
    ) -> Result<(), ReportError> {
        self.write([
            row.row.to_string().as_str(),
            &row.line.to_string(),
            &safe_cell(row.username.as_deref()),
            &safe_cell(row.outcome.user_sub.as_deref()),
            problem.kind.name(),
            &safe_cell(problem.item.as_deref()),
            &safe_cell(problem.expected.as_deref()),
            &safe_cell(problem.found.as_deref()),
        ])
    }

    /// Writes a user of the pool that is in no row.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn extra(&mut self, username: &str, sub: Option<&str>) -> Result<(), ReportError> {
        let (username, sub) = (safe_cell(Some(username)), safe_cell(sub));
        let kind = Discrepancy::Extra.name();
        self.write(["", "", &username, &sub, kind, "", "", ""])
    }

    /// Finishes the file, replacing an older one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> Result<(), ReportError> {
        csv_file::finish(self.csv).map_err(in_file(self.run_directory, Self::FILE))
    }

    fn write(&mut self, cells: [&str; COLUMNS.len()]) -> Result<(), ReportError> {
        self.csv
            .write_record(cells)
            .map_err(io::Error::from)
            .map_err(in_file(self.run_directory, Self::FILE))
    }
}
