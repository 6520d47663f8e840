//! What is worth knowing about a row, though it does not make it invalid.

use super::attribution::{Attribution, Origin};
use super::follow_up::FollowUpFrom;
use super::{Draft, Mapping};
use crate::rows::RawRow;
use crate::user::note::{Note, NoteKind};
use crate::user::null_marker::is_null_marker;
use crate::user::rules::quoted;

/// The columns that notes are about, each once.
pub(super) fn noted_columns(attributes: &[Attribution], follow_up: &FollowUpFrom) -> Vec<usize> {
    let mut columns: Vec<usize> = attributes
        .iter()
        .flat_map(|attribution| match &attribution.origin {
            Origin::Column(column) => std::slice::from_ref(column),
            Origin::Joined(columns) => columns,
            Origin::Constant(_) => &[],
        })
        .copied()
        .chain(
            follow_up
                .verify
                .iter()
                .filter_map(|verified| verified.column),
        )
        .chain(follow_up.groups_column.iter().map(|(column, _)| *column))
        .collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

impl Mapping {
    /// Adds the notes on a row. Asked while a list is read beforehand, and not again when its rows are sent.
    pub fn notes(&self, raw: &RawRow<'_>, _draft: &Draft<'_>, notes: &mut Vec<Note>) {
        self.notes_on_cognito_export(raw, notes);
        for column in &self.noted {
            // What does not fit its column's table is a finding.
            let mut misfit = false;
            let cell = self.cell(raw, *column, &mut misfit, &mut Vec::new());
            if is_null_marker(cell) {
                notes.push(Note {
                    kind: NoteKind::NullMarker,
                    column: self.column(*column),
                    message: quoted(cell),
                });
            }
        }
    }
}
