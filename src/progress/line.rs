//! A line every ten seconds, for logs.

use std::io::Write as _;
use std::time::Duration;

use super::{counts, held_up, rate};
use crate::import::{Progress, Watch};

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(10);

pub(super) struct Lines {
    bytes: Option<u64>,
    next: Duration,
}

impl Lines {
    pub(super) fn new(bytes: Option<u64>) -> Self {
        Self { bytes, next: EVERY }
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

    fn notice(&mut self, text: &str) {
        // Nobody reading the log is no reason to end the run.
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}
