//! The keys of the mapping file, as serde reads them.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::mapping::{Lowercase, PasswordFrom};
use crate::user::pool_rules::Contact;

/// A mapping file. Each key is described with the flag of the same name in `cognito-import import
/// --help`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MappingFileKeys {
    /// The columns with the username: the first one that is not empty in a row.
    pub(super) username_from: Option<Located<OneOrMany>>,
    /// The column from which usernames are derived as UUIDs (version 5).
    pub(super) username_uuid: Option<Located<String>>,
    /// The source of passwords.
    pub(super) password: Option<PasswordFrom>,
    /// Ignore unknown columns.
    pub(super) ignore_unknown: bool,
    /// Columns to ignore.
    pub(super) ignore: Vec<Located<String>>,
    /// Columns to copy into the results.
    pub(super) keep: Vec<Located<String>>,
    /// Use only rows where COLUMN=VALUE.
    #[serde(rename = "where")]
    pub(super) only_where: Vec<Located<String>>,
    /// Skip rows where COLUMN=VALUE.
    pub(super) skip_where: Vec<Located<String>>,
    /// Trim whitespace around every cell except the password.
    pub(super) trim: bool,
    /// Cell values to treat as empty.
    pub(super) null: Vec<Located<String>>,
    /// Values to convert to lowercase.
    pub(super) lowercase: Vec<Lowercase>,
    /// The region of phone numbers without a country code, such as DE.
    pub(super) phone_region: Option<Located<String>>,
    /// The attribute that a column maps to, by column.
    pub(super) columns: BTreeMap<String, Located<String>>,
    /// A constant value, by attribute.
    pub(super) set: BTreeMap<String, Located<String>>,
    /// Columns whose cells are joined by a space, by attribute.
    pub(super) join: BTreeMap<String, Located<Vec<String>>>,
    /// The format of dates, by attribute.
    pub(super) dates: BTreeMap<String, Located<String>>,
    /// Replacements of cells, by column and cell.
    pub(super) values: BTreeMap<String, BTreeMap<String, Located<String>>>,
    /// Steps after sign-up.
    pub(super) follow_up: FollowUpKeys,
    /// The encoding and CSV dialect of the list.
    pub(super) list: ListKeys,
    /// ValidationData for the pool's triggers.
    pub(super) validation_data: BTreeMap<String, Located<String>>,
    /// ClientMetadata for the pool's triggers.
    pub(super) client_metadata: BTreeMap<String, Located<String>>,
}

/// Steps after sign-up.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(super) struct FollowUpKeys {
    /// Confirm every user.
    pub(super) confirm: bool,
    /// Confirm users where COLUMN=VALUE.
    pub(super) confirm_where: Vec<Located<String>>,
    /// Mark these attributes as verified.
    pub(super) verify: Vec<Located<Contact>>,
    /// Add every user to these groups.
    pub(super) groups: Vec<Located<String>>,
    /// The separator between groups in a cell of the column `groups`.
    pub(super) group_separator: Option<Located<String>>,
    /// Create missing groups.
    pub(super) create_groups: bool,
    /// Disable users where COLUMN=VALUE.
    pub(super) disable_where: Vec<Located<String>>,
}

/// The encoding and CSV dialect of the list.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(super) struct ListKeys {
    /// The encoding, such as windows-1252.
    pub(super) encoding: Option<Located<String>>,
    /// The character between cells.
    pub(super) delimiter: Option<Located<String>>,
    /// The quote character, or none.
    pub(super) quote: Option<Located<String>>,
    /// The character that escapes quotes.
    pub(super) escape: Option<Located<String>>,
    /// The column names of a list without a header line.
    pub(super) columns: Option<Vec<String>>,
    /// The number of lines before the header.
    pub(super) skip_lines: Option<u64>,
    /// Accept rows with more or fewer cells than the header.
    pub(super) flexible: bool,
    /// Remove an apostrophe at the start of a cell.
    pub(super) drop_apostrophe: bool,
    /// Read `="text"` as text.
    pub(super) unwrap_formulas: bool,
}

/// A string or a list of strings.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A value and its byte range in the file.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Located<T>(Spanned<T>);

impl<T> Located<T> {
    pub(super) fn get_ref(&self) -> &T {
        self.0.get_ref()
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.0.span()
    }
}

/// The schema of the value alone.
#[cfg(test)]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
