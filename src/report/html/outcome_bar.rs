//! Rows by outcome as one bar, in shares of its width.

use super::format::{percent, thousands};
use crate::outcome::{Outcome, Summary};

/// What is there is seen: so much of the width at least, in percent.
const LEAST: f64 = 0.8;

/// From this share on a part has room for its name.
const NAMED: f64 = 16.0;

/// One part of the bar, and its line in the table below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) word: &'static str,
    pub(super) meaning: &'static str,
    pub(super) rows: String,
    pub(super) share: String,
    /// Whether there are rows of it.
    pub(super) there: bool,
    pub(super) x: String,
    pub(super) width: String,
    /// Where its name stands; empty where it has no room.
    pub(super) middle: String,
}

/// All outcomes, in the order of reports.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(super) fn parts(summary: &Summary) -> Vec<Part> {
    let wide = |count: u64| {
        if count == 0 {
            0.0
        } else {
            (count as f64 / summary.rows.max(1) as f64 * 100.0).max(LEAST)
        }
    };
    let all: f64 = Outcome::ALL
        .into_iter()
        .map(|outcome| wide(summary.count(outcome)))
        .sum();
    let mut x = 0.0;
    Outcome::ALL
        .into_iter()
        .map(|outcome| {
            let count = summary.count(outcome);
            // Parts that were made wider take it from all.
            let width = if all > 0.0 {
                wide(count) / all * 100.0
            } else {
                0.0
            };
            let part = Part {
                word: outcome.name(),
                meaning: outcome.meaning(),
                rows: thousands(count),
                share: percent(count, summary.rows),
                there: count > 0,
                x: format!("{x:.2}%"),
                width: format!("{width:.2}%"),
                middle: if width >= NAMED {
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
    fn the_parts_fill_the_bar_and_the_least_of_them_is_seen() {
        let parts = parts(&summary(&[
            (Outcome::Created, 999_997),
            (Outcome::Rejected, 2),
            (Outcome::InDoubt, 1),
        ]));
        let width = |width: &str| width.trim_end_matches('%').parse::<f64>().unwrap();
        let all: f64 = parts.iter().map(|part| width(&part.width)).sum();
        assert!((all - 100.0).abs() < 0.05, "{all}");
        assert_eq!(parts.iter().filter(|part| part.there).count(), 3);
        for part in parts.iter().filter(|part| part.there) {
            assert!(width(&part.width) > 0.7, "{part:?}");
        }
        assert!(!parts[0].middle.is_empty() && parts[5].middle.is_empty());
    }

    #[test]
    fn a_list_without_rows_has_an_empty_bar() {
        assert!(
            parts(&summary(&[]))
                .iter()
                .all(|part| !part.there && part.width == "0.00%")
        );
    }
}
