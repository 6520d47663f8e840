//! Stage 3: what a row means: the user that it asks for, or what is wrong with it.
//!
//! Pure: no I/O, no clock; only a generated password asks the system for randomness. [`crate::mapping`] ties columns to the user once a
//! list; [`rules`] are what a row is held to: the `SignUp` API's, and those of one pool ([`pool_rules`]) where they are known.

pub mod finding;
mod follow_up;
pub(crate) mod garbled;
pub mod hint;
pub mod note;
mod password;
pub mod password_column;
pub mod pool_rules;
pub mod rules;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub use finding::{Finding, Rule};
pub use follow_up::{Addresses, FollowUpStep, MAX_GROUP_NAME, StepKind, wrong_group_name};
pub use hint::FlagsGiven;
pub use note::{Note, NoteKind};
pub use password::{NoRandomness, Password};

/// The standard attributes that `SignUp` can set (Cognito's developer guide, "User pool attributes").
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
    /// The name that Cognito knows: a standard one or `custom:...`. Shared by all rows of a list.
    pub name: Arc<str>,
    /// The value; never empty.
    pub value: String,
}

/// A user to sign up.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// `Username` as it is sent.
    pub username: String,
    /// None only where the run was told to sign users up without one.
    pub password: Option<Password>,
    /// `UserAttributes`, in the order of the columns.
    pub attributes: Vec<Attribute>,
    /// What is done with the user once the pool has it, in this order.
    pub follow_up: Vec<FollowUpStep>,
}

/// A row of the list, with what it means.
#[derive(Debug)]
pub struct Row {
    /// Number of the row: 1 is the first one below the header.
    pub number: u64,
    /// Line on which it begins.
    pub line: u64,
    /// Bytes of the list up to its end.
    pub end_byte: u64,
    /// The cells of the columns that are copied into the results, as they stand in the list; none for a cell that could not be
    /// read.
    pub kept: Vec<Option<String>>,
    /// The user, or why the row is not sent.
    pub user: Result<NewUser, NotSent>,
}

/// Why a row is not sent.
#[derive(Debug)]
pub enum NotSent {
    /// It breaks rules.
    Broken(InvalidRow),
    /// `--skip-where` leaves it out.
    Skipped {
        /// Its username, where it has one.
        username: Option<String>,
    },
}

impl NotSent {
    /// The rules that it breaks, if that is why.
    #[must_use]
    pub fn broken(&self) -> Option<&InvalidRow> {
        match self {
            Self::Broken(broken) => Some(broken),
            Self::Skipped { .. } => None,
        }
    }
}

/// A row that cannot be sent.
#[derive(Debug)]
pub struct InvalidRow {
    /// Its username, where one could be read.
    pub username: Option<String>,
    /// Everything that is wrong, at least one thing.
    pub findings: Vec<Finding>,
}

impl InvalidRow {
    /// The code of the first finding.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.findings
            .first()
            .map_or("row", |first| first.rule.code())
    }
}

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, finding) in self.findings.iter().enumerate() {
            if place > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl Row {
    /// The username, where one could be read.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match &self.user {
            Ok(user) => Some(&user.username),
            Err(NotSent::Broken(broken)) => broken.username.as_deref(),
            Err(NotSent::Skipped { username }) => username.as_deref(),
        }
    }
}

/// A username as a pool that ignores case compares it. Most are so already.
#[must_use]
pub fn fold(username: &str) -> Cow<'_, str> {
    let is_folded = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if username.bytes().all(is_folded) {
        Cow::Borrowed(username)
    } else {
        Cow::Owned(username.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::{NewUser, Password};

    #[test]
    fn a_user_shown_for_debugging_shows_no_password() {
        let user = NewUser {
            username: "ann".into(),
            password: Some(Password::new("Hidden#42")),
            attributes: Vec::new(),
            follow_up: Vec::new(),
        };
        let shown = format!("{user:?}");
        assert!(
            shown.contains("ann") && !shown.contains("Hidden"),
            "{shown}"
        );
    }
}
