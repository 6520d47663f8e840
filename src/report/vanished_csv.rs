//! `vanished.csv`: the users of the previous run (`--previous`) who are not in the list any more,
//! in the order of the previous list.

use super::csv_file::{self, CsvEncoding, safe_cell};
use super::{ReportError, in_file};
use crate::ledger::previous::VanishedUser;
use crate::ledger::{LedgerReader, RunPath};

/// The name of the file in the run directory.
pub(super) const FILE: &str = "vanished.csv";

/// The columns, in order. All of them describe the previous run.
const COLUMNS: [&str; 4] = ["row", "username", "outcome", "user_sub"];

/// Writes the file if the run has been compared to a previous one.
pub(super) fn write(
    reader: &LedgerReader,
    run_directory: &RunPath,
    encoding: CsvEncoding,
) -> Result<(), ReportError> {
    if !reader.is_compared()? {
        return Ok(());
    }
    let failed = in_file(run_directory, FILE);
    let mut csv = csv_file::create(&run_directory.join(FILE), encoding).map_err(&failed)?;
    csv.write_record(COLUMNS)
        .map_err(|cause| failed(cause.into()))?;
    reader.each_vanished(|user: &VanishedUser| {
        let row = user.row.to_string();
        let cells = [
            row.as_str().into(),
            safe_cell(Some(&user.username)),
            user.outcome.name().into(),
            safe_cell(user.user_sub.as_deref()),
        ];
        csv.write_record(cells.iter().map(|cell| cell.as_bytes()))
            .map_err(|cause| failed(cause.into()))
    })?;
    csv_file::finish(csv).map_err(&failed)
}
