//! Writes the ledger on a background thread that receives messages from a bounded channel.
//!
//! Messages waiting in the channel share a transaction, so that one sync to the disk serves many
//! rows. Rows are acknowledged as begun only when they are on the disk. The first error ends the
//! thread and is reported to the run.

mod entries;
mod found;
mod ledger_writer;
mod lost;
mod new_ledger;
mod resume;
mod row_count;
mod row_states;
mod thread;
mod username_index;

use std::io;
use std::path::PathBuf;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::facts::{Facts, Session};
use super::identity::Invocation;
use super::identity::{Identity, LedgerStatus, RunKind};
use super::integrity::anchor::{Anchor, Displaced};
use super::integrity::checkpoint::Checkpoints;
use super::integrity::presence::{UNDO, has_parts, ledger_is_there, part_is_absent, undo_is_there};
use super::previous::{MarkError, PreviousUsers};
use super::undo::UndoProgress;
use super::{Durability, LedgerError, RunDirectory, RunPath, schema};
use crate::outcome::RateSample;
pub use entries::{BeginResult, Ending, LedgerBatch, NewRow, ReadRow, RetryFilter, ToBegin};
pub use found::FoundLedger;
pub use new_ledger::NewLedger;
use thread::{Open, work};
use username_index::UsernameIndex;

/// Capacity of the channel. Each message carries a group of rows.
const MESSAGES_WAITING: usize = 64;

/// Messages in one transaction, at most. Limits what a crash can lose.
const MESSAGES_TOGETHER: usize = 64;

enum Message {
    Invoked(Invocation),
    Surveyed(String),
    Previous(Box<PreviousUsers>),
    Begin {
        since: LedgerBatch,
        rows: Vec<NewRow>,
        at_ms: i64,
        begun: oneshot::Sender<Vec<BeginResult>>,
    },
    Since(LedgerBatch),
    Note(Vec<NewRow>),
    NeverSent(Vec<u64>),
    Rates(Vec<RateSample>),
    ReadToEnd(u64),
    Close {
        ending: Ending,
        done: oneshot::Sender<()>,
    },
}

/// An error that ends the thread.
#[derive(Debug)]
enum WriterError {
    Ledger(rusqlite::Error),
    Usernames(io::Error),
    /// The temporary file with the users of the previous run cannot be used.
    Previous(rusqlite::Error),
    /// With the directory where the ledger was saved, if it was.
    Displaced(Displaced, Option<PathBuf>),
}

impl WriterError {
    fn into_ledger_error(self, path: &RunPath) -> LedgerError {
        match self {
            Self::Ledger(cause) => LedgerError::of(path, cause),
            Self::Usernames(cause) => LedgerError::Usernames(cause),
            Self::Previous(cause) => LedgerError::Comparison(cause),
            Self::Displaced(what, saved) => LedgerError::Displaced {
                path: path.shown().to_owned(),
                what,
                saved,
            },
        }
    }
}

impl From<rusqlite::Error> for WriterError {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Ledger(cause)
    }
}

impl From<MarkError> for WriterError {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::Ledger(cause) => Self::Ledger(cause),
            MarkError::Temporary(cause) => Self::Previous(cause),
        }
    }
}

/// Refuses to resume a run that was undone, because it would report deleted users as created.
fn refuse_undone(directory: &RunPath) -> Result<(), LedgerError> {
    let run = directory.of_run();
    if !undo_is_there(run)? {
        return Ok(());
    }
    let undo = UndoProgress::read(&run.join(UNDO))?;
    Err(LedgerError::Undone {
        path: run.shown().to_owned(),
        effects: undo.effects,
    })
}

/// A run's ledger, open for writing.
#[derive(Debug)]
pub struct Ledger {
    to: mpsc::Sender<Message>,
    failed: oneshot::Receiver<LedgerError>,
    thread: Option<JoinHandle<()>>,
    session: Session,
}

impl Ledger {
    /// Returns whether the run has a ledger. `durability` decides whether a broken log is damage.
    ///
    /// # Errors
    /// The ledger is damaged, or is missing while other files of the run are there.
    pub fn is_there(directory: &RunDirectory, durability: Durability) -> Result<bool, LedgerError> {
        ledger_is_there(directory.location(), durability)
    }

    /// Returns whether the run has no ledger, although its certificate says that it began.
    ///
    /// # Errors
    /// The run was undone.
    pub fn is_lost(directory: &RunDirectory) -> Result<bool, LedgerError> {
        if directory.database().symlink_metadata().is_ok() {
            return Ok(false);
        }
        refuse_undone(directory.location())?;
        Ok(true)
    }

    /// Returns whether the directory is that of a part and has no files of it.
    #[must_use]
    pub fn is_of_new_part(directory: &RunPath) -> bool {
        directory.part().is_some() && part_is_absent(directory)
    }

    /// Returns whether the directory has a run in parts.
    #[must_use]
    pub fn has_parts(directory: &RunPath) -> bool {
        has_parts(directory)
    }

    /// Refuses a run that was undone.
    pub fn refuse_undone(directory: &RunPath) -> Result<(), LedgerError> {
        refuse_undone(directory)
    }

    /// Refuses a ledger of the other kind.
    pub fn refuse_other_kind(directory: &RunDirectory, kind: RunKind) -> Result<(), LedgerError> {
        let path = directory.database();
        let database = schema::open(&path, Durability::Process)?;
        kind.compare(&database, &path)
    }

    /// The status that [`Ledger::reopen`] would return. Changes nothing.
    pub fn peek(
        directory: &RunDirectory,
        identity: &Identity,
        retry: &[RetryFilter],
    ) -> Result<LedgerStatus, LedgerError> {
        FoundLedger::open(directory, identity, Durability::Process, retry)
            .map(|found| found.status())
    }

    /// Opens the ledger to resume the run. Rows selected by `retry` lose their outcome and are
    /// processed again; those in doubt are looked up first.
    pub fn reopen(
        directory: &RunDirectory,
        identity: &Identity,
        durability: Durability,
        retry: &[RetryFilter],
    ) -> Result<(Self, LedgerStatus, Facts), LedgerError> {
        let found = FoundLedger::open(directory, identity, durability, retry)?;
        let (status, facts) = (found.status(), found.facts().clone());
        let (ledger, _) = found.resume(directory)?;
        Ok((ledger, status, facts))
    }

    fn start(
        directory: &RunDirectory,
        database: Connection,
        session: Session,
        usernames: UsernameIndex,
    ) -> Result<Self, LedgerError> {
        let path = directory.database();
        let open = Open {
            checkpoints: Checkpoints::begin(&database)
                .map_err(|cause| LedgerError::of(&path, cause))?,
            anchor: Anchor::new(directory, &path)?,
            directory: directory.path().to_owned(),
            database,
            usernames,
        };
        let (to, messages) = mpsc::channel(MESSAGES_WAITING);
        let (tell, failed) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                if let Err(broken) = work(open, messages) {
                    // If the receiver is gone, the run is over.
                    let _ = tell.send(broken.into_ledger_error(&path));
                }
            })
            .map_err(|cause| LedgerError::Directory {
                path: directory.shown().to_owned(),
                cause,
            })?;
        Ok(Self {
            to,
            failed,
            thread: Some(thread),
            session,
        })
    }

    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    pub async fn set_invocation(&self, invocation: Invocation) {
        self.send(Message::Invoked(invocation)).await;
    }

    /// Records the survey of the list, for sessions that resume the run.
    pub async fn set_survey(&self, record: String) {
        self.send(Message::Surveyed(record)).await;
    }

    /// Sets the previous run, to which the run is compared when it finishes.
    pub async fn set_previous(&self, previous: PreviousUsers) {
        self.send(Message::Previous(Box::new(previous))).await;
    }

    /// Records rows as begun. The receiver yields a result for each, in the same order, once they
    /// are on the disk. It yields an error if the ledger failed.
    pub async fn begin(
        &self,
        rows: Vec<ToBegin>,
        at_ms: i64,
    ) -> oneshot::Receiver<Vec<BeginResult>> {
        let rows = rows.into_iter().map(NewRow::ToBegin).collect();
        self.begin_and_write(LedgerBatch::default(), rows, at_ms)
            .await
    }

    /// Like [`Ledger::begin`], but also writes a batch in the same transaction, because a second
    /// sync would double the cost. The receiver yields one result for each [`NewRow::ToBegin`].
    pub async fn begin_and_write(
        &self,
        since: LedgerBatch,
        rows: Vec<NewRow>,
        at_ms: i64,
    ) -> oneshot::Receiver<Vec<BeginResult>> {
        let (begun, receiver) = oneshot::channel();
        self.send(Message::Begin {
            since,
            rows,
            at_ms,
            begun,
        })
        .await;
        receiver
    }

    /// Writes a batch. Request counts and active time are written together during the run, so a
    /// killed session leaves both or neither.
    pub async fn write(&self, since: LedgerBatch) {
        if !since.is_empty() {
            self.send(Message::Since(since)).await;
        }
    }

    /// Records rows that are not sent.
    pub async fn note(&self, rows: Vec<NewRow>) {
        if !rows.is_empty() {
            self.send(Message::Note(rows)).await;
        }
    }

    /// Reverts these rows to not begun, because nothing was sent for them.
    pub async fn never_sent(&self, rows: Vec<u64>) {
        self.send(Message::NeverSent(rows)).await;
    }

    pub async fn rates(&self, samples: Vec<RateSample>) {
        self.send(Message::Rates(samples)).await;
    }

    /// Records that the list was read to its end, and how many rows it has.
    pub async fn read_to_end(&self, rows: u64) {
        self.send(Message::ReadToEnd(rows)).await;
    }

    /// Completes only when the ledger has failed.
    pub async fn failure(&mut self) -> LedgerError {
        match (&mut self.failed).await {
            Ok(error) => error,
            Err(_) => LedgerError::Gone,
        }
    }

    /// Writes everything pending, records how the session ended, and ends the thread.
    pub async fn close(mut self, ending: Ending) -> Result<(), LedgerError> {
        let (done, closed) = oneshot::channel();
        self.send(Message::Close { ending, done }).await;
        let result = match closed.await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure().await),
        };
        if let Some(thread) = self.thread.take() {
            // A panic was reported as `Gone` above.
            let _ = thread.join();
        }
        result
    }

    /// If the channel is closed, the thread has failed and [`Ledger::failure`] returns the error.
    async fn send(&self, message: Message) {
        let _ = self.to.send(message).await;
    }
}

/// Waits until the thread has written what it received, because the directory may be removed next.
/// The thread would take that for the loss of the ledger, and save a copy elsewhere.
impl Drop for Ledger {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        let (closed, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.to, closed));
        // A panic was reported as `Gone`.
        let _ = thread.join();
    }
}
