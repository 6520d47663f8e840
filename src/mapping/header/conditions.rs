//! Resolves the columns of conditions (`COLUMN=VALUE`).

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::{looks_secret, nearest};
use crate::mapping::condition::Condition;
use crate::mapping::options::{ColumnEquals, Sourced};
use crate::mapping::selection::SelectionCondition;

/// The maximum number of columns in a hint.
const MAX_COLUMNS: usize = 20;

impl ColumnResolver<'_> {
    pub(super) fn resolve_conditions(&mut self) {
        let options = self.options;
        for option in &options.only_where {
            let condition = self.selection_condition(option);
            self.only_where.extend(condition);
        }
        self.skip_where = self.conditions(&options.skip_where);
        self.confirm_where = self.conditions(&options.follow_up.confirm_where);
        self.disable_where = self.conditions(&options.follow_up.disable_where);
    }

    fn conditions(&mut self, options: &[Sourced<ColumnEquals>]) -> Vec<Condition> {
        options
            .iter()
            .filter_map(|option| {
                let column = self.condition_column(option)?;
                Some(Condition::new(column, &option.value.value))
            })
            .collect()
    }

    fn selection_condition(
        &mut self,
        option: &Sourced<ColumnEquals>,
    ) -> Option<SelectionCondition> {
        let ColumnEquals { column, value } = &option.value;
        let Some(index) = self.condition_column(option) else {
            if self.columns_named(column).is_empty() {
                self.suggest_column(column);
            }
            return None;
        };
        Some(SelectionCondition {
            condition: Condition::new(index, value),
            column: self.name(index).to_owned(),
            origin: option.origin.clone(),
        })
    }

    /// Returns the column of a condition and marks it as used. It must not hold passwords.
    fn condition_column(&mut self, option: &Sourced<ColumnEquals>) -> Option<usize> {
        let name = &option.value.column;
        let origin = if self.may_be_secret(name) {
            without_value(option)
        } else {
            option.origin.clone()
        };
        let index = self.find_column(&origin, name)?;
        if self.is_secret(index) {
            self.problems.push(format!(
                "{origin}: passwords are never compared, and the column {} is mapped to the \
                 password, or its name suggests that it holds passwords; rename it if it does not",
                self.name(index)
            ));
            return None;
        }
        self.mark_used(index);
        Some(index)
    }

    /// Returns whether a condition on this column may have a password as its value, even if the
    /// name is misspelled.
    fn may_be_secret(&self, name: &str) -> bool {
        let indexes = 0..self.count();
        let secret = indexes.filter(|index| self.is_secret(*index));
        let mut secret = secret.map(|index| self.name(index));
        looks_secret(name)
            || nearest(name, ["password"].into_iter()).is_some()
            || secret.any(|secret| nearest(name, [secret].into_iter()).is_some())
    }

    /// Suggests a column of the list, instead of dropping the columns that look unknown without
    /// this condition.
    fn suggest_column(&mut self, name: &str) {
        let columns: Vec<usize> = (0..self.count())
            .filter(|index| !self.is_secret(*index) && !self.name(*index).is_empty())
            .collect();
        let names: Vec<&str> = columns.iter().map(|index| self.name(*index)).collect();
        let hint = if let Some(nearest) = nearest(name, names.iter().copied()) {
            for index in self.columns_named(nearest) {
                self.mark_used(index);
            }
            format!("did you mean the column {nearest}?")
        } else {
            let more = match names.len().saturating_sub(MAX_COLUMNS) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let first: Vec<&str> = names.into_iter().take(MAX_COLUMNS).collect();
            format!("name a column of the list: {}{more}", first.join(", "))
        };
        self.column_hint.get_or_insert(hint);
    }
}

/// Returns the origin of a condition up to its column.
fn without_value(option: &Sourced<ColumnEquals>) -> String {
    let ColumnEquals { column, value } = &option.value;
    // The value may contain the last `=`, at which the text is split.
    let name = column.split('=').next().unwrap_or_default();
    let before = option
        .origin
        .strip_suffix(value.as_str())
        .and_then(|origin| origin.strip_suffix('='))
        .and_then(|origin| origin.trim_end().strip_suffix(column.as_str()));
    format!("{}{name}", before.unwrap_or_default())
}
