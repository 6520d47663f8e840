//! The options of a mapping, from the command line and the mapping file.

use std::sync::Arc;

use clap::ValueEnum;
use serde::Deserialize;

use super::columns::Target;
use super::dates::DateFormat;
use super::phone::Region;
use crate::user::hint::FlagsGiven;
use crate::user::pool_rules::Contact;

/// The source of passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PasswordFrom {
    /// The password column (default)
    #[default]
    Column,
    /// Random passwords that are stored nowhere; users reset them with "forgot password"
    Generate,
    /// The password column, or a random password where the cell is empty
    ColumnOrGenerate,
    /// No passwords, for pools with a passwordless sign-in factor
    None,
}

impl PasswordFrom {
    /// Returns whether users may get random passwords.
    #[must_use]
    pub fn may_generate(self) -> bool {
        match self {
            Self::Generate | Self::ColumnOrGenerate => true,
            Self::Column | Self::None => false,
        }
    }
}

/// A value and its origin, which errors mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The flag as typed, or the file with line and key.
    pub origin: String,
}

impl<T> Sourced<T> {
    /// A value from this flag or key.
    #[must_use]
    pub fn new(value: T, origin: impl Into<String>) -> Self {
        Self {
            value,
            origin: origin.into(),
        }
    }
}

/// A column that is mapped to a target (`--map`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnTarget {
    /// The column. Its case is ignored.
    pub column: String,
    /// Its target.
    pub target: Target,
}

/// An attribute with the same value in every row (`--set`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// The attribute.
    pub attribute: Arc<str>,
    /// Its value; never empty.
    pub value: String,
}

/// An attribute joined from several columns (`--join`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The attribute.
    pub attribute: Arc<str>,
    /// The columns in the order in which their cells are joined. Their case is ignored.
    pub columns: Vec<String>,
}

/// The format of an attribute's dates in the list (`--date-format`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeDateFormat {
    /// The attribute.
    pub attribute: Arc<str>,
    /// The format.
    pub format: DateFormat,
}

/// An entry of a column's value table (`--value`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueTableEntry {
    /// The column. Its case is ignored.
    pub column: String,
    /// The cell in the list; `*` matches all other cells.
    pub cell: String,
    /// The value to send; if empty, the attribute is not set.
    pub replacement: String,
}

/// A condition on the original cell of a column (`COLUMN=VALUE`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnEquals {
    /// The column. Its case is ignored.
    pub column: String,
    /// The value. Case and surrounding whitespace are ignored; `*` matches every nonempty cell.
    pub value: String,
}

/// The update of users that existed (`--update-existing`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateOptions {
    /// The attributes to update; empty: all that the list sets.
    pub attributes: Vec<Sourced<String>>,
    /// The column with the date of each row. Users that were modified later are left alone.
    pub not_newer_than: Option<Sourced<String>>,
}

/// The steps requested after the sign-ups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FollowUpOptions {
    /// Confirm all users.
    pub confirm: bool,
    /// Confirm the users of rows that meet any of these conditions.
    pub confirm_where: Vec<Sourced<ColumnEquals>>,
    /// Contacts to mark as verified.
    pub verify: Vec<Sourced<Contact>>,
    /// Groups to add all users to.
    pub groups: Vec<Sourced<String>>,
    /// The separator of groups in a cell.
    pub group_separator: Option<Sourced<String>>,
    /// Create groups that are missing in the pool.
    pub create_groups: bool,
    /// Disable the users of rows that meet any of these conditions.
    pub disable_where: Vec<Sourced<ColumnEquals>>,
    /// Update users that existed.
    pub update: Option<UpdateOptions>,
}

/// A value to convert to lowercase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Lowercase {
    /// The username
    Username,
    /// The email attribute
    Email,
}

/// The options of the command line and the mapping file about columns and rows.
#[derive(Debug, Clone, Default)]
pub struct MappingOptions {
    /// Columns to drop. Their case is ignored.
    pub ignore: Vec<Sourced<String>>,
    /// Drop columns without a target.
    pub ignore_unknown: bool,
    /// The source of passwords.
    pub password: Option<PasswordFrom>,
    /// Columns with a target other than their name's.
    pub columns: Vec<Sourced<ColumnTarget>>,
    /// Columns of the username, which can also be attributes. The first nonempty one in a row is
    /// used.
    pub username_from: Vec<Sourced<String>>,
    /// The column that UUIDs for usernames are derived from.
    pub username_uuid: Option<Sourced<String>>,
    /// Attributes with the same value in every row.
    pub set: Vec<Sourced<Constant>>,
    /// Attributes joined from several columns.
    pub join: Vec<Sourced<Join>>,
    /// Columns to copy into the results.
    pub keep: Vec<Sourced<String>>,
    /// Select the rows that meet one of these conditions for each of their columns.
    pub only_where: Vec<Sourced<ColumnEquals>>,
    /// Skip rows that meet any of these conditions.
    pub skip_where: Vec<Sourced<ColumnEquals>>,
    /// Trim whitespace around every cell except the password.
    pub trim: bool,
    /// Texts of cells to treat as empty.
    pub null: Vec<String>,
    /// Accept passwords that look like hashes or are all the same.
    pub allow_suspicious_passwords: bool,
    /// Values to lowercase.
    pub lowercase: Vec<Lowercase>,
    /// The country of phone numbers without a country code.
    pub phone_region: Option<Region>,
    /// The formats of dates.
    pub dates: Vec<Sourced<AttributeDateFormat>>,
    /// The value tables.
    pub values: Vec<Sourced<ValueTableEntry>>,
    /// The steps after the sign-ups.
    pub follow_up: FollowUpOptions,
}

impl MappingOptions {
    /// Returns the flags that these options correspond to, for hints. Flags that can be repeated
    /// with another value are left out.
    pub(super) fn flags_given(&self) -> FlagsGiven {
        let flags = [
            ("--trim", self.trim),
            (
                "--username-from",
                !self.username_from.is_empty() || self.username_uuid.is_some(),
            ),
            ("--username-uuid", self.username_uuid.is_some()),
            ("--phone-region", self.phone_region.is_some()),
            (
                "--lowercase username",
                self.lowercase.contains(&Lowercase::Username),
            ),
            ("--ignore-unknown", self.ignore_unknown),
            (
                "--allow-suspicious-passwords",
                self.allow_suspicious_passwords,
            ),
            ("--confirm", self.follow_up.confirm),
            (
                "--group-separator",
                self.follow_up.group_separator.is_some(),
            ),
        ];
        flags
            .into_iter()
            .filter_map(|(flag, is_given)| is_given.then_some(flag))
            .collect()
    }
}
