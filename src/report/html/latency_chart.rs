//! How long answers took, as bars: each stands for a range of times, and the ranges grow with the times.

use super::format::{milliseconds, thousands};
use crate::report::durations::{Durations, LatencySummary};

/// Bars at most.
const MOST: usize = 14;

/// Where ranges meet within a power of ten, from fine to coarse.
const EDGES: [&[u64]; 3] = [
    &[10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82],
    &[10, 15, 20, 30, 50, 70],
    &[10, 20, 50],
];

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LatencyBar {
    pub(super) range: String,
    pub(super) rows: String,
    /// A share of the longest one's length.
    pub(super) width: String,
    /// `p50`, where half of the rows took no longer than this range; and so on.
    pub(super) marks: String,
}

/// The bars, the shortest times first; nothing where nothing was measured.
pub(super) fn bars(durations: &Durations) -> Vec<LatencyBar> {
    let (Some((least, most)), Some(latency)) = (durations.range(), durations.latency()) else {
        return Vec::new();
    };
    let edges = edges(least, most);
    let ranges = edges.iter().zip(edges.iter().skip(1));
    let counts: Vec<(u64, u64, u64)> = ranges
        .map(|(from, to)| (*from, *to, durations.between(*from, *to)))
        .collect();
    let longest = counts.iter().map(|(_, _, rows)| *rows).max().unwrap_or(0);
    counts
        .into_iter()
        .map(|(from, to, rows)| LatencyBar {
            range: range(from, to),
            rows: thousands(rows),
            width: width(rows, longest),
            marks: marks(from, to, &latency),
        })
        .collect()
}

/// From the last edge that is not above the least time to the first one above the longest, as fine as there is room for.
fn edges(least: u64, most: u64) -> Vec<u64> {
    let mut edges = Vec::new();
    for of_ten in EDGES {
        edges = between(&all_edges(of_ten, most), least, most);
        if edges.len() <= MOST + 1 {
            break;
        }
    }
    edges
}

fn all_edges(of_ten: &[u64], most: u64) -> Vec<u64> {
    let mut all = vec![0];
    let mut power = 1;
    while all.last().is_some_and(|last| *last <= most) {
        // Below 10 ms there is no more than the milliseconds themselves.
        all.extend(of_ten.iter().map(|edge| edge * power / 10));
        power *= 10;
    }
    all.dedup();
    all
}

fn between(all: &[u64], least: u64, most: u64) -> Vec<u64> {
    let first = all.partition_point(|edge| *edge <= least).saturating_sub(1);
    let last = all.partition_point(|edge| *edge <= most);
    all.get(first..=last).unwrap_or_default().to_vec()
}

fn range(from: u64, to: u64) -> String {
    if to < 1_000 {
        format!("{from}–{}", milliseconds(to))
    } else {
        format!("{}–{}", milliseconds(from), milliseconds(to))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn width(rows: u64, longest: u64) -> String {
    if rows == 0 {
        return "0%".to_owned();
    }
    // One row among a million is still seen.
    let part = rows as f64 / longest.max(1) as f64 * 100.0;
    format!("{:.2}%", part.max(0.6))
}

fn marks(from: u64, to: u64, latency: &LatencySummary) -> String {
    let within: Vec<&str> = [
        ("p50", latency.p50_ms),
        ("p90", latency.p90_ms),
        ("p99", latency.p99_ms),
    ]
    .into_iter()
    .filter(|(_, at)| (from..to).contains(at))
    .map(|(name, _)| name)
    .collect();
    within.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{MOST, bars};
    use crate::report::durations::Durations;

    fn of(times: impl IntoIterator<Item = u64>) -> Durations {
        let mut durations = Durations::default();
        times.into_iter().for_each(|time| durations.add(time));
        durations
    }

    #[test]
    fn bars_hold_every_row_and_name_the_percentiles() {
        let bars = bars(&of((20..40).chain([900])));
        let rows: u64 = bars
            .iter()
            .map(|bar| bar.rows.parse::<u64>().unwrap())
            .sum();
        assert_eq!(rows, 21);
        assert!(bars.len() <= MOST, "{bars:?}");
        let marks: Vec<&str> = bars
            .iter()
            .flat_map(|bar| bar.marks.split_whitespace())
            .collect();
        assert_eq!(marks, ["p50", "p90", "p99"]);
        assert_eq!(bars.last().map(|bar| bar.width.as_str()), Some("10.00%"));
    }

    #[test]
    fn ranges_follow_the_times() {
        for (times, first, last) in [
            (vec![0], "0–1 ms", "0–1 ms"),
            (vec![3, 4], "3–4 ms", "4–5 ms"),
            (vec![30], "27–33 ms", "27–33 ms"),
            (vec![1, 60_000], "1–2 ms", "50 s–100 s"),
            (vec![999, 1_001], "820 ms–1 s", "1 s–1.2 s"),
        ] {
            let bars = bars(&of(times.clone()));
            assert_eq!(bars.first().unwrap().range, first, "{times:?}");
            assert_eq!(bars.last().unwrap().range, last, "{times:?}");
            assert!(bars.len() <= MOST + 4, "{times:?}: {}", bars.len());
        }
        assert!(bars(&of([])).is_empty());
    }
}
