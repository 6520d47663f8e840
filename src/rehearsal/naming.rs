//! What the pool calls a user who signs up by a name: its `sub`, its stored username, the attribute that the name is.

use super::pool::PoolState;
use super::seeded;

impl PoolState {
    /// The `sub` of the user who signs up by this name: the same in every run with the same seed, but another one than that
    /// of a user who had the name before, whether that one was deleted or has another address now.
    pub(super) fn sub_of(&self, name: &str) -> u128 {
        let deleted = u64::from(self.users.deleted(name));
        let mut others = 0;
        loop {
            let count = deleted | (others << 32);
            let bits = seeded::bits(self.settings.seed, "sub", &self.users.key(name), count);
            let sub = seeded::as_uuid(bits);
            if self.users.by_sub(&seeded::uuid_text(sub)).is_none() {
                return sub;
            }
            others += 1;
        }
    }

    /// What the pool calls the user: the name, or the `sub` where attributes are usernames.
    pub(super) fn stored_username(&self, name: &str, sub: u128) -> Box<str> {
        if self.settings.username_attributes.is_empty() {
            Box::from(name)
        } else {
            seeded::uuid_text(sub).into_boxed_str()
        }
    }

    /// The attribute that a username stands for, where attributes are usernames.
    pub(super) fn attribute_of_username(&self, name: &str) -> Option<&'static str> {
        let is_username = |attribute: &str| {
            self.settings
                .username_attributes
                .iter()
                .any(|known| known == attribute)
        };
        match name.starts_with('+') {
            true if is_username("phone_number") => Some("phone_number"),
            _ if is_username("email") => Some("email"),
            _ if is_username("phone_number") => Some("phone_number"),
            _ => None,
        }
    }
}
