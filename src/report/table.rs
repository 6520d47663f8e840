//! The summary of a run on a terminal.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table};

use crate::outcome::{Delivery, Outcome, RunState, StepCounts, Summary};
use crate::plural::counted;
use crate::sanitize::one_line;
use crate::user::finding::Rule;

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
    let mut lines = error_lines(&summary.errors);
    lines.extend(previous_line(summary));
    add_difference_lines(summary, &mut lines);
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

/// Formats how the run differs from its previous run.
fn previous_line(summary: &Summary) -> Option<String> {
    let previous = summary.previous.as_ref()?;
    let run = one_line(&previous.run_directory);
    let rows = counted(previous.rows, "row", "rows");
    Some(match previous.differences {
        None if summary.state == RunState::Finished => {
            format!("since {run} ({rows}): not compared, because it could not be read")
        }
        None => format!("since {run} ({rows}): compared when the run is finished"),
        Some(differences) => format!(
            "since {run} ({rows}): {} new, {} vanished, {} differing, {}, {} newly broken",
            differences.new,
            differences.vanished,
            differences.differing,
            counted(differences.known, "known problem", "known problems"),
            differences.newly_broken
        ),
    })
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
    let time = if tenths < 100 {
        format!("{}.{}s", tenths / 10, tenths % 10).replace(".0s", "s")
    } else {
        humantime::format_duration(Duration::from_millis(tenths * 100)).to_string()
    };
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

/// Adds lines for users that existed with other attributes, and for those that were not compared.
fn add_difference_lines(summary: &Summary, lines: &mut Vec<String>) {
    let users = summary.existing_users;
    if users.different > 0 {
        let users = counted(
            users.different,
            "existing user differed",
            "existing users differed",
        );
        let mut attributes: Vec<(&String, &u64)> = summary.differs.iter().collect();
        attributes.sort_by_key(|(_, count)| Reverse(**count));
        let attributes = attributes
            .iter()
            .map(|(name, count)| format!("{count} x {name}"));
        let attributes: Vec<String> = attributes.collect();
        lines.push(format!("{users} from the list: {}", attributes.join(", ")));
    }
    if users.newer > 0 {
        lines.push(format!(
            "{} left alone by --not-newer-than: modified later than the row, or the row has no date",
            counted(users.newer, "of them was", "of them were")
        ));
    }
    if users.unknown > 0 {
        lines.push(format!(
            "{} not compared with the list",
            counted(users.unknown, "existing user was", "existing users were")
        ));
    }
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

/// Returns the counts of rows by broken rule and by error code, each below a heading.
fn error_lines(errors: &BTreeMap<String, u64>) -> Vec<String> {
    let (broken, others): (BTreeMap<_, _>, BTreeMap<_, _>) = errors
        .iter()
        .map(|(code, count)| (code.clone(), *count))
        .partition(|(code, _)| Rule::from_code(code).is_some());
    let mut lines = Vec::new();
    for (heading, codes) in [
        // A row can break several rules, all of which the plan counts.
        ("rows by first broken rule:", broken),
        ("rows by error code:", others),
    ] {
        if !codes.is_empty() {
            lines.push(heading.to_owned());
            let codes = code_lines(&codes, "", "error_code in results.csv");
            lines.extend(codes.iter().map(|line| format!("  {line}")));
        }
    }
    lines
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
    let shown_rate = to_tenths(rate);
    let Some(pace) = summary.pace.get(category) else {
        return format!(", {shown_rate}/s");
    };
    let used = pace.used_of_ceiling * 100.0;
    let ceiling = to_tenths(pace.ceiling);
    // Limits are whole numbers, so a fraction means that sessions had different limits.
    let limit = if pace.ceiling.fract() == 0.0 {
        "limit"
    } else {
        "average limit"
    };
    if rate < pace.ceiling * pace.used_of_ceiling * USED_THROUGHOUT {
        return format!(", {used:.0}% of the {limit} of {ceiling}/s while active");
    }
    format!(", {shown_rate}/s ({limit} {ceiling}/s, {used:.0}% used)")
}

/// Rounds to tenths. Smaller rates keep their hundredths, so that they are not shown as 0.
fn to_tenths(rate: f64) -> f64 {
    let unit = if rate < 1.0 { 100.0 } else { 10.0 };
    (rate * unit).round() / unit
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
        "rows of this run"
    } else {
        "rows read so far"
    }
}

#[cfg(test)]
mod tests;
