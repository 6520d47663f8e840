//! Reads AWS's import template, in which values are never quoted and a comma within one is written
//! `\,` (developer guide, "Importing users into user pools from a CSV file"). A backslash before
//! anything else is a backslash.

use csv::ByteRecord;
use zeroize::Zeroizing;

/// Rejoins cells that were split at `\,`.
pub(super) fn rejoin(record: &mut ByteRecord, scratch: &mut ByteRecord) {
    let cells = record.len();
    let is_split = |(index, cell): (usize, &[u8])| index + 1 < cells && cell.ends_with(b"\\");
    if !record.iter().enumerate().any(is_split) {
        return;
    }
    scratch.clear();
    let mut value = Zeroizing::new(Vec::new());
    for (index, cell) in record.iter().enumerate() {
        if is_split((index, cell)) {
            value.extend_from_slice(cell.strip_suffix(b"\\").unwrap_or(cell));
            value.push(b',');
        } else {
            value.extend_from_slice(cell);
            scratch.push_field(&value);
            value.clear();
        }
    }
    std::mem::swap(record, scratch);
}

#[cfg(test)]
mod tests {
    use super::rejoin;
    use csv::ByteRecord;

    #[test]
    fn commas_after_a_backslash_are_part_of_the_value() {
        for (split, whole) in [
            (vec!["a", "b"], vec!["a", "b"]),
            (vec!["1\\", " High St", "b"], vec!["1, High St", "b"]),
            (vec!["1\\", "2\\", "3"], vec!["1,2,3"]),
            (vec!["\\", "\\", "", "b"], vec![",,", "b"]),
            // A backslash at the end of the record escapes nothing.
            (vec!["a", "b\\"], vec!["a", "b\\"]),
            (vec!["a\\n", "b"], vec!["a\\n", "b"]),
            (vec![""], vec![""]),
        ] {
            let mut record = ByteRecord::from(split);
            rejoin(&mut record, &mut ByteRecord::new());
            assert_eq!(record, ByteRecord::from(whole));
        }
    }
}
