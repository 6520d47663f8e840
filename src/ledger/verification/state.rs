//! What a verification knows about the users of the run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whether the user of a row must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// The run reports it as created or existing.
    Present,
    /// The run was undone, and its user was deleted.
    Absent,
    /// An undo of the run has begun, and has neither deleted nor kept the user.
    Undecided,
    /// The run does not say.
    Unknown,
}

/// What an undo did to the attributes that the run wrote to a user that existed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restoration {
    None,
    /// Some have their previous values again.
    InPart,
    /// All have their previous values again.
    Complete,
}

/// How far the pool was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyPosition {
    /// The next page of the pool's users.
    Users { token: Option<String> },
    /// The next page of the members of the run's group with this index.
    Groups { index: usize, token: Option<String> },
    /// Users to look up.
    Lookups,
}

/// The state of a user in the pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenUser {
    pub username: String,
    pub sub: Option<String>,
    /// `UserStatus`.
    pub status: Option<String>,
    pub enabled: bool,
    pub attributes: BTreeMap<String, String>,
}

/// A row whose user must be looked up before a problem is reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserLookup {
    /// The username as the run sent it.
    pub username: String,
    pub sub: Option<String>,
    /// The pool's username of the user, if it was listed.
    pub listed_as: Option<String>,
    /// Whether to look up the user itself.
    pub user: bool,
    /// Indexes of groups whose list of members does not have the user.
    pub groups: Vec<usize>,
}

/// The result of a lookup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookupReply {
    /// The user of the row.
    pub user: Option<SeenUser>,
    /// The `sub` of another user with the username of the row.
    pub namesake: Option<String>,
    /// Groups of the user, among those that were looked for.
    pub groups: Vec<usize>,
    pub failure: Option<LookupFailure>,
}

/// Why a lookup is incomplete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupFailure {
    /// The call and the error code.
    pub reason: String,
    pub unknown: UnknownPart,
    /// Whether the next session repeats the lookup.
    pub is_temporary: bool,
}

/// What a failed lookup leaves unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPart {
    /// The user itself.
    User,
    /// Whether the user is in these groups.
    Groups(Vec<usize>),
}

/// What is known about the user of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowState {
    pub presence: Presence,
    pub restoration: Restoration,
    pub user: Option<SeenUser>,
    /// Another user with the username of the row.
    pub namesake: Option<Namesake>,
    /// Indexes of the groups whose members include the user.
    pub groups: Vec<usize>,
    pub failure: Option<LookupFailure>,
}

/// Another user with the username of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namesake {
    pub sub: Option<String>,
}
