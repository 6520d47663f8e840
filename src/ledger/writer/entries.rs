//! The entries that a run writes into its ledger.

use crate::ledger::Span;
use crate::outcome::{CategoryRequests, FollowUp, Outcome, RowOutcome, RowResult, UserUpdate};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToBegin {
    /// The number of the row.
    pub row: u64,
    /// The line on which it begins.
    pub line: u64,
    /// The username to send.
    pub username: String,
    /// The username as the pool compares it, if that differs.
    pub compared_as: Option<String>,
    /// The cells of the kept columns.
    pub kept: Vec<Option<String>>,
    /// The outcome, if it is known without sending the row. It is recorded in the same
    /// transaction, so the row never looks as if it had been sent.
    pub outcome: Option<Box<RowOutcome>>,
    /// The follow-up steps, if the outcome is known.
    pub follow_up: Option<FollowUp>,
}

impl ToBegin {
    /// Returns the username as the pool compares it.
    pub(super) fn compared_as(&self) -> &str {
        self.compared_as.as_deref().unwrap_or(&self.username)
    }
}

/// The rows and steps that a resumed run retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetryFilter {
    /// Rows with this outcome.
    Rows(Outcome),
    /// Steps that failed.
    FailedSteps,
}

/// A row that is new to the ledger. Rows come in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewRow {
    /// About to be sent.
    ToBegin(ToBegin),
    /// Never sent, and settled.
    Settled(Box<RowResult>),
    /// Read, but not sent because the run stops.
    Unsent(ReadRow),
}

/// Whether a row may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginResult {
    /// It is recorded and may be sent, unless its outcome was also recorded.
    Yes,
    /// The given earlier row has the same username. This one was settled as a duplicate and must
    /// not be sent.
    SameAs(u64),
}

/// Changes since the last write. Written in one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerBatch {
    /// Outcomes of rows that were begun.
    pub results: Vec<(u64, RowOutcome)>,
    /// Updates of users of rows settled here and earlier.
    pub updates: Vec<(u64, Option<UserUpdate>)>,
    /// Follow-up steps of rows settled here and earlier.
    pub follow_ups: Vec<(u64, FollowUp)>,
    /// Requests to add to the counts of each quota category.
    pub requests: Vec<(&'static str, CategoryRequests)>,
    /// Milliseconds to add to the active time.
    pub active_ms: i64,
    /// The time of this session so far.
    pub span: Option<Span>,
    /// No earlier session can have sent any of the rows that are unknown now.
    pub no_more_lost_rows: bool,
}

impl LedgerBatch {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// The number of the row.
    pub row: u64,
    /// The line on which it begins.
    pub line: u64,
    /// The username, if it is readable.
    pub username: Option<String>,
    /// The cells of the kept columns.
    pub kept: Vec<Option<String>>,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Every row has a final outcome.
    pub finished: bool,
    /// The reason why it was stopped, if it was.
    pub stopped_because: Option<String>,
    /// Milliseconds since the Unix epoch.
    pub at_ms: i64,
}
