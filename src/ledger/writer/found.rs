//! The ledger of a run that may resume: opened and verified once, and unchanged until the run
//! resumes.

use std::io;
use std::panic::resume_unwind;
use std::thread;

use rusqlite::Connection;

use super::lost::{lost_since, write_lost_since};
use super::resume::{Retried, reset_for_retry, status};
use super::row_states::RowStates;
use super::username_index::UsernameIndex;
use super::{Ledger, RetryFilter, refuse_undone};
use crate::ledger::facts::{Facts, Session};
use crate::ledger::identity::{self, Identity, LedgerStatus, name, run_id};
use crate::ledger::previous::PreviousRun;
use crate::ledger::reader::LedgerReader;
use crate::ledger::resume_cursor::ResumeCursor;
use crate::ledger::{Durability, LedgerError, RunDirectory, RunPath, follow_ups, schema};
use crate::outcome::Outcome;
use crate::part::Part;

/// A verified ledger inside a transaction that resets the rows to retry. Dropping it rolls the
/// transaction back.
#[derive(Debug)]
pub struct FoundLedger {
    path: RunPath,
    database: Connection,
    status: LedgerStatus,
    retried: Vec<Retried>,
    facts: Facts,
    run_id: String,
    ended_ms: Option<i64>,
    lost_since_ms: Option<i64>,
    settled: Vec<(Outcome, u64)>,
    survey: Option<String>,
    previous: Option<PreviousRun>,
    /// The first row that the run may have to process.
    first_unsettled: u64,
    /// A run that does not resume does not need it, so an error is returned by `resume`.
    usernames: io::Result<UsernameIndex>,
}

impl FoundLedger {
    /// Opens and verifies the ledger. Rows selected by `retry` are reset if the run resumes.
    pub fn open(
        directory: &RunDirectory,
        identity: &Identity,
        durability: Durability,
        retry: &[RetryFilter],
    ) -> Result<Self, LedgerError> {
        refuse_undone(directory.location())?;
        let path = directory.database();
        let mut usernames = Ok(UsernameIndex::new());
        let add_username = |username_hash, row| {
            let failed = match &mut usernames {
                Ok(index) => index.add(username_hash, row).err(),
                Err(_) => None,
            };
            if let Some(cause) = failed {
                usernames = Err(cause);
            }
        };
        let (database, states) = verify_and_read_states(&path, durability, add_username)?;
        identity.compare(&database, &path)?;
        compare_part(directory.location().part(), &database, &path)?;
        let read = || -> rusqlite::Result<Self> {
            database.execute_batch("BEGIN")?;
            let facts = Facts::read(&database)?;
            let ended = identity::get(&database, name::ENDED)?;
            let lost_since_ms = lost_since(&database, &facts, states.last_begun_ms)?;
            let (retried, has_changed) =
                reset_for_retry(&database, retry, states.has_stopping_row)?;
            let states = if has_changed {
                RowStates::read(&database, |_, _| ())?
            } else {
                states
            };
            let first_pending = follow_ups::first_pending(&database)?;
            Ok(Self {
                path: path.clone(),
                status: status(&database, &states)?,
                retried,
                facts,
                run_id: run_id(&database)?,
                ended_ms: ended.and_then(|ms| ms.parse().ok()),
                lost_since_ms,
                settled: states.settled,
                survey: identity::get(&database, name::SURVEY)?,
                previous: PreviousRun::read(&database)?,
                first_unsettled: states
                    .first_open
                    .min(first_pending.unwrap_or(i64::MAX))
                    .unsigned_abs(),
                usernames,
                database,
            })
        };
        read().map_err(|cause| LedgerError::of(&path, cause))
    }

    #[must_use]
    pub fn status(&self) -> LedgerStatus {
        self.status
    }

    /// Returns how many rows, or users with failed steps, each filter selected.
    #[must_use]
    pub fn retried(&self) -> &[(RetryFilter, u64)] {
        &self.retried
    }

    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Returns when the last session ended, in milliseconds since the Unix epoch. `None` if it did
    /// not record its end.
    #[must_use]
    pub fn ended_ms(&self) -> Option<i64> {
        self.ended_ms
    }

    /// Returns the earliest time of requests that this ledger may not know, if there may be any, in
    /// milliseconds since the Unix epoch on the service's clock.
    #[must_use]
    pub fn lost_since_ms(&self) -> Option<i64> {
        self.lost_since_ms
    }

    /// Rows that keep their outcome, by outcome.
    #[must_use]
    pub fn settled(&self) -> &[(Outcome, u64)] {
        &self.settled
    }

    /// Returns the survey of the list, if an earlier session recorded it.
    #[must_use]
    pub fn survey(&self) -> Option<&str> {
        self.survey.as_deref()
    }

    /// Returns the previous run, if the run began with one.
    #[must_use]
    pub fn previous(&self) -> Option<&PreviousRun> {
        self.previous.as_ref()
    }

    /// Resumes the run: commits the resets and begins the next session. The cursor reads the state
    /// of each row.
    pub fn resume(self, directory: &RunDirectory) -> Result<(Ledger, ResumeCursor), LedgerError> {
        let Self {
            path,
            database,
            lost_since_ms,
            first_unsettled,
            usernames,
            ..
        } = self;
        let usernames = usernames.map_err(LedgerError::Usernames)?;
        let commit = || {
            write_lost_since(&database, lost_since_ms)?;
            let session = Session::next(&database)?;
            session.write(&database)?;
            database.execute_batch("COMMIT")?;
            Ok(session)
        };
        let session = commit().map_err(|cause| LedgerError::of(&path, cause))?;
        let cursor = ResumeCursor::open(&path)?.with_first_unsettled(first_unsettled);
        let ledger = Ledger::start(directory, database, session, usernames)?;
        Ok((ledger, cursor))
    }

    /// Returns a reader of this ledger, which is not verified again.
    pub fn into_reader(self) -> Result<LedgerReader, LedgerError> {
        let Self { path, database, .. } = self;
        drop(database);
        LedgerReader::of_verified(path)
    }
}

/// Opens and verifies the ledger, and reads the states of its rows at the same time, because each
/// takes seconds with millions of rows.
fn verify_and_read_states(
    path: &RunPath,
    durability: Durability,
    add_username: impl FnMut(i64, i64),
) -> Result<(Connection, RowStates), LedgerError> {
    let database = schema::connect(path, durability)?;
    let states = thread::scope(|scope| {
        let verification = thread::Builder::new()
            .name("verify".to_owned())
            .spawn_scoped(scope, || schema::open_to_read(path).map(drop))
            .map_err(|cause| LedgerError::Directory {
                path: path.shown().to_owned(),
                cause,
            })?;
        let states = RowStates::read(&database, add_username);
        let verified = verification
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic));
        verified.map(|()| states)
    });
    let states = states?.map_err(|cause| LedgerError::of(path, cause))?;
    Ok((database, states))
}

/// Refuses the ledger of another part.
fn compare_part(
    here: Option<Part>,
    database: &Connection,
    path: &RunPath,
) -> Result<(), LedgerError> {
    let found =
        identity::get(database, name::PART).map_err(|cause| LedgerError::of(path, cause))?;
    let here = here.map(|part| part.to_string());
    if found == here {
        return Ok(());
    }
    let whole = || "the whole list".to_owned();
    Err(LedgerError::OtherRun {
        path: path.shown().to_owned(),
        what: "part",
        found: found.unwrap_or_else(whole),
        here: here.unwrap_or_else(whole),
    })
}
