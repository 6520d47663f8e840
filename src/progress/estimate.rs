//! Computes a run's progress, rate and remaining time. Time is an argument.
//!
//! Progress is measured in rows, because bytes are read ahead (far ahead in a compressed list). If
//! the rows were not counted beforehand, the fraction of bytes read is used instead.

use std::collections::VecDeque;
use std::time::Duration;

use crate::import::{Bottleneck, Progress};
use crate::outcome::Outcome;

/// The window for the displayed rate. A shorter one flickers, a longer one reacts late.
const RATE_WINDOW: Duration = Duration::from_secs(5);

/// The window for the rate that the remaining time is based on.
const REMAINING_WINDOW: Duration = Duration::from_secs(20);

/// The time between two samples.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(500);

/// The expected work of a run, known before it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedWork {
    /// Rows, if the list was scanned beforehand.
    pub rows: Option<ExpectedRows>,
    /// The list's length in bytes, if known.
    pub bytes: Option<u64>,
    /// Users per second at the configured rates, including all steps after the sign-up.
    pub users_per_second: f64,
}

/// The number of rows in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedRows {
    /// All rows.
    pub total: u64,
    /// Valid rows that are not duplicates.
    pub to_send: u64,
}

/// The status of a run, for display.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RunStatus {
    /// Completed rows, including earlier sessions.
    pub(super) rows: u64,
    /// All rows of the list, if counted.
    pub(super) total: Option<u64>,
    /// The completed fraction, 0 to 1, if known.
    pub(super) fraction: Option<f64>,
    /// The recent rate of sign-ups and other requests of the same quota, per second.
    pub(super) rate: f64,
    /// The maximum rate.
    pub(super) ceiling: f64,
    /// The estimated remaining time, if known.
    pub(super) remaining: Option<Duration>,
}

/// The counts at one point in time.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Duration,
    /// Sign-ups and other requests of the same quota.
    requests: u64,
    /// Users whose sign-up and steps are done.
    done: u64,
}

/// Estimates the rate and remaining time of a run from samples.
#[derive(Debug)]
pub(super) struct Estimate {
    expected: ExpectedWork,
    samples: VecDeque<Sample>,
    /// Rows of earlier sessions that needed no request.
    free_before: Option<u64>,
}

impl Estimate {
    pub(super) fn new(expected: ExpectedWork) -> Self {
        Self {
            expected,
            samples: VecDeque::new(),
            free_before: None,
        }
    }

    /// Adds a sample and returns the current status.
    pub(super) fn update(&mut self, progress: &Progress) -> RunStatus {
        self.add_sample(progress);
        let counts = &progress.counts;
        let rows = counts.rows() - counts.of(Outcome::Unsent);
        let fraction = self.fraction(rows, progress.bytes);
        let ceiling = progress.sign_ups.ceiling;
        let requests = |sample: &Sample| sample.requests;
        // Small bursts can push the measured rate slightly above the ceiling.
        let rate = self.rate(RATE_WINDOW, requests).unwrap_or(0.0).min(ceiling);
        RunStatus {
            rows,
            total: self.expected.rows.map(|rows| rows.total),
            fraction,
            rate,
            ceiling,
            remaining: match progress.bottleneck {
                // How long the pool will be silent is unknown.
                Some(Bottleneck::Stopping { .. } | Bottleneck::Unanswered { .. }) => None,
                _ => self.remaining(progress, rows, fraction),
            },
        }
    }

    fn add_sample(&mut self, progress: &Progress) {
        let sample = Sample {
            at: progress.elapsed,
            requests: progress.sign_ups.sent,
            done: progress.sent_now.saturating_sub(progress.to_follow as u64),
        };
        let free = rows_without_requests(progress);
        self.free_before.get_or_insert(free);
        // The last sample always holds the latest counts; the others are `SAMPLE_INTERVAL` apart.
        if let [.., previous, last] = self.samples.make_contiguous()
            && last.at < previous.at + SAMPLE_INTERVAL
        {
            *last = sample;
        } else {
            self.samples.push_back(sample);
        }
        while self
            .samples
            .get(1)
            .is_some_and(|next| next.at + REMAINING_WINDOW < sample.at)
        {
            self.samples.pop_front();
        }
    }

    /// Returns the completed fraction of the list, if known.
    fn fraction(&self, rows: u64, bytes: u64) -> Option<f64> {
        match (self.expected.rows, self.expected.bytes) {
            (Some(ExpectedRows { total: 0, .. }), _) => Some(1.0),
            (Some(expected), _) => Some(ratio(rows, expected.total).min(1.0)),
            // Bytes are read ahead, so having read all of them does not mean 100%.
            (None, Some(total @ 1..)) => Some(ratio(bytes, total).min(0.99)),
            (None, Some(0) | None) => None,
        }
    }

    fn remaining(&self, progress: &Progress, rows: u64, fraction: Option<f64>) -> Option<Duration> {
        let sent = rows - rows_without_requests(progress).min(rows);
        let rows_left = match self.expected.rows {
            Some(expected) => to_f64(expected.to_send.saturating_sub(sent)),
            None => {
                // Before the first answer, the number of rows to send is unknown.
                let fraction = fraction.filter(|fraction| *fraction > 0.0 && sent > 0)?;
                to_f64(sent) * (1.0 - fraction) / fraction
            }
        };
        let throttling = if progress.sign_ups.ceiling > 0.0 {
            progress.sign_ups.allowed / progress.sign_ups.ceiling
        } else {
            1.0
        };
        let planned = self.expected.users_per_second * throttling;
        let observed = self.rate(REMAINING_WINDOW, |sample| sample.done);
        let long_enough = progress.elapsed >= RATE_WINDOW;
        // Slightly pessimistic: users with pending steps have already completed some of their work.
        let users = rows_left * self.sent_fraction(progress) + to_f64(progress.to_follow as u64);
        remaining_time(users, planned, observed.filter(|_| long_enough))
    }

    /// Returns the fraction of valid rows that need requests. If the pool was listed first, many
    /// may need none.
    fn sent_fraction(&self, progress: &Progress) -> f64 {
        // One more, so that the fraction is 1 before the first row.
        let in_flight = progress.in_flight as u64 + 1;
        let free = rows_without_requests(progress);
        let free_now = free - self.free_before.unwrap_or(0).min(free);
        let valid = progress.rows_now.saturating_sub(free_now);
        ratio(progress.sent_now + in_flight, valid + in_flight).min(1.0)
    }

    /// Returns the average increase per second of a count within the last `window`.
    fn rate(&self, window: Duration, count: impl Fn(&Sample) -> u64) -> Option<f64> {
        let last = self.samples.back()?;
        let mut older = self.samples.iter().rev().skip(1);
        let first = older
            .find(|sample| sample.at + window <= last.at)
            .or(self.samples.front())?;
        let seconds = last.at.saturating_sub(first.at).as_secs_f64();
        (seconds > 0.0).then(|| to_f64(count(last).saturating_sub(count(first))) / seconds)
    }
}

/// Returns the number of rows that needed no request, because the list alone determines their
/// outcome.
fn rows_without_requests(progress: &Progress) -> u64 {
    [Outcome::Invalid, Outcome::Skipped, Outcome::Duplicate]
        .map(|outcome| progress.counts.of(outcome))
        .iter()
        .sum()
}

/// Returns the time for this many users at the lower of the planned and the observed rate. `None`
/// if the rate is 0.
fn remaining_time(users: f64, planned: f64, observed: Option<f64>) -> Option<Duration> {
    let rate = observed.map_or(planned, |observed| observed.min(planned));
    if users < 0.5 {
        return Some(Duration::ZERO);
    }
    (rate > 0.0)
        .then(|| Duration::try_from_secs_f64(users / rate).ok())
        .flatten()
}

fn ratio(part: u64, total: u64) -> f64 {
    to_f64(part) / to_f64(total)
}

fn to_f64(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let count = count as f64;
    count
}

#[cfg(test)]
mod tests;
