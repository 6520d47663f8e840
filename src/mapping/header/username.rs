//! Which columns give the username.

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::Target;
use crate::mapping::options::{Lowercase, Sourced};
use crate::mapping::username::{UsernameColumn, UsernameFrom};

impl ColumnResolver<'_> {
    /// Resolves what was asked for. Commas separate columns, unless the whole text is the name of one.
    pub(super) fn find_username(&mut self) {
        let options = self.options;
        let asked = options.username_from.iter().chain(&options.username_uuid);
        for Sourced {
            value: what,
            origin: by,
        } in asked
        {
            let names: Vec<&str> = if self.places(what).is_empty() {
                what.split(',').map(str::trim).collect()
            } else {
                vec![what]
            };
            for name in names {
                let by = if name == what {
                    by.clone()
                } else {
                    format!("{by}: {name}")
                };
                let place = self.used(&by, name);
                self.username_from.extend(place);
            }
        }
    }

    /// Whether other columns were named for the username.
    pub(super) fn gives_no_username(&self, place: usize) -> bool {
        !self.username_from.is_empty() && !self.username_from.contains(&place)
    }

    pub(super) fn username(&mut self) -> Option<UsernameFrom> {
        let columns = self.username_columns()?;
        let region = self.options.phone_region;
        let names: Vec<&str> = columns.iter().map(|place| self.name(*place)).collect();
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
        let meant = self.only(&Target::Username);
        let options = self.options;
        let asked = options
            .username_from
            .first()
            .or(options.username_uuid.as_ref());
        let from = self.username_from.clone();
        match (asked, meant) {
            (Some(asked), Some(meant)) if self.gives_no_username(meant) => {
                self.problems.push(format!(
                    "{}: column {}, {}, gives the username as well; remove one of the two",
                    asked.origin,
                    meant + 1,
                    self.name(meant)
                ));
                None
            }
            (Some(_), _) => (!from.is_empty()).then_some(from),
            (None, Some(meant)) => Some(vec![meant]),
            (None, None) => {
                self.lacks_username = true;
                None
            }
        }
    }
}
