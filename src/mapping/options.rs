//! What was asked for, before a header is seen.

use std::sync::Arc;

use super::columns::Target;
use super::dates::DateFormat;
use super::phone::Region;
use crate::user::hint::FlagsGiven;
use crate::user::pool_rules::Contact;
use clap::ValueEnum;

/// Where passwords come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
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
    /// Whether users may get a random one.
    #[must_use]
    pub fn may_generate(self) -> bool {
        match self {
            Self::Generate | Self::ColumnOrGenerate => true,
            Self::Column | Self::None => false,
        }
    }
}

/// Something that was asked for, and by what: errors name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// What was asked for.
    pub value: T,
    /// The flag as it was typed, or the file with line and key.
    pub origin: String,
}

impl<T> Sourced<T> {
    /// Asked for by this flag or key.
    #[must_use]
    pub fn new(value: T, by: impl Into<String>) -> Self {
        Self {
            value,
            origin: by.into(),
        }
    }
}

/// A column that has a meaning other than its name's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnTarget {
    /// The column, compared without case.
    pub column: String,
    /// What it means.
    pub target: Target,
}

/// An attribute with the same value for every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// The attribute.
    pub attribute: Arc<str>,
    /// Its value; not empty.
    pub value: String,
}

/// An attribute that is put together from several columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The attribute.
    pub attribute: Arc<str>,
    /// The columns, compared without case, in the order in which their cells are joined.
    pub columns: Vec<String>,
}

/// How an attribute's dates are written in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateOf {
    /// The attribute.
    pub attribute: Arc<str>,
    /// How.
    pub format: DateFormat,
}

/// One line of a column's value table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueOf {
    /// The column, compared without case.
    pub column: String,
    /// The cell as it stands in the list; `*` is every other one.
    pub cell: String,
    /// What it becomes; empty: nothing is set.
    pub becomes: String,
}

/// Rows whose cell in this column is this value. The cell is taken as it appears in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnIs {
    /// The column, compared without case.
    pub column: String,
    /// The value, compared without case and without white space around it; `*` is every cell with something in it.
    pub value: String,
}

/// What is asked for after the sign-ups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FollowUpOptions {
    /// Every user is confirmed.
    pub confirm: bool,
    /// Users of rows for which one of these holds are confirmed.
    pub confirm_where: Vec<Sourced<ColumnIs>>,
    /// Addresses that are verified, where a row has them.
    pub verify: Vec<Sourced<Contact>>,
    /// Groups that every user is put into.
    pub groups: Vec<Sourced<String>>,
    /// What separates the groups in a cell.
    pub group_separator: Option<Sourced<String>>,
    /// Groups that the pool does not have are created.
    pub create_groups: bool,
    /// Users of rows for which one of these holds are disabled.
    pub disable_where: Vec<Sourced<ColumnIs>>,
}

/// What is converted to lowercase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Lowercase {
    /// The username
    Username,
    /// The email attribute
    Email,
}

/// What the command line and the mapping file say of the columns.
#[derive(Debug, Clone, Default)]
pub struct MappingOptions {
    /// Columns to drop, compared without case.
    pub ignore: Vec<Sourced<String>>,
    /// Drop columns that mean nothing.
    pub ignore_unknown: bool,
    /// Where passwords come from.
    pub password: Option<PasswordFrom>,
    /// Columns that mean something else than their names say.
    pub columns: Vec<Sourced<ColumnTarget>>,
    /// Columns with the username, which may be attributes as well: the first one that is not empty in a row.
    pub username_from: Vec<Sourced<String>>,
    /// The column of whose cells UUIDs are made for usernames.
    pub username_uuid: Option<Sourced<String>>,
    /// Attributes that are the same for every row.
    pub set: Vec<Sourced<Constant>>,
    /// Attributes from several columns.
    pub join: Vec<Sourced<Join>>,
    /// Columns that are copied into the results.
    pub keep: Vec<Sourced<String>>,
    /// Rows for which one of these holds are left out.
    pub skip_where: Vec<Sourced<ColumnIs>>,
    /// White space around every cell but the password is taken away.
    pub trim: bool,
    /// Cells that equal one of these texts are empty.
    pub null: Vec<String>,
    /// Passwords that look like hashes, or are all alike, are what users type.
    pub allow_suspicious_passwords: bool,
    /// What is written small.
    pub lowercase: Vec<Lowercase>,
    /// Where phone numbers without a country code are from.
    pub phone_region: Option<Region>,
    /// How dates are written.
    pub dates: Vec<Sourced<DateOf>>,
    /// What cells become.
    pub values: Vec<Sourced<ValueOf>>,
    /// What follows the sign-ups.
    pub follow_up: FollowUpOptions,
}

impl MappingOptions {
    /// The flags that say this, for hints. A flag that can be repeated with another value is not among them.
    pub(super) fn flags_given(&self) -> FlagsGiven {
        let given = [
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
        given
            .into_iter()
            .filter_map(|(flag, given)| given.then_some(flag))
            .collect()
    }
}
