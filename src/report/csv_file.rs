//! CSV reports.

use std::io::{self, Write as _};
use std::path::Path;

use super::whole_file::WholeFile;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How CSV reports are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvEncoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte-order mark, without which Excel assumes a legacy encoding.
    Utf8WithMark,
}

/// Begins a CSV file that appears when it is finished.
pub(super) fn begin(path: &Path, encoding: CsvEncoding) -> io::Result<csv::Writer<WholeFile>> {
    WholeFile::begin(path).and_then(|file| writer(file, encoding))
}

pub(super) fn writer(
    mut file: WholeFile,
    encoding: CsvEncoding,
) -> io::Result<csv::Writer<WholeFile>> {
    if encoding == CsvEncoding::Utf8WithMark {
        file.write_all(BYTE_ORDER_MARK)?;
    }
    Ok(csv::Writer::from_writer(file))
}

/// Replaces the file that was there before.
pub(super) fn finish(csv: csv::Writer<WholeFile>) -> io::Result<()> {
    csv.into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?
        .finish()
}
