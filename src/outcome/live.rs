//! The state of a run while it is active.

use super::Outcome;

/// The state of an active run, for metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveStatus {
    /// Rows by outcome, including earlier sessions.
    pub rows: Vec<(Outcome, u64)>,
    /// Rows of the list without an outcome, if the list was counted.
    pub remaining: Option<u64>,
    /// The pace of sign-ups; `None` before the first row.
    pub pace: Option<LivePace>,
    /// Why the run is not faster: one of [`BOTTLENECKS`].
    pub bottleneck: &'static str,
}

/// Sign-ups and other requests of the same quota, per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LivePace {
    pub rate: f64,
    /// The maximum.
    pub ceiling: f64,
}

/// The run has the rate of its ceiling.
pub const NO_BOTTLENECK: &str = "rate_ceiling";

/// The pool's users are being read before the first row.
pub const PRESCAN: &str = "prescan";

/// The names of all bottlenecks.
pub const BOTTLENECKS: [&str; 9] = [
    NO_BOTTLENECK,
    PRESCAN,
    "throttled",
    "lookups",
    "answers",
    "list",
    "unanswered",
    "unreachable",
    "stopping",
];
