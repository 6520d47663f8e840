//! The summary of a verification on a terminal.

use std::collections::BTreeMap;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};

use crate::outcome::Discrepancy;

/// Formats the number of users by problem. `attributes` counts the differences of each attribute.
#[must_use]
pub fn verify_table(
    checked: u64,
    without_problem: u64,
    problems: &BTreeMap<Discrepancy, u64>,
    attributes: &BTreeMap<String, u64>,
) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["verify", "users", ""]);
    let mut row = |name: &str, users: u64, meaning: &str| {
        table.add_row([name, &users.to_string(), meaning]);
    };
    row("as reported", without_problem, "");
    for problem in Discrepancy::ALL {
        let users = problems.get(&problem).copied().unwrap_or(0);
        if users > 0 {
            row(problem.name(), users, problem.meaning());
        }
        if problem == Discrepancy::AttributeDiffers {
            for (attribute, users) in attributes {
                row(&format!("  {attribute}"), *users, "");
            }
        }
    }
    table.add_row(["", "", ""]);
    table.add_row(["checked", &checked.to_string(), "users of the run"]);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Discrepancy, verify_table};

    #[test]
    fn messages() {
        let all = Discrepancy::ALL.map(|problem| (problem, 12)).into();
        let attributes = BTreeMap::from([("email".to_owned(), 9), ("name".to_owned(), 3)]);
        let text = [
            verify_table(100, 100, &BTreeMap::new(), &BTreeMap::new()),
            verify_table(100, 7, &all, &attributes),
        ];
        assert_messages!("verify_table", text.join("\n\n"));
    }
}
