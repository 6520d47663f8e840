//! A line every ten seconds, for logs.

use std::io::Write as _;
use std::time::Duration;

use super::{counts, held_up, rate, reading};
use crate::import::{Progress, Watch};
use crate::visible::visible;

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(10);

pub(super) struct Lines {
    bytes: Option<u64>,
    next: Duration,
    /// The same while the pool is read: the run's own time begins later.
    next_reading: Duration,
}

impl Lines {
    pub(super) fn new(bytes: Option<u64>) -> Self {
        Self {
            bytes,
            next: EVERY,
            next_reading: EVERY,
        }
    }
}

impl Watch for Lines {
    fn progress(&mut self, progress: &Progress) {
        if progress.elapsed < self.next {
            return;
        }
        self.next = progress.elapsed + EVERY;
        let share = match self.bytes {
            Some(bytes) if bytes > 0 => format!(
                " ({}% of the list)",
                (progress.bytes * 100 / bytes).min(100)
            ),
            Some(_) | None => String::new(),
        };
        self.notice(&format!(
            "{} rows{share}, {:.1} rows/s: {}{}",
            progress.counts.rows(),
            rate(progress),
            counts(progress),
            held_up(progress)
        ));
    }

    fn reading(&mut self, users: u64, about: Option<u64>, elapsed: Duration) {
        if elapsed >= self.next_reading {
            self.next_reading = elapsed + EVERY;
            self.notice(&reading(users, about));
        }
    }

    fn notice(&mut self, text: &str) {
        // Nobody reading the log is no reason to end the run.
        let _ = writeln!(std::io::stderr(), "{}", visible(text));
    }
}
