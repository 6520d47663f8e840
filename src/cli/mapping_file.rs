//! The mapping file: what the flags about columns say, in TOML.

mod error;
mod follow_up;
mod located;
mod shape;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::de::{DeTable, Deserializer};

use super::args::format::{delimiter, escape, quote};
use super::args::mapping::null_text;
use super::text_file::{WRITTEN_BY_HAND, read_text};
use crate::mapping::{
    ColumnTarget, Constant, DateFormat, DateOf, Join, Lowercase, MappingOptions, PasswordFrom,
    Region, Sourced, Target, ValueOf, attribute,
};
use crate::pool::TriggerData;
use crate::rows::Dialect;
use crate::source::UnknownEncoding;

pub use error::MappingFileError;
use located::Located;

/// A mapping file. Each key is described with the flag of the same name in `cognito-import import
/// --help`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MappingFileKeys {
    /// The columns with the username: the first one that is not empty in a row.
    username_from: Option<Located<OneOrMore>>,
    /// The column whose cells become usernames as UUIDs (version 5).
    username_uuid: Option<Located<String>>,
    /// Where passwords come from.
    password: Option<From>,
    /// Ignore columns that have no meaning.
    ignore_unknown: bool,
    /// Columns to ignore.
    ignore: Vec<Located<String>>,
    /// Columns to copy into the results.
    keep: Vec<Located<String>>,
    /// Skip rows where COLUMN=VALUE.
    skip_where: Vec<Located<String>>,
    /// Trim whitespace around every cell except the password.
    trim: bool,
    /// Cells that mean no value.
    null: Vec<Located<String>>,
    /// What to lowercase.
    lowercase: Vec<Small>,
    /// The region of phone numbers without a country code, such as DE.
    phone_region: Option<Located<String>>,
    /// The attribute that a column means, by column.
    columns: BTreeMap<String, Located<String>>,
    /// A constant value, by attribute.
    set: BTreeMap<String, Located<String>>,
    /// Columns whose cells are joined by a space, by attribute.
    join: BTreeMap<String, Located<Vec<String>>>,
    /// The format of dates, by attribute.
    dates: BTreeMap<String, Located<String>>,
    /// Replacements of cells, by column and cell.
    values: BTreeMap<String, BTreeMap<String, Located<String>>>,
    /// Steps after the sign-up.
    follow_up: follow_up::FollowUpKeys,
    /// How the list is written.
    list: ListKeys,
    /// ValidationData for the pool's triggers.
    validation_data: BTreeMap<String, Located<String>>,
    /// ClientMetadata for the pool's triggers.
    client_metadata: BTreeMap<String, Located<String>>,
}

/// How the list is written.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct ListKeys {
    /// The encoding, such as windows-1252.
    encoding: Option<Located<String>>,
    /// The character between cells.
    delimiter: Option<Located<String>>,
    /// The quote character, or none.
    quote: Option<Located<String>>,
    /// The character that escapes quotes.
    escape: Option<Located<String>>,
    /// The column names of a list without a header line.
    columns: Option<Vec<String>>,
    /// The number of lines before the header.
    skip_lines: Option<u64>,
    /// Accept rows with more or fewer cells than the header.
    flexible: bool,
    /// Remove an apostrophe at the start of a cell.
    drop_apostrophe: bool,
    /// Read `="text"` as text.
    unwrap_formulas: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum Small {
    Username,
    Email,
}

/// A string or a list of strings.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Where passwords come from.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum From {
    Column,
    Generate,
    ColumnOrGenerate,
    None,
}

/// A mapping file that was read.
#[derive(Debug)]
pub struct MappingFile {
    path: PathBuf,
    lines: LineStarts,
    keys: MappingFileKeys,
}

impl MappingFile {
    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read, is invalid TOML, or has a key that is not known.
    pub fn read(path: &Path) -> Result<Self, MappingFileError> {
        let text = read_text(path, WRITTEN_BY_HAND).map_err(|cause| MappingFileError::Read {
            path: path.to_owned(),
            cause,
        })?;
        Self::of_text(path, &text)
    }

    fn of_text(path: &Path, text: &str) -> Result<Self, MappingFileError> {
        let lines = LineStarts::of(text);
        let line = |at: &Range<usize>| lines.at(at.start);
        let no_toml = |error: toml::de::Error| MappingFileError::NoToml {
            path: path.to_owned(),
            line: line(&error.span().unwrap_or_default()),
            cause: error.message().to_owned(),
        };
        let file = DeTable::parse(text).map_err(no_toml)?;
        if let Some(misfit) = shape::misfit(file.get_ref()) {
            return Err(MappingFileError::Shape {
                path: path.to_owned(),
                line: line(&misfit.at),
                key: misfit.key,
                cause: misfit.cause,
                hint: misfit.hint,
            });
        }
        let keys = MappingFileKeys::deserialize(Deserializer::from(file)).map_err(no_toml)?;
        Ok(Self {
            path: path.to_owned(),
            lines,
            keys,
        })
    }

    /// What it says of the columns.
    ///
    /// # Errors
    /// A value does not mean anything.
    pub fn options(&self) -> Result<MappingOptions, MappingFileError> {
        let keys = &self.keys;
        let names = |key: &'static str, names: &[Located<String>]| -> Vec<Sourced<String>> {
            names.iter().map(|name| self.name(key, name)).collect()
        };
        Ok(MappingOptions {
            ignore: names("ignore", &keys.ignore),
            ignore_unknown: keys.ignore_unknown,
            columns: self.columns()?,
            username_from: self.username_from()?,
            username_uuid: keys
                .username_uuid
                .as_ref()
                .map(|name| self.name("username_uuid", name)),
            set: self.set()?,
            join: self.join()?,
            keep: names("keep", &keys.keep),
            skip_where: self.conditions("skip_where", &keys.skip_where)?,
            trim: keys.trim,
            null: self.null()?,
            // A guard is not opened by a file that outlives the list.
            allow_suspicious_passwords: false,
            lowercase: keys
                .lowercase
                .iter()
                .map(|what| match what {
                    Small::Username => Lowercase::Username,
                    Small::Email => Lowercase::Email,
                })
                .collect(),
            phone_region: match &keys.phone_region {
                Some(letters) => {
                    let region = Region::parse(letters.get_ref());
                    Some(region.map_err(|cause| self.wrong(letters, "phone_region", cause))?)
                }
                None => None,
            },
            dates: self.dates()?,
            values: self.values(),
            follow_up: self.follow_up()?,
            password: keys.password.map(|from| match from {
                From::Column => PasswordFrom::Column,
                From::Generate => PasswordFrom::Generate,
                From::ColumnOrGenerate => PasswordFrom::ColumnOrGenerate,
                From::None => PasswordFrom::None,
            }),
        })
    }

    /// What it says of how the list is written.
    ///
    /// # Errors
    /// A value does not mean anything.
    pub fn dialect(&self) -> Result<Dialect, MappingFileError> {
        let keys = &self.keys.list;
        Ok(Dialect {
            encoding: self.meant("list.encoding", keys.encoding.as_ref(), |name| {
                name.parse()
                    .map_err(|error: UnknownEncoding| error.to_string())
            })?,
            delimiter: self.meant("list.delimiter", keys.delimiter.as_ref(), delimiter)?,
            quote: self.meant("list.quote", keys.quote.as_ref(), quote)?,
            escape: self.meant("list.escape", keys.escape.as_ref(), escape)?,
            columns: keys.columns.clone(),
            skip_lines: keys.skip_lines.unwrap_or_default(),
            flexible: keys.flexible,
            drop_apostrophe: keys.drop_apostrophe,
            unwrap_formulas: keys.unwrap_formulas,
        })
    }

    /// Adds what it says that the pool's triggers are told.
    ///
    /// # Errors
    /// Cognito does not take a pair.
    pub fn tell_triggers(&self, data: &mut TriggerData) -> Result<(), MappingFileError> {
        for (name, value) in &self.keys.validation_data {
            data.validate(name, value.get_ref().as_str().into())
                .map_err(|cause| {
                    self.wrong(value, &format!("validation_data.\"{name}\""), cause)
                })?;
        }
        for (name, value) in &self.keys.client_metadata {
            data.add_metadata(name, value.get_ref().clone())
                .map_err(|cause| {
                    self.wrong(value, &format!("client_metadata.\"{name}\""), cause)
                })?;
        }
        Ok(())
    }

    /// A value that is read as the flag of the same name is.
    fn meant<T>(
        &self,
        key: &str,
        value: Option<&Located<String>>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, MappingFileError> {
        value
            .map(|value| read(value.get_ref()).map_err(|cause| self.wrong(value, key, cause)))
            .transpose()
    }

    fn username_from(&self) -> Result<Vec<Sourced<String>>, MappingFileError> {
        let Some(from) = &self.keys.username_from else {
            return Ok(Vec::new());
        };
        let key = "username_from";
        if self.keys.username_uuid.is_some() {
            let cause =
                "username_uuid names the column of the username too: take one of the two away";
            return Err(self.wrong(from, key, cause.to_owned()));
        }
        let names = match from.get_ref() {
            OneOrMore::One(name) => std::slice::from_ref(name),
            OneOrMore::More(names) => names,
        };
        if names.is_empty() {
            return Err(self.wrong(from, key, "names no column".to_owned()));
        }
        let asked = |name: &String| {
            let name = name.trim();
            self.asked(from, format!("{key}, {name}"), name.to_owned())
        };
        Ok(names.iter().map(asked).collect())
    }

    fn null(&self) -> Result<Vec<String>, MappingFileError> {
        let read = |text: &Located<String>| {
            null_text(text.get_ref()).map_err(|cause| self.wrong(text, "null", cause))
        };
        self.keys.null.iter().map(read).collect()
    }

    fn columns(&self) -> Result<Vec<Sourced<ColumnTarget>>, MappingFileError> {
        let read = |(column, target): (&String, &Located<String>)| {
            let key = format!("columns.\"{column}\"");
            let what = ColumnTarget {
                column: column.trim().to_owned(),
                target: Target::parse(target.get_ref().trim())
                    .map_err(|cause| self.wrong(target, &key, cause))?,
            };
            Ok(self.asked(target, key, what))
        };
        self.keys.columns.iter().map(read).collect()
    }

    fn set(&self) -> Result<Vec<Sourced<Constant>>, MappingFileError> {
        let read = |(name, value): (&String, &Located<String>)| {
            let key = format!("set.\"{name}\"");
            let attribute = self.attribute(name, value, &key)?;
            if value.get_ref().is_empty() {
                let cause = "has no value: Cognito takes no empty ones".to_owned();
                return Err(self.wrong(value, &key, cause));
            }
            let what = Constant {
                attribute,
                value: value.get_ref().clone(),
            };
            Ok(self.asked(value, key, what))
        };
        self.keys.set.iter().map(read).collect()
    }

    fn join(&self) -> Result<Vec<Sourced<Join>>, MappingFileError> {
        let read = |(name, columns): (&String, &Located<Vec<String>>)| {
            let key = format!("join.\"{name}\"");
            if columns.get_ref().is_empty() {
                return Err(self.wrong(columns, &key, "names no column".to_owned()));
            }
            let what = Join {
                attribute: self.attribute(name, columns, &key)?,
                columns: columns
                    .get_ref()
                    .iter()
                    .map(|column| column.trim().to_owned())
                    .collect(),
            };
            Ok(self.asked(columns, key, what))
        };
        self.keys.join.iter().map(read).collect()
    }

    fn dates(&self) -> Result<Vec<Sourced<DateOf>>, MappingFileError> {
        let read = |(name, format): (&String, &Located<String>)| {
            let key = format!("dates.\"{name}\"");
            let what = DateOf {
                attribute: self.attribute(name, format, &key)?,
                format: DateFormat::parse(format.get_ref())
                    .map_err(|cause| self.wrong(format, &key, cause))?,
            };
            Ok(self.asked(format, key, what))
        };
        self.keys.dates.iter().map(read).collect()
    }

    fn values(&self) -> Vec<Sourced<ValueOf>> {
        let lines = self.keys.values.iter().flat_map(|(column, table)| {
            table
                .iter()
                .map(move |(cell, becomes)| (column, cell, becomes))
        });
        lines
            .map(|(column, cell, becomes)| {
                let what = ValueOf {
                    column: column.trim().to_owned(),
                    cell: cell.clone(),
                    becomes: becomes.get_ref().clone(),
                };
                self.asked(becomes, format!("values.\"{column}\".\"{cell}\""), what)
            })
            .collect()
    }

    fn attribute<T>(
        &self,
        name: &str,
        at: &Located<T>,
        key: &str,
    ) -> Result<Arc<str>, MappingFileError> {
        attribute(name.trim()).map_err(|cause| self.wrong(at, key, cause))
    }

    /// A column by its name.
    fn name(&self, key: &str, name: &Located<String>) -> Sourced<String> {
        let what = name.get_ref().trim().to_owned();
        self.asked(name, format!("{key}, {what}"), what)
    }

    fn asked<T, U>(&self, at: &Located<U>, key: impl fmt::Display, what: T) -> Sourced<T> {
        let line = self.line(at.span());
        Sourced::new(what, format!("{}: line {line}, {key}", self.path.display()))
    }

    fn wrong<T>(&self, at: &Located<T>, key: &str, cause: String) -> MappingFileError {
        MappingFileError::Value {
            path: self.path.clone(),
            line: self.line(at.span()),
            key: key.to_owned(),
            cause,
        }
    }

    fn line(&self, span: Range<usize>) -> usize {
        self.lines.at(span.start)
    }
}

/// Where each line but the first one begins, in bytes.
#[derive(Debug)]
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> Self {
        let ends = text.match_indices('\n');
        Self(ends.map(|(end, _)| end + 1).collect())
    }

    /// The line of this byte, from 1.
    fn at(&self, byte: usize) -> usize {
        1 + self.0.partition_point(|begin| *begin <= byte)
    }
}

#[cfg(test)]
mod tests;
