//! What is done with a user once the pool has it: the steps that follow a sign-up.

use std::fmt;
use std::sync::Arc;

use super::pool_rules::Contact;

/// Most characters of a group's name (the service's model, `GroupNameType`).
pub const MAX_GROUP_NAME: usize = 128;

/// What a step's word begins with, where it puts the user into a group.
const GROUP: &str = "group ";

/// One step. Each is safe to repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowUpStep {
    /// `AdminConfirmSignUp`: the user may sign in without typing a code.
    Confirm,
    /// `AdminUpdateUserAttributes`: these addresses are verified, in one call.
    Verify(Addresses),
    /// `AdminAddUserToGroup`.
    AddToGroup(Arc<str>),
    /// `AdminDisableUser`: the user may not sign in.
    Disable,
}

/// Addresses of a user, at least one.
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
    /// [`FollowUpStep::Confirm`].
    Confirm,
    /// [`FollowUpStep::Verify`].
    Verify,
    /// [`FollowUpStep::AddToGroup`].
    AddToGroup,
    /// [`FollowUpStep::Disable`].
    Disable,
}

impl StepKind {
    /// All of them, in the order in which steps are taken.
    pub const ALL: [Self; 4] = [Self::Confirm, Self::Verify, Self::AddToGroup, Self::Disable];

    /// What asks for it on the command line.
    #[must_use]
    pub fn asked_by(self) -> &'static str {
        match self {
            Self::Confirm => "--confirm",
            Self::Verify => "--verify",
            Self::AddToGroup => "--group or the column groups",
            Self::Disable => "--disable-where",
        }
    }
}

impl Addresses {
    /// These addresses; none where there are none.
    #[must_use]
    pub fn of(addresses: impl Iterator<Item = Contact>) -> Option<Self> {
        addresses.fold(None, |before, contact| {
            let one = match contact {
                Contact::Email => Self::Email,
                Contact::PhoneNumber => Self::PhoneNumber,
            };
            match before {
                Some(before) if before != one => Some(Self::Both),
                Some(_) | None => Some(one),
            }
        })
    }

    /// One by one.
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
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> StepKind {
        match self {
            Self::Confirm => StepKind::Confirm,
            Self::Verify(_) => StepKind::Verify,
            Self::AddToGroup(_) => StepKind::AddToGroup,
            Self::Disable => StepKind::Disable,
        }
    }

    /// The step that a word of its `Display` stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "confirm" => Self::Confirm,
            "verify email" => Self::Verify(Addresses::Email),
            "verify phone_number" => Self::Verify(Addresses::PhoneNumber),
            "verify email and phone_number" => Self::Verify(Addresses::Both),
            "disable" => Self::Disable,
            _ => Self::AddToGroup(word.strip_prefix(GROUP)?.into()),
        })
    }
}

/// As it stands in the ledger and in results. No two steps of a user have the same.
impl fmt::Display for FollowUpStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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

/// Why no group can have this name, if none can (the service's model: `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`).
#[must_use]
pub fn wrong_group_name(name: &str) -> Option<&'static str> {
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
    use super::{Addresses, Contact, FollowUpStep, wrong_group_name};

    #[test]
    fn every_step_is_found_again_by_its_word() {
        for step in [
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
    fn addresses_are_verified_together() {
        let of = |contacts: &[Contact]| Addresses::of(contacts.iter().copied());
        assert_eq!(of(&[]), None);
        for addresses in [Addresses::Email, Addresses::PhoneNumber, Addresses::Both] {
            assert_eq!(of(addresses.contacts()), Some(addresses));
        }
    }

    #[test]
    fn a_group_has_a_name_without_white_space() {
        for good in ["staff", "a;b", "Größe", "x".repeat(128).as_str()] {
            assert_eq!(wrong_group_name(good), None, "{good}");
        }
        for bad in ["", "a b", "a\tb", "x".repeat(129).as_str()] {
            assert!(wrong_group_name(bad).is_some(), "{bad}");
        }
    }
}
