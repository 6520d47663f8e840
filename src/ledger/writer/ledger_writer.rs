//! Executes the writes. Statements are prepared once, because they run for every row.

use rusqlite::{Connection, OptionalExtension as _, Statement, params};

use super::row_count::RowCount;
use super::username_index::{UsernameIndex, username_hash};
use super::{BeginResult, Ending, LedgerBatch, NewRow, ToBegin, WriterError};
use crate::ledger::identity::Invocation;
use crate::ledger::identity::{self, name};
use crate::ledger::integrity::seal::{requests_seal, row_seal};
use crate::ledger::previous::PreviousUsers;
use crate::ledger::rows::{
    INSERT_KEPT, INSERT_RESULT, outcome_of, signed, write_kept, write_outcome,
};
use crate::ledger::{follow_ups, rates, times};
use crate::outcome::{CategoryRequests, FollowUp, RateSample, RowOutcome, UserUpdate};

pub(super) struct LedgerWriter<'d> {
    database: &'d Connection,
    usernames: &'d mut UsernameIndex,
    holder: Statement<'d>,
    begin: Statement<'d>,
    insert_read: Statement<'d>,
    settle: Statement<'d>,
    follow_up: Statement<'d>,
    span: Statement<'d>,
    session: u64,
    rows: RowCount,
    /// `None` if no columns are kept.
    keep: Option<Statement<'d>>,
    previous: Option<Box<PreviousUsers>>,
}

impl<'d> LedgerWriter<'d> {
    pub(super) fn new(
        database: &'d Connection,
        usernames: &'d mut UsernameIndex,
    ) -> Result<Self, WriterError> {
        Ok(Self {
            database,
            usernames,
            holder: database.prepare("SELECT username FROM rows WHERE row = ?1 AND username_hash = ?2")?,
            begin: database.prepare(
                "INSERT INTO rows VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (row) DO UPDATE SET line = ?2, username = ?3, username_hash = ?4, \
                 begun_ms = ?5, seal = ?6",
            )?,
            insert_read: database.prepare("INSERT OR IGNORE INTO rows VALUES (?1, ?2, ?3, NULL, NULL, ?4)")?,
            settle: database.prepare(INSERT_RESULT)?,
            follow_up: database.prepare(follow_ups::INSERT)?,
            span: database.prepare(times::INSERT)?,
            session: times::session(database)?,
            rows: RowCount::read(database)?,
            keep: if identity::kept(database)?.is_empty() {
                None
            } else {
                Some(database.prepare(INSERT_KEPT)?)
            },
            previous: None,
        })
    }

    pub(super) fn set_invocation(&self, invocation: &Invocation) -> rusqlite::Result<()> {
        invocation.write(self.database)
    }

    pub(super) fn set_survey(&self, record: &str) -> rusqlite::Result<()> {
        identity::put(self.database, name::SURVEY, record)
    }

    pub(super) fn set_previous(&mut self, previous: Box<PreviousUsers>) -> rusqlite::Result<()> {
        previous.write(self.database)?;
        self.previous = Some(previous);
        Ok(())
    }

    /// Records the next row of the list. `at_ms` is when it is begun, if it is.
    pub(super) fn new_row(
        &mut self,
        row: NewRow,
        at_ms: i64,
    ) -> Result<Option<BeginResult>, WriterError> {
        match row {
            NewRow::ToBegin(row) => return self.begin(&row, at_ms).map(Some),
            NewRow::Settled(result) => {
                let username = result.username.as_deref();
                self.insert_read(result.row, result.line, username, &result.kept)?;
                self.settle(result.row, &result.outcome)?;
            }
            NewRow::Unsent(row) => {
                self.insert_read(row.row, row.line, row.username.as_deref(), &row.kept)?;
            }
        }
        Ok(None)
    }

    fn begin(&mut self, row: &ToBegin, at_ms: i64) -> Result<BeginResult, WriterError> {
        let number = signed(row.row);
        let hash = username_hash(row.compared_as());
        if let Some(earlier) = self.holder(hash, row)? {
            self.insert_read(row.row, row.line, Some(&row.username), &row.kept)?;
            self.settle(row.row, &RowOutcome::duplicate_of(earlier))?;
            return Ok(BeginResult::SameAs(earlier));
        }
        let line = signed(row.line);
        let seal = row_seal(number, line, Some(&row.username), Some(hash), Some(at_ms));
        let is_new = !self.rows.has(self.database, number)?;
        self.begin
            .execute(params![number, line, row.username, hash, at_ms, seal])?;
        self.rows.add(number, is_new);
        self.usernames
            .add(hash, number)
            .map_err(WriterError::Usernames)?;
        self.keep(row.row, &row.kept)?;
        if let Some(outcome) = &row.outcome {
            self.settle(row.row, outcome)?;
        }
        if let Some(follow_up) = &row.follow_up {
            self.follow_up(row.row, follow_up)?;
        }
        Ok(BeginResult::Yes)
    }

    /// Returns the earlier row with the same username, if there is one.
    fn holder(&mut self, hash: i64, row: &ToBegin) -> Result<Option<u64>, WriterError> {
        for holder in self.usernames.rows(hash).map_err(WriterError::Usernames)? {
            let number = holder.unsigned_abs();
            if number == row.row {
                continue;
            }
            let name: Option<String> = self
                .holder
                .query_row(params![holder, hash], |found| found.get(0))
                .optional()?;
            let same =
                |name: String| name == row.username || name.to_lowercase() == row.compared_as();
            if name.is_some_and(same) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// Records a row as read, unless it already exists.
    fn insert_read(
        &mut self,
        row: u64,
        line: u64,
        username: Option<&str>,
        kept: &[Option<String>],
    ) -> rusqlite::Result<()> {
        self.keep(row, kept)?;
        let (row, line) = (signed(row), signed(line));
        let seal = row_seal(row, line, username, None, None);
        let inserted = self
            .insert_read
            .execute(params![row, line, username, seal])?;
        self.rows.add(row, inserted > 0);
        Ok(())
    }

    /// Records how many rows the ledger has. Called at the end of each transaction.
    pub(super) fn record_count(&mut self) -> rusqlite::Result<()> {
        self.rows.write(self.database)
    }

    /// Writes a row's kept cells. For an existing row they are the same, because it is the same
    /// list.
    fn keep(&mut self, row: u64, kept: &[Option<String>]) -> rusqlite::Result<()> {
        match &mut self.keep {
            Some(keep) => write_kept(keep, row, kept),
            None => Ok(()),
        }
    }

    pub(super) fn since(&mut self, since: &LedgerBatch) -> rusqlite::Result<()> {
        for (row, outcome) in &since.results {
            self.settle(*row, outcome)?;
        }
        for (row, update) in &since.updates {
            self.set_update(*row, update.clone())?;
        }
        for (row, follow_up) in &since.follow_ups {
            self.follow_up(*row, follow_up)?;
        }
        for (category, more) in &since.requests {
            self.add_requests(category, *more)?;
        }
        if since.active_ms != 0 {
            self.add_active(since.active_ms)?;
        }
        if let Some(span) = since.span {
            times::write(&mut self.span, self.session, span)?;
        }
        if since.no_more_lost_rows {
            identity::remove(self.database, name::LOST_SINCE)?;
            identity::remove(self.database, name::REBUILT)?;
        }
        Ok(())
    }

    fn settle(&mut self, row: u64, outcome: &RowOutcome) -> rusqlite::Result<()> {
        write_outcome(&mut self.settle, row, outcome)
    }

    fn set_update(&mut self, row: u64, update: Option<UserUpdate>) -> rusqlite::Result<()> {
        let outcome = RowOutcome {
            update,
            ..outcome_of(self.database, signed(row))?
        };
        self.settle(row, &outcome)
    }

    fn follow_up(&mut self, row: u64, follow_up: &FollowUp) -> rusqlite::Result<()> {
        follow_ups::write(&mut self.follow_up, row, follow_up)
    }

    pub(super) fn never_sent(&mut self, row: u64) -> rusqlite::Result<()> {
        let number = signed(row);
        let found: Option<(i64, Option<String>)> = self
            .database
            .prepare_cached("SELECT line, username FROM rows WHERE row = ?1")?
            .query_row(params![number], |found| Ok((found.get(0)?, found.get(1)?)))
            .optional()?;
        if let Some((line, username)) = found {
            let seal = row_seal(number, line, username.as_deref(), None, None);
            self.database
                .prepare_cached(
                    "UPDATE rows SET username_hash = NULL, begun_ms = NULL, seal = ?2 WHERE row = ?1",
                )?
                .execute(params![number, seal])?;
        }
        Ok(())
    }

    fn add_active(&self, more_ms: i64) -> rusqlite::Result<()> {
        let before: i64 = identity::get(self.database, name::ACTIVE)?
            .and_then(|active| active.parse().ok())
            .unwrap_or(0);
        identity::put(self.database, name::ACTIVE, &(before + more_ms).to_string())
    }

    fn add_requests(&mut self, category: &str, more: CategoryRequests) -> rusqlite::Result<()> {
        let before: Option<(i64, i64)> = self
            .database
            .prepare_cached("SELECT sent, throttled FROM requests WHERE category = ?1")?
            .query_row(params![category], |found| {
                Ok((found.get(0)?, found.get(1)?))
            })
            .optional()?;
        let (sent, throttled) = before.unwrap_or_default();
        let (sent, throttled) = (sent + signed(more.sent), throttled + signed(more.throttled));
        let seal = requests_seal(category, sent, throttled);
        self.database
            .prepare_cached("INSERT OR REPLACE INTO requests VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![category, sent, throttled, seal])
            .map(drop)
    }

    pub(super) fn rates(&mut self, samples: &[RateSample]) -> rusqlite::Result<()> {
        rates::write(self.database, samples)
    }

    pub(super) fn read_to_end(&mut self, rows: u64) -> rusqlite::Result<()> {
        identity::put(self.database, name::LIST_ROWS, &rows.to_string())?;
        identity::put(self.database, name::READ_TO_END, "1")
    }

    pub(super) fn end(&mut self, ending: &Ending) -> Result<(), WriterError> {
        identity::put(self.database, name::ENDED, &ending.at_ms.to_string())?;
        let mut stopped_because = ending.stopped_because.clone();
        if ending.finished {
            // A list that can be read only once may end before a row that the ledger knows.
            match self.first_open_row()? {
                None => match follow_ups::first_pending(self.database)? {
                    None => self.finish()?,
                    Some(row) => {
                        stopped_because = Some(format!(
                            "a step after the sign-up of row {row} is pending; run the same command again to resume"
                        ));
                    }
                },
                Some((row, true)) => {
                    stopped_because = Some(format!(
                        "row {row} was begun but has no outcome; run the same command again to look it up"
                    ));
                }
                Some((row, false)) => {
                    stopped_because = Some(format!(
                        "the list ended before row {row}, which is in the ledger: it is not the \
                         list that the run began with"
                    ));
                }
            }
        }
        match &stopped_because {
            Some(reason) => identity::put(self.database, name::STOPPED_BECAUSE, reason)?,
            None => identity::remove(self.database, name::STOPPED_BECAUSE)?,
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), WriterError> {
        if let Some(previous) = &self.previous {
            previous.compare(self.database)?;
        }
        identity::put(self.database, name::FINISHED, "1")?;
        Ok(())
    }

    /// Returns the first row without an outcome, and whether it was begun.
    fn first_open_row(&self) -> rusqlite::Result<Option<(i64, bool)>> {
        self.database
            .query_row(
                "SELECT rows.row, begun_ms IS NOT NULL FROM rows LEFT JOIN results USING (row) WHERE results.row IS NULL ORDER BY rows.row LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
    }
}
