//! Conditions on a cell (`COLUMN=VALUE`): which rows a flag applies to.

use super::Mapping;
use crate::rows::RawRow;

/// The value that matches every cell with something in it.
const ANY: &str = "*";

/// A condition on one cell. It sees the cell as it appears in the list, whatever value tables and other transforms make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    column: usize,
    wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// Every cell that is not blank.
    Any,
    /// The value, folded.
    Value(String),
}

impl Condition {
    pub(super) fn new(column: usize, value: &str) -> Self {
        let value = folded(value);
        let wanted = if value == ANY {
            Wanted::Any
        } else {
            Wanted::Value(value)
        };
        Self { column, wanted }
    }

    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// `is_empty`: the cell counts as empty, whatever is in it.
    fn holds(&self, cell: &str, is_empty: bool) -> bool {
        match &self.wanted {
            Wanted::Any => !is_empty,
            Wanted::Value(value) => folded(cell) == *value || (value.is_empty() && is_empty),
        }
    }

    /// The same text for the same condition, for the run's identity.
    pub(super) fn identity(&self) -> String {
        let column = self.column + 1;
        match &self.wanted {
            Wanted::Any => format!("column {column} has a value"),
            Wanted::Value(value) => format!("column {column} is {value:?}"),
        }
    }
}

impl Mapping {
    /// Whether the record meets one of these conditions.
    pub(super) fn meets(&self, conditions: &[Condition], raw: &RawRow<'_>) -> bool {
        conditions.iter().any(|condition| {
            let cell = raw.cell(condition.column).unwrap_or_default().trim();
            condition.holds(cell, self.unless_null(cell).is_empty())
        })
    }
}

/// All of them, for the run's identity.
pub(super) fn identity(conditions: &[Condition]) -> String {
    let conditions: Vec<String> = conditions.iter().map(Condition::identity).collect();
    conditions.join(" or ")
}

/// A text without its case and the white space around it.
pub(super) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}
