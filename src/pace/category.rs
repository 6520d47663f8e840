//! Cognito's quota categories that this tool draws on (Cognito's developer guide, "Quotas in Amazon Cognito"). Each is counted over
//! all of an account's pools in a Region.

use std::num::NonZeroU32;

/// See the module's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// `SignUp` and `AdminConfirmSignUp`. 50 requests a second unless raised.
    UserCreation,
    /// `AdminGetUser`. 120 requests a second unless raised.
    UserRead,
    /// `AdminUpdateUserAttributes`, `AdminAddUserToGroup`, `AdminDisableUser`, `AdminDeleteUser`. 25 requests a second.
    UserUpdate,
    /// `AdminListUserAuthEvents`. 50 requests a second.
    UserResourceRead,
    /// `ListUsers`. 30 requests a second.
    UserList,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::UserCreation,
        Self::UserRead,
        Self::UserUpdate,
        Self::UserResourceRead,
        Self::UserList,
    ];

    /// The name that AWS gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreation => "UserCreation",
            Self::UserRead => "UserRead",
            Self::UserUpdate => "UserUpdate",
            Self::UserResourceRead => "UserResourceRead",
            Self::UserList => "UserList",
        }
    }

    /// Requests a second that AWS documents for an account whose limits nobody raised.
    #[must_use]
    pub fn documented(self) -> u32 {
        match self {
            Self::UserCreation => 50,
            Self::UserRead => 120,
            Self::UserUpdate => 25,
            Self::UserResourceRead => 50,
            Self::UserList => 30,
        }
    }
}

/// Requests a second of each category, never more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings {
    /// Of [`Category::UserCreation`].
    pub creation: NonZeroU32,
    /// Of [`Category::UserRead`].
    pub read: NonZeroU32,
    /// Of [`Category::UserUpdate`].
    pub update: NonZeroU32,
    /// Of [`Category::UserResourceRead`].
    pub resource_read: NonZeroU32,
    /// Of [`Category::UserList`].
    pub list: NonZeroU32,
}

impl Ceilings {
    /// Of one category.
    #[must_use]
    pub fn of(&self, category: Category) -> NonZeroU32 {
        match category {
            Category::UserCreation => self.creation,
            Category::UserRead => self.read,
            Category::UserUpdate => self.update,
            Category::UserResourceRead => self.resource_read,
            Category::UserList => self.list,
        }
    }
}
