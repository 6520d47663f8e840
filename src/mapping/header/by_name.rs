//! What a column means by its name alone.

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::{ByName, Target, of_name};
use crate::sanitize::shell_word;

impl ColumnResolver<'_> {
    /// What a column means by its name, where nothing was said of it.
    pub(super) fn by_name(&mut self, place: usize) {
        let Some(column) = self.columns.get(place) else {
            return;
        };
        if column.ignored || column.target.is_some() {
            return;
        }
        let used = column.used;
        let (name, number) = (self.name(place), place + 1);
        match of_name(name) {
            ByName::Means(Target::Username) if self.gives_no_username(place) => {
                if !used {
                    self.droppable.push(place);
                    self.problems.push(format!(
                        "column {number}, {name}: another column gives the username; drop it with `--ignore-column {}`, map it to something else with --map, or copy it into the results with --keep",
                        shell_word(name)
                    ));
                }
            }
            ByName::Means(Target::Verified(contact)) if !self.verifies(contact) => {
                self.pass_over(place);
                if !used {
                    self.unverified.push((place, contact));
                }
            }
            ByName::Means(Target::Attribute(attribute)) if self.is_part_of(place, &attribute) => {}
            ByName::Means(target) => {
                if let Some(column) = self.columns.get_mut(place) {
                    column.target = Some(target);
                    column.known = true;
                }
            }
            ByName::Owned(_) => {
                self.pass_over(place);
                if !used {
                    self.owned_by_cognito.push(place);
                }
            }
            ByName::Nothing if used || self.reasons.contains(&place) => {}
            ByName::Nothing if self.options.ignore_unknown => self.dropped.push(place),
            ByName::Nothing if name.is_empty() => self.unnamed.push(place),
            ByName::Nothing => self.unknown(place),
        }
    }

    /// A column that is known, and that no user gets anything from.
    fn pass_over(&mut self, place: usize) {
        if let Some(column) = self.columns.get_mut(place) {
            column.known = true;
        }
    }

    fn unknown(&mut self, place: usize) {
        let (name, number) = (self.name(place), place + 1);
        self.unknown.push(place);
        self.problems
            .push(format!("column {number}, {name}: unknown"));
    }

    /// Whether the column is joined into the attribute that its name means: then the whole is meant.
    fn is_part_of(&self, place: usize, attribute: &str) -> bool {
        self.options
            .join
            .iter()
            .zip(&self.joins)
            .filter(|(asked, _)| *asked.value.attribute == *attribute)
            .any(|(_, places)| places.iter().flatten().any(|part| *part == place))
    }
}
