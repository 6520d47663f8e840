//! Where usernames come from, and what becomes of the cell.

use std::borrow::Cow;

use uuid::Uuid;

use super::Mapping;
use super::mapped_row::{Drafted, found};
use super::null_marker::is_null_marker;
use super::phone::Region;
use super::transform::{TransformError, ValueForm, lowercase};
use super::unreadable_cells::cells_may_have_moved;
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};
use crate::user::garbled::lost_characters;
use crate::user::rules::quoted;

/// The namespace of `--username-uuid`. A part of the program's contract: with another one, a second run would create its users again.
const NAMESPACE: Uuid = Uuid::from_u128(0x41e3_2535_8838_4b82_bce5_b9d9_09b9_1759);

/// Where the username comes from, and what becomes of it.
#[derive(Debug, Clone)]
pub(super) struct UsernameFrom {
    /// The first of these that is not empty in a row: at least one.
    pub(super) columns: Vec<UsernameColumn>,
    /// The columns, for findings.
    pub(super) label: String,
    pub(super) lowercase: bool,
    /// The username is a UUID made from the cell.
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
    /// It holds phone numbers, and they become E.164.
    pub(super) region: Option<Region>,
}

impl Mapping {
    /// The row's username, and the column that it comes from.
    pub(super) fn username<'a>(
        &'a self,
        raw: &RawRow<'a>,
        findings: &mut Vec<Finding>,
    ) -> (Drafted<'a>, usize) {
        let mut faulty = false;
        let mut cells = self.username.columns.iter().map(|from| {
            let cell = self.cell(raw, from.column, &mut faulty, findings);
            (from, cell)
        });
        let Some((from, cell)) = cells.find(|(_, cell)| !cell.is_empty()) else {
            let text = Cow::Borrowed("");
            return (Drafted { text, faulty }, self.username.first_column());
        };
        let name = self.name_of(from.column);
        let mut text = Cow::Borrowed(cell);
        if !faulty && is_null_marker(&text) {
            let message = format!(
                "{} is a placeholder for a missing value, and a user needs a username",
                quoted(&text)
            );
            let rule = Rule::UsernameMissing;
            found(findings, name, TransformError { rule, message });
            faulty = true;
        }
        if let Some(region) = from.region
            && !faulty
        {
            text = self.formed(&ValueForm::Phone(region), text, name, &mut faulty, findings);
        }
        if self.username.lowercase && !faulty {
            text = lowercase(text);
        }
        if self.username.uuid && !faulty {
            if lost_characters(&text) {
                let message = format!(
                    "{} has lost characters, so its UUID would be wrong",
                    quoted(&text)
                );
                let rule = Rule::Username;
                found(findings, name, TransformError { rule, message });
                faulty = true;
            } else {
                text = Cow::Owned(uuid_of(&text));
            }
        }
        (Drafted { text, faulty }, from.column)
    }

    /// The username of a record that is not read any further, if it has one.
    pub(super) fn username_alone(&self, raw: &RawRow<'_>) -> Option<String> {
        let (username, _) = self.username(raw, &mut Vec::new());
        (!username.text.is_empty()).then(|| username.text.into_owned())
    }

    /// The username of a record that cannot be read as a row, where it can be read itself.
    #[must_use]
    pub fn username_of_unreadable(&self, raw: &RawRow<'_>) -> Option<String> {
        let mut columns = self.username.columns.iter();
        if cells_may_have_moved(raw) || !columns.all(|from| raw.cell(from.column).is_some()) {
            return None;
        }
        self.username_alone(raw)
    }
}

/// The UUID (version 5) of a cell, whatever its case and the white space around it.
fn uuid_of(cell: &str) -> String {
    Uuid::new_v5(&NAMESPACE, cell.trim().to_lowercase().as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::uuid_of;

    /// The value is that of Python's `uuid.uuid5`.
    #[test]
    fn a_uuid_stays_the_same_for_ever() {
        for cell in ["ann@example.com", "Ann@Example.COM", " ann@example.com\t"] {
            assert_eq!(uuid_of(cell), "311c354c-a7bc-5546-b710-07f33a022ea1");
        }
        assert_ne!(uuid_of("ann@example.com"), uuid_of("ann@example.org"));
    }
}
