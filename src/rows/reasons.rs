//! The columns in a list of rejects that say why a row was rejected. They follow the columns of the
//! original list. When a list of rejects is imported, they are ignored.

/// Their names, unless a column of the list has one of them.
pub const REASONS: [&str; 5] = [
    "reason_outcome",
    "reason_code",
    "reason_message",
    "reason_row",
    "reason_line",
];

/// Appended to their names until none is taken.
const PREFIX: &str = "import_";

/// The most suffixes that are recognized.
const PREFIXES: usize = 4;

fn names(prefixes: usize) -> [String; REASONS.len()] {
    REASONS.map(|name| PREFIX.repeat(prefixes) + name)
}

/// Their indexes in a header that has all of them.
#[must_use]
pub fn places(header: &[String]) -> Vec<usize> {
    (0..PREFIXES)
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

/// Whether these cells look like reasons: an outcome, an error code and message, a row number and a
/// line number.
pub(super) fn are_reasons<'c>(cells: impl Iterator<Item = &'c [u8]>) -> bool {
    let cells: Vec<&[u8]> = cells.collect();
    let is_outcome = |cell: &[u8]| !cell.is_empty() && cell.iter().all(u8::is_ascii_lowercase);
    let is_number = |cell: &[u8]| !cell.is_empty() && cell.iter().all(u8::is_ascii_digit);
    matches!(cells.as_slice(), [outcome, _, _, row, line]
        if is_outcome(outcome) && is_number(row) && is_number(line))
}

/// Their names for a list with these columns.
#[must_use]
pub fn names_beside(columns: &[String]) -> [String; REASONS.len()] {
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
    use super::{REASONS, names_beside, places};

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn recognizes_the_columns_only_if_all_are_there() {
        let mut columns = header(&["username", "password"]);
        assert_eq!(names_beside(&columns), REASONS);
        assert!(places(&columns).is_empty());
        columns.extend(header(&REASONS));
        assert_eq!(places(&columns), [2, 3, 4, 5, 6]);
        columns[4] = "REASON_MESSAGE".to_owned();
        assert_eq!(places(&columns), [2, 3, 4, 5, 6]);
        columns.remove(3);
        assert!(places(&columns).is_empty(), "somebody's own columns");
    }

    #[test]
    fn renames_the_reasons_if_a_name_is_taken() {
        let mut columns = header(&["username", "Reason_Code"]);
        let names = names_beside(&columns);
        assert_eq!(names[0], "import_reason_outcome");
        columns.extend(names);
        assert_eq!(places(&columns), [2, 3, 4, 5, 6]);
    }
}
