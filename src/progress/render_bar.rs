//! Renders the progress bar for any terminal width.

use console::Style;

use super::estimate::RunStatus;
use super::format::{duration, percent, rows_of_total};

/// The maximum width of the bar, in columns.
const MAX_BAR_WIDTH: usize = 24;

/// The minimum width of the bar: a narrower one would show nothing useful.
const MIN_BAR_WIDTH: usize = 6;

/// The maximum line width. Longer lines are hard to read, and wrap more when a terminal is resized.
const MAX_LINE_WIDTH: usize = 110;

/// The maximum number of lines, so that earlier output stays visible.
const MAX_LINES: usize = 6;

/// Whether output may be colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Use ANSI colors.
    On,
    /// Plain text.
    Off,
}

/// Renders the lines of the bar.
///
/// Lines end one column before the edge, because some terminals wrap when the last column is
/// written.
pub(super) fn render_bar(
    status: &RunStatus,
    counts: &[String],
    bottleneck: Option<&str>,
    width: usize,
    color: Color,
) -> Vec<String> {
    let line_width = width.saturating_sub(1).clamp(1, MAX_LINE_WIDTH);
    let mut parts = vec![rows_of_total(status)];
    parts.push(format!(
        "{:.1}/s (limit {:.0}/s)",
        status.rate, status.ceiling
    ));
    if let Some(remaining) = status.remaining {
        parts.push(format!("eta {}", duration(remaining)));
    }
    let mut lines = Vec::new();
    let mut colored_bar = None;
    if let Some(fraction) = status.fraction {
        let columns = (line_width / 3).clamp(MIN_BAR_WIDTH, MAX_BAR_WIDTH);
        let bar = bar(fraction, columns);
        colored_bar = Some((bar.clone(), colorize(&bar, Style::new().green(), color)));
        parts.insert(0, format!("{bar} {:>3}%", percent(fraction)));
    }
    lines.extend(fill_lines(&parts, "  ", line_width));
    lines.extend(fill_lines(counts, ", ", line_width));
    let uncolored = lines.len();
    if let Some(bottleneck) = bottleneck {
        let words: Vec<String> = bottleneck.split(' ').map(str::to_owned).collect();
        lines.extend(fill_lines(&words, " ", line_width));
    }
    lines.truncate(MAX_LINES);
    for line in lines.iter_mut().skip(uncolored) {
        *line = colorize(line, Style::new().yellow(), color);
    }
    if let (Some((bar, colored)), Some(first)) = (colored_bar, lines.first_mut()) {
        *first = first.replacen(&bar, &colored, 1);
    }
    lines
}

fn bar(fraction: f64, columns: usize) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a few columns"
    )]
    let filled = ((fraction * columns as f64) as usize).min(columns);
    format!("{}{}", "█".repeat(filled), "░".repeat(columns - filled))
}

fn colorize(text: &str, style: Style, color: Color) -> String {
    match color {
        Color::On => style.force_styling(true).apply_to(text).to_string(),
        Color::Off => text.to_owned(),
    }
}

/// Fills lines with as many parts as fit. A part that is wider than a line is truncated.
fn fill_lines(parts: &[String], separator: &str, line_width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let part: String = part.chars().take(line_width).collect();
        if let Some(line) = lines.last_mut()
            && columns(line) + columns(separator) + columns(&part) <= line_width
        {
            line.push_str(separator);
            line.push_str(&part);
        } else {
            lines.push(part);
        }
    }
    lines
}

/// Returns the width of a text in which every character is one column wide.
fn columns(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::{Color, RunStatus, columns, render_bar};
    use std::time::Duration;

    const STATUS: RunStatus = RunStatus {
        rows: 3_800,
        total: Some(10_000),
        fraction: Some(0.38),
        rate: 38.44,
        ceiling: 40.0,
        remaining: Some(Duration::from_secs(162)),
    };

    const THROTTLED: &str = "sign-ups slowed to 19.4/s by throttling (limit 40/s)";

    fn render(width: usize) -> Vec<String> {
        let counts = ["created 3700", "existed 90", "rejected 10"].map(str::to_owned);
        render_bar(&STATUS, &counts, Some(THROTTLED), width, Color::Off)
    }

    #[test]
    fn wide_terminal_shows_one_line_per_topic() {
        assert_eq!(
            render(100),
            [
                "█████████░░░░░░░░░░░░░░░  38%  3800 of 10000 rows  38.4/s (limit 40/s)  eta 2m 42s",
                "created 3700, existed 90, rejected 10",
                THROTTLED,
            ]
        );
    }

    #[test]
    fn narrow_terminal_wraps_between_parts() {
        assert_eq!(
            render(40),
            [
                "████░░░░░░░░░  38%  3800 of 10000 rows",
                "38.4/s (limit 40/s)  eta 2m 42s",
                "created 3700, existed 90, rejected 10",
                "sign-ups slowed to 19.4/s by throttling",
                "(limit 40/s)",
            ]
        );
    }

    #[test]
    fn lines_never_reach_the_last_column() {
        for width in 1..200 {
            let lines = render(width);
            let widest = lines.iter().map(|line| columns(line)).max();
            assert!(widest < Some(width.max(2)), "{width}: {lines:?}");
            assert!(lines.len() <= super::MAX_LINES, "{width}: {lines:?}");
        }
    }

    #[test]
    fn colors_output_only_if_enabled() {
        let colored = render_bar(&STATUS, &[], Some(THROTTLED), 100, Color::On);
        assert!(colored[0].starts_with("\u{1b}[32m█"), "{colored:?}");
        assert!(colored[1].starts_with("\u{1b}[33msign-ups"), "{colored:?}");
        assert!(render(100).iter().all(|line| !line.contains('\u{1b}')));
    }

    #[test]
    fn omits_unknown_values() {
        let status = RunStatus {
            total: None,
            fraction: None,
            remaining: None,
            ..STATUS
        };
        let lines = render_bar(&status, &[], None, 100, Color::Off);
        assert_eq!(lines, ["3800 rows  38.4/s (limit 40/s)"]);
    }
}
