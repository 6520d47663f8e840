//! The closing summary, for people at a terminal.

use std::time::Duration;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};

use crate::outcome::{Outcome, RunState, StepCounts, Summary};

/// Groups that have a line of their own.
const GROUPS_TOLD: usize = 10;

/// Rows by outcome and by error, and how fast it went.
#[must_use]
pub fn summary_table(summary: &Summary) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["outcome", "rows", ""]);
    for outcome in Outcome::ALL {
        let count = summary.count(outcome);
        // What every run has is always shown; the rest where there is some.
        if count > 0 || matches!(outcome, Outcome::Created | Outcome::Existed) {
            table.add_row([outcome.word(), &count.to_string(), outcome.meaning()]);
        }
    }
    table.add_row(["", "", ""]);
    table.add_row(["all", &summary.rows.to_string(), rows_read(summary)]);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = table.to_string();
    for (code, count) in &summary.errors {
        text.push_str(&format!("\n  {count} x {code}"));
    }
    steps(summary, &mut text);
    for (category, requests) in &summary.requests {
        if requests.sent == 0 {
            continue;
        }
        let rate = summary.rates.get(category).copied().unwrap_or_default();
        text.push_str(&format!(
            "\n  {category}: {} requests, {rate} a second{}, {} throttled",
            requests.sent,
            of_ceiling(summary, category),
            requests.throttled
        ));
        let slowed = slowed_seconds(summary, category);
        if slowed > 0 {
            text.push_str(&format!(
                "; slowed down for {}, for the pool had no room for more",
                humantime::format_duration(Duration::from_secs(slowed))
            ));
        }
    }
    text
}

/// What followed the sign-ups: by step, the first groups of many, and by code.
fn steps(summary: &Summary, text: &mut String) {
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
            text.push_str(&format!("\n  {step}: {}", told(counts)));
        }
    }
    if groups > GROUPS_TOLD {
        let more = groups - GROUPS_TOLD;
        text.push_str(&format!("\n  {more} more groups: {}", told(&others)));
    }
    for (code, count) in &summary.follow_up_errors {
        text.push_str(&format!("\n  {count} x {code} after the sign-up"));
    }
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
fn of_ceiling(summary: &Summary, category: &str) -> String {
    summary
        .pace
        .get(category)
        .map_or_else(String::new, |pace| format!(" of at most {}", pace.ceiling))
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
        (true, _) => "rows of the list",
        (false, RunState::Finished | RunState::Stopped | RunState::Interrupted) => {
            "rows read so far"
        }
    }
}
