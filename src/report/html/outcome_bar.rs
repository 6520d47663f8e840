//! The bar of rows by outcome.

use super::format::{percent, thousands};
use crate::outcome::{Outcome, Summary};

/// The minimum width of a part with rows, in percent, so that it is visible.
const MIN_WIDTH: f64 = 0.8;

/// The minimum width of a part that fits its label, in percent.
const MIN_LABELED_WIDTH: f64 = 16.0;

/// A part of the bar, and its line in the table below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) rows: String,
    pub(super) share: String,
    pub(super) has_rows: bool,
    pub(super) x: String,
    pub(super) width: String,
    /// The center of the label; empty if it does not fit.
    pub(super) label_x: String,
}

/// Returns the parts of all outcomes, in the order of reports.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(super) fn parts(summary: &Summary) -> Vec<Segment> {
    let visible_width = |count: u64| {
        if count == 0 {
            0.0
        } else {
            (count as f64 / summary.rows.max(1) as f64 * 100.0).max(MIN_WIDTH)
        }
    };
    let total: f64 = Outcome::ALL
        .into_iter()
        .map(|outcome| visible_width(summary.count(outcome)))
        .sum();
    let mut x = 0.0;
    Outcome::ALL
        .into_iter()
        .map(|outcome| {
            let count = summary.count(outcome);
            // Scales all parts to 100%, because some were widened.
            let width = if total > 0.0 {
                visible_width(count) / total * 100.0
            } else {
                0.0
            };
            let part = Segment {
                name: outcome.name(),
                meaning: outcome.meaning(),
                rows: thousands(count),
                share: percent(count, summary.rows),
                has_rows: count > 0,
                x: format!("{x:.2}%"),
                width: format!("{width:.2}%"),
                label_x: if width >= MIN_LABELED_WIDTH {
                    format!("{:.2}%", x + width / 2.0)
                } else {
                    String::new()
                },
            };
            x += width;
            part
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parts;
    use crate::outcome::Outcome;
    use crate::report::html::samples::summary;

    #[test]
    fn parts_fill_the_bar_and_stay_visible() {
        let parts = parts(&summary(&[
            (Outcome::Created, 999_997),
            (Outcome::Rejected, 2),
            (Outcome::InDoubt, 1),
        ]));
        let width = |width: &str| width.trim_end_matches('%').parse::<f64>().unwrap();
        let total: f64 = parts.iter().map(|part| width(&part.width)).sum();
        assert!((total - 100.0).abs() < 0.05, "{total}");
        assert_eq!(parts.iter().filter(|part| part.has_rows).count(), 3);
        for part in parts.iter().filter(|part| part.has_rows) {
            assert!(width(&part.width) > 0.7, "{part:?}");
        }
        assert!(!parts[0].label_x.is_empty() && parts[5].label_x.is_empty());
    }

    #[test]
    fn a_list_without_rows_has_an_empty_bar() {
        assert!(
            parts(&summary(&[]))
                .iter()
                .all(|part| !part.has_rows && part.width == "0.00%")
        );
    }
}
