//! What a look-up says: whether it is the user that the run made, and whether it may be deleted.

use std::time::Duration;

use super::{LookupKey, MOST_PAGES, Phase, Removal, RemovalStep, settled};
use crate::ledger::reader::rfc3339;
use crate::outcome::{KeptReason, Undoing, Undone};
use crate::pool::FoundUser;
use crate::pool::pages::SeenPages;

/// How a user stands whom nobody has confirmed yet: it cannot have signed in, and nobody comes back to this from another status.
const UNCONFIRMED: &str = "UNCONFIRMED";

/// Whose the user is that was found.
enum FoundOwner {
    /// The run made it.
    Ours,
    /// It has another `sub`: it is somebody else.
    Theirs,
    /// Nothing tells.
    Unknown,
}

impl Removal {
    pub(super) fn found(&mut self, found: Option<FoundUser>) -> RemovalStep {
        let Some(found) = found else {
            return match self.by {
                LookupKey::Sub => self.look_by_name(),
                LookupKey::Username => self.absent(),
            };
        };
        match (self.whose(&found), self.by) {
            (FoundOwner::Ours, _) => self.ours(&found),
            // Somebody's username is what our user's sub was: then only the name can tell.
            (FoundOwner::Theirs, LookupKey::Sub) => self.look_by_name(),
            // Found by an alias: nobody has this username.
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

    /// A user whose `sub` the run did not learn is told by when it was created, where the run learnt that.
    fn whose(&self, found: &FoundUser) -> FoundOwner {
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
        let may_be_the_run_s = |created| {
            self.times
                .may_have_created(created, found.created_has_fraction)
        };
        match found.created_ms {
            None => return settled(Undone::Kept(KeptReason::NotIdentified)),
            Some(created) if !may_be_the_run_s(created) => return self.outside_run(created),
            Some(_) => {}
        }
        match (&self.user.sub, self.by) {
            // It has the sub, and was not found by it a moment ago.
            (Some(_), LookupKey::Username) => self.learnt.not_by_sub = true,
            (Some(_), LookupKey::Sub) => {}
            // From now on it is this one that is meant.
            (None, _) => self.user.sub.clone_from(&found.sub),
        }
        match self.phase {
            Phase::Deleting => match self.failure.take() {
                Some(failure) if self.tries >= self.rules.retry.tries => self.failed(failure),
                Some(_) | None => RemovalStep::Delete(Duration::ZERO),
            },
            Phase::Judging if self.rules.even_if_used => RemovalStep::Begin,
            Phase::Judging if found.status.as_deref() == Some(UNCONFIRMED) => RemovalStep::Begin,
            Phase::Judging if self.learnt.tells_nothing => {
                settled(Undone::Kept(KeptReason::MaybeUsed))
            }
            Phase::Judging => {
                self.sign_up = false;
                self.pages = SeenPages::up_to(MOST_PAGES);
                RemovalStep::AskDoings(Duration::ZERO, None)
            }
        }
    }

    /// A ledger that was changed can name any user.
    fn outside_run(&self, created_ms: i64) -> RemovalStep {
        RemovalStep::Settled(Undoing {
            undone: Undone::Kept(KeptReason::OutsideRun),
            error_code: None,
            error_message: Some(format!(
                "created {}, and the run was at work {}: the run did not create this user, though its ledger says so",
                rfc3339(created_ms),
                self.times
            )),
        })
    }
}
