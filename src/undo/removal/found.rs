//! Decides about a user that was found: did the run create it, and may it be deleted?

use std::time::Duration;

use super::{LookupKey, MAX_PAGES, Phase, Removal, RemovalStep, settled};
use crate::ledger::reader::rfc3339;
use crate::outcome::{KeptReason, UndoOutcome, Undone};
use crate::pool::FoundUser;
use crate::pool::pages::SeenPages;

/// The status of a user that was never confirmed. It cannot have signed in, and no user returns to
/// this status.
const UNCONFIRMED: &str = "UNCONFIRMED";

/// Who created the user that was found.
pub(super) enum FoundOwner {
    Ours,
    /// It has another `sub`.
    Theirs,
    Unknown,
}

impl Removal {
    pub(super) fn found(&mut self, found: Option<FoundUser>) -> RemovalStep {
        let Some(found) = found else {
            return match self.key {
                LookupKey::Sub => self.look_up_by_name(),
                LookupKey::Username => self.absent(),
            };
        };
        if self.restores() {
            return self.restore(&found);
        }
        match (self.owner_of(&found), self.key) {
            (FoundOwner::Ours, _) => self.ours(&found),
            // Another user has our user's `sub` as its username, so look the username up.
            (FoundOwner::Theirs, LookupKey::Sub) => self.look_up_by_name(),
            // Found by an alias: no user has this username.
            (FoundOwner::Theirs, LookupKey::Username) if !found.is_named(&self.user.username) => {
                self.absent()
            }
            (FoundOwner::Theirs, LookupKey::Username) if self.maybe_deleted => {
                settled(Undone::Deleted)
            }
            (FoundOwner::Theirs, LookupKey::Username) => {
                settled(Undone::Kept(KeptReason::AnotherUser))
            }
            (FoundOwner::Unknown, _) => settled(Undone::Kept(KeptReason::NotIdentified)),
        }
    }

    /// Returns who created the user. Without a known `sub`, it is identified by its creation time.
    pub(super) fn owner_of(&self, found: &FoundUser) -> FoundOwner {
        match (&self.user.sub, &found.sub) {
            (Some(ours), Some(theirs)) if ours == theirs => FoundOwner::Ours,
            (Some(_), Some(_)) => FoundOwner::Theirs,
            (Some(_), None) => FoundOwner::Unknown,
            (None, _) => match (self.user.created_ms, found.created_ms) {
                (Some(ours), Some(theirs))
                    if ours == theirs && found.is_named(&self.user.username) =>
                {
                    FoundOwner::Ours
                }
                (Some(ours), Some(theirs)) if ours != theirs => FoundOwner::Theirs,
                (Some(_) | None, _) => FoundOwner::Unknown,
            },
        }
    }

    fn ours(&mut self, found: &FoundUser) -> RemovalStep {
        let may_be_created_by_run = |created| {
            self.times
                .may_have_created(created, found.created_has_fraction)
        };
        match found.created_ms {
            None => return settled(Undone::Kept(KeptReason::NotIdentified)),
            Some(created) if !may_be_created_by_run(created) => return self.outside_run(created),
            Some(_) => {}
        }
        match (&self.user.sub, self.key) {
            // The `sub` is known, but the user was not found by it.
            (Some(_), LookupKey::Username) => self.behavior.hides_subs = true,
            (Some(_), LookupKey::Sub) => {}
            // From here on, the user is identified by this `sub`.
            (None, _) => self.user.sub.clone_from(&found.sub),
        }
        match self.phase {
            Phase::Deleting => match self.failure.take() {
                Some(failure) if self.tries >= self.rules.retry.tries => self.failed(failure),
                Some(_) | None => RemovalStep::Delete(Duration::ZERO),
            },
            Phase::Deciding if self.rules.even_if_used => RemovalStep::Begin,
            Phase::Deciding if found.status.as_deref() == Some(UNCONFIRMED) => RemovalStep::Begin,
            Phase::Deciding if self.behavior.hides_events => {
                settled(Undone::Kept(KeptReason::MaybeUsed))
            }
            Phase::Deciding => {
                self.sign_up = false;
                self.pages = SeenPages::up_to(MAX_PAGES);
                RemovalStep::ReadEvents(Duration::ZERO, None)
            }
        }
    }

    /// Keeps a user that the run cannot have created. An edited ledger can contain any user.
    fn outside_run(&self, created_ms: i64) -> RemovalStep {
        RemovalStep::Settled(UndoOutcome {
            undone: Undone::Kept(KeptReason::OutsideRun),
            error_code: None,
            error_message: Some(format!(
                "created {}, but the run was active {}: the run did not create this user, \
                 although its ledger says so",
                rfc3339(created_ms),
                self.times
            )),
        })
    }
}
