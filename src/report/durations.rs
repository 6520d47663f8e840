//! A histogram of response times, in constant memory.

use std::collections::BTreeMap;

use serde::Serialize;

/// Counts by milliseconds, rounded down to three digits: at most 900 for each power of ten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Durations {
    counts: BTreeMap<u64, u64>,
    total: u64,
}

/// Response times of SignUp in milliseconds, rounded to three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct LatencySummary {
    /// Rows that were measured: those created by the response to their only SignUp.
    pub(super) rows: u64,
    /// The median.
    pub(super) p50_ms: u64,
    /// The 90th percentile.
    pub(super) p90_ms: u64,
    /// The 99th percentile.
    pub(super) p99_ms: u64,
    /// The longest time.
    pub(super) max_ms: u64,
}

impl Durations {
    pub(super) fn add(&mut self, milliseconds: u64) {
        *self.counts.entry(rounded(milliseconds)).or_default() += 1;
        self.total += 1;
    }

    /// Returns `None` if nothing was measured.
    pub(super) fn latency(&self) -> Option<LatencySummary> {
        let max_ms = *self.counts.last_key_value()?.0;
        let percentile = |percent| self.percentile(percent).unwrap_or(max_ms);
        Some(LatencySummary {
            rows: self.total,
            p50_ms: percentile(50),
            p90_ms: percentile(90),
            p99_ms: percentile(99),
            max_ms,
        })
    }

    /// Returns the nearest-rank percentile.
    fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.total * percent).div_ceil(100);
        let mut seen = 0;
        self.counts
            .iter()
            .find(|(_, count)| {
                seen += **count;
                seen >= rank
            })
            .map(|(milliseconds, _)| *milliseconds)
    }

    /// Returns the shortest and the longest time.
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        Some((
            *self.counts.first_key_value()?.0,
            *self.counts.last_key_value()?.0,
        ))
    }

    /// Returns the number of times from `from` up to, but not including, `to` milliseconds.
    pub(super) fn between(&self, from: u64, to: u64) -> u64 {
        self.counts.range(from..to).map(|(_, count)| count).sum()
    }
}

/// Rounds down to three digits.
fn rounded(milliseconds: u64) -> u64 {
    let mut unit = 1;
    while milliseconds / unit >= 1_000 {
        unit *= 10;
    }
    milliseconds / unit * unit
}

#[cfg(test)]
mod tests {
    use super::{Durations, LatencySummary, rounded};

    #[test]
    fn percentiles_use_the_nearest_rank() {
        let mut durations = Durations::default();
        assert_eq!(durations.latency(), None);
        durations.add(7);
        let one = durations.latency().unwrap();
        assert_eq!((one.p50_ms, one.p99_ms, one.max_ms), (7, 7, 7));
        let mut durations = Durations::default();
        (1..=200).rev().for_each(|number| durations.add(number));
        assert_eq!(
            durations.latency(),
            Some(LatencySummary {
                rows: 200,
                p50_ms: 100,
                p90_ms: 180,
                p99_ms: 198,
                max_ms: 200
            })
        );
        assert_eq!(durations.range(), Some((1, 200)));
        assert_eq!(durations.between(10, 20), 10);
    }

    #[test]
    fn memory_stays_constant() {
        assert_eq!(
            [999, 1_000, 1_004, 123_456].map(rounded),
            [999, 1_000, 1_000, 123_000]
        );
        let mut durations = Durations::default();
        (0..1_000_000).for_each(|number| durations.add(number));
        assert!(
            durations.counts.len() <= 3_700,
            "{}",
            durations.counts.len()
        );
        assert_eq!(durations.between(0, u64::MAX), 1_000_000);
    }
}
