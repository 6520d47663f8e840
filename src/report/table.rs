//! The closing summary, for people at a terminal.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table};

use crate::outcome::{Delivery, Outcome, RunState, StepCounts, Summary};

/// Groups that have a line of their own.
const GROUPS_TOLD: usize = 10;

/// Error codes that have a line of their own: the most frequent ones.
const CODES_SHOWN: usize = 10;

/// Where a rate over the whole time at work is less than this part of the rate while there were requests, it tells nothing.
const USED_THROUGHOUT: f64 = 0.8;

/// Lines go on so far to the right of where they began.
const INDENT: &str = "      ";

/// Rows by outcome and by error, how fast it went, and how long it took. `width` is the terminal's, in columns, where there is one.
#[must_use]
pub fn summary_table(summary: &Summary, width: Option<u16>) -> String {
    let mut text = outcomes(summary, width).to_string();
    let room = width.map_or(usize::MAX, usize::from);
    for fact in facts(summary) {
        text.push('\n');
        text.push_str(&wrapped(&fact, room));
    }
    text
}

fn outcomes(summary: &Summary, width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    table.set_header(["outcome", "rows", ""]);
    for outcome in Outcome::ALL {
        let count = summary.count(outcome);
        // What every run has is always shown; the rest where there is some.
        if count > 0 || matches!(outcome, Outcome::Created | Outcome::Existed) {
            table.add_row([outcome.name(), &count.to_string(), outcome.meaning()]);
        }
    }
    table.add_row(["", "", ""]);
    table.add_row(["all", &summary.rows.to_string(), rows_read(summary)]);
    // The words make room, not what they are about.
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

/// A line each.
fn facts(summary: &Summary) -> Vec<String> {
    let mut facts = codes(&summary.errors, "", "error_code in results.csv");
    steps(summary, &mut facts);
    for (category, requests) in &summary.requests {
        if requests.sent == 0 {
            continue;
        }
        let mut fact = match requests.sent {
            1 => format!("{category}: 1 request"),
            sent => format!("{category}: {sent} requests{}", how_fast(summary, category)),
        };
        fact.push_str(&format!(", {} throttled", requests.throttled));
        let slowed = slowed_seconds(summary, category);
        if slowed > 0 {
            fact.push_str(&format!(
                "; slowed down for {} by throttling",
                humantime::format_duration(Duration::from_secs(slowed))
            ));
        }
        facts.push(fact);
    }
    let messages: Vec<String> = [Delivery::Sent, Delivery::Refused]
        .into_iter()
        .filter_map(|delivery| Some((summary.deliveries.get(delivery.name())?, delivery.name())))
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if !messages.is_empty() {
        facts.push(format!("messages: {}", messages.join(", ")));
    }
    facts.push(how_long(summary));
    facts
}

fn how_long(summary: &Summary) -> String {
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

/// A line that begins two columns in, and goes on further in where it is too long for the terminal.
fn wrapped(text: &str, room: usize) -> String {
    let mut lines = String::from("  ");
    let mut columns = 2;
    let mut begun = false;
    for word in text.split(' ') {
        let long = word.chars().count();
        if begun && columns + 1 + long > room {
            lines.push('\n');
            lines.push_str(INDENT);
            columns = INDENT.len();
        } else if begun {
            lines.push(' ');
            columns += 1;
        }
        lines.push_str(word);
        columns += long;
        begun = true;
    }
    lines
}

/// What followed the sign-ups: by step, the first groups of many, and by code.
fn steps(summary: &Summary, facts: &mut Vec<String>) {
    let mut groups = 0;
    let mut others = StepCounts::default();
    for (step, counts) in &summary.follow_up {
        let is_group = step.starts_with("group ");
        groups += usize::from(is_group);
        if is_group && groups > GROUPS_TOLD {
            others.done += counts.done;
            others.failed += counts.failed;
            others.pending += counts.pending;
        } else {
            facts.push(format!("{step}: {}", told(counts)));
        }
    }
    if groups > GROUPS_TOLD {
        let more = groups - GROUPS_TOLD;
        facts.push(format!("{more} more groups: {}", told(&others)));
    }
    facts.extend(codes(
        &summary.follow_up_errors,
        " after the sign-up",
        "follow_up_errors in summary.json",
    ));
}

/// The most frequent codes, a line each. If there are more, a last line counts them and says where they are listed.
fn codes(errors: &BTreeMap<String, u64>, when: &str, listed_in: &str) -> Vec<String> {
    let mut sorted: Vec<(&String, u64)> =
        errors.iter().map(|(code, count)| (code, *count)).collect();
    // Stable: codes of the same frequency stay in the order of their names.
    sorted.sort_by_key(|(_, count)| Reverse(*count));
    let (shown, more) = sorted.split_at(sorted.len().min(CODES_SHOWN));
    let mut lines: Vec<String> = shown
        .iter()
        .map(|(code, count)| format!("{count} x {code}{when}"))
        .collect();
    if !more.is_empty() {
        let count: u64 = more.iter().map(|(_, count)| count).sum();
        let plural = if more.len() == 1 { "" } else { "s" };
        lines.push(format!(
            "{} other code{plural}{when}: {count} in total, see {listed_in}",
            more.len()
        ));
    }
    lines
}

/// `12 done, 1 failed, 3 pending`, without what there is none of.
fn told(counts: &StepCounts) -> String {
    let parts: Vec<String> = [
        (counts.done, "done"),
        (counts.failed, "failed"),
        (counts.pending, "pending"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    parts.join(", ")
}

/// What it could have been; nothing where the run left no record of it.
fn how_fast(summary: &Summary, category: &str) -> String {
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

/// Whole seconds in which less was allowed, rounded up.
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
    match (summary.read_to_end, summary.state) {
        (true, _) => "rows in the list",
        (false, RunState::Finished | RunState::Stopped | RunState::Interrupted) => {
            "rows read so far"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{codes, facts, summary_table, wrapped};
    use crate::outcome::{CategoryRequests, Outcome, Pace, StepCounts, Summary};
    use crate::report::html::samples::summary;

    /// A run with rows of every outcome, and with everything that can follow.
    fn everything() -> Summary {
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
            let table = summary_table(&everything(), Some(width));
            text += &format!("{width} columns:\n{table}\n\n");
        }
        assert_messages!("summary_table", text.trim_end());
    }

    #[test]
    fn how_fast_it_went_is_told_of_the_time_in_which_there_were_requests() {
        let told = |sent, rate| {
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
            facts(&summary).remove(0)
        };
        assert_eq!(told(1, 0.0), "UserList: 1 request, 0 throttled");
        assert_eq!(
            told(2, 0.14),
            "UserList: 2 requests, 92% of the 24/s limit while active, 0 throttled"
        );
        assert_eq!(
            told(220, 22.1),
            "UserList: 220 requests, 22.1/s (limit 24/s, 92% used), 0 throttled"
        );
    }

    #[test]
    fn the_ten_most_frequent_codes_have_a_line_and_the_rest_are_counted() {
        let some = |codes: u64| (1..=codes).map(|n| (format!("code.{n:02}"), n)).collect();
        let lines = codes(&some(12), "", "error_code in results.csv");
        assert_eq!(lines.len(), 11, "{lines:?}");
        assert_eq!(lines[0], "12 x code.12");
        assert_eq!(lines[9], "3 x code.03");
        assert_eq!(
            lines[10],
            "2 other codes: 3 in total, see error_code in results.csv"
        );
        assert_eq!(codes(&some(10), "", "").len(), 10);
        let mut summary = summary(&[(Outcome::Rejected, 300)]);
        summary.errors = some(40);
        summary.follow_up_errors = some(11);
        let facts = facts(&summary);
        let told = |words: &str| facts.iter().filter(|fact| fact.contains(words)).count();
        assert_eq!((told(" x code."), told("after the sign-up")), (20, 11));
        assert!(
            facts.contains(
                &"1 other code after the sign-up: 1 in total, see follow_up_errors in summary.json"
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_line_that_is_too_long_goes_on_further_in() {
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
