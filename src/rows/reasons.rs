//! The reason columns of a list of rejects, which follow the columns of the original list. They are
//! ignored when a list of rejects is imported.

/// The names of the reason columns, unless the list has a column with one of these names.
pub const REASONS: [&str; 5] = [
    "reason_outcome",
    "reason_code",
    "reason_message",
    "reason_row",
    "reason_line",
];

/// Prepended to the names until none is taken.
const PREFIX: &str = "import_";

/// The number of prefixes that are recognized.
const MAX_PREFIXES: usize = 4;

fn names(prefixes: usize) -> [String; REASONS.len()] {
    REASONS.map(|name| PREFIX.repeat(prefixes) + name)
}

/// Returns the indices of the reason columns, or nothing unless the header has all of them.
#[must_use]
pub fn reason_columns(header: &[String]) -> Vec<usize> {
    (0..MAX_PREFIXES)
        .find_map(|prefixes| {
            names(prefixes)
                .iter()
                .map(|name| {
                    let same = |other: &String| other.eq_ignore_ascii_case(name);
                    header.iter().position(same)
                })
                .collect::<Option<Vec<usize>>>()
        })
        .unwrap_or_default()
}

/// Returns whether these cells look like reasons: an outcome, an error code and message, a row
/// number and a line number.
pub(super) fn are_reasons<'c>(cells: impl Iterator<Item = &'c [u8]>) -> bool {
    let cells: Vec<&[u8]> = cells.collect();
    let is_outcome = |cell: &[u8]| !cell.is_empty() && cell.iter().all(u8::is_ascii_lowercase);
    let is_number = |cell: &[u8]| !cell.is_empty() && cell.iter().all(u8::is_ascii_digit);
    matches!(cells.as_slice(), [outcome, _, _, row, line]
        if is_outcome(outcome) && is_number(row) && is_number(line))
}

/// Returns names for the reason columns that differ from these columns.
#[must_use]
pub fn free_names(columns: &[String]) -> [String; REASONS.len()] {
    let taken = |names: &[String; REASONS.len()]| {
        let has = |name: &String| columns.iter().any(|other| other.eq_ignore_ascii_case(name));
        names.iter().any(has)
    };
    let mut prefixes = 0;
    loop {
        let names = names(prefixes);
        if !taken(&names) {
            return names;
        }
        prefixes += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{REASONS, free_names, reason_columns};

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn finds_reason_columns_only_if_all_exist() {
        let mut columns = header(&["username", "password"]);
        assert_eq!(free_names(&columns), REASONS);
        assert!(reason_columns(&columns).is_empty());
        columns.extend(header(&REASONS));
        assert_eq!(reason_columns(&columns), [2, 3, 4, 5, 6]);
        columns[4] = "REASON_MESSAGE".to_owned();
        assert_eq!(reason_columns(&columns), [2, 3, 4, 5, 6]);
        columns.remove(3);
        assert!(
            reason_columns(&columns).is_empty(),
            "the list's own columns"
        );
    }

    #[test]
    fn prefixes_names_that_are_taken() {
        let mut columns = header(&["username", "Reason_Code"]);
        let names = free_names(&columns);
        assert_eq!(names[0], "import_reason_outcome");
        columns.extend(names);
        assert_eq!(reason_columns(&columns), [2, 3, 4, 5, 6]);
    }
}
