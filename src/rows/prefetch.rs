//! Reads rows on a background thread and hands them over in batches.
//!
//! Handing over single rows would wake another thread for each, which costs as much as sending a
//! request. The channel is bounded, so memory stays constant if the receiver is slower. A run keeps
//! what it needs of each row. The survey copies rows into batches and recycles them.

use std::sync::mpsc;
use std::thread;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{OwnedRow, RawRow, Rows, RowsError};

const BATCHES_WAITING: usize = 2;

/// Limits batches of long rows.
const BATCH_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub enum Prefetched<T> {
    /// The next rows in the list's order.
    Rows(Vec<T>),
    /// The list was read to its end; nothing follows.
    End { selected: u64, left_out: u64 },
    /// The list cannot be read further; nothing follows.
    Failed(RowsError),
}

/// Why reading stops at a row.
#[derive(Debug)]
pub enum NotKept {
    /// The row could not be processed.
    Failed { cause: String, hint: Option<String> },
    /// The rows so far are not acceptable.
    Refused(String),
}

/// The receiving end.
pub struct Prefetch<T> {
    list: String,
    batches: Receiver<Prefetched<T>>,
    spare: mpsc::SyncSender<Vec<T>>,
    is_finished: bool,
    /// 0 until the end of the list.
    left_out: u64,
}

/// The thread's end.
struct Reader<T, K> {
    rows: Rows,
    batch_rows: usize,
    keep: K,
    /// The number of rows read so far.
    rows_read: u64,
    batches: Sender<Prefetched<T>>,
    spare: mpsc::Receiver<Vec<T>>,
    /// Items to be reused.
    spare_items: Vec<T>,
}

impl<T: Send + 'static> Prefetch<T> {
    /// Starts the thread. `keep` converts a row to an item or drops it, and may reuse the item it
    /// is given. A batch has at most `batch_rows` items.
    ///
    /// # Errors
    /// The system cannot start a thread.
    pub fn start(
        rows: Rows,
        batch_rows: usize,
        keep: impl FnMut(&RawRow<'_>, Option<T>) -> Result<Option<T>, NotKept> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (batches, received) = channel(BATCHES_WAITING);
        let (spare, returned) = mpsc::sync_channel(BATCHES_WAITING);
        let list = rows.list().to_owned();
        let rows_read = rows.rows_before();
        let reader = Reader {
            rows,
            batch_rows,
            keep,
            rows_read,
            batches,
            spare: returned,
            spare_items: Vec::new(),
        };
        thread::Builder::new()
            .name("rows".to_owned())
            .spawn(move || reader.read_all())?;
        Ok(Self {
            list,
            batches: received,
            spare,
            is_finished: false,
            left_out: 0,
        })
    }

    /// Returns the next batch. After [`Prefetched::End`] and [`Prefetched::Failed`] it never
    /// completes. Cancel-safe.
    pub async fn next(&mut self) -> Prefetched<T> {
        if self.is_finished {
            return std::future::pending().await;
        }
        let received = self.batches.recv().await;
        self.batch_or_error(received)
    }

    /// Returns the next batch, or `None` at the end of the list. Must not be called from async
    /// code.
    ///
    /// # Errors
    /// The list cannot be read further.
    pub fn next_blocking(&mut self) -> Result<Option<Vec<T>>, RowsError> {
        if self.is_finished {
            return Ok(None);
        }
        let received = self.batches.blocking_recv();
        match self.batch_or_error(received) {
            Prefetched::Rows(rows) => Ok(Some(rows)),
            Prefetched::End { left_out, .. } => {
                self.left_out = left_out;
                Ok(None)
            }
            Prefetched::Failed(error) => Err(error),
        }
    }

    /// Returns how many rows of the list were not selected, once it was read to its end.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn batch_or_error(&mut self, received: Option<Prefetched<T>>) -> Prefetched<T> {
        let batch = received.unwrap_or_else(|| {
            Prefetched::Failed(RowsError::ThreadGone {
                list: self.list.clone(),
            })
        });
        self.is_finished = !matches!(batch, Prefetched::Rows(_));
        batch
    }
}

impl Prefetch<OwnedRow> {
    /// Wipes a batch and returns it, so that its rows are reused.
    pub fn recycle(&self, mut batch: Vec<OwnedRow>) {
        batch.iter_mut().for_each(OwnedRow::wipe);
        // A batch that does not fit, or comes after the end of the list, is dropped.
        let _ = self.spare.try_send(batch);
    }
}

impl<T, K: FnMut(&RawRow<'_>, Option<T>) -> Result<Option<T>, NotKept>> Reader<T, K> {
    /// Reads to the end of the list, or until the receiver is dropped.
    fn read_all(mut self) {
        let mut batch = Vec::new();
        let last = loop {
            match self.fill(&mut batch) {
                Ok(true) => {}
                Ok(false) => {
                    break Prefetched::End {
                        selected: self.rows_read,
                        left_out: self.rows.left_out(),
                    };
                }
                Err(error) => break Prefetched::Failed(error),
            }
            let full = std::mem::take(&mut batch);
            if self.batches.blocking_send(Prefetched::Rows(full)).is_err() {
                return;
            }
        };
        if batch.is_empty() || self.batches.blocking_send(Prefetched::Rows(batch)).is_ok() {
            let _ = self.batches.blocking_send(last);
        }
    }

    /// Fills a batch. Returns false at the end of the list. The batch may have rows even then, and
    /// also after an error.
    fn fill(&mut self, batch: &mut Vec<T>) -> Result<bool, RowsError> {
        let mut bytes = 0;
        while batch.len() < self.batch_rows && bytes < BATCH_BYTES {
            if self.spare_items.is_empty() {
                self.spare_items = self.spare.try_recv().unwrap_or_default();
            }
            let Some(row) = self.rows.next_row()? else {
                return Ok(false);
            };
            self.rows_read += 1;
            let (line, row_bytes) = (row.line, row.record.as_slice().len());
            let item = (self.keep)(&row, self.spare_items.pop());
            let list = || self.rows.list().to_owned();
            match item {
                Ok(Some(item)) => {
                    batch.push(item);
                    bytes += row_bytes;
                }
                Ok(None) => {}
                Err(NotKept::Failed { cause, hint }) => {
                    return Err(RowsError::Processing {
                        list: list(),
                        line,
                        cause,
                        hint,
                    });
                }
                Err(NotKept::Refused(cause)) => {
                    return Err(RowsError::Refused {
                        list: list(),
                        line,
                        cause,
                    });
                }
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::{NotKept, Prefetch};
    use crate::hints::Hint as _;
    use crate::rows::{Dialect, OwnedRow, RawRow, Rows};
    use crate::source::OpenSource;

    fn rows(list: &str) -> Rows {
        let source = OpenSource {
            bytes: Box::new(std::io::Cursor::new(list.to_owned().into_bytes())),
            length: None,
        };
        Rows::open("list.csv".into(), source, &Dialect::default()).unwrap()
    }

    fn copies(list: &str) -> Prefetch<OwnedRow> {
        Prefetch::start(rows(list), 512, |row, spare| {
            Ok(Some(OwnedRow::copy(row, spare)))
        })
        .unwrap()
    }

    fn content(row: &RawRow<'_>) -> impl PartialEq + use<> {
        (
            (row.number, row.line, row.end_byte),
            row.unreadable.clone(),
            row.cell(0).map(str::to_owned),
            row.cell(1).map(str::to_owned),
        )
    }

    #[test]
    fn yields_the_same_rows_as_reading_one_by_one() {
        let mut list = String::from("a,b\n");
        for row in 0..5_000 {
            let long = if row % 700 == 0 { 40_000 } else { row % 50 };
            list += &format!("{row},{}\n", "x".repeat(long));
        }
        list += "short\n";
        let mut one_by_one = Vec::new();
        let mut reader = rows(&list);
        while let Some(row) = reader.next_row().unwrap() {
            one_by_one.push(content(&row));
        }
        let mut prefetched = Vec::new();
        let mut prefetch = copies(&list);
        while let Some(batch) = prefetch.next_blocking().unwrap() {
            prefetched.extend(batch.iter().map(|row| content(&row.as_raw())));
            prefetch.recycle(batch);
        }
        assert_eq!(prefetched.len(), 5_001);
        assert!(prefetched == one_by_one);
    }

    #[test]
    fn reports_the_cause_and_hint_of_a_row_that_cannot_be_processed() {
        let failed = |hint: Option<&str>| {
            let hint = hint.map(str::to_owned);
            let mut prefetch: Prefetch<()> =
                Prefetch::start(rows("a\n1\n2\n"), 512, move |row, _| match row.number {
                    1 => Ok(Some(())),
                    _ => Err(NotKept::Failed {
                        cause: "ledger.db: disk I/O error".to_owned(),
                        hint: hint.clone(),
                    }),
                })
                .unwrap();
            assert_eq!(prefetch.next_blocking().unwrap().unwrap().len(), 1);
            prefetch.next_blocking().unwrap_err().with_hint()
        };
        let message = "list.csv: line 3: cannot be processed: ledger.db: disk I/O error";
        assert_eq!(failed(None), message);
        assert_eq!(failed(Some("try again")), format!("{message}; try again"));
    }

    #[test]
    fn yields_the_rows_before_an_error() {
        let list = format!("a,b\n1,2\n3,\"{}", "x\n".repeat(400_000));
        let mut prefetch = copies(&list);
        let batch = prefetch.next_blocking().unwrap().unwrap();
        assert_eq!(batch.len(), 1);
        prefetch.recycle(batch);
        assert!(prefetch.next_blocking().is_err());
        assert!(prefetch.next_blocking().unwrap().is_none());
    }
}
