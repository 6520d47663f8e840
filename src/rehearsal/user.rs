//! One user of the pool: what is kept of it. Small, for a rehearsal may hold a million of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::password::PasswordDigest;

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
pub(super) struct StoredAttribute {
    pub(super) name: Arc<str>,
    pub(super) value: Box<str>,
}

/// What became of a username so far, whether or not somebody has it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UsernameHistory {
    /// SignUps that named it, whatever came of them.
    pub(super) sign_ups: u32,
    /// Of these, the ones for which a fault was drawn.
    pub(super) drawn: u32,
    /// Users of that name that were deleted.
    pub(super) deleted: u32,
}

/// A user.
pub(super) struct PoolUser {
    pub(super) username: Box<str>,
    pub(super) sub: u128,
    pub(super) attributes: Vec<StoredAttribute>,
    pub(super) status: UserStatus,
    pub(super) enabled: bool,
    /// On the pool's clock, milliseconds since 1970.
    pub(super) created_ms: i64,
    pub(super) modified_ms: i64,
    pub(super) password: Option<PasswordDigest>,
    /// Places among the pool's groups.
    pub(super) groups: Vec<u16>,
    pub(super) preexisting: bool,
    pub(super) asked: UsernameHistory,
    pub(super) sign_ups_accepted: u32,
    pub(super) answers_delivered: u32,
    pub(super) sign_ups_after_answer: u32,
    /// Sign-ins that succeeded.
    pub(super) signed_in: u32,
}

impl PoolUser {
    /// A user without attributes, password or history, made at this time.
    pub(super) fn new(
        username: Box<str>,
        sub: u128,
        status: UserStatus,
        created_ms: i64,
    ) -> PoolUser {
        PoolUser {
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
            asked: UsernameHistory::default(),
            sign_ups_accepted: 0,
            answers_delivered: 0,
            sign_ups_after_answer: 0,
            signed_in: 0,
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| &*attribute.name == name)
            .map(|attribute| &*attribute.value)
    }

    pub(super) fn set(&mut self, new: StoredAttribute) {
        match self
            .attributes
            .iter_mut()
            .find(|attribute| attribute.name == new.name)
        {
            Some(attribute) => attribute.value = new.value,
            None => self.attributes.push(new),
        }
    }

    pub(super) fn has_verified(&self, attribute: &str) -> bool {
        attribute == "preferred_username"
            || self.attribute(&format!("{attribute}_verified")) == Some("true")
    }
}
