//! The users of the pool and the ways to find one: by username, by `sub`, by alias.
//!
//! It owns what "the same name" means (folding, sign-in names, who holds an alias). It checks
//! nothing else: that is done before.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::seeded;
use super::settings::PoolSettings;
use super::user::{PoolUser, StoredAttribute, UsernameHistory};

/// The attributes by whose value users are found at once, whoever else has it, too.
const INDEXED_ATTRIBUTES: [&str; 2] = ["email", "phone_number"];

/// A user's place in the store.
pub(super) type UserIndex = usize;

/// All users, and the names that lead to them.
pub(super) struct Users {
    /// In the order in which they were made. The place of one that was deleted stays empty.
    all: Vec<Option<PoolUser>>,
    present: usize,
    by_name: HashMap<Box<str>, UserIndex>,
    by_sub: HashMap<u128, UserIndex>,
    by_alias: HashMap<Box<str>, UserIndex>,
    /// By the hash of an indexed attribute and its value. The value itself is not kept twice.
    by_value: BTreeSet<(u64, UserIndex)>,
    /// Names that SignUp asked for and that no user has (yet).
    asked: HashMap<Box<str>, UsernameHistory>,
    case_sensitive: bool,
    username_attributes: Vec<String>,
    alias_attributes: Vec<String>,
}

impl Users {
    pub(super) fn of(settings: &PoolSettings) -> Users {
        Users {
            all: Vec::new(),
            present: 0,
            by_name: HashMap::new(),
            by_sub: HashMap::new(),
            by_alias: HashMap::new(),
            by_value: BTreeSet::new(),
            asked: HashMap::new(),
            case_sensitive: settings.case_sensitive,
            username_attributes: settings.username_attributes.clone(),
            alias_attributes: settings.alias_attributes.clone(),
        }
    }

    /// What stands for a name in the pool: two names with the same key are the same.
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
        self.present
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &PoolUser> {
        self.all.iter().flatten()
    }

    pub(super) fn get(&self, index: UserIndex) -> Option<&PoolUser> {
        self.all.get(index)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, index: UserIndex) -> Option<&mut PoolUser> {
        self.all.get_mut(index)?.as_mut()
    }

    /// The user who signed up by this name.
    pub(super) fn by_name(&self, name: &str) -> Option<UserIndex> {
        let index = self.by_name.get(&self.key(name)).copied();
        index.filter(|index| self.get(*index).is_some())
    }

    /// Those made at this place or after it, in the order in which they were made.
    pub(super) fn from(&self, first: UserIndex) -> impl Iterator<Item = (UserIndex, &PoolUser)> {
        let places = self.all.iter().enumerate().skip(first);
        places.filter_map(|(index, user)| Some((index, user.as_ref()?)))
    }

    /// The user who is stored by this name, which is the `sub` where attributes are usernames.
    pub(super) fn by_stored_name(&self, name: &str) -> Option<UserIndex> {
        if self.username_attributes.is_empty() {
            self.by_name(name)
        } else {
            self.by_sub(name)
        }
    }

    /// The user who has this `sub`.
    pub(super) fn by_sub(&self, sub: &str) -> Option<UserIndex> {
        self.by_sub.get(&seeded::parse_uuid(sub)?).copied()
    }

    /// Those who have this value of the attribute, among very few others, in the order in which
    /// they were made; none if the attribute is not one that is indexed.
    pub(super) fn by_value(&self, attribute: &str, value: &str) -> Option<Vec<UserIndex>> {
        let attribute = INDEXED_ATTRIBUTES
            .into_iter()
            .find(|indexed| *indexed == attribute)?;
        let hash = self.value_hash(attribute, value);
        let found = self.by_value.range((hash, 0)..=(hash, UserIndex::MAX));
        Some(found.map(|(_, index)| *index).collect())
    }

    fn value_hash(&self, attribute: &str, value: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        attribute.hash(&mut hasher);
        self.key(value).hash(&mut hasher);
        hasher.finish()
    }

    /// The entries of a user among the indexed values.
    fn value_entries(&self, index: UserIndex) -> Vec<(u64, UserIndex)> {
        let user = self.get(index);
        let value = |attribute| user.and_then(|user| user.attribute(attribute));
        INDEXED_ATTRIBUTES
            .into_iter()
            .filter_map(|attribute| Some((self.value_hash(attribute, value(attribute)?), index)))
            .collect()
    }

    /// The user whom administrators mean by this name: a username, a `sub`, or a verified alias.
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

    /// Who holds this alias, if it is one.
    pub(super) fn alias_holder(&self, attribute: &str, value: &str) -> Option<UserIndex> {
        self.by_alias
            .get(&self.alias_key(attribute, value))
            .copied()
    }

    /// The attribute among these whose value another user signs in with, in a pool where attributes
    /// are usernames.
    pub(super) fn taken_attribute(
        &self,
        attributes: &[StoredAttribute],
        by_other_than: Option<UserIndex>,
    ) -> Option<&str> {
        self.username_attributes
            .iter()
            .map(String::as_str)
            .find(|name| {
                let own = attributes
                    .iter()
                    .find(|attribute| &*attribute.name == *name);
                own.and_then(|attribute| self.by_name(&attribute.value))
                    .is_some_and(|holder| Some(holder) != by_other_than)
            })
    }

    /// Adds a user who signs in by `name`. Aliases it has verified are taken from whoever held
    /// them.
    pub(super) fn add(&mut self, name: &str, mut user: PoolUser) -> UserIndex {
        let index = self.all.len();
        let key = self.key(name);
        let earlier = self.asked.remove(&key).unwrap_or_default();
        user.asked = earlier;
        self.by_name.insert(key, index);
        self.by_sub.insert(user.sub, index);
        self.all.push(Some(user));
        self.present += 1;
        self.index(index);
        index
    }

    /// Takes a user away. Its names are free again; what became of them so far goes on being
    /// counted.
    pub(super) fn remove(&mut self, index: UserIndex) {
        let Some(user) = self.get(index) else {
            return;
        };
        let (asked, sub) = (user.asked, user.sub);
        let names = if self.username_attributes.is_empty() {
            vec![self.key(&user.username)]
        } else {
            self.sign_in_names(user)
        };
        self.unindex_attributes(index);
        self.by_sub.remove(&sub);
        for name in names {
            self.by_name.retain_if_other(&name, index);
            let deleted = asked.deleted + 1;
            self.asked
                .insert(name, UsernameHistory { deleted, ..asked });
        }
        if let Some(place) = self.all.get_mut(index) {
            *place = None;
            self.present -= 1;
        }
    }

    /// The values by which a user signs in where attributes are usernames.
    fn sign_in_names(&self, user: &PoolUser) -> Vec<Box<str>> {
        let names = self.username_attributes.iter();
        names
            .filter_map(|name| Some(self.key(user.attribute(name)?)))
            .collect()
    }

    /// How many users of this name were deleted.
    pub(super) fn deleted(&self, name: &str) -> u32 {
        let user = self.by_name(name).and_then(|index| self.get(index));
        user.map(|user| user.asked)
            .or_else(|| self.asked.get(&self.key(name)).copied())
            .map_or(0, |asked| asked.deleted)
    }

    /// Makes the user's sign-in names, verified aliases and indexed values lead to it, after its
    /// attributes changed.
    pub(super) fn index(&mut self, index: UserIndex) {
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
            let before = self.by_alias.insert(key, index);
            if let Some(loser) = before
                .filter(|before| *before != index)
                .and_then(|before| self.get_mut(before))
            {
                loser.set(StoredAttribute {
                    name: Arc::from(format!("{attribute}_verified")),
                    value: Box::from("false"),
                });
            }
        }
    }

    /// Forgets the sign-in names, aliases and indexed values of a user, before its attributes
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
            self.by_name.retain_if_other(&key, index);
        }
        for (attribute, value) in aliases {
            let key = self.alias_key(&attribute, &value);
            self.by_alias.retain_if_other(&key, index);
        }
    }

    /// One more SignUp names this user, who may be there or not.
    pub(super) fn count_sign_up(&mut self, name: &str) {
        let key = self.key(name);
        if let Some(user) = self
            .by_name
            .get(&key)
            .and_then(|index| self.all.get_mut(*index)?.as_mut())
            .filter(|user| user.answers_delivered > 0)
        {
            user.sign_ups_after_answer += 1;
        }
        self.asked_mut(name).sign_ups += 1;
    }

    /// The counts of a name, to be raised: its user's, or its own while there is no user.
    pub(super) fn asked_mut(&mut self, name: &str) -> &mut UsernameHistory {
        let key = self.key(name);
        match self
            .by_name
            .get(&key)
            .and_then(|index| self.all.get_mut(*index)?.as_mut())
        {
            Some(user) => &mut user.asked,
            None => self.asked.entry(key).or_default(),
        }
    }
}

/// Removing an entry only while it still leads to the user at hand.
trait RetainIfOther {
    fn retain_if_other(&mut self, key: &str, index: UserIndex);
}

impl RetainIfOther for HashMap<Box<str>, UserIndex> {
    fn retain_if_other(&mut self, key: &str, index: UserIndex) {
        if self.get(key) == Some(&index) {
            self.remove(key);
        }
    }
}
