//! The summary of an undo on a terminal.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};

use super::undo_csv::{
    OPEN, UndoReport, WOULD_BE_DELETED, WOULD_BE_RESTORED, WOULD_BE_RESTORED_IN_PART,
};
use crate::outcome::Undone;

/// Formats the number of users by outcome. `None` means not checked yet.
#[must_use]
pub fn undo_table(report: UndoReport, count: impl Fn(Option<Undone>) -> u64) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["undone", "users", ""]);
    let mut total = 0;
    for undone in Undone::all().map(Some).chain([None]) {
        let users = count(undone);
        total += users;
        // Deleted users are always shown, other outcomes only if there are any.
        if users > 0 || undone == Some(Undone::Deleted) {
            let (name, meaning) = describe(report, undone);
            table.add_row([name, &users.to_string(), meaning]);
        }
    }
    table.add_row(["", "", ""]);
    table.add_row(["all", &total.to_string(), "created or updated by the run"]);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Returns the name and the meaning of an outcome.
fn describe(report: UndoReport, undone: Option<Undone>) -> (&'static str, &'static str) {
    match (report, undone) {
        (_, None) => (OPEN, "not checked yet"),
        (UndoReport::DryRun, Some(Undone::Deleted)) => {
            (WOULD_BE_DELETED, "created by the run and not used since")
        }
        (UndoReport::DryRun, Some(Undone::Restored)) => (
            WOULD_BE_RESTORED,
            "updated by the run and not changed since",
        ),
        (UndoReport::DryRun, Some(Undone::RestoredInPart)) => (
            WOULD_BE_RESTORED_IN_PART,
            "updated by the run; some attributes were changed since",
        ),
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
            let all = undo_table(report, |_| 12);
            let none = undo_table(report, |_| 0);
            format!("{report:?}:\n{all}\n{none}\n")
        });
        assert_messages!("undo_table", text.concat());
    }
}
