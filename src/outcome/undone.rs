//! Outcomes of undoing a run, for each user that the run created or updated.

use std::fmt;

use super::AttributeChange;

/// The reason why `undo` keeps a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptReason {
    /// The account was used after the import.
    Used,
    /// Whether the user has signed in is unknown.
    MaybeUsed,
    /// The username now belongs to a user that the run did not create.
    AnotherUser,
    /// It cannot be shown that the run created the user.
    NotIdentified,
    /// The user was created while the run was not active.
    OutsideRun,
    /// The attributes that the run wrote have other values now.
    Changed,
    /// Restoring an unverified address could send a message to it.
    Messages,
}

all_variants!(pub KeptReason {
    Used,
    MaybeUsed,
    AnotherUser,
    NotIdentified,
    OutsideRun,
    Changed,
    Messages,
});

/// The outcome for one user. Every user that the run created or updated has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undone {
    /// Deleted on our request.
    Deleted,
    /// The attributes that the run wrote have their previous values again.
    Restored,
    /// Some of them have their previous values again, and the others were changed since.
    RestoredInPart,
    /// No longer existed.
    Gone,
    Kept(KeptReason),
    /// The lookup, the deletion or the update failed.
    Failed,
}

all_variants!(Undone {
    Deleted,
    Restored,
    RestoredInPart,
    Gone,
    Kept(KeptReason::Used),
    Failed,
});

impl Undone {
    /// Returns every outcome with every reason, in the order of summaries.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().flat_map(|undone| match undone {
            Self::Kept(_) => KeptReason::ALL.map(Self::Kept).to_vec(),
            Self::Deleted | Self::Restored | Self::RestoredInPart | Self::Gone | Self::Failed => {
                vec![undone]
            }
        })
    }

    /// Returns whether nothing of the run is left of the user.
    #[must_use]
    pub fn is_complete(self) -> bool {
        match self {
            Self::Deleted | Self::Restored | Self::Gone => true,
            Self::RestoredInPart | Self::Kept(_) | Self::Failed => false,
        }
    }

    /// Returns the name in the results and in the ledger of an undo.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::RestoredInPart => "restored in part",
            Self::Gone => "gone",
            Self::Kept(KeptReason::Used) => "kept: used",
            Self::Kept(KeptReason::MaybeUsed) => "kept: maybe used",
            Self::Kept(KeptReason::AnotherUser) => "kept: another user",
            Self::Kept(KeptReason::NotIdentified) => "kept: not identified",
            Self::Kept(KeptReason::OutsideRun) => "kept: outside the run",
            Self::Kept(KeptReason::Changed) => "kept: changed",
            Self::Kept(KeptReason::Messages) => "kept: messages",
            Self::Failed => "failed",
        }
    }

    /// Returns the key in JSON, like `deleted` or `kept_maybe_used`.
    #[must_use]
    pub fn key(self) -> String {
        self.name().replace(": ", "_").replace(' ', "_")
    }

    /// Returns the outcome with this [`Undone::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|undone| undone.name() == name)
    }

    /// Returns a short description for summaries.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Deleted => "created by the run, now deleted",
            Self::Restored => "updated by the run, now with their previous attributes",
            Self::RestoredInPart => "updated by the run; some attributes were changed since",
            Self::Gone => "no longer existed",
            Self::Kept(KeptReason::Used) => "used since the import",
            Self::Kept(KeptReason::MaybeUsed) => {
                "possibly used since the import (no record either way)"
            }
            Self::Kept(KeptReason::AnotherUser) => "the username now belongs to another user",
            Self::Kept(KeptReason::NotIdentified) => "no evidence that the run created them",
            Self::Kept(KeptReason::OutsideRun) => "created while the run was not active",
            Self::Kept(KeptReason::Changed) => "changed since the run updated them",
            Self::Kept(KeptReason::Messages) => {
                "their unverified addresses may get a code (--allow-messages)"
            }
            Self::Failed => "a request failed; the same command tries again",
        }
    }
}

/// The outcome for a user, with its error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoOutcome {
    pub undone: Undone,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}

impl UndoOutcome {
    /// Creates an outcome without an error.
    #[must_use]
    pub fn of(undone: Undone) -> Self {
        Self {
            undone,
            error_code: None,
            error_message: None,
        }
    }
}

/// Writes the name and, for a failure, the error code: `failed: CODE`.
impl fmt::Display for UndoOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.undone.name())?;
        match &self.error_code {
            Some(code) if self.undone == Undone::Failed => write!(f, ": {code}"),
            Some(_) | None => Ok(()),
        }
    }
}

/// A user that a run created or updated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedUser {
    /// The number of the row.
    pub row: u64,
    /// The username as it was sent.
    pub username: String,
    /// The user's `sub`, if the run learned it.
    pub sub: Option<String>,
    /// `UserCreateDate` in milliseconds since the Unix epoch, if the run learned it.
    pub created_ms: Option<i64>,
    /// What the run wrote to a user that existed. Empty for a user that it created.
    pub changes: Vec<AttributeChange>,
}

#[cfg(test)]
mod tests {
    use super::Undone;

    #[test]
    fn from_name_inverts_name() {
        for undone in Undone::all() {
            assert_eq!(Undone::from_name(undone.name()), Some(undone));
        }
        assert_eq!(Undone::from_name("kept"), None);
    }
}
