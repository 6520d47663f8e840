//! Which contacts a user has.

use super::totals::{BY_EMAIL, BY_PHONE_NUMBER};
use crate::mapping::{MappedRow, Mapping};
use crate::user::pool_rules::Contact;

/// The indexes of the contact attributes.
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

    /// The contacts of a user: attributes, or the username if it is one.
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

    /// Whether the email address starts with an apostrophe.
    pub(super) fn has_apostrophe(self, draft: &MappedRow<'_>) -> bool {
        draft
            .values
            .iter()
            .any(|value| Some(value.place) == self.email && value.value.text.starts_with('\''))
    }
}
