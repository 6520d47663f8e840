//! Selection of rows while a list is read. Rows that are not selected are skipped, but numbered.

use super::{RawRow, RowsError};

pub trait RowFilter: Send {
    /// Returns whether the row is selected.
    fn selects(&mut self, row: &RawRow<'_>) -> bool;

    /// Returns whether any row so far certainly meets the conditions.
    fn has_match(&self) -> bool;

    /// Describes a list in which no row meets the conditions.
    fn nothing_selected(&self) -> NothingSelected;
}

/// A list in which no row meets the conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NothingSelected {
    /// The flags or keys of the conditions.
    pub conditions: String,
    pub hint: String,
}

impl NothingSelected {
    pub(super) fn in_list(self, list: &str) -> RowsError {
        RowsError::NothingSelected {
            list: list.to_owned(),
            nothing: self,
        }
    }
}
