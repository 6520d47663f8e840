//! Resolves columns by their names alone.

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::{NameMeaning, Target, name_meaning};
use crate::sanitize::shell_word;

impl ColumnResolver<'_> {
    /// Resolves a column by its name, unless an option dropped or mapped it.
    pub(super) fn resolve_by_name(&mut self, index: usize) {
        let Some(column) = self.columns.get(index) else {
            return;
        };
        if column.ignored || column.target.is_some() {
            return;
        }
        let used = column.used;
        let (name, number) = (self.name(index), index + 1);
        match name_meaning(name) {
            NameMeaning::Target(Target::Username) if self.takes_username_elsewhere(index) => {
                if !used {
                    self.droppable.push(index);
                    self.problems.push(format!(
                        "column {number}, {name}: the username comes from another column; drop \
                         it with `--ignore-column {}`, map it to something else with --map, or \
                         copy it into the results with --keep",
                        shell_word(name)
                    ));
                }
            }
            NameMeaning::Target(Target::Verified(contact)) if !self.verifies(contact) => {
                self.mark_known(index);
                if !used {
                    self.unused_verified.push((index, contact));
                }
            }
            NameMeaning::Target(Target::Attribute(attribute))
                if self.is_joined_into(index, &attribute) => {}
            NameMeaning::Target(target) => {
                if let Some(column) = self.columns.get_mut(index) {
                    column.target = Some(target);
                    column.known = true;
                }
            }
            NameMeaning::CognitoOnly(_) => {
                self.mark_known(index);
                if !used {
                    self.cognito_only.push(index);
                }
            }
            NameMeaning::Unknown if used || self.reason_columns.contains(&index) => {}
            NameMeaning::Unknown if self.options.ignore_unknown => self.dropped.push(index),
            NameMeaning::Unknown if name.is_empty() => self.unnamed.push(index),
            NameMeaning::Unknown => {
                self.unknown.push(index);
                self.problems
                    .push(format!("column {number}, {name}: unknown"));
            }
        }
    }

    fn mark_known(&mut self, index: usize) {
        if let Some(column) = self.columns.get_mut(index) {
            column.known = true;
        }
    }

    /// Returns whether the column is joined into the attribute that its name means. It does not
    /// also set the attribute alone.
    fn is_joined_into(&self, index: usize, attribute: &str) -> bool {
        self.options
            .join
            .iter()
            .zip(&self.joins)
            .filter(|(option, _)| *option.value.attribute == *attribute)
            .any(|(_, parts)| parts.iter().flatten().any(|part| *part == index))
    }
}
