//! One line of CSV, for who prints it.

use std::io;

/// The cells as a line, with its end.
///
/// # Errors
/// None in memory.
pub fn csv_line(cells: &[String]) -> io::Result<String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(cells)?;
    let line = csv
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(line).map_err(io::Error::other)
}
