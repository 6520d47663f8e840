//! The users of the pool, with indexes by username, `sub` and alias.
//!
//! Defines when two names are equal (case folding, sign-in names, aliases). Callers validate
//! everything else beforehand.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::seeded;
use super::settings::PoolSettings;
use super::user::{PoolUser, StoredAttribute, UsernameHistory};

/// The attributes that are indexed by value.
const INDEXED_ATTRIBUTES: [&str; 2] = ["email", "phone_number"];

/// A user's index in the store.
pub(super) type UserIndex = usize;

/// All users, and the names that lead to them.
pub(super) struct Users {
    /// In order of creation. The slot of a deleted user stays empty.
    slots: Vec<Option<PoolUser>>,
    len: usize,
    by_name: HashMap<Box<str>, UserIndex>,
    by_sub: HashMap<u128, UserIndex>,
    by_alias: HashMap<Box<str>, UserIndex>,
    /// By the hash of an indexed attribute and its value, so that values are not stored twice.
    by_value: BTreeSet<(u64, UserIndex)>,
    /// The history of names that currently belong to no user.
    unused_names: HashMap<Box<str>, UsernameHistory>,
    case_sensitive: bool,
    username_attributes: Vec<String>,
    alias_attributes: Vec<String>,
}

impl Users {
    pub(super) fn new(settings: &PoolSettings) -> Users {
        Users {
            slots: Vec::new(),
            len: 0,
            by_name: HashMap::new(),
            by_sub: HashMap::new(),
            by_alias: HashMap::new(),
            by_value: BTreeSet::new(),
            unused_names: HashMap::new(),
            case_sensitive: settings.case_sensitive,
            username_attributes: settings.username_attributes.clone(),
            alias_attributes: settings.alias_attributes.clone(),
        }
    }

    /// Returns the key of a name: two names with the same key are equal.
    pub(super) fn key(&self, name: &str) -> Box<str> {
        if self.case_sensitive {
            Box::from(name)
        } else {
            name.to_lowercase().into_boxed_str()
        }
    }

    fn alias_key(&self, attribute: &str, value: &str) -> Box<str> {
        format!("{attribute}={}", self.key(value)).into_boxed_str()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &PoolUser> {
        self.slots.iter().flatten()
    }

    pub(super) fn get(&self, index: UserIndex) -> Option<&PoolUser> {
        self.slots.get(index)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, index: UserIndex) -> Option<&mut PoolUser> {
        self.slots.get_mut(index)?.as_mut()
    }

    /// Finds the user with this sign-in name.
    pub(super) fn by_name(&self, name: &str) -> Option<UserIndex> {
        let index = self.by_name.get(&self.key(name)).copied();
        index.filter(|index| self.get(*index).is_some())
    }

    /// Iterates over the users from index `first` on, in order of creation.
    pub(super) fn from(&self, first: UserIndex) -> impl Iterator<Item = (UserIndex, &PoolUser)> {
        let slots = self.slots.iter().enumerate().skip(first);
        slots.filter_map(|(index, user)| Some((index, user.as_ref()?)))
    }

    /// Finds a user by its stored username, which is the `sub` if attributes are usernames.
    pub(super) fn by_stored_name(&self, name: &str) -> Option<UserIndex> {
        if self.username_attributes.is_empty() {
            self.by_name(name)
        } else {
            self.by_sub(name)
        }
    }

    /// Finds a user by its `sub`.
    pub(super) fn by_sub(&self, sub: &str) -> Option<UserIndex> {
        self.by_sub.get(&seeded::parse_uuid(sub)?).copied()
    }

    /// Returns the users that may have this value of the attribute (hash collisions included), in
    /// order of creation; `None` if the attribute is not indexed.
    pub(super) fn by_value(&self, attribute: &str, value: &str) -> Option<Vec<UserIndex>> {
        let attribute = INDEXED_ATTRIBUTES
            .into_iter()
            .find(|indexed| *indexed == attribute)?;
        let hash = self.value_hash(attribute, value);
        let entries = self.by_value.range((hash, 0)..=(hash, UserIndex::MAX));
        Some(entries.map(|(_, index)| *index).collect())
    }

    fn value_hash(&self, attribute: &str, value: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        attribute.hash(&mut hasher);
        self.key(value).hash(&mut hasher);
        hasher.finish()
    }

    /// Returns the user's entries in `by_value`.
    fn value_entries(&self, index: UserIndex) -> Vec<(u64, UserIndex)> {
        let user = self.get(index);
        let value = |attribute| user.and_then(|user| user.attribute(attribute));
        INDEXED_ATTRIBUTES
            .into_iter()
            .filter_map(|attribute| Some((self.value_hash(attribute, value(attribute)?), index)))
            .collect()
    }

    /// Finds a user as administrators name it: by username, `sub` or verified alias.
    pub(super) fn find(&self, name: &str) -> Option<UserIndex> {
        self.by_name(name)
            .or_else(|| self.by_sub(name))
            .or_else(|| {
                let mut keys = self
                    .alias_attributes
                    .iter()
                    .map(|attribute| self.alias_key(attribute, name));
                keys.find_map(|key| self.by_alias.get(&key).copied())
            })
    }

    /// Returns the user that holds this alias.
    pub(super) fn alias_holder(&self, attribute: &str, value: &str) -> Option<UserIndex> {
        self.by_alias
            .get(&self.alias_key(attribute, value))
            .copied()
    }

    /// Returns the first of these attributes whose value is already another user's sign-in name, in
    /// a pool where attributes are usernames.
    pub(super) fn taken_attribute(
        &self,
        attributes: &[StoredAttribute],
        owner: Option<UserIndex>,
    ) -> Option<&str> {
        self.username_attributes
            .iter()
            .map(String::as_str)
            .find(|name| {
                let own = attributes
                    .iter()
                    .find(|attribute| &*attribute.name == *name);
                own.and_then(|attribute| self.by_name(&attribute.value))
                    .is_some_and(|holder| Some(holder) != owner)
            })
    }

    /// Adds a user that signs in as `name`. Its verified aliases are taken from their previous
    /// holders.
    pub(super) fn add(&mut self, name: &str, mut user: PoolUser) -> UserIndex {
        let index = self.slots.len();
        let key = self.key(name);
        user.history = self.unused_names.remove(&key).unwrap_or_default();
        self.by_name.insert(key, index);
        self.by_sub.insert(user.sub, index);
        self.slots.push(Some(user));
        self.len += 1;
        self.index_attributes(index);
        index
    }

    /// Removes a user. Its names are free again, but keep their history.
    pub(super) fn remove(&mut self, index: UserIndex) {
        let Some(user) = self.get(index) else {
            return;
        };
        let (history, sub) = (user.history, user.sub);
        let names = if self.username_attributes.is_empty() {
            vec![self.key(&user.username)]
        } else {
            self.sign_in_names(user)
        };
        self.unindex_attributes(index);
        self.by_sub.remove(&sub);
        for name in names {
            self.by_name.remove_if_own(&name, index);
            let deleted = history.deleted + 1;
            self.unused_names
                .insert(name, UsernameHistory { deleted, ..history });
        }
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = None;
            self.len -= 1;
        }
    }

    /// Returns the values that a user signs in with if attributes are usernames.
    fn sign_in_names(&self, user: &PoolUser) -> Vec<Box<str>> {
        let names = self.username_attributes.iter();
        names
            .filter_map(|name| Some(self.key(user.attribute(name)?)))
            .collect()
    }

    /// Returns how many users of this name were deleted.
    pub(super) fn deleted(&self, name: &str) -> u32 {
        let user = self.by_name(name).and_then(|index| self.get(index));
        user.map(|user| user.history)
            .or_else(|| self.unused_names.get(&self.key(name)).copied())
            .map_or(0, |history| history.deleted)
    }

    /// Indexes the user's sign-in names, verified aliases and values after its attributes changed.
    pub(super) fn index_attributes(&mut self, index: UserIndex) {
        self.by_value.extend(self.value_entries(index));
        let Some(user) = self.get(index) else {
            return;
        };
        let names = self.sign_in_names(user);
        let aliases: Vec<_> = self
            .alias_attributes
            .iter()
            .filter(|name| user.has_verified(name))
            .filter_map(|name| Some((name.clone(), self.alias_key(name, user.attribute(name)?))))
            .collect();
        for name in names {
            self.by_name.insert(name, index);
        }
        for (attribute, key) in aliases {
            let previous = self.by_alias.insert(key, index);
            if let Some(previous) = previous
                .filter(|previous| *previous != index)
                .and_then(|previous| self.get_mut(previous))
            {
                previous.set(StoredAttribute {
                    name: Arc::from(format!("{attribute}_verified")),
                    value: Box::from("false"),
                });
            }
        }
    }

    /// Removes the user's sign-in names, aliases and values from the indexes before its attributes
    /// change.
    pub(super) fn unindex_attributes(&mut self, index: UserIndex) {
        for entry in self.value_entries(index) {
            self.by_value.remove(&entry);
        }
        let Some(user) = self.get(index) else {
            return;
        };
        let values = |names: &[String]| -> Vec<(String, String)> {
            names
                .iter()
                .filter_map(|name| Some((name.clone(), user.attribute(name)?.to_owned())))
                .collect()
        };
        let (names, aliases) = (
            values(&self.username_attributes),
            values(&self.alias_attributes),
        );
        for (_, value) in names {
            let key = self.key(&value);
            self.by_name.remove_if_own(&key, index);
        }
        for (attribute, value) in aliases {
            let key = self.alias_key(&attribute, &value);
            self.by_alias.remove_if_own(&key, index);
        }
    }

    /// Counts a SignUp for this name, whether or not such a user exists.
    pub(super) fn count_sign_up(&mut self, name: &str) {
        let key = self.key(name);
        if let Some(user) = self
            .by_name
            .get(&key)
            .and_then(|index| self.slots.get_mut(*index)?.as_mut())
            .filter(|user| user.responses_delivered > 0)
        {
            user.sign_ups_after_response += 1;
        }
        self.history_mut(name).sign_ups += 1;
    }

    /// Returns the history of a name, which is part of the user if one exists.
    pub(super) fn history_mut(&mut self, name: &str) -> &mut UsernameHistory {
        let key = self.key(name);
        match self
            .by_name
            .get(&key)
            .and_then(|index| self.slots.get_mut(*index)?.as_mut())
        {
            Some(user) => &mut user.history,
            None => self.unused_names.entry(key).or_default(),
        }
    }
}

/// Removes an entry only if it still refers to the given user.
trait RemoveIfOwn {
    fn remove_if_own(&mut self, key: &str, index: UserIndex);
}

impl RemoveIfOwn for HashMap<Box<str>, UserIndex> {
    fn remove_if_own(&mut self, key: &str, index: UserIndex) {
        if self.get(key) == Some(&index) {
            self.remove(key);
        }
    }
}
