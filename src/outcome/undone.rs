//! What can come of a user that a run made when the run is undone.

/// Why a user is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeptReason {
    /// It has done something itself since it was made.
    Used,
    /// Nothing shows that it has not.
    MaybeUsed,
    /// The user that has the name now is not the one that the run made.
    AnotherUser,
    /// Nothing shows that it is the one that the run made.
    NotIdentified,
    /// It was created when the run was not at work, whatever the ledger says.
    OutsideRun,
}

/// What came of one user. Every user that the run made ends in exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undone {
    /// Deleted on our request.
    Deleted,
    /// It was not there any more.
    Gone,
    /// It is left alone.
    Kept(KeptReason),
    /// The pool did not let it be deleted, or nothing could be learnt of it.
    Failed,
}

impl Undone {
    /// Every one, in the order in which a summary lists them.
    pub const ALL: [Self; 8] = [
        Self::Deleted,
        Self::Gone,
        Self::Kept(KeptReason::Used),
        Self::Kept(KeptReason::MaybeUsed),
        Self::Kept(KeptReason::AnotherUser),
        Self::Kept(KeptReason::NotIdentified),
        Self::Kept(KeptReason::OutsideRun),
        Self::Failed,
    ];

    /// The word that stands in the results and in the ledger of an undo.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Gone => "gone",
            Self::Kept(KeptReason::Used) => "kept: used",
            Self::Kept(KeptReason::MaybeUsed) => "kept: maybe used",
            Self::Kept(KeptReason::AnotherUser) => "kept: another user",
            Self::Kept(KeptReason::NotIdentified) => "kept: not identified",
            Self::Kept(KeptReason::OutsideRun) => "kept: outside the run",
            Self::Failed => "failed",
        }
    }

    /// The key that counts such users in JSON documents: `deleted`, `kept_maybe_used`.
    #[must_use]
    pub fn key(self) -> String {
        self.word().replace(": ", "_").replace(' ', "_")
    }

    /// What a word of [`Undone::word`] stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|undone| undone.word() == word)
    }

    /// What the word means, for people who read a summary.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Deleted => "created by the run, now deleted",
            Self::Gone => "no longer existed",
            Self::Kept(KeptReason::Used) => "used since the import",
            Self::Kept(KeptReason::MaybeUsed) => {
                "possibly used since the import (no record either way)"
            }
            Self::Kept(KeptReason::AnotherUser) => "the username now belongs to another user",
            Self::Kept(KeptReason::NotIdentified) => "no evidence that the run created them",
            Self::Kept(KeptReason::OutsideRun) => "created while the run was not active",
            Self::Failed => "lookup or deletion failed; the same command tries again",
        }
    }
}

/// What came of a user, with the error where there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoing {
    /// What came of it.
    pub undone: Undone,
    /// Code of the error.
    pub error_code: Option<String>,
    /// The error in words.
    pub error_message: Option<String>,
}

impl Undoing {
    /// Without an error.
    #[must_use]
    pub fn of(undone: Undone) -> Self {
        Self {
            undone,
            error_code: None,
            error_message: None,
        }
    }

    /// The word, and for a failure the code: `failed: CODE`.
    #[must_use]
    pub fn said(&self) -> String {
        match (self.undone, &self.error_code) {
            (Undone::Failed, Some(code)) => format!("{}: {code}", self.undone.word()),
            (Undone::Failed | Undone::Deleted | Undone::Gone | Undone::Kept(_), _) => {
                self.undone.word().to_owned()
            }
        }
    }
}

/// A user that a run made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUser {
    /// Number of its row.
    pub row: u64,
    /// The username as it was sent.
    pub username: String,
    /// Its `sub`, where the run learnt it.
    pub sub: Option<String>,
    /// `UserCreateDate`, milliseconds since the Unix epoch, where the run learnt it.
    pub created_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::Undone;

    #[test]
    fn every_one_is_found_again_by_its_word() {
        for undone in Undone::ALL {
            assert_eq!(Undone::from_word(undone.word()), Some(undone));
        }
        assert_eq!(Undone::from_word("kept"), None);
    }
}
