//! The rows of a list that exist for a run. The reader leaves out the others, and numbers all.

use super::{RawRow, RowsError};

/// Selects rows while a list is read.
pub trait RowFilter: Send {
    /// Returns whether the row is selected.
    fn selects(&mut self, row: &RawRow<'_>) -> bool;

    /// Returns whether a row so far certainly meets the conditions.
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
