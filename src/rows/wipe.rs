//! Records are wiped before they are filled again: their cells may hold passwords.
//!
//! Other copies are out of reach: the parser's own buffer, the blocks that the source reads, and what a buffer leaves behind when it
//! grows. They hold a part of the list until the next part takes its place.

use csv::ByteRecord;
use zeroize::optimization_barrier;

/// Written over a record, as often as it takes.
const ZEROS: [u8; 4_096] = [0; 4_096];

/// Empties the record, and its buffer.
pub(super) fn wipe(record: &mut ByteRecord) {
    fill_with_zeros(record);
    record.clear();
}

fn fill_with_zeros(record: &mut ByteRecord) {
    let mut left = record.as_slice().len();
    // Fields are added from the beginning of the same buffer.
    record.clear();
    while left > 0 {
        let zeros = ZEROS.get(..left).unwrap_or(&ZEROS);
        record.push_field(zeros);
        left -= zeros.len();
    }
    optimization_barrier(record);
}

#[cfg(test)]
mod tests {
    use super::{fill_with_zeros, wipe};
    use csv::ByteRecord;

    #[test]
    fn a_record_is_overwritten_where_it_lies() {
        for length in [0, 1, 100, 4_096, 10_000] {
            let cell = "x".repeat(length);
            let mut record = ByteRecord::from(vec!["ann", &cell, "y"]);
            let (place, bytes) = (record.as_slice().as_ptr(), record.as_slice().len());
            fill_with_zeros(&mut record);
            assert_eq!(record.as_slice(), vec![0; bytes]);
            assert_eq!(record.as_slice().as_ptr(), place);
            wipe(&mut record);
            assert!(record.is_empty());
        }
    }
}
