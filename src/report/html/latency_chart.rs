//! The histogram of response times. The ranges grow with the times.

use super::format::{milliseconds, thousands};
use crate::report::durations::{Durations, LatencySummary};

const MAX_BARS: usize = 14;

/// The boundaries of ranges within a power of ten, from fine to coarse.
const EDGES: [&[u64]; 3] = [
    &[10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82],
    &[10, 15, 20, 30, 50, 70],
    &[10, 20, 50],
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LatencyBar {
    pub(super) range: String,
    pub(super) rows: String,
    /// The length relative to the longest bar.
    pub(super) width: String,
    /// The percentiles in this range, like `p50 p90`.
    pub(super) marks: String,
}

/// Returns the bars in order of time, or none if nothing was measured.
pub(super) fn bars(durations: &Durations) -> Vec<LatencyBar> {
    let (Some((min, max)), Some(latency)) = (durations.range(), durations.latency()) else {
        return Vec::new();
    };
    let edges = edges(min, max);
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

/// Returns the finest boundaries that include both times and fit into the maximum number of bars.
fn edges(min: u64, max: u64) -> Vec<u64> {
    let mut edges = Vec::new();
    for per_decade in EDGES {
        edges = around(&all_edges(per_decade, max), min, max);
        if edges.len() <= MAX_BARS + 1 {
            break;
        }
    }
    edges
}

fn all_edges(per_decade: &[u64], max: u64) -> Vec<u64> {
    let mut all = vec![0];
    let mut power = 1;
    while all.last().is_some_and(|last| *last <= max) {
        // Below 10 ms, the edges round to whole milliseconds.
        all.extend(per_decade.iter().map(|edge| edge * power / 10));
        power *= 10;
    }
    all.dedup();
    all
}

/// Returns the edges from the last one at or below `min` to the first one above `max`.
fn around(all: &[u64], min: u64, max: u64) -> Vec<u64> {
    let first = all.partition_point(|edge| *edge <= min).saturating_sub(1);
    let last = all.partition_point(|edge| *edge <= max);
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
    // Keeps a single row visible.
    let percent = rows as f64 / longest.max(1) as f64 * 100.0;
    format!("{:.2}%", percent.max(0.6))
}

fn marks(from: u64, to: u64, latency: &LatencySummary) -> String {
    let marks: Vec<&str> = [
        ("p50", latency.p50_ms),
        ("p90", latency.p90_ms),
        ("p99", latency.p99_ms),
    ]
    .into_iter()
    .filter(|(_, milliseconds)| (from..to).contains(milliseconds))
    .map(|(name, _)| name)
    .collect();
    marks.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{MAX_BARS, bars};
    use crate::report::durations::Durations;

    fn durations(times: impl IntoIterator<Item = u64>) -> Durations {
        let mut durations = Durations::default();
        times.into_iter().for_each(|time| durations.add(time));
        durations
    }

    #[test]
    fn bars_contain_every_row_and_mark_the_percentiles() {
        let bars = bars(&durations((20..40).chain([900])));
        let rows: u64 = bars
            .iter()
            .map(|bar| bar.rows.parse::<u64>().unwrap())
            .sum();
        assert_eq!(rows, 21);
        assert!(bars.len() <= MAX_BARS, "{bars:?}");
        let marks: Vec<&str> = bars
            .iter()
            .flat_map(|bar| bar.marks.split_whitespace())
            .collect();
        assert_eq!(marks, ["p50", "p90", "p99"]);
        assert_eq!(bars.last().map(|bar| bar.width.as_str()), Some("10.00%"));
    }

    #[test]
    fn ranges_cover_the_measured_times() {
        for (times, first, last) in [
            (vec![0], "0–1 ms", "0–1 ms"),
            (vec![3, 4], "3–4 ms", "4–5 ms"),
            (vec![30], "27–33 ms", "27–33 ms"),
            (vec![1, 60_000], "1–2 ms", "50 s–100 s"),
            (vec![999, 1_001], "820 ms–1 s", "1 s–1.2 s"),
        ] {
            let bars = bars(&durations(times.clone()));
            assert_eq!(bars.first().unwrap().range, first, "{times:?}");
            assert_eq!(bars.last().unwrap().range, last, "{times:?}");
            assert!(bars.len() <= MAX_BARS + 4, "{times:?}: {}", bars.len());
        }
        assert!(bars(&durations([])).is_empty());
    }
}
