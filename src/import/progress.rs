//! The progress of a run, and the trait of its observers.

use std::time::Duration;

use crate::outcome::Outcome;
use crate::pace::{Category, PaceReading};
use crate::run::RequestCounts;

/// Counts of rows by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts([u64; Outcome::ALL.len()]);

impl OutcomeCounts {
    pub fn add(&mut self, outcome: Outcome) {
        self.add_many(outcome, 1);
    }

    pub fn add_many(&mut self, outcome: Outcome, more: u64) {
        if let Some(count) = self.0.get_mut(outcome as usize) {
            *count += more;
        }
    }

    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0.get(outcome as usize).copied().unwrap_or(0)
    }

    /// Returns the sum over all outcomes.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// The reason why a run is slower than its rate allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bottleneck {
    /// The run is stopping, and requests are still in flight.
    Stopping { in_flight: usize },
    /// The pool has not answered any request for a while.
    Unanswered { since: Duration, in_flight: usize },
    /// No connection could be made for the last rows.
    Unreachable { rows: usize },
    /// The pool throttles, so the rate is below its ceiling.
    Throttled {
        category: Category,
        reading: PaceReading,
    },
    /// Most rows in flight wait for a lookup permit.
    LookUps { waiting: usize },
    /// All concurrency slots wait for answers.
    Answers { in_flight: usize },
    /// No rows arrive from the list.
    List,
}

impl Bottleneck {
    /// Returns the name in metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stopping { .. } => "stopping",
            Self::Unanswered { .. } => "unanswered",
            Self::Unreachable { .. } => "unreachable",
            Self::Throttled { .. } => "throttled",
            Self::LookUps { .. } => "lookups",
            Self::Answers { .. } => "answers",
            Self::List => "list",
        }
    }
}

/// A snapshot of a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Rows by outcome, including earlier sessions.
    pub counts: OutcomeCounts,
    /// Rows settled in this session.
    pub rows_now: u64,
    /// Of these, rows for which requests were sent. Invalid rows and users found by the listing
    /// take no time.
    pub sent_now: u64,
    /// Requests of this session.
    pub requests: RequestCounts,
    /// Bytes of the list that were processed.
    pub bytes: u64,
    /// The pace of sign-ups.
    pub sign_ups: PaceReading,
    /// Rows and steps in flight.
    pub in_flight: usize,
    /// The current bottleneck.
    pub bottleneck: Option<Bottleneck>,
    /// Users with pending steps after their sign-up.
    pub to_follow: usize,
    /// Time since this session began.
    pub elapsed: Duration,
}

/// An observer of a run.
pub trait Watch {
    /// Called several times a second during the run and once at its end.
    fn progress(&mut self, progress: &Progress);
    /// Called for each page of the pool that is read before the run, with the users read so far and
    /// the estimated total.
    fn reading(&mut self, users: u64, about: Option<u64>, elapsed: Duration);
    /// A message to show immediately.
    fn notice(&mut self, text: &str);
}
