//! The one that writes: a thread of its own behind a bounded channel.
//!
//! Whatever waits in the channel goes into one transaction, so that a sync to the disk is paid once for many rows. A group that
//! was to be begun is acknowledged when it is on the disk, and not before. The first error ends the thread: nothing more is
//! written, and the run hears of it.

use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::{mpsc, oneshot};

use super::identity::{self, Facts, Identity, Standing, name};
use super::rows::{requests_seal, row_seal, signed, write_came};
use super::{Durability, LedgerError, RunDirectory, schema};
use crate::outcome::{Came, Outcome, Requests, RowResult};

/// Messages that wait for the thread at most. Each carries a group of rows.
const MESSAGES_WAITING: usize = 64;

/// Messages that go into one transaction at most: keeps what a crash can leave unwritten small.
const MESSAGES_TOGETHER: usize = 64;

/// A row that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToBegin {
    /// Number of the row.
    pub row: u64,
    /// Line on which it begins.
    pub line: u64,
    /// The username as it will be sent.
    pub username: String,
    /// The username as the pool compares it.
    pub claim: String,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It is written down, and may be sent.
    Yes,
    /// An earlier row has the same username. It has its outcome, and must not be sent.
    SameAs(u64),
}

enum Message {
    Begin {
        rows: Vec<ToBegin>,
        at_ms: i64,
        begun: oneshot::Sender<Vec<Begun>>,
    },
    Settle(Vec<(u64, Came)>),
    Record(Vec<RowResult>),
    Read(Vec<ReadRow>),
    NeverSent(Vec<u64>),
    Work {
        requests: Vec<(&'static str, Requests)>,
        active_ms: i64,
    },
    ReadToEnd,
    Close {
        ending: Ending,
        done: oneshot::Sender<()>,
    },
}

/// A row that was read and not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// Number of the row.
    pub row: u64,
    /// Line on which it begins.
    pub line: u64,
    /// Its username, where one could be read.
    pub username: Option<String>,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Every row has an outcome that stays.
    pub finished: bool,
    /// Why it was stopped, when it was.
    pub stopped_because: Option<String>,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// A run's ledger, open for writing.
#[derive(Debug)]
pub struct Ledger {
    to: mpsc::Sender<Message>,
    failed: oneshot::Receiver<LedgerError>,
    thread: Option<JoinHandle<()>>,
}

impl Ledger {
    /// Makes the ledger of a new run.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(
        directory: &RunDirectory,
        identity: &Identity,
        facts: Facts,
        durability: Durability,
    ) -> Result<Self, LedgerError> {
        let database = schema::create(&directory.database(), durability, |database| {
            identity.write(database)?;
            facts.write(database)
        })?;
        Self::start(directory, database)
    }

    /// Whether the run has a ledger.
    ///
    /// # Errors
    /// What is there cannot be opened.
    pub fn is_there(directory: &RunDirectory) -> Result<bool, LedgerError> {
        schema::is_there(&directory.database())
    }

    /// How the run stands; changes nothing.
    ///
    /// # Errors
    /// As for [`Ledger::reopen`].
    pub fn look_at(
        directory: &RunDirectory,
        identity: &Identity,
        retry: &[Outcome],
    ) -> Result<Standing, LedgerError> {
        let path = directory.database();
        let mut database = schema::open(&path, Durability::Process)?;
        identity.compare(&database, &path)?;
        let failed = |cause| LedgerError::of(&path, cause);
        let transaction = database.transaction().map_err(failed)?;
        // Never committed: dropping it takes everything back.
        take_up(&transaction, retry).map_err(failed)
    }

    /// Opens the ledger of a run that goes on. Outcomes named in `retry` are taken back: their rows will be taken up
    /// again, those in doubt by a look-up first.
    ///
    /// # Errors
    /// It cannot be opened, is damaged, of a later format, or another run's.
    pub fn reopen(
        directory: &RunDirectory,
        identity: &Identity,
        durability: Durability,
        retry: &[Outcome],
    ) -> Result<(Self, Standing, Facts), LedgerError> {
        let path = directory.database();
        let mut database = schema::open(&path, durability)?;
        identity.compare(&database, &path)?;
        let failed = |cause| LedgerError::of(&path, cause);
        let take_up_and_keep = |database: &mut Connection| {
            let transaction = database.transaction()?;
            let standing = take_up(&transaction, retry)?;
            transaction.commit()?;
            Ok(standing)
        };
        let standing = take_up_and_keep(&mut database).map_err(failed)?;
        let facts = Facts::read(&database).map_err(failed)?;
        Ok((Self::start(directory, database)?, standing, facts))
    }

    fn start(directory: &RunDirectory, database: Connection) -> Result<Self, LedgerError> {
        let path = directory.database();
        let (to, messages) = mpsc::channel(MESSAGES_WAITING);
        let (tell, failed) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                if let Err(cause) = work(database, messages) {
                    // Nobody listening means that the run is over.
                    let _ = tell.send(LedgerError::of(&path, cause));
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
        })
    }

    /// Writes rows down as begun. The receiver yields, in the same order, what became of each once it is on the disk; it
    /// yields an error when the ledger failed.
    pub async fn begin(&self, rows: Vec<ToBegin>, at_ms: i64) -> oneshot::Receiver<Vec<Begun>> {
        let (begun, receiver) = oneshot::channel();
        self.tell(Message::Begin { rows, at_ms, begun }).await;
        receiver
    }

    /// Writes down what came of rows that were begun.
    pub async fn settle(&self, results: Vec<(u64, Came)>) {
        self.tell(Message::Settle(results)).await;
    }

    /// Writes down rows that were never begun together with what came of them.
    pub async fn record(&self, results: Vec<RowResult>) {
        self.tell(Message::Record(results)).await;
    }

    /// Writes down rows that the run ended before.
    pub async fn read_only(&self, rows: Vec<ReadRow>) {
        self.tell(Message::Read(rows)).await;
    }

    /// Takes back that these rows were begun: it is known that nothing was made for them.
    pub async fn never_sent(&self, rows: Vec<u64>) {
        self.tell(Message::NeverSent(rows)).await;
    }

    /// Adds to the requests of each quota category and to the time at work, in milliseconds. Together, and while the run is at
    /// work: a session that is killed leaves both or neither.
    pub async fn worked(&self, requests: Vec<(&'static str, Requests)>, active_ms: i64) {
        self.tell(Message::Work {
            requests,
            active_ms,
        })
        .await;
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

/// How an old ledger stands, after taking back what is to be tried again.
fn take_up(transaction: &Connection, retry: &[Outcome]) -> rusqlite::Result<Standing> {
    // What stopped the run was not the row's fault, and nothing was made.
    transaction.execute_batch(
        "UPDATE rows SET claim = NULL, begun_ms = NULL, seal = -1 WHERE row IN (SELECT row FROM results WHERE stopped_the_run);
         DELETE FROM results WHERE stopped_the_run;",
    )?;
    for outcome in retry {
        if *outcome != Outcome::InDoubt {
            transaction.execute(
                "UPDATE rows SET claim = NULL, begun_ms = NULL, seal = -1 WHERE row IN (SELECT row FROM results WHERE outcome = ?1)",
                params![outcome.word()],
            )?;
        }
        transaction.execute(
            "DELETE FROM results WHERE outcome = ?1",
            params![outcome.word()],
        )?;
    }
    seal_again(transaction)?;
    let finished = identity::get(transaction, name::FINISHED)?.as_deref() == Some("1");
    let open: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM rows LEFT JOIN results USING (row) WHERE results.row IS NULL)",
        [],
        |row| row.get(0),
    )?;
    let standing = if finished && !open {
        Standing::Finished
    } else {
        identity::remove(transaction, name::FINISHED)?;
        identity::remove(transaction, name::STOPPED_BECAUSE)?;
        let settled: i64 =
            transaction.query_row("SELECT count(*) FROM results", [], |row| row.get(0))?;
        let maybe_sent: i64 = transaction.query_row(
            "SELECT count(*) FROM rows LEFT JOIN results USING (row) WHERE results.row IS NULL AND begun_ms IS NOT NULL",
            [],
            |row| row.get(0),
        )?;
        Standing::Unfinished {
            settled: settled.unsigned_abs(),
            maybe_sent: maybe_sent.unsigned_abs(),
        }
    };
    Ok(standing)
}

/// Seals the rows that were just taken back.
fn seal_again(database: &Connection) -> rusqlite::Result<()> {
    let mut open = database.prepare("SELECT row, line, username FROM rows WHERE seal = -1")?;
    let mut seal = database.prepare("UPDATE rows SET seal = ?2 WHERE row = ?1")?;
    let mut found = open.query([])?;
    while let Some(row) = found.next()? {
        let (number, line): (i64, i64) = (row.get(0)?, row.get(1)?);
        let username: Option<String> = row.get(2)?;
        seal.execute(params![
            number,
            row_seal(number, line, username.as_deref(), None, None)
        ])?;
    }
    Ok(())
}

/// What is told to those who wait, once a transaction is on the disk.
enum Acknowledge {
    Begun(oneshot::Sender<Vec<Begun>>, Vec<Begun>),
    Closed(oneshot::Sender<()>),
}

/// The thread.
fn work(mut database: Connection, mut messages: mpsc::Receiver<Message>) -> rusqlite::Result<()> {
    while let Some(first) = messages.blocking_recv() {
        let mut acknowledge = Vec::new();
        let transaction = database.transaction()?;
        let mut next = Some(first);
        for _ in 0..MESSAGES_TOGETHER {
            let Some(message) = next.take().or_else(|| messages.try_recv().ok()) else {
                break;
            };
            acknowledge.extend(write(&transaction, message)?);
        }
        transaction.commit()?;
        let mut closed = None;
        for told in acknowledge {
            match told {
                // Nobody waiting means that the run is over.
                Acknowledge::Begun(to, begun) => drop(to.send(begun)),
                Acknowledge::Closed(to) => closed = Some(to),
            }
        }
        if let Some(closed) = closed {
            // The log goes into the database, so that the directory holds one file to question.
            database
                .pragma_update(None, "wal_checkpoint", "TRUNCATE")
                .or_else(ignore_rows)?;
            drop(database);
            let _ = closed.send(());
            return Ok(());
        }
    }
    Ok(())
}

/// `wal_checkpoint` answers with a row, which an update does not expect.
fn ignore_rows(error: rusqlite::Error) -> rusqlite::Result<()> {
    if matches!(error, rusqlite::Error::ExecuteReturnedResults) {
        Ok(())
    } else {
        Err(error)
    }
}

fn write(database: &Connection, message: Message) -> rusqlite::Result<Option<Acknowledge>> {
    match message {
        Message::Begin { rows, at_ms, begun } => {
            let all = rows
                .iter()
                .map(|row| begin(database, row, at_ms))
                .collect::<rusqlite::Result<Vec<Begun>>>()?;
            return Ok(Some(Acknowledge::Begun(begun, all)));
        }
        Message::Settle(results) => {
            for (row, came) in &results {
                write_came(database, *row, came)?;
            }
        }
        Message::Record(results) => {
            for result in &results {
                note(
                    database,
                    result.row,
                    result.line,
                    result.username.as_deref(),
                )?;
                write_came(database, result.row, &result.came)?;
            }
        }
        Message::Read(rows) => {
            for row in &rows {
                note(database, row.row, row.line, row.username.as_deref())?;
            }
        }
        Message::NeverSent(rows) => {
            for row in rows {
                never_sent(database, row)?;
            }
        }
        Message::Work {
            requests,
            active_ms,
        } => {
            for (category, more) in requests {
                add_requests(database, category, more)?;
            }
            let active: i64 = identity::get(database, name::ACTIVE)?
                .and_then(|active| active.parse().ok())
                .unwrap_or(0);
            identity::put(database, name::ACTIVE, &(active + active_ms).to_string())?;
        }
        Message::ReadToEnd => identity::put(database, name::READ_TO_END, "1")?,
        Message::Close { ending, done } => {
            end(database, &ending)?;
            return Ok(Some(Acknowledge::Closed(done)));
        }
    }
    Ok(None)
}

fn begin(database: &Connection, row: &ToBegin, at_ms: i64) -> rusqlite::Result<Begun> {
    let number = signed(row.row);
    let holder: Option<i64> = database
        .prepare_cached("SELECT row FROM rows WHERE claim = ?1")?
        .query_row(params![row.claim], |found| found.get(0))
        .optional()?;
    if let Some(earlier) = holder.filter(|holder| *holder != number) {
        let earlier = earlier.unsigned_abs();
        note(database, row.row, row.line, Some(&row.username))?;
        write_came(database, row.row, &Came::same_as(earlier))?;
        return Ok(Begun::SameAs(earlier));
    }
    let seal = row_seal(
        number,
        signed(row.line),
        Some(&row.username),
        Some(&row.claim),
        Some(at_ms),
    );
    database
        .prepare_cached(
            "INSERT INTO rows VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (row) DO UPDATE SET claim = ?4, begun_ms = ?5, seal = ?6",
        )?
        .execute(params![number, signed(row.line), row.username, row.claim, at_ms, seal])?;
    Ok(Begun::Yes)
}

/// Writes a row down as read, where it is not there yet.
fn note(
    database: &Connection,
    row: u64,
    line: u64,
    username: Option<&str>,
) -> rusqlite::Result<()> {
    let (row, line) = (signed(row), signed(line));
    database
        .prepare_cached("INSERT OR IGNORE INTO rows VALUES (?1, ?2, ?3, NULL, NULL, ?4)")?
        .execute(params![
            row,
            line,
            username,
            row_seal(row, line, username, None, None)
        ])
        .map(drop)
}

fn never_sent(database: &Connection, row: u64) -> rusqlite::Result<()> {
    let number = signed(row);
    let found: Option<(i64, Option<String>)> = database
        .prepare_cached("SELECT line, username FROM rows WHERE row = ?1")?
        .query_row(params![number], |found| Ok((found.get(0)?, found.get(1)?)))
        .optional()?;
    if let Some((line, username)) = found {
        let seal = row_seal(number, line, username.as_deref(), None, None);
        database
            .prepare_cached(
                "UPDATE rows SET claim = NULL, begun_ms = NULL, seal = ?2 WHERE row = ?1",
            )?
            .execute(params![number, seal])?;
    }
    Ok(())
}

fn add_requests(database: &Connection, category: &str, more: Requests) -> rusqlite::Result<()> {
    let before: Option<(i64, i64)> = database
        .prepare_cached("SELECT sent, throttled FROM requests WHERE category = ?1")?
        .query_row(params![category], |found| {
            Ok((found.get(0)?, found.get(1)?))
        })
        .optional()?;
    let (sent, throttled) = before.unwrap_or_default();
    let (sent, throttled) = (sent + signed(more.sent), throttled + signed(more.throttled));
    let seal = requests_seal(category, sent, throttled);
    database
        .prepare_cached("INSERT OR REPLACE INTO requests VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![category, sent, throttled, seal])
        .map(drop)
}

fn end(database: &Connection, ending: &Ending) -> rusqlite::Result<()> {
    identity::put(database, name::ENDED, &ending.at_ms.to_string())?;
    if ending.finished {
        identity::put(database, name::FINISHED, "1")?;
    }
    match &ending.stopped_because {
        Some(why) => identity::put(database, name::STOPPED_BECAUSE, why),
        None => identity::remove(database, name::STOPPED_BECAUSE),
    }
}
