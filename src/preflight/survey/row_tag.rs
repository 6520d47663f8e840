//! How a row was counted, encoded in a byte, so that the counts of a duplicate can be subtracted
//! at the end.

use crate::mapping::{MappedRow, Mapping};
use crate::user::pool_rules::Contact;
use crate::user::{FollowUpStep, StepKind};

/// The bits of a user's contacts.
pub(super) const BY_EMAIL: u8 = 1;
pub(super) const BY_PHONE_NUMBER: u8 = 2;
pub(super) const BY_BOTH: u8 = BY_EMAIL | BY_PHONE_NUMBER;

/// Steps that a user has at most once, each with its bit.
const ONCE: [(StepKind, u8); 3] = [
    (StepKind::Confirm, 1 << 2),
    (StepKind::Verify, 1 << 3),
    (StepKind::Disable, 1 << 4),
];

/// The remaining bits hold the number of groups. Groups beyond the maximum are not subtracted.
const GROUPS_SHIFT: u32 = 5;
const MAX_GROUPS: u8 = u8::MAX >> GROUPS_SHIFT;

/// The indexes of the contact attributes in the mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct ContactIndexes {
    email: Option<usize>,
    phone_number: Option<usize>,
}

impl ContactIndexes {
    pub(super) fn new(mapping: &Mapping) -> Self {
        let index = |contact: Contact| {
            mapping
                .attributes()
                .position(|name| name == contact.attribute())
        };
        Self {
            email: index(Contact::Email),
            phone_number: index(Contact::PhoneNumber),
        }
    }

    /// Returns the bits of the user's contacts, which are attributes or the username itself.
    pub(super) fn contacts(self, row: &MappedRow<'_>, mapping: &Mapping) -> u8 {
        let bit = |contact: Contact, index: Option<usize>, bit| {
            let given =
                index.is_some_and(|index| row.values.iter().any(|value| value.index == index));
            if given || mapping.username_provides(contact.attribute(), &row.username.text) {
                bit
            } else {
                0
            }
        };
        bit(Contact::Email, self.email, BY_EMAIL)
            | bit(Contact::PhoneNumber, self.phone_number, BY_PHONE_NUMBER)
    }

    /// Returns whether the email address starts with an apostrophe.
    pub(super) fn has_apostrophe(self, row: &MappedRow<'_>) -> bool {
        row.values
            .iter()
            .any(|value| Some(value.index) == self.email && value.value.text.starts_with('\''))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowTag(pub(super) u8);

impl RowTag {
    pub(super) fn new(contacts: u8, steps: &[FollowUpStep]) -> Self {
        let mut bits = contacts & BY_BOTH;
        let mut groups = 0;
        for kind in steps.iter().map(FollowUpStep::kind) {
            match ONCE.into_iter().find(|(once, _)| *once == kind) {
                Some((_, bit)) => bits |= bit,
                None if groups < MAX_GROUPS => groups += 1,
                None => {}
            }
        }
        Self(bits | groups << GROUPS_SHIFT)
    }

    pub(super) fn contacts(self) -> u8 {
        self.0 & BY_BOTH
    }

    /// Returns the number of steps of this kind.
    pub(super) fn steps(self, kind: StepKind) -> u64 {
        match ONCE.into_iter().find(|(once, _)| *once == kind) {
            Some((_, bit)) => u64::from(self.0 & bit != 0),
            None if kind == StepKind::AddToGroup => u64::from(self.0 >> GROUPS_SHIFT),
            // Only existing users have it, whatever their rows say.
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RowTag, StepKind};
    use crate::user::{Addresses, FollowUpStep};

    #[test]
    fn encodes_contacts_and_steps_in_a_byte() {
        let group = |number: usize| FollowUpStep::AddToGroup(format!("g{number}").into());
        for groups in [0, 1, 7] {
            let mut steps = vec![FollowUpStep::Confirm, FollowUpStep::Verify(Addresses::Both)];
            steps.extend((0..groups).map(group));
            for contacts in 0..4 {
                let tag = RowTag::new(contacts, &steps);
                assert_eq!(tag.contacts(), contacts);
                let kinds = StepKind::ALL.map(|kind| tag.steps(kind));
                let expected = StepKind::ALL.map(|kind| match kind {
                    StepKind::Confirm | StepKind::Verify => 1,
                    StepKind::AddToGroup => groups as u64,
                    StepKind::Update | StepKind::Disable => 0,
                });
                assert_eq!(kinds, expected);
            }
        }
        let many: Vec<FollowUpStep> = (0..9).map(group).collect();
        let tag = RowTag::new(3, &many);
        assert_eq!((tag.contacts(), tag.steps(StepKind::AddToGroup)), (3, 7));
    }
}
