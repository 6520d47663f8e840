//! Progress as a line every ten seconds, for output that is not a terminal.

use std::time::Duration;

use super::estimate::{Estimate, ExpectedWork};
use super::format::{bottleneck, counts, duration, percent, reading, rows_of_total};
use super::screen::Screen;
use crate::import::{Progress, Watch};
use crate::sanitize::one_line;

/// The time between two lines.
const INTERVAL: Duration = Duration::from_secs(10);

pub(super) struct PlainProgress {
    screen: Screen,
    estimate: Estimate,
    /// When to write the next line, in time since the run began.
    next: Duration,
    /// When to write the next line while the pool is read, in time since reading began.
    next_reading: Duration,
}

impl PlainProgress {
    pub(super) fn new(screen: Screen, expected: ExpectedWork) -> Self {
        Self {
            screen,
            estimate: Estimate::new(expected),
            next: INTERVAL,
            next_reading: INTERVAL,
        }
    }

    fn line(&mut self, progress: &Progress) -> String {
        let status = self.estimate.update(progress);
        let percentage = status.fraction.map_or_else(String::new, |fraction| {
            let suffix = if status.total.is_some() {
                ""
            } else {
                " of the list"
            };
            format!(" ({}%{suffix})", percent(fraction))
        });
        let remaining = status.remaining.map_or_else(String::new, |remaining| {
            format!(", about {} left", duration(remaining))
        });
        let bottleneck = progress
            .bottleneck
            .as_ref()
            .map_or_else(String::new, |cause| format!("; {}", bottleneck(cause)));
        format!(
            "{}{percentage}, {:.1}/s (limit {:.0}/s){remaining}: {}{bottleneck}",
            rows_of_total(&status),
            status.rate,
            status.ceiling,
            counts(progress).join(", "),
        )
    }
}

impl Watch for PlainProgress {
    fn progress(&mut self, progress: &Progress) {
        let line = self.line(progress);
        if progress.elapsed >= self.next {
            self.next = progress.elapsed + INTERVAL;
            self.notice(&line);
        }
    }

    fn reading(&mut self, users: u64, estimated_total: Option<u64>, elapsed: Duration) {
        if elapsed >= self.next_reading {
            self.next_reading = elapsed + INTERVAL;
            self.notice(&reading(users, estimated_total));
        }
    }

    fn notice(&mut self, text: &str) {
        self.screen.line(&one_line(text));
    }
}

#[cfg(test)]
mod tests {
    use super::{ExpectedWork, PlainProgress};
    use crate::import::{Bottleneck, OutcomeCounts, Progress};
    use crate::outcome::Outcome;
    use crate::pace::PaceReading;
    use crate::progress::estimate::ExpectedRows;
    use crate::progress::screen::Screen;
    use std::time::Duration;

    #[test]
    fn line_shows_progress_rate_and_remaining_time() {
        let expected = ExpectedWork {
            rows: Some(ExpectedRows {
                total: 1_000,
                to_send: 1_000,
            }),
            bytes: None,
            users_per_second: 40.0,
        };
        let mut plain = PlainProgress::new(Screen::new(), expected);
        let mut counts = OutcomeCounts::default();
        let mut progress = Progress {
            sign_ups: PaceReading {
                ceiling: 40.0,
                allowed: 40.0,
                ..PaceReading::default()
            },
            ..Progress::default()
        };
        let _ = plain.line(&progress);
        counts.add_many(Outcome::Created, 380);
        counts.add_many(Outcome::Existed, 20);
        progress.counts = counts;
        progress.rows_now = 400;
        progress.sent_now = 400;
        progress.sign_ups.sent = 400;
        progress.elapsed = Duration::from_secs(10);
        progress.bottleneck = Some(Bottleneck::List);
        assert_eq!(
            plain.line(&progress),
            "400 of 1000 rows (40%), 40.0/s (limit 40/s), about 15s left: created 380, existed 20; waiting for the list"
        );
    }
}
