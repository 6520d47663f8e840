//! Notes on rows: things worth knowing that do not make a row invalid.

use super::Mapping;
use super::dates::is_calendar_date;
use super::follow_up::FollowUpFrom;
use super::mapped_row::{MappedAttribute, MappedRow};
use super::null_marker::is_null_marker;
use super::transform::{AttributeSource, ValueForm, ValueOrigin};
use crate::rows::RawRow;
use crate::user::garbled::{is_garbled, lost_characters};
use crate::user::note::{Note, NoteKind};
use crate::user::rules::quoted;

/// A column that notes can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotedColumn {
    column: usize,
    /// The index of the attribute whose value is the cell itself, if there is one.
    attribute: Option<usize>,
}

/// Returns the columns that notes can be about, without duplicates.
pub(super) fn noted_columns(
    attributes: &[AttributeSource],
    follow_up: &FollowUpFrom,
) -> Vec<NotedColumn> {
    let mut columns: Vec<usize> = attributes
        .iter()
        .flat_map(|source| match &source.origin {
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
    let noted = |column| NotedColumn {
        column,
        attribute: attributes.iter().position(|source| {
            source.origin == ValueOrigin::Column(column) && source.form == ValueForm::Unchanged
        }),
    };
    columns.into_iter().map(noted).collect()
}

impl Mapping {
    /// Adds the notes on a row. Only the survey calls this, not the import.
    pub fn notes(&self, raw: &RawRow<'_>, mapped: &MappedRow<'_>, notes: &mut Vec<Note>) {
        self.notes_on_cognito_export(raw, notes);
        // Value tables can replace ASCII with other characters.
        let is_ascii = raw.is_ascii() && self.tables.is_empty();
        let is_garbled = |text: &str| !is_ascii && is_garbled(text);
        for noted in &self.noted {
            let cell = self.noted_cell(*noted, raw, mapped);
            let column = noted.column;
            let kind = if is_null_marker(cell) {
                NoteKind::NullMarker
            } else if is_garbled(cell) {
                NoteKind::Garbled
            } else if is_float(cell) && !self.is_phone_number(column) {
                NoteKind::Float
            } else {
                continue;
            };
            notes.push(self.note(kind, column, quoted(cell)));
        }
        self.notes_on_credentials(mapped, is_garbled, notes);
        for attribute in &mapped.values {
            if &**attribute.name == "birthdate" && self.is_odd_birthdate(attribute) {
                notes.push(Note {
                    kind: NoteKind::Birthdate,
                    column: Some(attribute.column.to_owned()),
                    message: quoted(&attribute.value.text),
                });
            }
        }
    }

    /// Returns a cell before it is joined or converted.
    fn noted_cell<'a>(
        &'a self,
        noted: NotedColumn,
        raw: &RawRow<'a>,
        mapped: &'a MappedRow<'a>,
    ) -> &'a str {
        let Some(attribute) = noted.attribute else {
            // Invalid cells are reported as findings.
            return self.cell(raw, noted.column, &mut false, &mut Vec::new());
        };
        let mut values = mapped.values.iter();
        let value = values.find(|value| value.index == attribute);
        value.map_or("", |value| &value.value.text)
    }

    /// Returns whether the column is a phone number. If so, `.0` is either stripped or makes the
    /// row invalid.
    fn is_phone_number(&self, column: usize) -> bool {
        self.attributes.iter().any(|source| {
            &*source.name == "phone_number" && source.origin == ValueOrigin::Column(column)
        })
    }

    /// Adds notes on the username and the password. Lost characters in them are findings instead.
    fn notes_on_credentials(
        &self,
        mapped: &MappedRow<'_>,
        is_garbled: impl Fn(&str) -> bool,
        notes: &mut Vec<Note>,
    ) {
        let (column, username) = (mapped.username_column, &*mapped.username.text);
        // If the cell is also an attribute, it already has a note.
        let is_noted = self.noted.iter().any(|noted| noted.column == column);
        if !mapped.username.invalid && !is_noted {
            if is_garbled(username) && !lost_characters(username) {
                notes.push(self.note(NoteKind::Garbled, column, quoted(username)));
            } else if is_float(username) {
                notes.push(self.note(NoteKind::Float, column, quoted(username)));
            }
        }
        if let (Some(column), Some(password)) = (self.password, mapped.password)
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
            column: self.owned_column_name(column),
            message,
        }
    }

    /// Returns whether the value is not a date, and there is no finding about it.
    fn is_odd_birthdate(&self, birthdate: &MappedAttribute<'_>) -> bool {
        let text = &*birthdate.value.text;
        if birthdate.value.invalid || is_calendar_date(text) || is_null_marker(text) {
            return false;
        }
        let mut findings = Vec::new();
        self.rules
            .check_value(birthdate.index, birthdate.column, text, &mut findings);
        findings.is_empty()
    }
}

/// Returns whether this is a whole number written as a decimal number, such as `1001.0` or
/// `4.93E+09`.
fn is_float(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(whole) = cell.strip_suffix(".0") {
        return digits(whole);
    }
    // Spares most cells the search for an exponent.
    let has_one_digit_before_point = matches!(
        cell.as_bytes(),
        [b'0'..=b'9', b'.' | b',' | b'E' | b'e', ..]
    );
    if !has_one_digit_before_point {
        return false;
    }
    let Some((mantissa, exponent)) = cell.split_once(['E', 'e']) else {
        return false;
    };
    let fraction = mantissa
        .get(1..)
        .is_some_and(|rest| rest.is_empty() || rest.strip_prefix(['.', ',']).is_some_and(digits));
    fraction && exponent.strip_prefix('+').is_some_and(digits)
}

#[cfg(test)]
mod tests {
    use super::is_float;

    #[test]
    fn recognizes_whole_numbers_written_as_decimals() {
        for float in ["1001.0", "0.0", "4.93E+09", "4,93E+09", "1e+16"] {
            assert!(is_float(float), "{float}");
        }
        for other in [
            "", ".0", "1001", "1.50", "1.2.0", "v1.0", "E+1", "1E5", "4.E+1", "1e+", "é1E+1",
            "1.0x", "x1.0",
        ] {
            assert!(!is_float(other), "{other}");
        }
    }
}
