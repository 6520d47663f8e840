//! Records that are zeroed before they are reused and when they are dropped, because their cells
//! may hold passwords.
//!
//! Other copies are out of reach: the parser's buffer, the blocks that the source reads, and the
//! old memory of a buffer that grows.

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
    let mut remaining = record.as_slice().len();
    // Fields are added from the start of the same buffer.
    record.clear();
    while remaining > 0 {
        let zeros = ZEROS.get(..remaining).unwrap_or(&ZEROS);
        record.push_field(zeros);
        remaining -= zeros.len();
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
            let (address, length) = (record.as_slice().as_ptr(), record.as_slice().len());
            fill_with_zeros(&mut record);
            assert_eq!(record.as_slice(), vec![0; length]);
            assert_eq!(record.as_slice().as_ptr(), address);
            let mut record = ZeroizingRecord(record);
            record.wipe();
            assert!(record.is_empty());
        }
    }

    /// The memory of a record's cells, which can be read even after they are freed.
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

        /// Returns whether the text is still there. Does not allocate, so the memory is not reused.
        pub(in crate::rows) fn contains(&mut self, text: &str) -> bool {
            let address = self.address;
            std::os::unix::fs::FileExt::read_exact_at(&self.memory, &mut self.bytes, address)
                .unwrap();
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
        assert!(memory.contains("Tr0ub4dor&3"));
        drop(record);
        assert!(!memory.contains("Tr0ub4dor&3"));
    }
}
