//! A user of the pool. Kept small, because a rehearsal may create a million of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::password::PasswordDigest;

/// A user's status, as returned by AdminGetUser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserStatus {
    /// Signed up, but not confirmed.
    Unconfirmed,
    /// Confirmed.
    Confirmed,
    /// No longer active.
    Archived,
    /// Disabled because of a suspected compromise.
    Compromised,
    /// Unknown.
    Unknown,
    /// Must reset its password.
    ResetRequired,
    /// Created by an administrator; must change its password.
    ForceChangePassword,
    /// Signs in through another identity provider.
    ExternalProvider,
}

impl UserStatus {
    /// Returns the name on the wire.
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

/// An attribute of a user. The name is shared with the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredAttribute {
    pub(super) name: Arc<str>,
    pub(super) value: Box<str>,
}

/// The history of a username, whether or not a user has it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UsernameHistory {
    /// SignUp requests with this name.
    pub(super) sign_ups: u32,
    /// How many of them drew from the fault table.
    pub(super) draws: u32,
    /// Deleted users with this name.
    pub(super) deleted: u32,
}

/// A user.
pub(super) struct PoolUser {
    pub(super) username: Box<str>,
    pub(super) sub: u128,
    pub(super) attributes: Vec<StoredAttribute>,
    pub(super) status: UserStatus,
    pub(super) enabled: bool,
    /// In Unix milliseconds on the pool's clock.
    pub(super) created_ms: i64,
    pub(super) modified_ms: i64,
    pub(super) password: Option<PasswordDigest>,
    /// Indexes of the pool's groups.
    pub(super) groups: Vec<u16>,
    pub(super) preexisting: bool,
    pub(super) history: UsernameHistory,
    pub(super) sign_ups_accepted: u32,
    pub(super) responses_delivered: u32,
    pub(super) sign_ups_after_response: u32,
    /// Successful sign-ins.
    pub(super) signed_in: u32,
}

impl PoolUser {
    /// Creates a user without attributes, password or history.
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
            history: UsernameHistory::default(),
            sign_ups_accepted: 0,
            responses_delivered: 0,
            sign_ups_after_response: 0,
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
