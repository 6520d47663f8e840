//! Adds the rates of parts that ran at the same time, second by second.

use std::collections::BTreeMap;

use crate::ledger::rates::{MAX_MERGED, SECOND, add};
use crate::outcome::RateSample;

/// Returns samples of equal length. `parts` are the samples of each part.
pub(super) fn merged_rates(parts: &[Vec<RateSample>]) -> Vec<RateSample> {
    let all = || parts.iter().flatten();
    let from = all().map(|sample| sample.at_ms).min().unwrap_or(0);
    let until = all().map(end_of).max().unwrap_or(0);
    let length = sample_length(until.saturating_sub(from));
    let mut merged: BTreeMap<(&str, i64), RateSample> = BTreeMap::new();
    for part in parts {
        let mut of_part: BTreeMap<(&str, i64), RateSample> = BTreeMap::new();
        for sample in part {
            for slice in sliced(sample, length) {
                let cell = (sample.category.as_str(), slice.at_ms.div_euclid(length));
                of_part
                    .entry(cell)
                    .and_modify(|sum| add(sum, &slice))
                    .or_insert(slice);
            }
        }
        for (cell, sample) in of_part {
            merged
                .entry(cell)
                .and_modify(|sum| add_simultaneous(sum, &sample))
                .or_insert(sample);
        }
    }
    merged.into_values().collect()
}

/// Returns a number of whole seconds, in milliseconds. Samples of longer runs are longer.
fn sample_length(run_ms: i64) -> i64 {
    let max = i64::try_from(MAX_MERGED).unwrap_or(i64::MAX);
    (run_ms.div_euclid(SECOND * max) + 1) * SECOND
}

fn end_of(sample: &RateSample) -> i64 {
    sample.at_ms.saturating_add(sample.span_ms.max(0))
}

/// Adds the sample of another part. Both parts were active in the same time.
fn add_simultaneous(sum: &mut RateSample, other: &RateSample) {
    let at_ms = sum.at_ms.min(other.at_ms);
    let span_ms = sum.span_ms.max(other.span_ms);
    let slowed_ms = sum.slowed_ms.max(other.slowed_ms);
    add(sum, other);
    (sum.at_ms, sum.span_ms, sum.slowed_ms) = (at_ms, span_ms, slowed_ms);
}

/// Divides a sample at the multiples of `length`, in proportion to the time. The slices add up to
/// the sample.
fn sliced(sample: &RateSample, length: i64) -> Vec<RateSample> {
    let end = end_of(sample);
    let mut slices = Vec::new();
    let mut from = sample.at_ms;
    loop {
        let next = (from.div_euclid(length) + 1) * length;
        let until = next.min(end);
        let (before, after) = (from - sample.at_ms, until - sample.at_ms);
        let share = |total: u64| {
            portion(total, after, sample.span_ms) - portion(total, before, sample.span_ms)
        };
        slices.push(RateSample {
            category: sample.category.clone(),
            at_ms: from,
            span_ms: until - from,
            sent: share(sample.sent),
            accepted: share(sample.accepted),
            throttled: share(sample.throttled),
            room_milli: share(sample.room_milli),
            allowed_milli: share(sample.allowed_milli),
            slowed_ms: i64::try_from(share(sample.slowed_ms.unsigned_abs())).unwrap_or(i64::MAX),
        });
        if until >= end {
            return slices;
        }
        from = until;
    }
}

/// Returns how much of a total belongs to the first `passed` of `span` milliseconds.
fn portion(total: u64, passed: i64, span: i64) -> u64 {
    if passed >= span {
        return total;
    }
    let part =
        u128::from(total) * u128::from(passed.unsigned_abs()) / u128::from(span.unsigned_abs());
    u64::try_from(part).unwrap_or(total)
}

#[cfg(test)]
mod tests {
    use super::{MAX_MERGED, merged_rates};
    use crate::outcome::RateSample;

    fn sample(at_ms: i64, span_ms: i64, sent: u64) -> RateSample {
        RateSample {
            category: "UserCreation".to_owned(),
            at_ms,
            span_ms,
            sent,
            accepted: sent,
            throttled: 1,
            room_milli: sent * 2_000,
            allowed_milli: sent * 1_000,
            slowed_ms: span_ms,
        }
    }

    fn sent(samples: &[RateSample]) -> Vec<(i64, i64, u64)> {
        let seen = samples.iter();
        seen.map(|sample| (sample.at_ms, sample.span_ms, sample.sent))
            .collect()
    }

    #[test]
    fn requests_in_the_same_second_are_added() {
        let parts = [
            vec![sample(10_000, 1_000, 10), sample(11_000, 1_000, 20)],
            vec![sample(10_500, 1_000, 40)],
        ];
        let merged = merged_rates(&parts);
        assert_eq!(sent(&merged), [(10_000, 1_000, 30), (11_000, 1_000, 40)]);
        assert_eq!(merged[0].slowed_ms, 1_000);
        assert_eq!(merged[0].ceiling_per_second(), 60.0);
    }

    #[test]
    fn nothing_is_lost_in_long_runs() {
        let week: Vec<RateSample> = (0..2_000)
            .map(|index| sample(index * 300_007, 300_007, 7))
            .collect();
        let merged = merged_rates(&[week.clone(), week]);
        assert!(merged.len() <= MAX_MERGED + 1);
        let total: u64 = merged.iter().map(|sample| sample.sent).sum();
        assert_eq!(total, 2 * 2_000 * 7);
        assert_eq!(merged_rates(&[Vec::new()]), []);
    }
}
