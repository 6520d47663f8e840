//! Conditions on a cell (`COLUMN=VALUE`): which rows a flag applies to.

use super::Mapping;
use crate::rows::RawRow;

/// The value that matches every nonempty cell.
const ANY: &str = "*";

/// A condition on one cell. It is tested against the original cell, before value tables and other
/// transformations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    column: usize,
    wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// Any cell that is not blank.
    Any,
    /// The value, trimmed and in lowercase.
    Value(String),
}

impl Condition {
    pub(super) fn new(column: usize, value: &str) -> Self {
        let value = trimmed_lowercase(value);
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

    /// Tests a cell. With `is_empty`, the cell counts as empty even if it has a value.
    pub(super) fn matches(&self, cell: &str, is_empty: bool) -> bool {
        match &self.wanted {
            Wanted::Any => !is_empty,
            Wanted::Value(value) => {
                trimmed_lowercase(cell) == *value || (value.is_empty() && is_empty)
            }
        }
    }

    pub(super) fn identity(&self) -> String {
        self.with_column(&format!("column {}", self.column + 1))
    }

    /// Returns the condition as a text in which the column has this name.
    pub(super) fn with_column(&self, column: &str) -> String {
        match &self.wanted {
            Wanted::Any => format!("{column} has a value"),
            Wanted::Value(value) => format!("{column} is {value:?}"),
        }
    }
}

impl Mapping {
    /// Returns whether the record meets any of these conditions.
    pub(super) fn meets_any(&self, conditions: &[Condition], raw: &RawRow<'_>) -> bool {
        conditions.iter().any(|condition| {
            let cell = raw.cell(condition.column).unwrap_or_default().trim();
            condition.matches(cell, is_empty(cell, &self.null))
        })
    }
}

/// Returns whether a trimmed cell is empty or equals a text that marks empty cells.
pub(super) fn is_empty(cell: &str, null: &[String]) -> bool {
    cell.is_empty() || null.iter().any(|text| text == cell)
}

/// Returns the conditions as a part of the run's identity.
pub(super) fn identity(conditions: &[Condition]) -> String {
    let conditions: Vec<String> = conditions.iter().map(Condition::identity).collect();
    conditions.join(" or ")
}

/// Trims and lowercases a text for comparison.
pub(super) fn trimmed_lowercase(text: &str) -> String {
    text.trim().to_lowercase()
}
