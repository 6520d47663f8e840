//! CSV output that is safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::path::Path;

use super::atomic_file::AtomicFile;
use crate::sanitize::visible;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The encoding of CSV reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvEncoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte-order mark, without which Excel assumes a legacy encoding.
    Utf8WithMark,
}

/// Creates a CSV file that appears when it is finished.
pub(super) fn create(path: &Path, encoding: CsvEncoding) -> io::Result<csv::Writer<AtomicFile>> {
    AtomicFile::create(path).and_then(|file| writer(file, encoding))
}

pub(super) fn writer(
    mut file: AtomicFile,
    encoding: CsvEncoding,
) -> io::Result<csv::Writer<AtomicFile>> {
    if encoding == CsvEncoding::Utf8WithMark {
        file.write_all(BYTE_ORDER_MARK)?;
    }
    Ok(csv::Writer::from_writer(file))
}

/// Finishes the file, replacing an older one.
pub(super) fn finish(csv: csv::Writer<AtomicFile>) -> io::Result<()> {
    into_file(csv)?.finish()
}

/// Like [`finish`], for a file that may be lost with the power.
pub(super) fn finish_unsynced(csv: csv::Writer<AtomicFile>) -> io::Result<()> {
    into_file(csv)?.finish_unsynced()
}

fn into_file(csv: csv::Writer<AtomicFile>) -> io::Result<AtomicFile> {
    csv.into_inner()
        .map_err(|error| io::Error::other(error.to_string()))
}

/// Makes a cell safe for spreadsheets, which would run a cell that begins like a formula (OWASP,
/// "CSV Injection"; some accept full-width signs). An apostrophe makes such a cell text. Characters
/// that could mislead a terminal are replaced with their code points.
pub(super) fn safe_cell(cell: Option<&str>) -> Cow<'_, str> {
    let cell = cell.unwrap_or_default();
    let formula_start = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    if cell.starts_with(formula_start) {
        Cow::Owned(format!("'{}", visible(cell)))
    } else {
        visible(cell)
    }
}

/// Returns a line of CSV, including its line break.
///
/// # Errors
/// Never in practice, because it writes to memory.
pub fn csv_line(cells: &[String]) -> io::Result<String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(cells)?;
    let line = csv
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(line).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::safe_cell;

    #[test]
    fn escapes_formulas_and_hidden_characters() {
        for cell in ["=1+1", "+49", "-1", "@SUM(A1)", "\tx", "\nx", "\u{ff1d}1"] {
            assert_eq!(safe_cell(Some(cell)), format!("'{cell}"));
        }
        assert_eq!(safe_cell(Some("\rx")), "'[U+000D]x");
        assert_eq!(safe_cell(Some("a\u{1b}[2J")), "a[U+001B][2J");
        for cell in ["ann", "a=b", "a+b@example.com", ""] {
            assert_eq!(safe_cell(Some(cell)), cell);
        }
    }
}
