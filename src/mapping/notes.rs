//! What is worth knowing about a row, though it does not make it invalid.

use super::attribute_source::{AttributeSource, ValueOrigin};
use super::dates::is_day;
use super::follow_up::FollowUpFrom;
use super::mapped_row::DraftValue;
use super::null_marker::is_null_marker;
use super::{MappedRow, Mapping};
use crate::rows::RawRow;
use crate::user::garbled::{is_garbled, lost_characters};
use crate::user::note::{Note, NoteKind};
use crate::user::rules::quoted;

/// The columns that notes are about, each once.
pub(super) fn noted_columns(
    attributes: &[AttributeSource],
    follow_up: &FollowUpFrom,
) -> Vec<usize> {
    let mut columns: Vec<usize> = attributes
        .iter()
        .flat_map(|attribution| match &attribution.origin {
            ValueOrigin::Column(column) => std::slice::from_ref(column),
            ValueOrigin::Joined(columns) => columns,
            ValueOrigin::Constant(_) => &[],
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
    pub fn notes(&self, raw: &RawRow<'_>, draft: &MappedRow<'_>, notes: &mut Vec<Note>) {
        self.notes_on_cognito_export(raw, notes);
        for column in &self.noted {
            // What does not fit its column's table is a finding.
            let mut misfit = false;
            let cell = self.cell(raw, *column, &mut misfit, &mut Vec::new());
            let kind = if is_null_marker(cell) {
                NoteKind::NullMarker
            } else if is_garbled(cell) {
                NoteKind::Garbled
            } else if is_float(cell) && !self.is_phone_number(*column) {
                NoteKind::Float
            } else {
                continue;
            };
            notes.push(self.note(kind, *column, quoted(cell)));
        }
        self.notes_on_credentials(draft, notes);
        for value in &draft.values {
            if &**value.name == "birthdate" && self.is_odd_birthdate(value) {
                notes.push(Note {
                    kind: NoteKind::Birthdate,
                    column: Some(value.column.to_owned()),
                    message: quoted(&value.value.text),
                });
            }
        }
    }

    /// Whether the column is read as a phone number: its `.0` is stripped, or the row is invalid.
    fn is_phone_number(&self, column: usize) -> bool {
        self.attributes.iter().any(|attribution| {
            &*attribution.name == "phone_number"
                && attribution.origin == ValueOrigin::Column(column)
        })
    }

    /// Characters that were lost in a username or a password are a finding.
    fn notes_on_credentials(&self, draft: &MappedRow<'_>, notes: &mut Vec<Note>) {
        let (column, username) = (draft.username_column, &*draft.username.text);
        // The same cell may be an attribute as well.
        if !draft.username.faulty && !self.noted.contains(&column) {
            if is_garbled(username) && !lost_characters(username) {
                notes.push(self.note(NoteKind::Garbled, column, quoted(username)));
            } else if is_float(username) {
                notes.push(self.note(NoteKind::Float, column, quoted(username)));
            }
        }
        if let (Some(column), Some(password)) = (self.password, draft.password)
            && is_garbled(password)
            && !lost_characters(password)
        {
            let message = "the password (not shown)".to_owned();
            notes.push(self.note(NoteKind::Garbled, column, message));
        }
    }

    fn note(&self, kind: NoteKind, column: usize, message: String) -> Note {
        Note {
            kind,
            column: self.column(column),
            message,
        }
    }

    /// Whether this is no day, and no finding says so.
    fn is_odd_birthdate(&self, value: &DraftValue<'_>) -> bool {
        let text = &*value.value.text;
        if value.value.faulty || is_day(text) || is_null_marker(text) {
            return false;
        }
        let mut findings = Vec::new();
        self.rules
            .value(value.place, value.column, text, &mut findings);
        findings.is_empty()
    }
}

/// A whole number as programs write it that read it as a decimal one: `1001.0`, `4.93E+09`.
fn is_float(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(whole) = cell.strip_suffix(".0") {
        return digits(whole);
    }
    let Some((mantissa, exponent)) = cell.split_once(['E', 'e']) else {
        return false;
    };
    let fraction = mantissa
        .get(1..)
        .is_some_and(|rest| rest.is_empty() || rest.strip_prefix(['.', ',']).is_some_and(digits));
    mantissa.starts_with(|first: char| first.is_ascii_digit())
        && fraction
        && exponent.strip_prefix('+').is_some_and(digits)
}

#[cfg(test)]
mod tests {
    use super::is_float;

    #[test]
    fn whole_numbers_that_were_read_as_decimals_are_known() {
        for float in ["1001.0", "0.0", "4.93E+09", "4,93E+09", "1e+16"] {
            assert!(is_float(float), "{float}");
        }
        for other in [
            "", ".0", "1001", "1.50", "1.2.0", "v1.0", "E+1", "1E5", "4.E+1", "1e+", "é1E+1",
        ] {
            assert!(!is_float(other), "{other}");
        }
    }
}
