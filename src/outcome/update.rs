//! The update of a user that existed (`--update-existing`).

use serde::{Deserialize, Serialize};

/// The attributes that say whether an address is verified. They are written with the address.
const FLAGS: [&str; 2] = ["email_verified", "phone_number_verified"];

/// The attributes that have a flag: Cognito can send messages to them.
const ADDRESSES: [&str; 2] = ["email", "phone_number"];

/// What a run does about the attributes of a user that existed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserUpdate {
    /// Attributes differ. A lookup immediately before the update decides which ones it writes.
    Planned,
    /// Writes or wrote these attributes; never empty.
    Changes(Vec<AttributeChange>),
    /// Nothing: the user was modified later than the row (`--not-newer-than`).
    Newer,
}

/// One attribute to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// The attribute.
    pub name: String,
    /// The value to write.
    pub value: String,
    /// The value before, if the user had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

impl UserUpdate {
    /// Leaves the decision about what to write to a later lookup.
    #[must_use]
    pub fn planned(self) -> Self {
        match self {
            Self::Planned | Self::Changes(_) => Self::Planned,
            Self::Newer => Self::Newer,
        }
    }

    /// Returns the attributes that were or may have been written, with the flags of addresses.
    #[must_use]
    pub fn changes(&self) -> &[AttributeChange] {
        match self {
            Self::Changes(changes) => changes,
            Self::Planned | Self::Newer => &[],
        }
    }
}

impl AttributeChange {
    /// Returns whether this is the flag of an address and not an attribute of the list.
    #[must_use]
    pub fn is_flag(&self) -> bool {
        FLAGS.contains(&self.name.as_str())
    }

    #[must_use]
    pub fn is_address(&self) -> bool {
        ADDRESSES.contains(&self.name.as_str())
    }
}
