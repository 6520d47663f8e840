//! The state of each row when a run resumes, read from the ledger in step with the list and in
//! constant memory.

use std::collections::VecDeque;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::integrity::seal::{broken_row, row_seal};
use super::rows::{outcome_of, signed};
use super::{LedgerError, RunPath, follow_ups, identity, schema};
use crate::outcome::{FollowUp, UserUpdate};

/// Rows read from the ledger at a time.
const PAGE_SIZE: i64 = 1_024;

const PAGE_QUERY: &str = "SELECT rows.row, line, username, username_hash, begun_ms, rows.seal, results.row IS NOT NULL FROM rows LEFT JOIN results \
     USING (row) WHERE rows.row > ?1 ORDER BY rows.row LIMIT ?2";

/// Like [`PAGE_QUERY`], with follow-up steps.
const PAGE_QUERY_WITH_STEPS: &str = "SELECT rows.row, line, username, username_hash, begun_ms, rows.seal, results.row IS NOT NULL, follow_ups.state, \
     follow_ups.steps, follow_ups.seal FROM rows LEFT JOIN results USING (row) LEFT JOIN follow_ups USING (row) WHERE rows.row > ?1 \
     ORDER BY rows.row LIMIT ?2";

/// The first column of `follow_ups` in [`PAGE_QUERY_WITH_STEPS`].
const STEPS_AT: usize = 7;

/// The state of a row before this session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PriorState {
    /// It was never sent.
    Nothing,
    /// It may have been sent, at this time at the earliest: milliseconds since the Unix epoch on
    /// the service's clock.
    Begun { at_ms: i64 },
    /// It has a final outcome.
    Settled,
    /// It has a final outcome and pending follow-up steps.
    ToFollow(Box<ToFollow>),
}

/// A settled row with pending follow-up steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToFollow {
    /// The username that was sent.
    pub username: String,
    pub follow_up: FollowUp,
    /// The user's `sub`.
    pub sub: Option<String>,
    pub update: Option<UserUpdate>,
}

struct LedgerRow {
    row: u64,
    username: Option<String>,
    before: PriorState,
}

pub struct ResumeCursor {
    path: RunPath,
    database: Connection,
    /// Whether the run has follow-up steps.
    follows_up: bool,
    page: VecDeque<LedgerRow>,
    read_up_to: i64,
    over: bool,
    /// The first row that the run may have to process.
    first_unsettled: u64,
}

/// A settled row. All rows before it are settled, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledRow {
    pub row: u64,
    pub line: u64,
    pub username: Option<String>,
}

impl ResumeCursor {
    /// Opens a ledger that this process has verified, while the writer has it open.
    pub fn open(path: &RunPath) -> Result<Self, LedgerError> {
        let database = schema::connect_to_read(path)?;
        let follows_up =
            identity::follows_up(&database).map_err(|cause| LedgerError::of(path, cause))?;
        Ok(Self {
            path: path.clone(),
            database,
            follows_up,
            page: VecDeque::new(),
            read_up_to: 0,
            over: false,
            first_unsettled: 1,
        })
    }

    /// Sets the first row that the run may have to process.
    #[must_use]
    pub(super) fn with_first_unsettled(mut self, row: u64) -> Self {
        self.first_unsettled = row;
        self
    }

    /// Returns the last of the settled rows at the start of the list.
    pub fn end_of_settled_prefix(&self) -> Result<Option<SettledRow>, LedgerError> {
        let row = self.first_unsettled.saturating_sub(1);
        let found = self.database.query_row(
            "SELECT line, username FROM rows WHERE row = ?1",
            params![signed(row)],
            |found| {
                Ok(SettledRow {
                    row,
                    line: found.get::<_, i64>(0)?.unsigned_abs(),
                    username: found.get(1)?,
                })
            },
        );
        found
            .optional()
            .map_err(|cause| LedgerError::of(&self.path, cause))
    }

    /// Skips the rows up to and including this one.
    pub fn skip_to(&mut self, row: u64) {
        self.read_up_to = signed(row);
    }

    /// Returns the state of this row. Rows must be requested in ascending order.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read or has another username for this row.
    pub fn of(&mut self, row: u64, username: Option<&str>) -> Result<PriorState, LedgerError> {
        while self.page.front().is_none_or(|known| known.row < row) {
            self.page.pop_front();
            if self.page.is_empty() {
                if self.over {
                    return Ok(PriorState::Nothing);
                }
                self.read_page()?;
            }
        }
        let Some(known) = self.page.front().filter(|known| known.row == row) else {
            return Ok(PriorState::Nothing);
        };
        match (&known.username, username) {
            (Some(found), Some(here)) if found != here => Err(LedgerError::OtherRow {
                row,
                found: found.clone(),
                here: here.to_owned(),
            }),
            (Some(_) | None, Some(_) | None) => Ok(known.before.clone()),
        }
    }

    fn read_page(&mut self) -> Result<(), LedgerError> {
        let failed = |cause| LedgerError::of(&self.path, cause);
        let mut statement = self
            .database
            .prepare_cached(if self.follows_up {
                PAGE_QUERY_WITH_STEPS
            } else {
                PAGE_QUERY
            })
            .map_err(failed)?;
        let mut found = statement
            .query(params![self.read_up_to, PAGE_SIZE])
            .map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            let (number, mut known, intact) = known(row, self.follows_up).map_err(failed)?;
            if !intact {
                return Err(failed(broken_row(number)));
            }
            if let PriorState::ToFollow(left) = &mut known.before {
                let outcome = outcome_of(&self.database, number).map_err(failed)?;
                left.sub = outcome.user_sub;
                left.update = outcome.update;
            }
            self.read_up_to = number;
            self.page.push_back(known);
        }
        self.over = i64::try_from(self.page.len()).is_ok_and(|read| read < PAGE_SIZE);
        Ok(())
    }
}

fn known(row: &rusqlite::Row<'_>, follows_up: bool) -> rusqlite::Result<(i64, LedgerRow, bool)> {
    let number: i64 = row.get(0)?;
    let username: Option<String> = row.get(2)?;
    let username_hash: Option<i64> = row.get(3)?;
    let begun_ms: Option<i64> = row.get(4)?;
    let seal: i64 = row.get(5)?;
    let settled: bool = row.get(6)?;
    let intact = row_seal(
        number,
        row.get(1)?,
        username.as_deref(),
        username_hash,
        begun_ms,
    ) == seal;
    let follow_up = if follows_up {
        follow_ups::read(row, STEPS_AT, number)?.filter(FollowUp::is_pending)
    } else {
        None
    };
    let before = match (settled, begun_ms) {
        (true, _) => match follow_up.zip(username.clone()) {
            Some((follow_up, username)) => PriorState::ToFollow(Box::new(ToFollow {
                username,
                follow_up,
                sub: None,
                update: None,
            })),
            None => PriorState::Settled,
        },
        (false, Some(at_ms)) => PriorState::Begun { at_ms },
        (false, None) => PriorState::Nothing,
    };
    let known = LedgerRow {
        row: number.unsigned_abs(),
        username,
        before,
    };
    debug_assert_eq!(signed(known.row), number);
    Ok((number, known, intact))
}
