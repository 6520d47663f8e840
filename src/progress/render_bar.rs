//! What a bar looks like, for a terminal of any width. Pure.

use console::Style;

use super::estimate::View;
use super::format::{duration, how_many, percent};

/// The bar is as wide as this, in columns, or narrower where there is less room.
const BAR: usize = 24;

/// No narrower than this: it would show nothing.
const LEAST_BAR: usize = 6;

/// Lines are not wider than this: eyes have to find the next one, and a terminal that is made narrower has less to break.
const WIDEST: usize = 110;

/// Lines of words, at most: the rest is left out, so that what stands above stays in sight.
const LINES: usize = 6;

/// Whether there may be colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// There may.
    Some,
    /// There may not.
    None,
}

/// The lines, none of them wider than one column less than the terminal: in the last one some terminals begin a new line.
pub(super) fn render_bar(
    view: &View,
    counts: &[String],
    bottleneck: Option<&str>,
    width: usize,
    colour: Colour,
) -> Vec<String> {
    let room = width.saturating_sub(1).clamp(1, WIDEST);
    let mut parts = vec![how_many(view)];
    parts.push(format!(
        "{:.1}/s (limit {:.0}/s)",
        view.a_second, view.ceiling
    ));
    if let Some(left) = view.left {
        parts.push(format!("eta {}", duration(left)));
    }
    let mut lines = Vec::new();
    let mut painted = None;
    if let Some(share) = view.share {
        // A third of the line, that the words have the rest.
        let columns = (room / 3).clamp(LEAST_BAR, BAR);
        let bar = bar(share, columns);
        painted = Some((bar.clone(), paint(&bar, Style::new().green(), colour)));
        parts.insert(0, format!("{bar} {:>3}%", percent(share)));
    }
    lines.extend(filled(&parts, "  ", room));
    lines.extend(filled(counts, ", ", room));
    let plain = lines.len();
    if let Some(bottleneck) = bottleneck {
        let words: Vec<String> = bottleneck.split(' ').map(str::to_owned).collect();
        lines.extend(filled(&words, " ", room));
    }
    lines.truncate(LINES);
    for line in lines.iter_mut().skip(plain) {
        *line = paint(line, Style::new().yellow(), colour);
    }
    if let (Some((bar, painted)), Some(first)) = (painted, lines.first_mut()) {
        *first = first.replacen(&bar, &painted, 1);
    }
    lines
}

fn bar(share: f64, columns: usize) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a few columns"
    )]
    let full = ((share * columns as f64) as usize).min(columns);
    format!("{}{}", "█".repeat(full), "░".repeat(columns - full))
}

fn paint(text: &str, style: Style, colour: Colour) -> String {
    match colour {
        Colour::Some => style.force_styling(true).apply_to(text).to_string(),
        Colour::None => text.to_owned(),
    }
}

/// Puts parts into lines, as many as fit into each. A part that is wider than a line is cut off.
fn filled(parts: &[String], between: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let part: String = part.chars().take(room).collect();
        if let Some(line) = lines.last_mut()
            && columns(line) + columns(between) + columns(&part) <= room
        {
            line.push_str(between);
            line.push_str(&part);
        } else {
            lines.push(part);
        }
    }
    lines
}

/// Every character here is as wide as one column.
fn columns(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::{Colour, View, columns, render_bar};
    use std::time::Duration;

    const VIEW: View = View {
        rows: 3_800,
        of: Some(10_000),
        share: Some(0.38),
        a_second: 38.44,
        ceiling: 40.0,
        left: Some(Duration::from_secs(162)),
    };

    const SLOWED: &str = "sign-ups throttled by Cognito: 19.4/s (limit 40/s)";

    fn at(width: usize) -> Vec<String> {
        let counts = ["created 3700", "existed 90", "rejected 10"].map(str::to_owned);
        render_bar(&VIEW, &counts, Some(SLOWED), width, Colour::None)
    }

    #[test]
    fn on_a_wide_terminal_each_matter_has_a_line() {
        assert_eq!(
            at(100),
            [
                "█████████░░░░░░░░░░░░░░░  38%  3800 of 10000 rows  38.4/s (limit 40/s)  eta 2m 42s",
                "created 3700, existed 90, rejected 10",
                SLOWED,
            ]
        );
    }

    #[test]
    fn on_a_narrow_one_the_parts_go_onto_lines_of_their_own() {
        assert_eq!(
            at(40),
            [
                "████░░░░░░░░░  38%  3800 of 10000 rows",
                "38.4/s (limit 40/s)  eta 2m 42s",
                "created 3700, existed 90, rejected 10",
                "sign-ups throttled by Cognito: 19.4/s",
                "(limit 40/s)",
            ]
        );
    }

    #[test]
    fn no_line_reaches_the_last_column_however_narrow_it_is() {
        for width in 1..200 {
            let lines = at(width);
            let widest = lines.iter().map(|line| columns(line)).max();
            assert!(widest < Some(width.max(2)), "{width}: {lines:?}");
            assert!(lines.len() <= super::LINES, "{width}: {lines:?}");
        }
    }

    #[test]
    fn colours_are_there_only_where_they_may_be() {
        let painted = render_bar(&VIEW, &[], Some(SLOWED), 100, Colour::Some);
        assert!(painted[0].starts_with("\u{1b}[32m█"), "{painted:?}");
        assert!(painted[1].starts_with("\u{1b}[33msign-ups"), "{painted:?}");
        assert!(at(100).iter().all(|line| !line.contains('\u{1b}')));
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let view = View {
            of: None,
            share: None,
            left: None,
            ..VIEW
        };
        let lines = render_bar(&view, &[], None, 100, Colour::None);
        assert_eq!(lines, ["3800 rows  38.4/s (limit 40/s)"]);
    }
}
