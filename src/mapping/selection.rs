//! The rows that `--where` selects. The others do not exist for the run.

use std::collections::BTreeMap;

use super::condition::{self, Condition, trimmed_lowercase};
use super::formula::is_formula;
use super::unreadable_cells::cells_may_have_moved;
use crate::rows::{NothingSelected, RawRow, RowFilter, Unreadable};
use crate::user::rules::quoted;

/// The number of values to list if no row is selected.
const MAX_VALUES: usize = 10;

/// A condition, and where it was given.
#[derive(Debug, Clone)]
pub(super) struct SelectionCondition {
    pub(super) condition: Condition,
    pub(super) column: String,
    pub(super) origin: String,
}

/// Selects the rows that meet at least one condition of every column with conditions.
///
/// A row that is too broken to tell is selected, so that it is reported as invalid and not lost.
#[derive(Debug, Clone)]
pub struct RowSelection {
    columns: Vec<SelectedColumn>,
    /// The texts that mark empty cells.
    null: Vec<String>,
    has_match: bool,
}

#[derive(Debug, Clone)]
struct SelectedColumn {
    number: usize,
    name: String,
    conditions: Vec<Condition>,
    origins: Vec<String>,
    /// The first values of the column, in lowercase and as written. Collected until a row matches.
    values: BTreeMap<String, String>,
    has_more_values: bool,
}

/// Whether a row meets conditions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    Unknown,
}

impl RowSelection {
    /// Returns `None` if there are no conditions.
    pub(super) fn new(conditions: Vec<SelectionCondition>, null: &[String]) -> Option<Self> {
        let mut columns: Vec<SelectedColumn> = Vec::new();
        for SelectionCondition {
            condition,
            column: name,
            origin,
        } in conditions
        {
            let number = condition.column();
            match columns.iter_mut().find(|column| column.number == number) {
                Some(column) => {
                    column.conditions.push(condition);
                    column.origins.push(origin);
                }
                None => columns.push(SelectedColumn {
                    number,
                    name,
                    conditions: vec![condition],
                    origins: vec![origin],
                    values: BTreeMap::new(),
                    has_more_values: false,
                }),
            }
        }
        (!columns.is_empty()).then(|| Self {
            columns,
            null: null.to_vec(),
            has_match: false,
        })
    }

    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.columns.iter().flat_map(|column| &column.conditions)
    }

    /// Returns the conditions as a part of the run's identity. Their order does not matter.
    pub(super) fn identity(&self) -> String {
        let mut columns: Vec<(usize, String)> = self
            .columns
            .iter()
            .map(|column| {
                let mut values: Vec<String> =
                    column.conditions.iter().map(Condition::identity).collect();
                values.sort_unstable();
                values.dedup();
                (column.number, values.join(" or "))
            })
            .collect();
        columns.sort_unstable();
        let columns: Vec<String> = columns.into_iter().map(|(_, values)| values).collect();
        columns.join(" and ")
    }

    /// Returns the conditions by the names of their columns, which recurring lists have in common
    /// even if the order of columns changes. The order of conditions does not matter.
    #[must_use]
    pub fn by_names(&self) -> String {
        let mut columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let name = format!("{:?}", trimmed_lowercase(&column.name));
                let conditions = column.conditions.iter();
                let mut texts: Vec<String> = conditions
                    .map(|condition| condition.with_column(&name))
                    .collect();
                texts.sort_unstable();
                texts.dedup();
                texts.join(" or ")
            })
            .collect();
        columns.sort_unstable();
        columns.join(" and ")
    }

    fn matches(&self, row: &RawRow<'_>) -> Match {
        if cells_may_have_moved(row) {
            return Match::Unknown;
        }
        let matches = self
            .columns
            .iter()
            .map(|column| column.matches(row, &self.null));
        matches.fold(Match::Yes, |all, found| match (all, found) {
            (Match::No, _) | (_, Match::No) => Match::No,
            (Match::Unknown, _) | (_, Match::Unknown) => Match::Unknown,
            (Match::Yes, Match::Yes) => Match::Yes,
        })
    }
}

impl SelectedColumn {
    fn matches(&self, row: &RawRow<'_>, null: &[String]) -> Match {
        let Some(cell) = readable_cell(row, self.number) else {
            return Match::Unknown;
        };
        let cell = cell.trim();
        let is_empty = condition::is_empty(cell, null);
        let mut conditions = self.conditions.iter();
        if conditions.any(|condition| condition.matches(cell, is_empty)) {
            Match::Yes
        } else if is_formula(cell) {
            Match::Unknown
        } else {
            Match::No
        }
    }

    fn add_value(&mut self, row: &RawRow<'_>) {
        let cell = readable_cell(row, self.number).unwrap_or_default().trim();
        let value = trimmed_lowercase(cell);
        if cell.is_empty() || self.values.contains_key(&value) {
            return;
        }
        if self.values.len() < MAX_VALUES {
            self.values.insert(value, cell.to_owned());
        } else {
            self.has_more_values = true;
        }
    }

    fn hint(&self) -> String {
        let name = &self.name;
        let values: Vec<String> = self.values.values().map(|value| quoted(value)).collect();
        match values.as_slice() {
            [] => format!("{name} has no values"),
            [value] => format!("the only value of {name} is {value}"),
            [values @ .., last] => format!(
                "{} of {name} are {} and {last}",
                if self.has_more_values {
                    "some of the values"
                } else {
                    "the values"
                },
                values.join(", ")
            ),
        }
    }
}

/// Returns a cell, unless its bytes cannot be decoded.
fn readable_cell<'a>(row: &RawRow<'a>, column: usize) -> Option<&'a str> {
    match &row.unreadable {
        None => Some(row.cell(column).unwrap_or_default()),
        Some(Unreadable::Transcoding { .. }) => row
            .cell(column)
            .filter(|cell| !cell.contains(char::REPLACEMENT_CHARACTER)),
        Some(
            Unreadable::Cells { .. }
            | Unreadable::Quotes { .. }
            | Unreadable::Swallowed { .. }
            | Unreadable::Encoding { .. }
            | Unreadable::OpenQuote { .. }
            | Unreadable::TooLong { .. },
        ) => row.cell(column),
    }
}

impl RowFilter for RowSelection {
    fn selects(&mut self, row: &RawRow<'_>) -> bool {
        let found = self.matches(row);
        if found == Match::Yes {
            self.has_match = true;
        } else if !self.has_match && !cells_may_have_moved(row) {
            for column in &mut self.columns {
                column.add_value(row);
            }
        }
        found != Match::No
    }

    fn has_match(&self) -> bool {
        self.has_match
    }

    fn nothing_selected(&self) -> NothingSelected {
        let conditions: Vec<String> = self
            .columns
            .iter()
            .map(|column| column.origins.join(" or "))
            .collect();
        let hints: Vec<String> = self.columns.iter().map(SelectedColumn::hint).collect();
        NothingSelected {
            conditions: conditions.join(" and "),
            hint: hints.join("; "),
        }
    }
}
