//! The summary of a run on a terminal.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table};

use crate::outcome::{Delivery, Outcome, StepCounts, Summary};
use crate::plural::counted;

/// The maximum number of groups with separate lines.
const MAX_GROUPS: usize = 10;

/// The maximum number of error codes with separate lines.
const MAX_CODES: usize = 10;

/// The average rate over the active time is shown only if it is at least this fraction of the rate
/// while the category was in use. Otherwise it would be misleading.
const USED_THROUGHOUT: f64 = 0.8;

/// The indentation of continuation lines.
const INDENT: &str = "      ";

/// Formats the outcomes, errors, rates and duration of a run. `width` is that of the terminal.
#[must_use]
pub fn summary_table(summary: &Summary, width: Option<u16>) -> String {
    let mut text = outcome_table(summary, width).to_string();
    let width = width.map_or(usize::MAX, usize::from);
    for line in detail_lines(summary) {
        text.push('\n');
        text.push_str(&wrapped(&line, width));
    }
    text
}

fn outcome_table(summary: &Summary, width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    table.set_header(["outcome", "rows", ""]);
    for outcome in Outcome::ALL {
        let count = summary.count(outcome);
        // These two are always shown, other outcomes only if there are any.
        if count > 0 || matches!(outcome, Outcome::Created | Outcome::Existed) {
            table.add_row([outcome.name(), &count.to_string(), outcome.meaning()]);
        }
    }
    table.add_row(["", "", ""]);
    table.add_row(["all", &summary.rows.to_string(), rows_read(summary)]);
    // Only the descriptions may wrap.
    for column in 0..2 {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn detail_lines(summary: &Summary) -> Vec<String> {
    let mut lines = code_lines(&summary.errors, "", "error_code in results.csv");
    add_step_lines(summary, &mut lines);
    for (category, requests) in &summary.requests {
        if requests.sent == 0 {
            continue;
        }
        let mut line = match requests.sent {
            1 => format!("{category}: 1 request"),
            sent => format!(
                "{category}: {sent} requests{}",
                rate_text(summary, category)
            ),
        };
        line.push_str(&format!(", {} throttled", requests.throttled));
        let slowed = slowed_seconds(summary, category);
        if slowed > 0 {
            line.push_str(&format!(
                "; slowed down for {} by throttling",
                humantime::format_duration(Duration::from_secs(slowed))
            ));
        }
        lines.push(line);
    }
    let messages: Vec<String> = [Delivery::Sent, Delivery::Refused]
        .into_iter()
        .filter_map(|delivery| Some((summary.deliveries.get(delivery.name())?, delivery.name())))
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if !messages.is_empty() {
        lines.push(format!("messages: {}", messages.join(", ")));
    }
    lines.push(duration_line(summary));
    lines
}

fn duration_line(summary: &Summary) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds of a run, never below 0"
    )]
    let tenths = (summary.active_seconds * 10.0).round() as u64;
    let tenths = if tenths < 100 {
        tenths
    } else {
        tenths / 10 * 10
    };
    let time = humantime::format_duration(Duration::from_millis(tenths * 100));
    let sessions = match summary.sessions {
        1 => String::new(),
        sessions => format!(" in {sessions} sessions"),
    };
    let run = summary
        .run_id
        .as_ref()
        .map_or_else(String::new, |id| format!(", run {id}"));
    format!("active for {time}{sessions}{run}")
}

/// Indents the text by two columns and wraps it.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::from("  ");
    let mut columns = 2;
    for (index, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if index > 0 && columns + 1 + length > width {
            lines.push('\n');
            lines.push_str(INDENT);
            columns = INDENT.len();
        } else if index > 0 {
            lines.push(' ');
            columns += 1;
        }
        lines.push_str(word);
        columns += length;
    }
    lines
}

/// Adds lines for the follow-up steps, the first groups and the error codes.
fn add_step_lines(summary: &Summary, lines: &mut Vec<String>) {
    let mut groups = 0;
    let mut others = StepCounts::default();
    for (step, counts) in &summary.follow_up {
        let is_group = step.starts_with("group ");
        groups += usize::from(is_group);
        if is_group && groups > MAX_GROUPS {
            others.done += counts.done;
            others.failed += counts.failed;
            others.pending += counts.pending;
        } else {
            lines.push(format!("{step}: {}", nonzero_counts(counts)));
        }
    }
    if groups > MAX_GROUPS {
        let more = counted((groups - MAX_GROUPS) as u64, "more group", "more groups");
        lines.push(format!("{more}: {}", nonzero_counts(&others)));
    }
    lines.extend(code_lines(
        &summary.follow_up_errors,
        " after the sign-up",
        "follow_up_errors in summary.json",
    ));
}

/// Returns a line for each of the most frequent codes. If there are more, the last line counts them
/// and says where they are listed.
fn code_lines(errors: &BTreeMap<String, u64>, when: &str, listed_in: &str) -> Vec<String> {
    let mut sorted: Vec<(&String, u64)> =
        errors.iter().map(|(code, count)| (code, *count)).collect();
    // A stable sort keeps codes of the same frequency in alphabetical order.
    sorted.sort_by_key(|(_, count)| Reverse(*count));
    let (shown, more) = sorted.split_at(sorted.len().min(MAX_CODES));
    let mut lines: Vec<String> = shown
        .iter()
        .map(|(code, count)| format!("{count} x {code}{when}"))
        .collect();
    if !more.is_empty() {
        let count: u64 = more.iter().map(|(_, count)| count).sum();
        lines.push(format!(
            "{}{when}: {count} in total, see {listed_in}",
            counted(more.len() as u64, "other code", "other codes")
        ));
    }
    lines
}

/// Formats counts like `12 done, 1 failed, 3 pending`, without zeros.
fn nonzero_counts(counts: &StepCounts) -> String {
    let parts: Vec<String> = [
        (counts.done, "done"),
        (counts.failed, "failed"),
        (counts.pending, "pending"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, state)| format!("{count} {state}"))
    .collect();
    parts.join(", ")
}

/// Formats the rate and how much of its limit was used, if that was recorded.
fn rate_text(summary: &Summary, category: &str) -> String {
    let rate = summary.rates.get(category).copied().unwrap_or_default();
    let Some(pace) = summary.pace.get(category) else {
        return format!(", {rate}/s");
    };
    let (ceiling, used) = (pace.ceiling, pace.used_of_ceiling * 100.0);
    if rate < ceiling * pace.used_of_ceiling * USED_THROUGHOUT {
        return format!(", {used:.0}% of the {ceiling}/s limit while active");
    }
    format!(", {rate}/s (limit {ceiling}/s, {used:.0}% used)")
}

/// Returns the seconds in which the rate was reduced, rounded up.
fn slowed_seconds(summary: &Summary, category: &str) -> u64 {
    let seconds = summary
        .pace
        .get(category)
        .map_or(0.0, |pace| pace.slowed_seconds);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds of a run, never below 0"
    )]
    let whole = seconds.ceil() as u64;
    whole
}

fn rows_read(summary: &Summary) -> &'static str {
    if summary.read_to_end {
        "rows in the list"
    } else {
        "rows read so far"
    }
}

#[cfg(test)]
mod tests {
    use super::{code_lines, detail_lines, summary_table, wrapped};
    use crate::outcome::{CategoryRequests, Outcome, Pace, StepCounts, Summary};
    use crate::report::html::samples::summary;

    /// Returns a summary with every outcome and every kind of line.
    fn full_summary() -> Summary {
        let mut summary = summary(&Outcome::ALL.map(|outcome| (outcome, 1_234)));
        summary.errors = (1..=11).map(|n| (format!("code.{n:02}"), n)).collect();
        for group in (1..=12).map(|number| format!("group g{number:02}")) {
            let counts = StepCounts {
                done: 3,
                failed: 2,
                pending: 1,
            };
            summary.follow_up.insert(group, counts);
        }
        summary.follow_up_errors = [("ResourceNotFoundException".to_owned(), 2)].into();
        for (category, sent, throttled, slowed_seconds) in [
            ("UserCreation", 1_234, 5, 61.5),
            ("UserRead", 1, 0, 0.0),
            ("UserList", 9, 0, 0.0),
        ] {
            let requests = CategoryRequests { sent, throttled };
            summary.requests.insert(category.to_owned(), requests);
            summary.rates.insert(category.to_owned(), 30.5);
            let pace = Pace {
                ceiling: 40.0,
                allowed: 39.0,
                used_of_ceiling: 0.77,
                used_of_allowed: 0.79,
                slowed_seconds,
            };
            if category != "UserList" {
                summary.pace.insert(category.to_owned(), pace);
            }
        }
        summary.deliveries = [("sent", 1_000), ("refused", 2), ("none", 5)].into();
        summary.sessions = 2;
        summary.read_to_end = false;
        summary
    }

    #[test]
    fn messages() {
        let small = summary(&[(Outcome::Created, 1)]);
        let mut text = format!("one row:\n{}\n\n", summary_table(&small, None));
        for width in [80, 110] {
            let table = summary_table(&full_summary(), Some(width));
            text += &format!("{width} columns:\n{table}\n\n");
        }
        assert_messages!("summary_table", text.trim_end());
    }

    #[test]
    fn shows_the_rate_while_the_category_was_in_use() {
        let first_line = |sent, rate| {
            let mut summary = summary(&[(Outcome::Created, 8)]);
            let requests = CategoryRequests { sent, throttled: 0 };
            summary.requests.insert("UserList".to_owned(), requests);
            summary.rates.insert("UserList".to_owned(), rate);
            let pace = Pace {
                ceiling: 24.0,
                allowed: 24.0,
                used_of_ceiling: 0.92,
                used_of_allowed: 0.92,
                slowed_seconds: 0.0,
            };
            summary.pace.insert("UserList".to_owned(), pace);
            detail_lines(&summary).remove(0)
        };
        assert_eq!(first_line(1, 0.0), "UserList: 1 request, 0 throttled");
        assert_eq!(
            first_line(2, 0.14),
            "UserList: 2 requests, 92% of the 24/s limit while active, 0 throttled"
        );
        assert_eq!(
            first_line(220, 22.1),
            "UserList: 220 requests, 22.1/s (limit 24/s, 92% used), 0 throttled"
        );
    }

    #[test]
    fn the_ten_most_frequent_codes_have_lines_and_the_rest_are_counted() {
        let errors = |codes: u64| (1..=codes).map(|n| (format!("code.{n:02}"), n)).collect();
        let lines = code_lines(&errors(12), "", "error_code in results.csv");
        assert_eq!(lines.len(), 11, "{lines:?}");
        assert_eq!(lines[0], "12 x code.12");
        assert_eq!(lines[9], "3 x code.03");
        assert_eq!(
            lines[10],
            "2 other codes: 3 in total, see error_code in results.csv"
        );
        assert_eq!(code_lines(&errors(10), "", "").len(), 10);
        let mut summary = summary(&[(Outcome::Rejected, 300)]);
        summary.errors = errors(40);
        summary.follow_up_errors = errors(11);
        let lines = detail_lines(&summary);
        let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
        assert_eq!((count(" x code."), count("after the sign-up")), (20, 11));
        assert!(
            lines.contains(
                &"1 other code after the sign-up: 1 in total, see follow_up_errors in summary.json"
                    .to_owned()
            )
        );
    }

    #[test]
    fn wraps_long_lines_with_indentation() {
        let text = "UserCreation: 40 requests, 38.31 a second";
        assert_eq!(wrapped(text, usize::MAX), format!("  {text}"));
        assert_eq!(
            wrapped(text, 30),
            "  UserCreation: 40 requests,\n      38.31 a second"
        );
        assert_eq!(
            wrapped("a path/that/is/longer", 10),
            "  a\n      path/that/is/longer"
        );
    }
}
