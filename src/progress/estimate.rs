//! How far a run is, how fast, and how long it will still take. Pure: time is an argument.
//!
//! Measured in rows: bytes are read ahead, those of a compressed list far ahead. Where the list could not be counted beforehand, the
//! number of its rows is taken from the part of its bytes that lies behind.

use std::collections::VecDeque;
use std::time::Duration;

use crate::import::{Bottleneck, Progress};
use crate::outcome::Outcome;

/// The rate is that of so long: shorter and it flickers, longer and a slow-down shows late.
const RATE_OVER: Duration = Duration::from_secs(5);

/// What is to come is judged by so long.
const JUDGED_BY: Duration = Duration::from_secs(20);

/// Time between two samples.
const SAMPLE: Duration = Duration::from_millis(500);

/// What is known of a run before it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedWork {
    /// Rows, where the list was read beforehand.
    pub rows: Option<ExpectedRows>,
    /// The list's length in bytes, where it is known.
    pub bytes: Option<u64>,
    /// Users a second at the rates that were given, with all that follows a sign-up.
    pub users_a_second: f64,
}

/// Rows of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedRows {
    /// All of them.
    pub all: u64,
    /// Those that are neither broken nor duplicates.
    pub to_send: u64,
}

/// How a run stands, for people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct View {
    /// Rows that lie behind, those of earlier sessions included.
    pub(super) rows: u64,
    /// Rows of the list, where they were counted.
    pub(super) of: Option<u64>,
    /// The part that lies behind, 0 to 1, where it is known.
    pub(super) share: Option<f64>,
    /// Sign-ups a second of late, with what else draws on their quota.
    pub(super) a_second: f64,
    /// Sign-ups a second, never more.
    pub(super) ceiling: f64,
    /// The time that is left, where it can be told.
    pub(super) left: Option<Duration>,
}

/// What was seen at a moment.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Duration,
    /// Sign-ups sent, and what else draws on their quota.
    asked: u64,
    /// Users who were sent and have all that follows.
    done: u64,
}

/// See the module's words.
#[derive(Debug)]
pub(super) struct Estimate {
    expected: ExpectedWork,
    samples: VecDeque<Sample>,
    /// Rows of earlier sessions that were broken or duplicates.
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

    /// How the run stands at this moment.
    pub(super) fn view(&mut self, progress: &Progress) -> View {
        self.look(progress);
        let counts = &progress.counts;
        let rows = counts.rows() - counts.of(Outcome::Unsent);
        let share = self.share(rows, progress.bytes);
        let ceiling = progress.sign_ups.ceiling;
        let asked = |sample: &Sample| sample.asked;
        // The first of a second's requests are sent a little earlier than evenly: more than the ceiling it never is.
        let a_second = self.a_second(RATE_OVER, asked).unwrap_or(0.0).min(ceiling);
        View {
            rows,
            of: self.expected.rows.map(|rows| rows.all),
            share,
            a_second,
            ceiling,
            left: if matches!(progress.bottleneck, Some(Bottleneck::Stopping { .. })) {
                None
            } else {
                self.left(progress, rows, share)
            },
        }
    }

    fn look(&mut self, progress: &Progress) {
        let sample = Sample {
            at: progress.elapsed,
            asked: progress.sign_ups.sent,
            done: progress.sent_now.saturating_sub(progress.to_follow as u64),
        };
        let free = free(progress);
        self.free_before.get_or_insert(free);
        // The last one moves with the time; the ones before it are half a second apart.
        if let [.., before, last] = self.samples.make_contiguous()
            && last.at < before.at + SAMPLE
        {
            *last = sample;
        } else {
            self.samples.push_back(sample);
        }
        while self
            .samples
            .get(1)
            .is_some_and(|next| next.at + JUDGED_BY < sample.at)
        {
            self.samples.pop_front();
        }
    }

    /// The part of the rows that lies behind.
    fn share(&self, rows: u64, bytes: u64) -> Option<f64> {
        match (self.expected.rows, self.expected.bytes) {
            (Some(ExpectedRows { all: 0, .. }), _) => Some(1.0),
            (Some(expected), _) => Some(ratio(rows, expected.all).min(1.0)),
            // What is read ahead is not behind: only the end is the end.
            (None, Some(all @ 1..)) => Some(ratio(bytes, all).min(0.99)),
            (None, Some(0) | None) => None,
        }
    }

    fn left(&self, progress: &Progress, rows: u64, share: Option<f64>) -> Option<Duration> {
        let to_send = rows - free(progress).min(rows);
        let left = match self.expected.rows {
            Some(expected) => whole(expected.to_send.saturating_sub(to_send)),
            None => {
                let share = share.filter(|share| *share > 0.0)?;
                whole(to_send) * (1.0 - share) / share
            }
        };
        let slowed = if progress.sign_ups.ceiling > 0.0 {
            progress.sign_ups.allowed / progress.sign_ups.ceiling
        } else {
            1.0
        };
        let planned = self.expected.users_a_second * slowed;
        let observed = self.a_second(JUDGED_BY, |sample| sample.done);
        let long_enough = progress.elapsed >= RATE_OVER;
        // Those who wait for their steps have a part of their way behind them: a little less may be left than is said.
        let users = left * self.part_that_is_sent(progress) + whole(progress.to_follow as u64);
        time_left(users, planned, observed.filter(|_| long_enough))
    }

    /// Of rows in order, the part for which requests leave. Where the pool was read first, most of them may cost nothing.
    fn part_that_is_sent(&self, progress: &Progress) -> f64 {
        let in_flight = progress.in_flight as u64 + 1;
        let free_now = free(progress) - self.free_before.unwrap_or(0).min(free(progress));
        let in_order = progress.rows_now.saturating_sub(free_now);
        ratio(progress.sent_now + in_flight, in_order + in_flight).min(1.0)
    }

    /// How much more there is a second, over this time.
    fn a_second(&self, over: Duration, of: impl Fn(&Sample) -> u64) -> Option<f64> {
        let last = self.samples.back()?;
        let mut older = self.samples.iter().rev().skip(1);
        let first = older
            .find(|sample| sample.at + over <= last.at)
            .or(self.samples.front())?;
        let seconds = last.at.saturating_sub(first.at).as_secs_f64();
        (seconds > 0.0).then(|| whole(of(last).saturating_sub(of(first))) / seconds)
    }
}

/// Rows that cost nothing: the list alone says what becomes of them.
fn free(progress: &Progress) -> u64 {
    [Outcome::Invalid, Outcome::Skipped, Outcome::Duplicate]
        .map(|outcome| progress.counts.of(outcome))
        .iter()
        .sum()
}

/// How long it takes to send so many users, at the rate that is allowed or at the one that is seen, whichever is lower. None where
/// nothing goes on at all.
fn time_left(users: f64, planned: f64, observed: Option<f64>) -> Option<Duration> {
    let a_second = observed.map_or(planned, |observed| observed.min(planned));
    if users < 0.5 {
        return Some(Duration::ZERO);
    }
    (a_second > 0.0)
        .then(|| Duration::try_from_secs_f64(users / a_second).ok())
        .flatten()
}

fn ratio(part: u64, all: u64) -> f64 {
    whole(part) / whole(all)
}

fn whole(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let count = count as f64;
    count
}

#[cfg(test)]
mod tests;
