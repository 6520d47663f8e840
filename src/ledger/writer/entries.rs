//! What a run writes into its ledger.

use crate::ledger::Span;
use crate::outcome::{CategoryRequests, FollowUp, Outcome, RowOutcome, RowResult};

/// A row that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToBegin {
    /// Number of the row.
    pub row: u64,
    /// Line on which it begins.
    pub line: u64,
    /// The username as it will be sent.
    pub username: String,
    /// The username as the pool compares it, where that is another one.
    pub compared_as: Option<String>,
    /// The cells of the kept columns; nothing where none is kept.
    pub kept: Vec<Option<String>>,
    /// What came of it, where that is known without sending it. It is written down together with the beginning: whatever happens to the
    /// process, such a row never looks as if it had been sent.
    pub outcome: Option<Box<RowOutcome>>,
    /// What follows, where what came of it is known.
    pub follow_up: Option<FollowUp>,
}

impl ToBegin {
    /// The username as the pool compares it.
    pub(super) fn compared_as(&self) -> &str {
        self.compared_as.as_deref().unwrap_or(&self.username)
    }
}

/// What a run that goes on takes up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetryFilter {
    /// Rows with this outcome.
    Rows(Outcome),
    /// Steps that failed.
    FailedSteps,
}

/// A row that the ledger hears of. Rows come in the list's order and without gaps, so that a missing one shows as damage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewRow {
    /// About to be sent.
    ToBegin(ToBegin),
    /// Never sent, and settled.
    Settled(Box<RowResult>),
    /// Read, and not sent because the run stops.
    Unsent(ReadRow),
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginResult {
    /// It is written down, and may be sent, unless what came of it is written down as well.
    Yes,
    /// An earlier row has the same username. It has its outcome, and must not be sent.
    SameAs(u64),
}

/// What a run has come to since it wrote last. All of it is written, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerBatch {
    /// What came of rows that were begun.
    pub results: Vec<(u64, RowOutcome)>,
    /// How the steps of users stand: of those whose rows are settled here, and of others.
    pub follow_ups: Vec<(u64, FollowUp)>,
    /// Requests of each quota category, to be added to those before.
    pub requests: Vec<(&'static str, CategoryRequests)>,
    /// Time at work, in milliseconds, to be added to the time before.
    pub active_ms: i64,
    /// The time of this session as it is now.
    pub span: Option<Span>,
}

impl LedgerBatch {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
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
    /// The cells of the kept columns; nothing where none is kept.
    pub kept: Vec<Option<String>>,
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
