//! The Cognito quota categories that this program uses (developer guide, "Quotas in Amazon
//! Cognito"). Each is shared by all of an account's pools in a Region.

use std::num::NonZeroU32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// `SignUp` and `AdminConfirmSignUp`. 50 requests per second unless raised.
    UserCreation,
    /// `AdminGetUser`. 120 requests per second unless raised.
    UserRead,
    /// `AdminUpdateUserAttributes`, `AdminAddUserToGroup`, `AdminDisableUser`, `AdminDeleteUser`.
    /// 25 requests per second.
    UserUpdate,
    /// `AdminListUserAuthEvents`. 50 requests per second.
    UserResourceRead,
    /// `ListUsers`. 30 requests per second.
    UserList,
}

all_variants!(pub Category {
    UserCreation,
    UserRead,
    UserUpdate,
    UserResourceRead,
    UserList,
});

impl Category {
    /// Returns the name in AWS's documentation.
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

    /// Returns the default quota in requests per second.
    #[must_use]
    pub fn default_quota(self) -> u32 {
        match self {
            Self::UserCreation => 50,
            Self::UserRead => 120,
            Self::UserUpdate => 25,
            Self::UserResourceRead => 50,
            Self::UserList => 30,
        }
    }
}

/// The maximum rate of each category, in requests per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings {
    pub creation: NonZeroU32,
    pub read: NonZeroU32,
    pub update: NonZeroU32,
    pub resource_read: NonZeroU32,
    pub list: NonZeroU32,
}

impl Ceilings {
    /// The same rate for each category.
    #[cfg(test)]
    pub(crate) fn same(rate: NonZeroU32) -> Self {
        Self {
            creation: rate,
            read: rate,
            update: rate,
            resource_read: rate,
            list: rate,
        }
    }

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
