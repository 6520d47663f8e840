//! Users, and the rules that they must follow.
//!
//! [`crate::mapping`] creates users from rows. [`rules`] checks them against the `SignUp` API and,
//! if they are known, the rules of a pool ([`pool_rules`]). There is no I/O and no clock here; only
//! generated passwords need randomness from the system.

pub mod finding;
mod follow_up;
pub(crate) mod garbled;
pub mod hint;
pub mod note;
mod password;
pub mod password_column;
pub mod pool_rules;
pub mod rules;
mod value_rules;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub use finding::{Finding, Rule};
pub use follow_up::{Addresses, FollowUpStep, MAX_GROUP_NAME, StepKind, group_name_error};
pub use hint::FlagsGiven;
pub use note::{Note, NoteKind};
pub use password::{NoRandomness, Password};
pub use value_rules::ValueRules;

/// The standard attributes that `SignUp` can set (Cognito's developer guide, "User pool
/// attributes").
pub const STANDARD_ATTRIBUTES: [&str; 17] = [
    "address",
    "birthdate",
    "email",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

/// One attribute of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name in Cognito: a standard one or `custom:...`. All rows of a list share it.
    pub name: Arc<str>,
    /// The value; never empty.
    pub value: String,
}

/// A user to sign up.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// `Username`.
    pub username: String,
    /// The password; `None` only with `--password none`.
    pub password: Option<Password>,
    /// `UserAttributes`, in the order of the columns.
    pub attributes: Vec<Attribute>,
    /// The steps after the sign-up, in this order.
    pub follow_up: Vec<FollowUpStep>,
    /// The date of the row (`--not-newer-than`) in milliseconds since the Unix epoch.
    pub dated_ms: Option<i64>,
}

/// A row of the list, mapped and checked.
#[derive(Debug)]
pub struct Row {
    /// The number of the row. The first row below the header is 1.
    pub number: u64,
    /// The line that it starts on.
    pub line: u64,
    /// The offset of its end in the list.
    pub end_byte: u64,
    /// The original cells of the columns that are copied into the results; `None` if a cell could
    /// not be read.
    pub kept: Vec<Option<String>>,
    /// The user, or why the row is not sent.
    pub user: Result<NewUser, NotSent>,
}

/// The reason why a row is not sent.
#[derive(Debug)]
pub enum NotSent {
    /// It violates rules.
    Invalid(InvalidRow),
    /// `--skip-where` skips it.
    Skipped {
        /// Its username, if it has one.
        username: Option<String>,
    },
}

impl NotSent {
    /// Returns the violations, if the row is invalid.
    #[must_use]
    pub fn invalid(&self) -> Option<&InvalidRow> {
        match self {
            Self::Invalid(row) => Some(row),
            Self::Skipped { .. } => None,
        }
    }
}

/// A row that violates rules.
#[derive(Debug)]
pub struct InvalidRow {
    /// Its username, if one could be read.
    pub username: Option<String>,
    /// All violations; never empty.
    pub findings: Vec<Finding>,
}

impl InvalidRow {
    /// Returns the code of the first finding.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.findings
            .first()
            .map_or("row", |first| first.rule.code())
    }
}

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl Row {
    /// Returns the username, if one could be read.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match &self.user {
            Ok(user) => Some(&user.username),
            Err(NotSent::Invalid(row)) => row.username.as_deref(),
            Err(NotSent::Skipped { username }) => username.as_deref(),
        }
    }
}

/// Returns a username as case-insensitive pools compare it: in lowercase.
#[must_use]
pub fn fold(username: &str) -> Cow<'_, str> {
    let is_lowercase = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if username.bytes().all(is_lowercase) {
        Cow::Borrowed(username)
    } else {
        Cow::Owned(username.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::{NewUser, Password};

    #[test]
    fn debug_output_of_users_hides_passwords() {
        let user = NewUser {
            username: "ann".into(),
            password: Some(Password::new("Hidden#42")),
            attributes: Vec::new(),
            follow_up: Vec::new(),
            dated_ms: None,
        };
        let shown = format!("{user:?}");
        assert!(
            shown.contains("ann") && !shown.contains("Hidden"),
            "{shown}"
        );
    }
}
