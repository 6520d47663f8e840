//! The users of the pool and the ways to find one: by username, by `sub`, by alias.
//!
//! It owns what "the same name" means (folding, sign-in names, who holds an alias). It checks nothing else: that is
//! done before. A user is kept small, for a rehearsal may hold a million of them.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::password::PasswordDigest;
use super::seeded;
use super::settings::PoolSettings;

/// How a user stands, as AdminGetUser says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserStatus {
    /// Signed up, and nobody has confirmed it.
    Unconfirmed,
    /// Confirmed.
    Confirmed,
    /// No longer active.
    Archived,
    /// Shut after a compromise.
    Compromised,
    /// Not known.
    Unknown,
    /// Must reset its password.
    ResetRequired,
    /// Made by an administrator, and must change its password.
    ForceChangePassword,
    /// From another identity provider.
    ExternalProvider,
}

impl UserStatus {
    /// The word on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            UserStatus::Unconfirmed => "UNCONFIRMED",
            UserStatus::Confirmed => "CONFIRMED",
            UserStatus::Archived => "ARCHIVED",
            UserStatus::Compromised => "COMPROMISED",
            UserStatus::Unknown => "UNKNOWN",
            UserStatus::ResetRequired => "RESET_REQUIRED",
            UserStatus::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            UserStatus::ExternalProvider => "EXTERNAL_PROVIDER",
        }
    }
}

/// One attribute of one user. The name is shared with the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: Arc<str>,
    pub(super) value: Box<str>,
}

/// How often a username was asked for by SignUp.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    /// SignUps that named it, whatever came of them.
    pub(super) sign_ups: u32,
    /// Of these, the ones for which a fault was drawn.
    pub(super) drawn: u32,
    /// Look-ups for which a fault was drawn.
    pub(super) reads: u32,
}

/// A user.
pub(super) struct User {
    pub(super) username: Box<str>,
    pub(super) sub: u128,
    pub(super) attributes: Vec<Attribute>,
    pub(super) status: UserStatus,
    pub(super) enabled: bool,
    /// On the pool's clock, milliseconds since 1970.
    pub(super) created_ms: i64,
    pub(super) modified_ms: i64,
    pub(super) password: Option<PasswordDigest>,
    /// Places in the settings' list of groups.
    pub(super) groups: Vec<u16>,
    pub(super) preexisting: bool,
    pub(super) asked: Asked,
    pub(super) sign_ups_accepted: u32,
    pub(super) answers_delivered: u32,
    pub(super) sign_ups_after_answer: u32,
}

impl User {
    /// A user without attributes, password or history, made at this time.
    pub(super) fn new(username: Box<str>, sub: u128, status: UserStatus, created_ms: i64) -> User {
        User {
            username,
            sub,
            attributes: Vec::new(),
            status,
            enabled: true,
            created_ms,
            modified_ms: created_ms,
            password: None,
            groups: Vec::new(),
            preexisting: false,
            asked: Asked::default(),
            sign_ups_accepted: 0,
            answers_delivered: 0,
            sign_ups_after_answer: 0,
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| &*attribute.name == name)
            .map(|attribute| &*attribute.value)
    }

    pub(super) fn set(&mut self, new: Attribute) {
        match self
            .attributes
            .iter_mut()
            .find(|attribute| attribute.name == new.name)
        {
            Some(attribute) => attribute.value = new.value,
            None => self.attributes.push(new),
        }
    }

    fn has_verified(&self, attribute: &str) -> bool {
        attribute == "preferred_username"
            || self.attribute(&format!("{attribute}_verified")) == Some("true")
    }
}

/// A user's place in the store.
pub(super) type UserIndex = usize;

/// All users, and the names that lead to them.
pub(super) struct Users {
    all: Vec<User>,
    by_name: HashMap<Box<str>, UserIndex>,
    by_sub: HashMap<u128, UserIndex>,
    by_alias: HashMap<Box<str>, UserIndex>,
    /// Names that SignUp asked for and that no user has (yet).
    asked: HashMap<Box<str>, Asked>,
    case_sensitive: bool,
    username_attributes: Vec<String>,
    alias_attributes: Vec<String>,
}

impl Users {
    pub(super) fn of(settings: &PoolSettings) -> Users {
        Users {
            all: Vec::new(),
            by_name: HashMap::new(),
            by_sub: HashMap::new(),
            by_alias: HashMap::new(),
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
        self.all.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &User> {
        self.all.iter()
    }

    pub(super) fn get(&self, index: UserIndex) -> Option<&User> {
        self.all.get(index)
    }

    pub(super) fn get_mut(&mut self, index: UserIndex) -> Option<&mut User> {
        self.all.get_mut(index)
    }

    /// The user who signed up by this name.
    pub(super) fn by_name(&self, name: &str) -> Option<UserIndex> {
        self.by_name.get(&self.key(name)).copied()
    }

    /// The user whom administrators mean by this name: a username, a `sub`, or a verified alias.
    pub(super) fn find(&self, name: &str) -> Option<UserIndex> {
        self.by_name(name)
            .or_else(|| self.by_sub.get(&seeded::parse_uuid(name)?).copied())
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

    /// The attribute among these whose value another user signs in with, in a pool where attributes are usernames.
    pub(super) fn taken_attribute(
        &self,
        attributes: &[Attribute],
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

    /// Adds a user who signs in by `name`. Aliases it has verified are taken from whoever held them.
    pub(super) fn add(&mut self, name: &str, mut user: User) -> UserIndex {
        let index = self.all.len();
        let key = self.key(name);
        let earlier = self.asked.remove(&key).unwrap_or_default();
        user.asked = earlier;
        self.by_name.insert(key, index);
        self.by_sub.insert(user.sub, index);
        self.all.push(user);
        self.index(index);
        index
    }

    /// Makes the user's sign-in names and verified aliases lead to it, after its attributes changed.
    pub(super) fn index(&mut self, index: UserIndex) {
        let Some(user) = self.all.get(index) else {
            return;
        };
        let names: Vec<_> = self
            .username_attributes
            .iter()
            .filter_map(|name| Some(self.key(user.attribute(name)?)))
            .collect();
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
                .and_then(|before| self.all.get_mut(before))
            {
                loser.set(Attribute {
                    name: Arc::from(format!("{attribute}_verified")),
                    value: Box::from("false"),
                });
            }
        }
    }

    /// Forgets the sign-in names and aliases of a user, before its attributes change.
    pub(super) fn unindex_attributes(&mut self, index: UserIndex) {
        let Some(user) = self.all.get(index) else {
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
            .and_then(|index| self.all.get_mut(*index))
            .filter(|user| user.answers_delivered > 0)
        {
            user.sign_ups_after_answer += 1;
        }
        self.asked_mut(name).sign_ups += 1;
    }

    /// The counts of a name, to be raised: its user's, or its own while there is no user.
    pub(super) fn asked_mut(&mut self, name: &str) -> &mut Asked {
        let key = self.key(name);
        match self
            .by_name
            .get(&key)
            .and_then(|index| self.all.get_mut(*index))
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
