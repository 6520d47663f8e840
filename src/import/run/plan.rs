//! The input of a run and its result.

use std::num::NonZeroU64;
use std::time::Duration;

use tokio::time::Instant;

use crate::import::breaker::BreakerLimits;
use crate::import::progress::{OutcomeCounts, Progress};
use crate::import::registration::RegistrationRules;
use crate::import::slots::Slots;
use crate::import::stop::StopReason;
use crate::ledger::listing::ListingEntry;
use crate::ledger::resume_cursor::PriorState;
use crate::pool::NamedBy;
use crate::user::Row;

/// A row of the list with its state at the start of this session.
#[derive(Debug)]
pub struct ImportRow {
    pub row: Row,
    /// The state from earlier sessions. Rows with nothing left to do are not included.
    pub before: PriorState,
    /// The user with this name, if the listing contained one before this session sent anything and
    /// no session had begun the row. We did not create it.
    pub existing: Option<ListingEntry>,
}

impl ImportRow {
    /// Returns whether a request may be sent for this row.
    pub(super) fn is_to_be_sent(&self) -> bool {
        self.existing.is_none() && self.row.user.is_ok()
    }
}

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct SessionPlan {
    pub slots: Slots,
    /// The maximum number of rows begun together.
    pub group: usize,
    pub rules: RegistrationRules,
    /// Whether steps are also sent for users that existed.
    pub follow_up_existing: bool,
    pub named_by: NamedBy,
    /// Whether usernames are case-insensitive.
    pub case_insensitive: bool,
    /// See [`crate::import::resolve::Times::second_before_run_ms`].
    pub second_before_run_ms: Option<i64>,
    /// The earliest time of requests that the ledger may not know, if there may be any. See
    /// [`crate::import::resolve::Times::begun_ms`].
    pub lost_since_ms: Option<i64>,
    /// Whether rows of the ledger are retried.
    pub retries: bool,
    /// The time within which a request creates its user, if at all.
    pub arrives_within: Duration,
    pub breaker: BreakerLimits,
    pub deadline: Option<Deadline>,
    /// Stop once this many rows are settled.
    pub stop_after: Option<NonZeroU64>,
    /// Rows by outcome in earlier sessions.
    pub before: OutcomeCounts,
}

/// The times set by `--deadline`.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// When to stop sending rows.
    pub no_more_rows: Instant,
    /// When to stop waiting for requests in flight.
    pub over: Instant,
}

/// How a session ended.
#[derive(Debug)]
pub struct RunEnd {
    /// The reason why it ended before the end of the list.
    pub stopped: Option<StopReason>,
    /// Whether a second signal ended the run without waiting for requests in flight.
    pub aborted: bool,
    pub progress: Progress,
}
