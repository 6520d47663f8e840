//! Records that are zeroed before they are filled again and when they are dropped: their cells may
//! hold passwords.
//!
//! Other copies are out of reach: the parser's own buffer, the blocks that the source reads, and
//! the old memory of a buffer that grows.

use std::ops::{Deref, DerefMut};

use csv::ByteRecord;
use zeroize::optimization_barrier;

const ZEROS: [u8; 4_096] = [0; 4_096];

/// A record that zeroes its cells when it is dropped.
#[derive(Default)]
pub(super) struct ZeroizingRecord(ByteRecord);

impl ZeroizingRecord {
    /// Zeroes the cells and empties the record.
    pub(super) fn wipe(&mut self) {
        fill_with_zeros(&mut self.0);
        self.0.clear();
    }
}

impl Deref for ZeroizingRecord {
    type Target = ByteRecord;

    fn deref(&self) -> &ByteRecord {
        &self.0
    }
}

impl DerefMut for ZeroizingRecord {
    fn deref_mut(&mut self) -> &mut ByteRecord {
        &mut self.0
    }
}

impl Drop for ZeroizingRecord {
    fn drop(&mut self) {
        self.wipe();
    }
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
pub(super) mod tests {
    use super::{ZeroizingRecord, fill_with_zeros};
    use csv::ByteRecord;

    #[test]
    fn a_record_is_zeroed_in_place() {
        for length in [0, 1, 100, 4_096, 10_000] {
            let cell = "x".repeat(length);
            let mut record = ByteRecord::from(vec!["ann", &cell, "y"]);
            let (place, bytes) = (record.as_slice().as_ptr(), record.as_slice().len());
            fill_with_zeros(&mut record);
            assert_eq!(record.as_slice(), vec![0; bytes]);
            assert_eq!(record.as_slice().as_ptr(), place);
            let mut record = ZeroizingRecord(record);
            record.wipe();
            assert!(record.is_empty());
        }
    }

    /// The memory that a record's cells occupy, which can be read again after they are gone.
    #[cfg(target_os = "linux")]
    pub(in crate::rows) struct CellMemory {
        memory: std::fs::File,
        address: u64,
        bytes: Vec<u8>,
    }

    #[cfg(target_os = "linux")]
    impl CellMemory {
        pub(in crate::rows) fn of(record: &ByteRecord) -> Self {
            let cells = record.as_slice();
            Self {
                memory: std::fs::File::open("/proc/self/mem").unwrap(),
                address: cells.as_ptr().addr() as u64,
                bytes: vec![0; cells.len()],
            }
        }

        /// Whether the text is still there. Allocates nothing, so that the memory is not reused.
        pub(in crate::rows) fn holds(&mut self, text: &str) -> bool {
            let at = self.address;
            std::os::unix::fs::FileExt::read_exact_at(&self.memory, &mut self.bytes, at).unwrap();
            let mut windows = self.bytes.windows(text.len());
            windows.any(|window| window == text.as_bytes())
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_dropped_record_is_zeroed() {
        let filler = "x".repeat(100);
        let cells = ["ann", &filler, "Tr0ub4dor&3"];
        let record = ZeroizingRecord(ByteRecord::from(cells.to_vec()));
        let mut memory = CellMemory::of(&record);
        assert!(memory.holds("Tr0ub4dor&3"));
        drop(record);
        assert!(!memory.holds("Tr0ub4dor&3"));
    }
}
