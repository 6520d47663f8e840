//! A line every ten seconds, for logs.

use std::time::Duration;

use super::estimate::{Estimate, ExpectedWork};
use super::format::{bottleneck, counts, duration, how_many, percent, reading};
use super::screen::Screen;
use crate::import::{Progress, Watch};
use crate::sanitize::one_line;

/// Time between two lines.
const EVERY: Duration = Duration::from_secs(10);

pub(super) struct PlainProgress {
    screen: Screen,
    estimate: Estimate,
    next: Duration,
    /// The same while the pool is read: the run's own time begins later.
    next_reading: Duration,
}

impl PlainProgress {
    pub(super) fn new(screen: Screen, expected: ExpectedWork) -> Self {
        Self {
            screen,
            estimate: Estimate::new(expected),
            next: EVERY,
            next_reading: EVERY,
        }
    }

    fn line(&mut self, progress: &Progress) -> String {
        let view = self.estimate.view(progress);
        let share = view.share.map_or_else(String::new, |share| {
            let of = if view.of.is_some() {
                ""
            } else {
                " of the list"
            };
            format!(" ({}%{of})", percent(share))
        });
        let left = view.left.map_or_else(String::new, |left| {
            format!(", about {} left", duration(left))
        });
        let bottleneck = progress
            .bottleneck
            .as_ref()
            .map_or_else(String::new, |why| format!("; {}", bottleneck(why)));
        format!(
            "{}{share}, {:.1}/s (limit {:.0}/s){left}: {}{bottleneck}",
            how_many(&view),
            view.a_second,
            view.ceiling,
            counts(progress).join(", "),
        )
    }
}

impl Watch for PlainProgress {
    fn progress(&mut self, progress: &Progress) {
        let line = self.line(progress);
        if progress.elapsed >= self.next {
            self.next = progress.elapsed + EVERY;
            self.notice(&line);
        }
    }

    fn reading(&mut self, users: u64, about: Option<u64>, elapsed: Duration) {
        if elapsed >= self.next_reading {
            self.next_reading = elapsed + EVERY;
            self.notice(&reading(users, about));
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
    fn a_line_tells_how_far_how_fast_and_how_long() {
        let expected = ExpectedWork {
            rows: Some(ExpectedRows {
                all: 1_000,
                to_send: 1_000,
            }),
            bytes: None,
            users_a_second: 40.0,
        };
        let mut lines = PlainProgress::new(Screen::new(), expected);
        let mut counts = OutcomeCounts::default();
        let mut progress = Progress {
            sign_ups: PaceReading {
                ceiling: 40.0,
                allowed: 40.0,
                ..PaceReading::default()
            },
            ..Progress::default()
        };
        let _ = lines.line(&progress);
        counts.add_many(Outcome::Created, 380);
        counts.add_many(Outcome::Existed, 20);
        progress.counts = counts;
        progress.rows_now = 400;
        progress.sent_now = 400;
        progress.sign_ups.sent = 400;
        progress.elapsed = Duration::from_secs(10);
        progress.bottleneck = Some(Bottleneck::List);
        assert_eq!(
            lines.line(&progress),
            "400 of 1000 rows (40%), 40.0/s (limit 40/s), about 15s left: created 380, existed 20; waiting for the list"
        );
    }
}
