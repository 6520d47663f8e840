//! The closing summary, for people at a terminal.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};

use crate::outcome::{Outcome, RunState, Summary};

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
    for (category, requests) in &summary.requests {
        if requests.sent == 0 {
            continue;
        }
        let rate = summary.rates.get(category).copied().unwrap_or_default();
        text.push_str(&format!(
            "\n  {category}: {} requests, {rate} a second, {} throttled",
            requests.sent, requests.throttled
        ));
    }
    text
}

fn rows_read(summary: &Summary) -> &'static str {
    match (summary.read_to_end, summary.state) {
        (true, _) => "rows of the list",
        (false, RunState::Finished | RunState::Stopped | RunState::Interrupted) => {
            "rows read so far"
        }
    }
}
