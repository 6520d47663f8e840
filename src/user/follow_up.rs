//! The steps that follow a sign-up.

use std::fmt;
use std::sync::Arc;

use super::pool_rules::Contact;

/// The maximum number of characters of a group name (`GroupNameType` in the service model).
pub const MAX_GROUP_NAME: usize = 128;

/// The prefix of a group name in the text of a step.
const GROUP: &str = "group ";

/// A step. Every step is safe to repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowUpStep {
    /// `AdminUpdateUserAttributes`: writes the attributes of a user that existed.
    Update,
    /// `AdminConfirmSignUp`: the user can sign in without entering a code.
    Confirm,
    /// `AdminUpdateUserAttributes`: marks these addresses as verified in one call.
    Verify(Addresses),
    /// `AdminAddUserToGroup`.
    AddToGroup(Arc<str>),
    /// `AdminDisableUser`: the user cannot sign in.
    Disable,
}

/// One or both addresses of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    /// `email`.
    Email,
    /// `phone_number`.
    PhoneNumber,
    /// Both of them.
    Both,
}

/// A kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// [`FollowUpStep::Update`].
    Update,
    /// [`FollowUpStep::Confirm`].
    Confirm,
    /// [`FollowUpStep::Verify`].
    Verify,
    /// [`FollowUpStep::AddToGroup`].
    AddToGroup,
    /// [`FollowUpStep::Disable`].
    Disable,
}

all_variants!(pub StepKind {
    Update,
    Confirm,
    Verify,
    AddToGroup,
    Disable,
});

impl StepKind {
    /// Returns the flag or column that requests the step.
    #[must_use]
    pub fn requested_by(self) -> &'static str {
        match self {
            Self::Update => "--update-existing",
            Self::Confirm => "--confirm",
            Self::Verify => "--verify",
            Self::AddToGroup => "--group or the groups column",
            Self::Disable => "--disable-where",
        }
    }
}

impl Addresses {
    /// Collects addresses. Returns `None` for an empty iterator.
    #[must_use]
    pub fn from_contacts(contacts: impl Iterator<Item = Contact>) -> Option<Self> {
        contacts.fold(None, |addresses, contact| {
            let address = match contact {
                Contact::Email => Self::Email,
                Contact::PhoneNumber => Self::PhoneNumber,
            };
            match addresses {
                Some(other) if other != address => Some(Self::Both),
                Some(_) | None => Some(address),
            }
        })
    }

    /// Returns the individual addresses.
    #[must_use]
    pub fn contacts(self) -> &'static [Contact] {
        match self {
            Self::Email => &[Contact::Email],
            Self::PhoneNumber => &[Contact::PhoneNumber],
            Self::Both => &[Contact::Email, Contact::PhoneNumber],
        }
    }
}

impl FollowUpStep {
    /// Returns the kind of the step.
    #[must_use]
    pub fn kind(&self) -> StepKind {
        match self {
            Self::Update => StepKind::Update,
            Self::Confirm => StepKind::Confirm,
            Self::Verify(_) => StepKind::Verify,
            Self::AddToGroup(_) => StepKind::AddToGroup,
            Self::Disable => StepKind::Disable,
        }
    }

    /// Parses the `Display` form of a step.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "update" => Self::Update,
            "confirm" => Self::Confirm,
            "verify email" => Self::Verify(Addresses::Email),
            "verify phone_number" => Self::Verify(Addresses::PhoneNumber),
            "verify email and phone_number" => Self::Verify(Addresses::Both),
            "disable" => Self::Disable,
            _ => Self::AddToGroup(word.strip_prefix(GROUP)?.into()),
        })
    }
}

/// The form in the ledger and the results. It is unique among the steps of a user.
impl fmt::Display for FollowUpStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Update => f.write_str("update"),
            Self::Confirm => f.write_str("confirm"),
            Self::Verify(addresses) => f.write_str(match addresses {
                Addresses::Email => "verify email",
                Addresses::PhoneNumber => "verify phone_number",
                Addresses::Both => "verify email and phone_number",
            }),
            Self::AddToGroup(name) => write!(f, "{GROUP}{name}"),
            Self::Disable => f.write_str("disable"),
        }
    }
}

/// Returns why a group name is invalid, if it is (the service model requires
/// `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`).
#[must_use]
pub fn group_name_error(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("a group name must not be empty")
    } else if name.chars().count() > MAX_GROUP_NAME {
        Some("a group name has at most 128 characters")
    } else if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Some("a group name must not contain whitespace or control characters")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Addresses, Contact, FollowUpStep, group_name_error};

    #[test]
    fn steps_round_trip_through_their_text() {
        for step in [
            FollowUpStep::Update,
            FollowUpStep::Confirm,
            FollowUpStep::Verify(Addresses::Email),
            FollowUpStep::Verify(Addresses::PhoneNumber),
            FollowUpStep::Verify(Addresses::Both),
            FollowUpStep::AddToGroup("confirm".into()),
            FollowUpStep::AddToGroup("disable".into()),
            FollowUpStep::Disable,
        ] {
            assert_eq!(FollowUpStep::from_word(&step.to_string()), Some(step));
        }
        assert_eq!(FollowUpStep::from_word("promote"), None);
    }

    #[test]
    fn collects_addresses() {
        let collect = |contacts: &[Contact]| Addresses::from_contacts(contacts.iter().copied());
        assert_eq!(collect(&[]), None);
        for addresses in [Addresses::Email, Addresses::PhoneNumber, Addresses::Both] {
            assert_eq!(collect(addresses.contacts()), Some(addresses));
        }
    }

    #[test]
    fn group_names_have_no_whitespace_and_at_most_128_characters() {
        for valid in ["staff", "a;b", "Größe", "x".repeat(128).as_str()] {
            assert_eq!(group_name_error(valid), None, "{valid}");
        }
        for invalid in ["", "a b", "a\tb", "x".repeat(129).as_str()] {
            assert!(group_name_error(invalid).is_some(), "{invalid}");
        }
    }
}
