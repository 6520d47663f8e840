//! Converts the keys of the mapping file to mapping options.

use std::sync::Arc;

use super::keys::{Located, OneOrMany};
use super::{MappingFile, MappingFileError};
use crate::cli::args::column_is;
use crate::cli::args::follow_up::{group, separator};
use crate::cli::args::mapping::{EMPTY_ATTRIBUTE, null_text};
use crate::mapping::{
    AttributeDateFormat, ColumnEquals, ColumnTarget, Constant, DateFormat, FollowUpOptions, Join,
    MappingOptions, Region, Sourced, Target, ValueTableEntry, attribute,
};

impl MappingFile {
    /// Returns the file's mapping options, including the steps after sign-up.
    ///
    /// # Errors
    /// A value is invalid, or two keys contradict each other.
    pub fn options(&self) -> Result<MappingOptions, MappingFileError> {
        let keys = &self.keys;
        Ok(MappingOptions {
            ignore: self.column_names("ignore", &keys.ignore),
            ignore_unknown: keys.ignore_unknown,
            columns: self.columns()?,
            username_from: self.username_from()?,
            username_uuid: keys
                .username_uuid
                .as_ref()
                .map(|name| self.column_name("username_uuid", name)),
            set: self.set()?,
            join: self.join()?,
            keep: self.column_names("keep", &keys.keep),
            only_where: self.conditions("where", &keys.only_where)?,
            skip_where: self.conditions("skip_where", &keys.skip_where)?,
            trim: keys.trim,
            null: self.null()?,
            // Only a flag can disable this check: a mapping file is reused for other lists.
            allow_suspicious_passwords: false,
            lowercase: keys.lowercase.clone(),
            phone_region: self.parse_value(
                "phone_region",
                keys.phone_region.as_ref(),
                Region::parse,
            )?,
            dates: self.dates()?,
            values: self.values(),
            follow_up: self.follow_up()?,
            password: keys.password,
        })
    }

    fn columns(&self) -> Result<Vec<Sourced<ColumnTarget>>, MappingFileError> {
        let read = |(column, target): (&String, &Located<String>)| {
            let key = format!("columns.\"{column}\"");
            let column_target = ColumnTarget {
                column: column.trim().to_owned(),
                target: Target::parse(target.get_ref().trim())
                    .map_err(|cause| self.invalid(target, &key, cause))?,
            };
            Ok(self.sourced(target, key, column_target))
        };
        self.keys.columns.iter().map(read).collect()
    }

    fn username_from(&self) -> Result<Vec<Sourced<String>>, MappingFileError> {
        let Some(columns) = &self.keys.username_from else {
            return Ok(Vec::new());
        };
        let key = "username_from";
        if self.keys.username_uuid.is_some() {
            return Err(self.conflicting(columns, key, "username_uuid"));
        }
        let names = match columns.get_ref() {
            OneOrMany::One(name) => std::slice::from_ref(name),
            OneOrMany::Many(names) => names,
        };
        if names.is_empty() {
            return Err(self.invalid(columns, key, NO_COLUMNS.to_owned()));
        }
        let sourced = |name: &String| {
            let name = name.trim();
            self.sourced(columns, format!("{key}, {name}"), name.to_owned())
        };
        Ok(names.iter().map(sourced).collect())
    }

    fn set(&self) -> Result<Vec<Sourced<Constant>>, MappingFileError> {
        let read = |(name, value): (&String, &Located<String>)| {
            let key = format!("set.\"{name}\"");
            let attribute = self.attribute(name, value, &key)?;
            if value.get_ref().is_empty() {
                return Err(self.invalid(value, &key, EMPTY_ATTRIBUTE.to_owned()));
            }
            let constant = Constant {
                attribute,
                value: value.get_ref().clone(),
            };
            Ok(self.sourced(value, key, constant))
        };
        self.keys.set.iter().map(read).collect()
    }

    fn join(&self) -> Result<Vec<Sourced<Join>>, MappingFileError> {
        let read = |(name, columns): (&String, &Located<Vec<String>>)| {
            let key = format!("join.\"{name}\"");
            if columns.get_ref().is_empty() {
                return Err(self.invalid(columns, &key, NO_COLUMNS.to_owned()));
            }
            let join = Join {
                attribute: self.attribute(name, columns, &key)?,
                columns: columns
                    .get_ref()
                    .iter()
                    .map(|column| column.trim().to_owned())
                    .collect(),
            };
            Ok(self.sourced(columns, key, join))
        };
        self.keys.join.iter().map(read).collect()
    }

    fn null(&self) -> Result<Vec<String>, MappingFileError> {
        let read = |text: &Located<String>| {
            null_text(text.get_ref()).map_err(|cause| self.invalid(text, "null", cause))
        };
        self.keys.null.iter().map(read).collect()
    }

    fn dates(&self) -> Result<Vec<Sourced<AttributeDateFormat>>, MappingFileError> {
        let read = |(name, format): (&String, &Located<String>)| {
            let key = format!("dates.\"{name}\"");
            let date = AttributeDateFormat {
                attribute: self.attribute(name, format, &key)?,
                format: DateFormat::parse(format.get_ref())
                    .map_err(|cause| self.invalid(format, &key, cause))?,
            };
            Ok(self.sourced(format, key, date))
        };
        self.keys.dates.iter().map(read).collect()
    }

    fn values(&self) -> Vec<Sourced<ValueTableEntry>> {
        let entries = self.keys.values.iter().flat_map(|(column, table)| {
            table
                .iter()
                .map(move |(cell, replacement)| (column, cell, replacement))
        });
        entries
            .map(|(column, cell, replacement)| {
                let value = ValueTableEntry {
                    column: column.trim().to_owned(),
                    cell: cell.clone(),
                    replacement: replacement.get_ref().clone(),
                };
                self.sourced(replacement, format!("values.\"{column}\""), value)
            })
            .collect()
    }

    fn follow_up(&self) -> Result<FollowUpOptions, MappingFileError> {
        let keys = &self.keys.follow_up;
        let confirm_where = self.conditions("follow_up.confirm_where", &keys.confirm_where)?;
        if let (true, Some(condition)) = (keys.confirm, keys.confirm_where.first()) {
            return Err(self.conflicting(condition, "follow_up.confirm_where", "confirm = true"));
        }
        Ok(FollowUpOptions {
            confirm: keys.confirm,
            confirm_where,
            verify: keys
                .verify
                .iter()
                .map(|contact| self.sourced(contact, "follow_up.verify", *contact.get_ref()))
                .collect(),
            groups: self.groups(&keys.groups)?,
            group_separator: self
                .parse_value(
                    "follow_up.group_separator",
                    keys.group_separator.as_ref(),
                    separator,
                )?
                .zip(keys.group_separator.as_ref())
                .map(|(text, at)| self.sourced(at, "follow_up.group_separator", text)),
            create_groups: keys.create_groups,
            disable_where: self.conditions("follow_up.disable_where", &keys.disable_where)?,
            update: None,
        })
    }

    fn groups(&self, names: &[Located<String>]) -> Result<Vec<Sourced<String>>, MappingFileError> {
        let key = "follow_up.groups";
        let read = |text: &Located<String>| {
            let name = group(text.get_ref()).map_err(|cause| self.invalid(text, key, cause))?;
            Ok(self.sourced(text, format!("{key}, {name}"), name))
        };
        names.iter().map(read).collect()
    }

    fn conditions(
        &self,
        key: &str,
        texts: &[Located<String>],
    ) -> Result<Vec<Sourced<ColumnEquals>>, MappingFileError> {
        let read = |text: &Located<String>| {
            let condition =
                column_is(text.get_ref()).map_err(|cause| self.invalid(text, key, cause))?;
            Ok(self.sourced(text, format!("{key}, {}", text.get_ref()), condition))
        };
        texts.iter().map(read).collect()
    }

    fn attribute<T>(
        &self,
        name: &str,
        at: &Located<T>,
        key: &str,
    ) -> Result<Arc<str>, MappingFileError> {
        attribute(name.trim()).map_err(|cause| self.invalid(at, key, cause))
    }

    fn column_names(&self, key: &str, names: &[Located<String>]) -> Vec<Sourced<String>> {
        names
            .iter()
            .map(|name| self.column_name(key, name))
            .collect()
    }

    fn column_name(&self, key: &str, name: &Located<String>) -> Sourced<String> {
        let column = name.get_ref().trim().to_owned();
        self.sourced(name, format!("{key}, {column}"), column)
    }
}

const NO_COLUMNS: &str = "the list is empty: at least one column is required";
