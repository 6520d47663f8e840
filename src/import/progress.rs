//! What a run tells those who watch it.

use std::time::Duration;

use crate::outcome::Outcome;
use crate::pace::{Category, PaceReading};
use crate::run::RequestCounts;

/// Counts of rows by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts([u64; Outcome::ALL.len()]);

impl OutcomeCounts {
    /// One more row with this outcome.
    pub fn add(&mut self, outcome: Outcome) {
        self.add_many(outcome, 1);
    }

    /// More rows with this outcome.
    pub fn add_many(&mut self, outcome: Outcome, more: u64) {
        if let Some(count) = self.0.get_mut(outcome as usize) {
            *count += more;
        }
    }

    /// Rows with this outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0.get(outcome as usize).copied().unwrap_or(0)
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// What keeps a run from going as fast as it may.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bottleneck {
    /// It stops: no more rows are taken, and so many are still on their way.
    Stopping {
        /// Rows.
        in_flight: usize,
    },
    /// The pool was asked, and has answered nothing since.
    Unanswered {
        /// Since then.
        since: Duration,
        /// Rows.
        in_flight: usize,
    },
    /// The last rows found no connection.
    Unreachable {
        /// Rows, one after the other.
        rows: usize,
    },
    /// The pool throttles: fewer requests a second are allowed than there might be.
    Throttled {
        /// What is throttled.
        category: Category,
        /// How fast it may go.
        reading: PaceReading,
    },
    /// Most rows on their way wait for a look-up's turn.
    LookUps {
        /// Rows.
        waiting: usize,
    },
    /// As many rows as may be on their way at once wait for answers.
    Answers {
        /// Rows.
        in_flight: usize,
    },
    /// The list brings no rows.
    List,
}

/// How a run stands at a moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Rows by outcome, those of earlier sessions included.
    pub counts: OutcomeCounts,
    /// Rows settled in this session.
    pub rows_now: u64,
    /// Of these, rows for which requests left. The others cost no time: those that are broken, or whose user the listing shows.
    pub sent_now: u64,
    /// Requests of this session.
    pub requests: RequestCounts,
    /// Bytes of the list that lie behind.
    pub bytes: u64,
    /// Sign-ups: how many a second there may be at most, and how many the pool has room for.
    pub sign_ups: PaceReading,
    /// Rows and steps on their way.
    pub in_flight: usize,
    /// What holds the run up at the moment.
    pub bottleneck: Option<Bottleneck>,
    /// Users whose steps after the sign-up are not all taken.
    pub to_follow: usize,
    /// Since this session began.
    pub elapsed: Duration,
}

/// Watches a run.
pub trait Watch {
    /// Called several times a second while the run is at work, and once at its end.
    fn progress(&mut self, progress: &Progress);
    /// Called with every page of the pool that is read before the run begins: users so far, of about so many, after this time.
    fn reading(&mut self, users: u64, about: Option<u64>, elapsed: Duration);
    /// Something that people should know at once.
    fn notice(&mut self, text: &str);
}
