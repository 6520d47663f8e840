//! Reads rows ahead, on a thread of its own, and hands them over in groups.
//!
//! Handing over row by row would wake another thread for every row, which costs as much as sending the request. The channel
//! is bounded: when the run is slow, reading waits, and memory stays flat.

use std::thread;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{RawRow, Rows, RowsError};

/// Groups that wait in the channel at most.
const GROUPS_WAITING: usize = 2;

/// What the thread hands over.
#[derive(Debug)]
pub enum Ahead<T> {
    /// Some rows, in the list's order.
    Rows(Vec<T>),
    /// The list was read to its end; nothing follows.
    End,
    /// The list cannot be read on; nothing follows.
    Broken(RowsError),
}

/// Why the rows that follow are not taken.
#[derive(Debug)]
pub enum NotKept {
    /// It cannot be told what to do with a row.
    Failed(String),
    /// The rows so far are not what they should be.
    Refused(String),
}

/// The receiving end.
pub struct ReadAhead<T> {
    list: String,
    groups: Receiver<Ahead<T>>,
    over: bool,
}

impl<T: Send + 'static> ReadAhead<T> {
    /// Starts the thread. `keep` turns a record into what the run works with, or drops it; `group` is how many rows are
    /// handed over together.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(
        rows: Rows,
        group: usize,
        keep: impl FnMut(&RawRow<'_>) -> Result<Option<T>, NotKept> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (to, groups) = channel(GROUPS_WAITING);
        let list = rows.list().to_owned();
        thread::Builder::new()
            .name("rows".to_owned())
            .spawn(move || read_all(rows, group, keep, &to))?;
        Ok(Self {
            list,
            groups,
            over: false,
        })
    }

    /// The next group. Behind [`Ahead::End`] and [`Ahead::Broken`] it never comes back. Safe to drop and ask again.
    pub async fn next(&mut self) -> Ahead<T> {
        if self.over {
            return std::future::pending().await;
        }
        let group = self.groups.recv().await.unwrap_or_else(|| {
            Ahead::Broken(RowsError::ThreadGone {
                list: self.list.clone(),
            })
        });
        self.over = !matches!(group, Ahead::Rows(_));
        group
    }
}

/// Reads to the end of the list, or until nobody listens any more: then the run is over, and nothing is left to tell.
fn read_all<T>(
    mut rows: Rows,
    group: usize,
    mut keep: impl FnMut(&RawRow<'_>) -> Result<Option<T>, NotKept>,
    to: &Sender<Ahead<T>>,
) {
    let mut waiting = Vec::with_capacity(group);
    let last = loop {
        match next_kept(&mut rows, &mut keep) {
            Ok(Some(kept)) => waiting.extend(kept),
            Ok(None) => break Ahead::End,
            Err(error) => break Ahead::Broken(error),
        }
        if waiting.len() >= group {
            let full = std::mem::replace(&mut waiting, Vec::with_capacity(group));
            if to.blocking_send(Ahead::Rows(full)).is_err() {
                return;
            }
        }
    };
    if waiting.is_empty() || to.blocking_send(Ahead::Rows(waiting)).is_ok() {
        let _ = to.blocking_send(last);
    }
}

/// None at the list's end; `Some(None)` for a row that is dropped.
fn next_kept<T>(
    rows: &mut Rows,
    keep: &mut impl FnMut(&RawRow<'_>) -> Result<Option<T>, NotKept>,
) -> Result<Option<Option<T>>, RowsError> {
    let Some(row) = rows.next_row()? else {
        return Ok(None);
    };
    let line = row.line;
    let kept = keep(&row);
    let list = || rows.list().to_owned();
    kept.map(Some).map_err(|why| match why {
        NotKept::Failed(cause) => RowsError::Read {
            list: list(),
            line,
            cause,
        },
        NotKept::Refused(cause) => RowsError::Refused {
            list: list(),
            line,
            cause,
        },
    })
}
