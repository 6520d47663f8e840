//! What a run is given, and what it comes to.

use std::time::Duration;

use tokio::time::Instant;

use crate::import::breaker::BreakerLimits;
use crate::import::progress::{OutcomeCounts, Progress};
use crate::import::registration::RegistrationRules;
use crate::import::slots::Slots;
use crate::import::stop::StopReason;
use crate::ledger::listing::ListingEntry;
use crate::ledger::past::PriorState;
use crate::pool::NamedBy;
use crate::user::Row;

/// A row of the list, and how it stood when this session began.
#[derive(Debug)]
pub struct ImportRow {
    /// The row.
    pub row: Row,
    /// How it stood. Rows that are settled, and after which nothing is to come, do not come here.
    pub before: PriorState,
    /// The user with this name, where the pool's listing showed one before this session sent anything, and no session began the row:
    /// it is somebody else's.
    pub seen: Option<ListingEntry>,
}

impl ImportRow {
    /// Whether a request may leave for it.
    pub(super) fn is_to_be_sent(&self) -> bool {
        self.seen.is_none() && self.row.user.is_ok()
    }
}

/// What a run goes by.
#[derive(Debug, Clone)]
pub struct SessionPlan {
    /// How many rows may be on their way at once.
    pub slots: Slots,
    /// Rows that are begun together, at most.
    pub group: usize,
    /// How one user is taken to an outcome.
    pub rules: RegistrationRules,
    /// Whether users that existed are followed up as well.
    pub follow_up_existing: bool,
    /// What usernames are in the pool.
    pub named_by: NamedBy,
    /// Whether the pool ignores the case of usernames.
    pub case_insensitive: bool,
    /// See [`crate::import::resolve::Times::second_before_run_ms`].
    pub second_before_run_ms: Option<i64>,
    /// A request that was sent creates its user within this time, or never.
    pub arrives_within: Duration,
    /// When the run goes wrong for every row.
    pub breaker: BreakerLimits,
    /// The time that the run was given.
    pub deadline: Option<Deadline>,
    /// Rows by outcome of earlier sessions.
    pub before: OutcomeCounts,
}

/// The time that a run was given.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// No more rows are taken from here on.
    pub no_more_rows: Instant,
    /// What is on its way is waited for until here.
    pub over: Instant,
}

/// How a session ended.
#[derive(Debug)]
pub struct RunEnd {
    /// Why it ended before the list did.
    pub stopped: Option<StopReason>,
    /// A second signal came: nothing more should be done.
    pub at_once: bool,
    /// How it stood.
    pub progress: Progress,
}
