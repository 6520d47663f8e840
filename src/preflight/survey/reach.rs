//! How users can be reached.

use super::totals::{BY_EMAIL, BY_PHONE_NUMBER};
use crate::mapping::{MappedRow, Mapping};
use crate::user::pool_rules::Contact;

/// The places of what a message can go to among a list's attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    email: Option<usize>,
    phone_number: Option<usize>,
}

impl Places {
    pub(super) fn of(mapping: &Mapping) -> Self {
        let place = |contact: Contact| {
            mapping
                .attributes()
                .position(|name| name == contact.attribute())
        };
        Self {
            email: place(Contact::Email),
            phone_number: place(Contact::PhoneNumber),
        }
    }

    /// How a user can be reached: by an attribute, or by the username where it stands for one.
    pub(super) fn reach(self, draft: &MappedRow<'_>, mapping: &Mapping) -> u8 {
        let by = |contact: Contact, place: Option<usize>, bit| {
            let given =
                place.is_some_and(|place| draft.values.iter().any(|value| value.place == place));
            if given || mapping.username_stands_for(contact.attribute(), &draft.username.text) {
                bit
            } else {
                0
            }
        };
        by(Contact::Email, self.email, BY_EMAIL)
            | by(Contact::PhoneNumber, self.phone_number, BY_PHONE_NUMBER)
    }

    /// Whether the e-mail address begins with an apostrophe.
    pub(super) fn has_apostrophe(self, draft: &MappedRow<'_>) -> bool {
        draft
            .values
            .iter()
            .any(|value| Some(value.place) == self.email && value.value.text.starts_with('\''))
    }
}
