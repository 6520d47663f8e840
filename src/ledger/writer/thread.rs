//! The thread: whatever waits goes into one transaction, and those who wait are told when it is on the disk.

use std::path::PathBuf;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::ledger_writer::LedgerWriter;
use super::{BeginResult, MESSAGES_TOGETHER, Message, WriterError};
use crate::ledger::integrity::anchor::{Anchor, Displaced, save};
use crate::ledger::integrity::checkpoint::{Checkpoints, merge_log};

/// What is told to those who wait, once a transaction is on the disk.
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
}

/// Works until the ledger is closed, or the first error.
pub(super) fn work(
    mut open: Open,
    mut messages: mpsc::Receiver<Message>,
) -> Result<(), WriterError> {
    let closed = write_all(&mut open, &mut messages).map_err(|broken| match broken {
        WriterError::Displaced(what, _) => {
            // One that was moved is whole where it is now.
            let saved = match &what {
                Displaced::Moved { .. } => None,
                Displaced::Removed(_) | Displaced::Replaced(_) | Displaced::Unseen(..) => {
                    save(&open.database, &open.directory)
                }
            };
            WriterError::Displaced(what, saved)
        }
        other @ (WriterError::Ledger(_) | WriterError::Usernames(_)) => other,
    })?;
    if let Some(closed) = closed {
        // The log goes into the database, so that the directory holds one file to question.
        merge_log(&open.database)?;
        drop(open);
        let _ = closed.send(());
    }
    Ok(())
}

/// Whom to tell that the ledger is closed; none when nobody can send anything any more.
fn write_all(
    open: &mut Open,
    messages: &mut mpsc::Receiver<Message>,
) -> Result<Option<oneshot::Sender<()>>, WriterError> {
    let database = &open.database;
    let mut writer = LedgerWriter::new(database)?;
    while let Some(first) = messages.blocking_recv() {
        let mut acknowledge = Vec::new();
        // Dropped without a commit, it takes everything back.
        let transaction = database.unchecked_transaction()?;
        let mut next = Some(first);
        for _ in 0..MESSAGES_TOGETHER {
            let Some(message) = next.take().or_else(|| messages.try_recv().ok()) else {
                break;
            };
            acknowledge.extend(write(&mut writer, message)?);
        }
        transaction.commit()?;
        if let Some(what) = open.anchor.displaced() {
            return Err(WriterError::Displaced(what, None));
        }
        open.checkpoints.after_commit(database)?;
        for told in acknowledge {
            match told {
                // Nobody waiting means that the run is over.
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
        Message::Invoked(invocation) => writer.invoked(&invocation)?,
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
        Message::ReadToEnd => writer.read_to_end()?,
        Message::Close { ending, done } => {
            writer.end(&ending)?;
            return Ok(Some(Acknowledge::Closed(done)));
        }
    }
    Ok(None)
}
