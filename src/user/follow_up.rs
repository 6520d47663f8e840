//! What is done with a user once the pool has it: the steps that follow a sign-up.

use std::fmt;
use std::sync::Arc;

/// One step. Each is safe to repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `AdminConfirmSignUp`: the user may sign in without typing a code.
    Confirm,
    /// `AdminUpdateUserAttributes`: these addresses are verified, in one call. At least one of them.
    Verify {
        /// `email_verified` becomes true.
        email: bool,
        /// `phone_number_verified` becomes true.
        phone_number: bool,
    },
    /// `AdminAddUserToGroup`.
    AddToGroup(Arc<str>),
    /// `AdminDisableUser`: the user may not sign in.
    Disable,
}

/// As it stands in the ledger and in results: `confirm`, `verify`, `group:NAME`, `disable`. No two steps of a user have the same.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirm => f.write_str("confirm"),
            Self::Verify { .. } => f.write_str("verify"),
            Self::AddToGroup(name) => write!(f, "group:{name}"),
            Self::Disable => f.write_str("disable"),
        }
    }
}
