//! Texts that other systems write where there is no value.

/// What databases, spreadsheets and programming languages write, spelled as they do. Words that are names of people in another spelling
/// (Null, Nan) count only in these.
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
    // Spreadsheets, in English, German, and the Romance languages.
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

/// How the day that MySQL writes for a missing one begins; a time may follow it.
const NO_DAY: &str = "0000-00-00";

/// The same in other orders of day, month and year.
const NO_DAYS: [&str; 3] = ["00/00/0000", "00.00.0000", "00-00-0000"];

/// Whether a cell that is exactly this has no value, as far as anybody can tell.
#[must_use]
pub(super) fn is_null_marker(cell: &str) -> bool {
    MARKERS.contains(&cell) || cell.starts_with(NO_DAY) || NO_DAYS.contains(&cell)
}

#[cfg(test)]
mod tests {
    use super::is_null_marker;

    #[test]
    fn markers_are_known_by_their_spelling() {
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
