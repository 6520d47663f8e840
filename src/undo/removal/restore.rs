//! Restores the attributes of a user that the run updated.

use std::time::Duration;

use super::found::FoundOwner;
use super::{LookupKey, Phase, Removal, RemovalStep, settled};
use crate::outcome::{KeptReason, UndoOutcome, Undone};
use crate::pool::{Advice, Failure, FoundUser};

impl Removal {
    /// Returns whether the run updated the user, and did not create it.
    #[must_use]
    pub fn restores(&self) -> bool {
        !self.user.changes.is_empty()
    }

    /// Returns the attributes to write. An empty value removes the attribute (API reference of
    /// `AdminUpdateUserAttributes`).
    pub fn restoration(&self) -> impl Iterator<Item = (&str, &str)> {
        self.restoration
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the outcome that a dry run reports.
    #[must_use]
    pub fn dry_run(&self) -> UndoOutcome {
        if self.restores() {
            self.restored_outcome()
        } else {
            UndoOutcome::of(Undone::Deleted)
        }
    }

    /// Decides about a user that was found. Only values that are still those that the run wrote are
    /// restored.
    pub(super) fn restore(&mut self, found: &FoundUser) -> RemovalStep {
        match (self.owner_of(found), self.key) {
            (FoundOwner::Ours, _) if self.user.sub.is_some() => {}
            (FoundOwner::Theirs, LookupKey::Sub) => return self.look_up_by_name(),
            (FoundOwner::Theirs, LookupKey::Username) if !found.is_named(&self.user.username) => {
                return self.absent();
            }
            (FoundOwner::Theirs, LookupKey::Username) => {
                return settled(Undone::Kept(KeptReason::AnotherUser));
            }
            (FoundOwner::Ours | FoundOwner::Unknown, _) => {
                return settled(Undone::Kept(KeptReason::NotIdentified));
            }
        }
        self.compare(found);
        match (self.restoration.is_empty(), self.phase) {
            (true, _) => self.restored(),
            (false, Phase::Deciding) => RemovalStep::Begin,
            (false, Phase::Deleting) => RemovalStep::Restore(Duration::ZERO),
        }
    }

    /// Sets which attributes to restore, and which not.
    fn compare(&mut self, found: &FoundUser) {
        self.restoration.clear();
        self.changed.clear();
        self.withheld.clear();
        self.has_previous = false;
        let changes = &self.user.changes;
        for change in changes.iter().filter(|change| !change.is_flag()) {
            let now = found.attribute(&change.name).unwrap_or_default();
            let before = change.previous.as_deref().unwrap_or_default();
            if now == before {
                self.has_previous = true;
                continue;
            }
            if now != change.value {
                self.changed.push(change.name.clone());
                continue;
            }
            let restored = (change.name.clone(), before.to_owned());
            if !change.is_address() || before.is_empty() {
                self.restoration.push(restored);
                continue;
            }
            // Without its flag, Cognito would mark the address as unverified.
            let flag = format!("{}_verified", change.name);
            let verified = changes.iter().find(|change| change.name == flag);
            let verified = verified.and_then(|flag| flag.previous.as_deref());
            let verified = verified.unwrap_or("false");
            if verified == "true" || self.rules.allow_messages {
                self.restoration
                    .extend([restored, (flag, verified.to_owned())]);
            } else {
                self.withheld.push(change.name.clone());
            }
        }
    }

    pub(super) fn restored(&self) -> RemovalStep {
        RemovalStep::Settled(self.restored_outcome())
    }

    /// Returns the outcome once the attributes to restore are written.
    fn restored_outcome(&self) -> UndoOutcome {
        let has_previous = self.has_previous || !self.restoration.is_empty();
        let undone = if !self.withheld.is_empty() {
            Undone::Kept(KeptReason::Messages)
        } else if self.changed.is_empty() {
            Undone::Restored
        } else if has_previous {
            Undone::RestoredInPart
        } else {
            Undone::Kept(KeptReason::Changed)
        };
        let messages = [
            (!self.withheld.is_empty()).then(|| {
                format!(
                    "not restored (was not verified, so the pool may send a code to it; \
                     --allow-messages restores it): {}",
                    self.withheld.join(", ")
                )
            }),
            (!self.changed.is_empty()).then(|| {
                format!(
                    "not restored (changed since the run): {}",
                    self.changed.join(", ")
                )
            }),
        ];
        let messages: Vec<String> = messages.into_iter().flatten().collect();
        UndoOutcome {
            undone,
            error_code: None,
            error_message: (!messages.is_empty()).then(|| messages.join("; ")),
        }
    }

    /// Handles a failed restoration. Repeating it is harmless.
    pub(super) fn restoration_failed(&mut self, failure: Failure, chance: f64) -> RemovalStep {
        match failure.advice {
            Advice::Stop(stop) => RemovalStep::StopRun(stop, failure),
            Advice::SlowDown => RemovalStep::Restore(self.rules.retry.backoff(1, chance)),
            Advice::Firewalled => self.firewalled(failure, chance, RemovalStep::Restore),
            Advice::GiveUp | Advice::Exists => self.failed(failure),
            Advice::Retry | Advice::Unreachable | Advice::LookUp(_) | Advice::Undelivered => {
                self.tries += 1;
                if self.tries < self.rules.retry.tries {
                    return RemovalStep::Restore(self.rules.retry.backoff(self.tries, chance));
                }
                self.failed(failure)
            }
        }
    }
}
