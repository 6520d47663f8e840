//! The closing summary of an undo, for people at a terminal.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};

use super::UndoReport;
use crate::outcome::Undone;

/// Users by what came of them: `count` says how many, none standing for those of whom nothing is known yet.
#[must_use]
pub fn undo_table(report: UndoReport, count: impl Fn(Option<Undone>) -> u64) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["undone", "users", ""]);
    let mut all = 0;
    for undone in Undone::ALL.into_iter().map(Some).chain([None]) {
        let users = count(undone);
        all += users;
        // What every undo has is always shown; the rest where there is some.
        if users > 0 || undone == Some(Undone::Deleted) {
            let (word, meaning) = words(report, undone);
            table.add_row([word, &users.to_string(), meaning]);
        }
    }
    table.add_row(["", "", ""]);
    table.add_row(["all", &all.to_string(), "created by the run"]);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn words(report: UndoReport, undone: Option<Undone>) -> (&'static str, &'static str) {
    match (report, undone) {
        (_, None) => ("open", "not checked yet"),
        (UndoReport::DryRun, Some(Undone::Deleted)) => {
            ("would be deleted", "created by the run and not used since")
        }
        (UndoReport::DryRun | UndoReport::Results, Some(undone)) => {
            (undone.name(), undone.meaning())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{UndoReport, undo_table};

    #[test]
    fn messages() {
        let text = [UndoReport::Results, UndoReport::DryRun].map(|report| {
            let every = undo_table(report, |_| 12);
            let nobody = undo_table(report, |_| 0);
            format!("{report:?}:\n{every}\n{nobody}\n")
        });
        assert_messages!("undo_table", text.concat());
    }
}
