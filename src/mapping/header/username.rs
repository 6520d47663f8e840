//! Resolves the columns of the username.

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::Target;
use crate::mapping::options::{Lowercase, Sourced};
use crate::mapping::username::{UsernameColumn, UsernameFrom};

impl ColumnResolver<'_> {
    /// Resolves `--username-from` and `--username-uuid`. Commas separate columns, unless the whole
    /// text is the name of a column.
    pub(super) fn resolve_username_columns(&mut self) {
        let options = self.options;
        let sources = options.username_from.iter().chain(&options.username_uuid);
        for Sourced { value, origin } in sources {
            let names: Vec<&str> = if self.columns_named(value).is_empty() {
                value.split(',').map(str::trim).collect()
            } else {
                vec![value]
            };
            for name in names {
                let origin = if name == value {
                    origin.clone()
                } else {
                    format!("{origin}: {name}")
                };
                let column = self.use_column(&origin, name);
                self.username_from.extend(column);
            }
        }
    }

    /// Returns whether the options take the username from other columns than this one.
    pub(super) fn takes_username_elsewhere(&self, index: usize) -> bool {
        !self.username_from.is_empty() && !self.username_from.contains(&index)
    }

    pub(super) fn username(&mut self) -> Option<UsernameFrom> {
        let columns = self.username_columns()?;
        let region = self.options.phone_region;
        let names: Vec<&str> = columns.iter().map(|index| self.name(*index)).collect();
        Some(UsernameFrom {
            label: names.join(", "),
            columns: columns
                .into_iter()
                .map(|column| UsernameColumn {
                    column,
                    region: region.filter(|_| self.has_phone_numbers(column)),
                })
                .collect(),
            lowercase: self.options.lowercase.contains(&Lowercase::Username),
            uuid: self.options.username_uuid.is_some(),
        })
    }

    fn username_columns(&mut self) -> Option<Vec<usize>> {
        let mapped = self.column_of(&Target::Username);
        let options = self.options;
        let option = options
            .username_from
            .first()
            .or(options.username_uuid.as_ref());
        let from_options = self.username_from.clone();
        match (option, mapped) {
            (Some(option), Some(mapped)) if self.takes_username_elsewhere(mapped) => {
                self.problems.push(format!(
                    "{}: column {}, {}, is already mapped to the username; remove one of the two",
                    option.origin,
                    mapped + 1,
                    self.name(mapped)
                ));
                None
            }
            (Some(_), _) => (!from_options.is_empty()).then_some(from_options),
            (None, Some(mapped)) => Some(vec![mapped]),
            (None, None) => {
                self.lacks_username = true;
                None
            }
        }
    }
}
