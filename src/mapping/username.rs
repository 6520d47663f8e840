//! Maps cells to usernames.

use std::borrow::Cow;

use uuid::Uuid;

use super::Mapping;
use super::mapped_row::{MappedText, report};
use super::null_marker::is_null_marker;
use super::phone::Region;
use super::transform::{ValueForm, lowercase};
use super::unreadable_cells::cells_may_have_moved;
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};
use crate::user::garbled::lost_characters;
use crate::user::rules::quoted;

/// The namespace of `--username-uuid`. It must never change: with another namespace, a second run
/// would create all users again.
const NAMESPACE: Uuid = Uuid::from_u128(0x41e3_2535_8838_4b82_bce5_b9d9_09b9_1759);

/// The source of the username.
#[derive(Debug, Clone)]
pub(super) struct UsernameFrom {
    /// At least one column. The first one that is not empty in a row has the username.
    pub(super) columns: Vec<UsernameColumn>,
    /// The names of the columns, for findings.
    pub(super) label: String,
    pub(super) lowercase: bool,
    /// The username is a UUID derived from the cell.
    pub(super) uuid: bool,
}

impl UsernameFrom {
    fn first_column(&self) -> usize {
        self.columns.first().map_or(0, |from| from.column)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct UsernameColumn {
    pub(super) column: usize,
    /// The region of the column's phone numbers, which are converted to E.164.
    pub(super) region: Option<Region>,
}

impl Mapping {
    /// Returns the row's username and its column.
    pub(super) fn username<'a>(
        &'a self,
        raw: &RawRow<'a>,
        findings: &mut Vec<Finding>,
    ) -> (MappedText<'a>, usize) {
        let mut invalid = false;
        let mut cells = self.username.columns.iter().map(|from| {
            let cell = self.cell(raw, from.column, &mut invalid, findings);
            (from, cell)
        });
        let Some((from, cell)) = cells.find(|(_, cell)| !cell.is_empty()) else {
            let text = Cow::Borrowed("");
            return (MappedText { text, invalid }, self.username.first_column());
        };
        let name = self.column_name(from.column);
        let mut text = Cow::Borrowed(cell);
        if !invalid && is_null_marker(&text) {
            let message = format!(
                "{} is a placeholder for a missing value, and a user needs a username",
                quoted(&text)
            );
            report(findings, Finding::new(Rule::UsernameMissing, name, message));
            invalid = true;
        }
        if let Some(region) = from.region
            && !invalid
        {
            text = self.apply_form(
                &ValueForm::Phone(region),
                text,
                name,
                &mut invalid,
                findings,
            );
        }
        if self.username.lowercase && !invalid {
            text = lowercase(text);
        }
        if self.username.uuid && !invalid {
            if lost_characters(&text) {
                let message = format!(
                    "{} has lost characters, so its UUID would be wrong",
                    quoted(&text)
                );
                report(findings, Finding::new(Rule::Username, name, message));
                invalid = true;
            } else {
                text = Cow::Owned(uuid_of(&text));
            }
        }
        (MappedText { text, invalid }, from.column)
    }

    /// Returns the username of a record as [`Mapping::row`] does, even if the row is invalid.
    /// `None` without a readable username.
    #[must_use]
    pub fn username_of(&self, raw: &RawRow<'_>) -> Option<String> {
        if raw.unreadable.is_some() && !self.skips(raw) {
            self.username_of_unreadable(raw)
        } else {
            self.username_alone(raw)
        }
    }

    /// Returns the username, if the row has one, and ignores its errors.
    pub(super) fn username_alone(&self, raw: &RawRow<'_>) -> Option<String> {
        let (username, _) = self.username(raw, &mut Vec::new());
        (!username.text.is_empty()).then(|| username.text.into_owned())
    }

    /// Returns the username of an unreadable record, if the username itself is readable.
    pub(super) fn username_of_unreadable(&self, raw: &RawRow<'_>) -> Option<String> {
        let mut columns = self.username.columns.iter();
        if cells_may_have_moved(raw) || !columns.all(|from| raw.cell(from.column).is_some()) {
            return None;
        }
        self.username_alone(raw)
    }
}

/// Returns the UUID (version 5) of a cell, ignoring case and surrounding whitespace.
fn uuid_of(cell: &str) -> String {
    Uuid::new_v5(&NAMESPACE, cell.trim().to_lowercase().as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::uuid_of;

    /// The expected value was computed with Python's `uuid.uuid5`.
    #[test]
    fn uuids_never_change() {
        for cell in ["ann@example.com", "Ann@Example.COM", " ann@example.com\t"] {
            assert_eq!(uuid_of(cell), "311c354c-a7bc-5546-b710-07f33a022ea1");
        }
        assert_ne!(uuid_of("ann@example.com"), uuid_of("ann@example.org"));
    }
}
