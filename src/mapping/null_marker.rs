//! Placeholders that other systems write for missing values.

/// The placeholders of databases, spreadsheets and programming languages. Matching is
/// case-sensitive, because people have names such as Null and Nan.
const MARKERS: [&str; 26] = [
    // Databases and their clients.
    "NULL",
    "null",
    "Null",
    "\\N",
    "(null)",
    "(NULL)",
    "<null>",
    "<NULL>",
    "[NULL]",
    "[null]",
    // Spreadsheets, in English, German and the Romance languages.
    "#N/A",
    "#N/D",
    "#NV",
    "#NULL!",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "N/A",
    "n/a",
    // Programming languages.
    "None",
    "nil",
    "<nil>",
    "NaN",
    "nan",
    "<NA>",
    "undefined",
];

/// MySQL's zero date. A time may follow it.
const ZERO_DATE: &str = "0000-00-00";

/// The zero date in other formats.
const ZERO_DATES: [&str; 3] = ["00/00/0000", "00.00.0000", "00-00-0000"];

/// Returns whether a cell is a placeholder for a missing value.
#[must_use]
pub(super) fn is_null_marker(cell: &str) -> bool {
    // The first byte rules out nearly all values.
    let is_possible = matches!(
        cell.as_bytes().first(),
        Some(b'N' | b'n' | b'\\' | b'(' | b'<' | b'[' | b'#' | b'u' | b'0')
    );
    is_possible
        && (MARKERS.contains(&cell) || cell.starts_with(ZERO_DATE) || ZERO_DATES.contains(&cell))
}

#[cfg(test)]
mod tests {
    use super::{MARKERS, ZERO_DATES, is_null_marker};

    #[test]
    fn recognizes_all_markers() {
        for marker in MARKERS.into_iter().chain(ZERO_DATES) {
            assert!(is_null_marker(marker), "{marker}");
        }
    }

    #[test]
    fn recognizes_markers_by_their_exact_spelling() {
        for marker in [
            "NULL",
            "\\N",
            "(null)",
            "#N/A",
            "NaN",
            "None",
            "0000-00-00",
            "0000-00-00 00:00:00",
            "00/00/0000",
        ] {
            assert!(is_null_marker(marker), "{marker}");
        }
        for value in [
            "",
            "Nan",
            "NULLS",
            "Nil",
            "none",
            "N",
            "0",
            "-",
            "Ann",
            "2000-00-00",
        ] {
            assert!(!is_null_marker(value), "{value}");
        }
    }
}
