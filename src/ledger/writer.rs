//! The one that writes: a thread of its own behind a bounded channel.
//!
//! Whatever waits in the channel goes into one transaction, so that a sync to the disk is paid once for many rows. A group that
//! was to be begun is acknowledged when it is on the disk, and not before. The first error ends the thread: nothing more is
//! written, and the run hears of it.

mod entries;
mod ledger_writer;
mod new_ledger;
mod resume;
mod thread;
mod username_index;

use std::io;
use std::path::PathBuf;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::identity::{Facts, Identity, LedgerStatus, RunKind, Session};
use super::integrity::anchor::{Anchor, Displaced};
use super::integrity::checkpoint::Checkpoints;
use super::integrity::presence::{ledger_is_there, undo_is_there};
use super::invocation::Invocation;
use super::{Durability, LedgerError, RunDirectory, schema};
use crate::outcome::RateSample;
pub use entries::{BeginResult, Ending, LedgerBatch, NewRow, ReadRow, RetryFilter, ToBegin};
pub use new_ledger::NewLedger;
use resume::take_up;
use thread::{Open, work};

/// Messages that wait for the thread at most. Each carries a group of rows.
const MESSAGES_WAITING: usize = 64;

/// Messages that go into one transaction at most: keeps what a crash can leave unwritten small.
const MESSAGES_TOGETHER: usize = 64;

enum Message {
    Invoked(Invocation),
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
    ReadToEnd,
    Close {
        ending: Ending,
        done: oneshot::Sender<()>,
    },
}

/// What ends the thread.
#[derive(Debug)]
enum WriterError {
    Ledger(rusqlite::Error),
    Usernames(io::Error),
    /// Where the ledger was saved, if it was.
    Displaced(Displaced, Option<PathBuf>),
}

impl From<rusqlite::Error> for WriterError {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Ledger(cause)
    }
}

/// A run that was undone would take users for made that are deleted.
fn refuse_undone(directory: &RunDirectory) -> Result<(), LedgerError> {
    if undo_is_there(directory.path())? {
        Err(LedgerError::Undone(directory.path().to_owned()))
    } else {
        Ok(())
    }
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
    /// Whether the run has a ledger. How hard it was held on to says what a broken log means.
    ///
    /// # Errors
    /// It is damaged, or it was lost: files of a run are there without it.
    pub fn is_there(directory: &RunDirectory, durability: Durability) -> Result<bool, LedgerError> {
        ledger_is_there(directory.path(), durability)
    }

    /// Refuses a ledger that is of another kind than this one.
    ///
    /// # Errors
    /// It is, or it cannot be opened.
    pub fn is_of_kind(directory: &RunDirectory, kind: RunKind) -> Result<(), LedgerError> {
        let path = directory.database();
        let database = schema::open(&path, Durability::Process)?;
        kind.compare(&database, &path)
    }

    /// How the run stands; changes nothing.
    ///
    /// # Errors
    /// As for [`Ledger::reopen`].
    pub fn look_at(
        directory: &RunDirectory,
        identity: &Identity,
        retry: &[RetryFilter],
    ) -> Result<LedgerStatus, LedgerError> {
        refuse_undone(directory)?;
        let path = directory.database();
        let mut database = schema::open(&path, Durability::Process)?;
        identity.compare(&database, &path)?;
        let failed = |cause| LedgerError::of(&path, cause);
        let transaction = database.transaction().map_err(failed)?;
        // Never committed: dropping it takes everything back.
        take_up(&transaction, retry).map_err(failed)
    }

    /// Opens the ledger of a run that goes on. What is named in `retry` is taken back: these rows will be taken up
    /// again, those in doubt by a look-up first.
    ///
    /// # Errors
    /// It cannot be opened, is damaged, of a later format, or another run's.
    pub fn reopen(
        directory: &RunDirectory,
        identity: &Identity,
        durability: Durability,
        retry: &[RetryFilter],
    ) -> Result<(Self, LedgerStatus, Facts), LedgerError> {
        refuse_undone(directory)?;
        let path = directory.database();
        let mut database = schema::open(&path, durability)?;
        identity.compare(&database, &path)?;
        let failed = |cause| LedgerError::of(&path, cause);
        let take_up_and_keep = |database: &mut Connection| {
            let transaction = database.transaction()?;
            let standing = take_up(&transaction, retry)?;
            let session = Session::next(&transaction)?;
            session.write(&transaction)?;
            transaction.commit()?;
            Ok((standing, session))
        };
        let (standing, session) = take_up_and_keep(&mut database).map_err(failed)?;
        let facts = Facts::read(&database).map_err(failed)?;
        let ledger = Self::start(directory, database, session)?;
        Ok((ledger, standing, facts))
    }

    fn start(
        directory: &RunDirectory,
        database: Connection,
        session: Session,
    ) -> Result<Self, LedgerError> {
        let path = directory.database();
        let open = Open {
            checkpoints: Checkpoints::begin(&database)
                .map_err(|cause| LedgerError::of(&path, cause))?,
            anchor: Anchor::new(directory, &path)?,
            directory: directory.path().to_owned(),
            database,
        };
        let (to, messages) = mpsc::channel(MESSAGES_WAITING);
        let (tell, failed) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                if let Err(broken) = work(open, messages) {
                    // Nobody listening means that the run is over.
                    let _ = tell.send(match broken {
                        WriterError::Ledger(cause) => LedgerError::of(&path, cause),
                        WriterError::Usernames(cause) => LedgerError::Usernames(cause),
                        WriterError::Displaced(what, saved) => {
                            LedgerError::Displaced { what, saved }
                        }
                    });
                }
            })
            .map_err(|cause| LedgerError::Directory {
                path: directory.path().to_owned(),
                cause,
            })?;
        Ok(Self {
            to,
            failed,
            thread: Some(thread),
            session,
        })
    }

    /// Which run it is, and which of its sessions.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Writes down by what the session was begun.
    pub async fn invoked(&self, invocation: Invocation) {
        self.tell(Message::Invoked(invocation)).await;
    }

    /// Writes rows down as begun. The receiver yields, in the same order, what became of each once it is on the disk; it
    /// yields an error when the ledger failed.
    pub async fn begin(
        &self,
        rows: Vec<ToBegin>,
        at_ms: i64,
    ) -> oneshot::Receiver<Vec<BeginResult>> {
        let rows = rows.into_iter().map(NewRow::ToBegin).collect();
        self.begin_and_write(LedgerBatch::default(), rows, at_ms)
            .await
    }

    /// The same, and writes down what the run has come to in the same transaction: a second sync of the disk would double the cost. The
    /// receiver yields one item for each [`NewRow::ToBegin`].
    pub async fn begin_and_write(
        &self,
        since: LedgerBatch,
        rows: Vec<NewRow>,
        at_ms: i64,
    ) -> oneshot::Receiver<Vec<BeginResult>> {
        let (begun, receiver) = oneshot::channel();
        self.tell(Message::Begin {
            since,
            rows,
            at_ms,
            begun,
        })
        .await;
        receiver
    }

    /// Writes down what the run has come to. Requests and the time at work go together, and while the run is at work: a session that is
    /// killed leaves both or neither.
    pub async fn write(&self, since: LedgerBatch) {
        if !since.is_empty() {
            self.tell(Message::Since(since)).await;
        }
    }

    /// Writes down rows that are not sent.
    pub async fn note(&self, rows: Vec<NewRow>) {
        if !rows.is_empty() {
            self.tell(Message::Note(rows)).await;
        }
    }

    /// Takes back that these rows were begun: it is known that nothing was made for them.
    pub async fn never_sent(&self, rows: Vec<u64>) {
        self.tell(Message::NeverSent(rows)).await;
    }

    /// Writes down how fast it went.
    pub async fn rates(&self, samples: Vec<RateSample>) {
        self.tell(Message::Rates(samples)).await;
    }

    /// The list was read to its end.
    pub async fn read_to_end(&self) {
        self.tell(Message::ReadToEnd).await;
    }

    /// Yields when the ledger failed; waits for ever while it is well.
    pub async fn failure(&mut self) -> LedgerError {
        match (&mut self.failed).await {
            Ok(error) => error,
            Err(_) => LedgerError::Gone,
        }
    }

    /// Writes all that waits, says how the session ended, and ends the thread.
    ///
    /// # Errors
    /// Something could not be written.
    pub async fn close(mut self, ending: Ending) -> Result<(), LedgerError> {
        let (done, closed) = oneshot::channel();
        self.tell(Message::Close { ending, done }).await;
        let result = match closed.await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure().await),
        };
        if let Some(thread) = self.thread.take() {
            // A panic of the thread shows as `Gone` above.
            let _ = thread.join();
        }
        result
    }

    /// A closed channel means that the thread has failed: [`Ledger::failure`] says why.
    async fn tell(&self, message: Message) {
        let _ = self.to.send(message).await;
    }
}
