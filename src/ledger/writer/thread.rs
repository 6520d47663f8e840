//! The writer thread: writes waiting messages in one transaction, then acknowledges them.

use std::path::PathBuf;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::ledger_writer::LedgerWriter;
use super::username_index::UsernameIndex;
use super::{BeginResult, MESSAGES_TOGETHER, Message, WriterError};
use crate::ledger::integrity::anchor::{Anchor, Displaced, save};
use crate::ledger::integrity::checkpoint::{Checkpoints, merge_log};

/// Sent once the transaction is on the disk.
enum Acknowledge {
    Begun(oneshot::Sender<Vec<BeginResult>>, Vec<BeginResult>),
    Closed(oneshot::Sender<()>),
}

/// A ledger that is open for writing.
pub(super) struct Open {
    pub(super) database: Connection,
    pub(super) checkpoints: Checkpoints,
    pub(super) anchor: Anchor,
    /// The run's directory.
    pub(super) directory: PathBuf,
    /// The usernames of the rows that were begun.
    pub(super) usernames: UsernameIndex,
}

/// Runs until the ledger is closed or the first error.
pub(super) fn work(
    mut open: Open,
    mut messages: mpsc::Receiver<Message>,
) -> Result<(), WriterError> {
    let closed = write_all(&mut open, &mut messages).map_err(|broken| match broken {
        WriterError::Displaced(what, _) => {
            // A moved ledger is complete in its new location.
            let saved = match &what {
                Displaced::Moved { .. } => None,
                Displaced::Removed(_) | Displaced::Replaced(_) | Displaced::Unseen(..) => {
                    save(&open.database, &open.directory)
                }
            };
            WriterError::Displaced(what, saved)
        }
        other @ (WriterError::Ledger(_) | WriterError::Usernames(_) | WriterError::Previous(_)) => {
            other
        }
    })?;
    if let Some(closed) = closed {
        // Merge the log, so that the directory holds a single database file.
        merge_log(&open.database)?;
        drop(open);
        let _ = closed.send(());
    }
    Ok(())
}

/// Returns the sender to notify once the ledger is closed. `None` if all senders were dropped.
fn write_all(
    open: &mut Open,
    messages: &mut mpsc::Receiver<Message>,
) -> Result<Option<oneshot::Sender<()>>, WriterError> {
    let database = &open.database;
    let mut writer = LedgerWriter::new(database, &mut open.usernames)?;
    while let Some(first) = messages.blocking_recv() {
        let mut acknowledge = Vec::new();
        // Rolled back on drop.
        let transaction = database.unchecked_transaction()?;
        let mut next = Some(first);
        for _ in 0..MESSAGES_TOGETHER {
            let Some(message) = next.take().or_else(|| messages.try_recv().ok()) else {
                break;
            };
            acknowledge.extend(write(&mut writer, message)?);
        }
        writer.record_count()?;
        transaction.commit()?;
        if let Some(what) = open.anchor.displaced() {
            return Err(WriterError::Displaced(what, None));
        }
        open.checkpoints.after_commit(database)?;
        for told in acknowledge {
            match told {
                // If the receiver is gone, the run is over.
                Acknowledge::Begun(to, begun) => drop(to.send(begun)),
                Acknowledge::Closed(to) => return Ok(Some(to)),
            }
        }
    }
    Ok(None)
}

fn write(
    writer: &mut LedgerWriter<'_>,
    message: Message,
) -> Result<Option<Acknowledge>, WriterError> {
    match message {
        Message::Invoked(invocation) => writer.set_invocation(&invocation)?,
        Message::Surveyed(record) => writer.set_survey(&record)?,
        Message::Previous(previous) => writer.set_previous(previous)?,
        Message::Begin {
            since,
            rows,
            at_ms,
            begun,
        } => {
            writer.since(&since)?;
            let mut all = Vec::with_capacity(rows.len());
            for row in rows {
                all.extend(writer.new_row(row, at_ms)?);
            }
            return Ok(Some(Acknowledge::Begun(begun, all)));
        }
        Message::Since(since) => writer.since(&since)?,
        Message::Note(rows) => {
            for row in rows {
                writer.new_row(row, 0)?;
            }
        }
        Message::NeverSent(rows) => {
            for row in rows {
                writer.never_sent(row)?;
            }
        }
        Message::Rates(samples) => writer.rates(&samples)?,
        Message::ReadToEnd(rows) => writer.read_to_end(rows)?,
        Message::Close { ending, done } => {
            writer.end(&ending)?;
            return Ok(Some(Acknowledge::Closed(done)));
        }
    }
    Ok(None)
}
