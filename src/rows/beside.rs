//! Reads rows on a thread of its own, for one who does nothing else with the list meanwhile but look at it.
//!
//! Rows come in batches, whose records go back and are filled again: handing over costs no copy, and memory stays flat.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::wipe::ZeroizingRecord;
use super::{RawRow, Rows, RowsError, Unreadable};

/// Rows of a batch at most.
const ROWS: usize = 512;

/// Bytes of a batch, or a little more: a batch of long rows has few of them.
const BYTES: u64 = 64 * 1024;

/// Batches there are: one is filled, one is looked at, one waits.
const BATCHES: usize = 3;

/// A row that is not lent from the reader. Its cells may hold a password: it has no `Debug`.
#[derive(Default)]
struct OwnRow {
    number: u64,
    line: u64,
    end_byte: u64,
    unreadable: Option<Unreadable>,
    record: ZeroizingRecord,
    is_text: bool,
}

/// Some rows, in the list's order.
#[derive(Default)]
pub struct Batch {
    rows: Vec<OwnRow>,
    filled: usize,
}

/// The receiving end.
pub struct ReadBeside {
    full: Receiver<Result<Batch, RowsError>>,
    empty: SyncSender<Batch>,
}

impl Batch {
    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = RawRow<'_>> {
        self.rows.iter().take(self.filled).map(|row| RawRow {
            number: row.number,
            line: row.line,
            end_byte: row.end_byte,
            unreadable: row.unreadable.clone(),
            record: &row.record,
            written: &row.record,
            verbatim: None,
            text: row
                .is_text
                .then(|| std::str::from_utf8(row.record.as_slice()).ok())
                .flatten(),
        })
    }

    /// Fills it with the next rows; false: the list is at its end.
    fn fill(&mut self, rows: &mut Rows) -> Result<bool, RowsError> {
        for row in self.rows.iter_mut().take(self.filled) {
            row.record.wipe();
        }
        self.filled = 0;
        let mut bytes = 0;
        while self.filled < ROWS && bytes < BYTES {
            if self.filled == self.rows.len() {
                self.rows.push(OwnRow::default());
            }
            let Some(to) = self.rows.get_mut(self.filled) else {
                break;
            };
            if !rows.next_into(to)? {
                return Ok(false);
            }
            bytes += to.record.as_slice().len() as u64;
            self.filled += 1;
        }
        Ok(true)
    }
}

impl Rows {
    /// As [`Rows::next_row`], into a row of its own; false behind the last one.
    fn next_into(&mut self, to: &mut OwnRow) -> Result<bool, RowsError> {
        let Some(row) = self.next_row()? else {
            return Ok(false);
        };
        to.number = row.number;
        to.line = row.line;
        to.end_byte = row.end_byte;
        to.is_text = row.text.is_some();
        to.unreadable = row.unreadable;
        std::mem::swap(self.used_cells(), &mut to.record);
        Ok(true)
    }
}

impl ReadBeside {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(rows: Rows) -> io::Result<Self> {
        let (to, full) = sync_channel(BATCHES);
        let (empty, to_fill) = sync_channel(BATCHES);
        for _ in 0..BATCHES {
            let _ = empty.send(Batch::default());
        }
        thread::Builder::new()
            .name("rows".to_owned())
            .spawn(move || read_all(rows, &to_fill, &to))?;
        Ok(Self { full, empty })
    }

    /// The next batch, for as long as there is one; `done` is the one that was looked at before.
    ///
    /// # Errors
    /// The list cannot be read on: nothing follows.
    pub fn next(&mut self, done: Option<Batch>) -> Result<Option<Batch>, RowsError> {
        if let Some(done) = done {
            // Nobody fills it any more behind the end.
            let _ = self.empty.send(done);
        }
        self.full.recv().ok().transpose()
    }
}

/// Reads to the end of the list, or until nobody listens any more.
fn read_all(mut rows: Rows, to_fill: &Receiver<Batch>, to: &SyncSender<Result<Batch, RowsError>>) {
    for mut batch in to_fill {
        let filled = batch.fill(&mut rows);
        let (message, goes_on) = match filled {
            Ok(goes_on) => (Ok(batch), goes_on),
            Err(error) => {
                // What stands before it was read well.
                if to.send(Ok(batch)).is_err() {
                    return;
                }
                (Err(error), false)
            }
        };
        if to.send(message).is_err() || !goes_on {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, ReadBeside};
    use crate::rows::{Dialect, Rows};
    use crate::source::OpenSource;

    fn rows(list: &str) -> Rows {
        let source = OpenSource {
            bytes: Box::new(std::io::Cursor::new(list.to_owned().into_bytes())),
            length: None,
        };
        Rows::open("list.csv".into(), source, &Dialect::default()).unwrap()
    }

    #[test]
    fn the_same_rows_come_as_one_by_one() {
        let mut list = String::from("a,b\n");
        for row in 0..5_000 {
            let long = if row % 700 == 0 { 40_000 } else { row % 50 };
            list += &format!("{row},{}\n", "x".repeat(long));
        }
        list += "short\n";
        let mut one_by_one = Vec::new();
        let mut reader = rows(&list);
        while let Some(row) = reader.next_row().unwrap() {
            one_by_one.push((
                row.number,
                row.line,
                row.end_byte,
                row.unreadable.clone(),
                row.cell(0).map(str::to_owned),
                row.cell(1).map(str::len),
            ));
        }
        let mut beside = Vec::new();
        let mut reader = ReadBeside::start(rows(&list)).unwrap();
        let mut done = None;
        while let Some(batch) = reader.next(done.take()).unwrap() {
            beside.extend(batch.rows().map(|row| {
                (
                    row.number,
                    row.line,
                    row.end_byte,
                    row.unreadable.clone(),
                    row.cell(0).map(str::to_owned),
                    row.cell(1).map(str::len),
                )
            }));
            done = Some(batch);
        }
        assert_eq!(beside.len(), 5_001);
        assert!(beside == one_by_one);
    }

    #[test]
    fn rows_before_a_place_that_cannot_be_read_come_all_the_same() {
        let list = format!("a,b\n1,2\n3,\"{}", "x\n".repeat(400_000));
        let mut reader = ReadBeside::start(rows(&list)).unwrap();
        let batch = reader.next(None).unwrap().unwrap();
        assert_eq!(batch.rows().count(), 1);
        assert!(reader.next(Some(batch)).is_err());
        assert!(reader.next(None).unwrap().is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn rows_of_a_batch_are_zeroed_before_it_is_filled_again_and_when_it_is_dropped() {
        use crate::rows::wipe::tests::CellMemory;
        let filler = "x".repeat(100);
        let mut batch = Batch::default();
        batch
            .fill(&mut rows(&format!("a,b\n1,{filler}Tr0ub4dor&3\n")))
            .unwrap();
        let mut first = CellMemory::of(&batch.rows[0].record);
        assert!(first.holds("Tr0ub4dor&3"));
        // This list has no row that would take its place.
        batch.fill(&mut rows("a,b\n")).unwrap();
        assert!(!first.holds("Tr0ub4dor&3"));
        batch
            .fill(&mut rows(&format!("a,b\n1,{filler}c0rrect-h0rse\n")))
            .unwrap();
        let mut last = CellMemory::of(&batch.rows[0].record);
        assert!(last.holds("c0rrect-h0rse"));
        drop(batch);
        assert!(!last.holds("c0rrect-h0rse"));
    }
}
