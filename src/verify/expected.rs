//! What the results of a run say about its users. Failed and pending steps are not expected to have
//! taken effect; the run already reports them.

use std::collections::BTreeSet;

use crate::ledger::verification::{Presence, Restoration};
use crate::outcome::{KeptReason, Outcome, RowResult, StepState, UndoOutcome, Undone, UserUpdate};
use crate::user::pool_rules::Contact;
use crate::user::{FollowUpStep, StepKind};

/// The expected state of a row's user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ExpectedUser {
    /// `None` if the run did not learn it.
    pub sub: Option<String>,
    /// `None` if unknown.
    pub enabled: Option<bool>,
    /// False if it was not confirmed, or if that is unknown: users confirm themselves.
    pub confirmed: bool,
    /// The addresses that the run marked as verified.
    pub verified: Vec<Contact>,
    /// The groups that the run added the user to.
    pub groups: Vec<String>,
    /// Whether the run, or its undo, created or changed the user.
    pub changed: bool,
}

/// The groups to which a run added users, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunGroups(Vec<String>);

impl RunGroups {
    #[must_use]
    pub fn new(names: BTreeSet<String>) -> Self {
        Self(names.into_iter().collect())
    }

    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Returns the index of a group.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        self.0
            .binary_search_by(|other| other.as_str().cmp(name))
            .ok()
    }
}

/// Returns whether the user of a row must exist, unless the run was undone.
#[must_use]
pub fn presence_of(outcome: Outcome) -> Presence {
    match outcome {
        Outcome::Created | Outcome::Existed => Presence::Present,
        Outcome::Duplicate
        | Outcome::Invalid
        | Outcome::Skipped
        | Outcome::Rejected
        | Outcome::Failed
        | Outcome::InDoubt
        | Outcome::Unsent => Presence::Unknown,
    }
}

/// Returns whether the user of a row must exist after an undo with this outcome; `None` if the undo
/// has not processed it.
#[must_use]
pub fn presence_after_undo(outcome: Option<&UndoOutcome>) -> Presence {
    match outcome.map(|outcome| outcome.undone) {
        Some(Undone::Deleted | Undone::Gone | Undone::Kept(KeptReason::AnotherUser)) => {
            Presence::Absent
        }
        Some(
            Undone::Restored
            | Undone::RestoredInPart
            | Undone::Kept(
                KeptReason::Used
                | KeptReason::MaybeUsed
                | KeptReason::NotIdentified
                | KeptReason::OutsideRun
                | KeptReason::Changed
                | KeptReason::Messages,
            ),
        ) => Presence::Present,
        None | Some(Undone::Failed) => Presence::Undecided,
    }
}

/// Returns what an undo with this outcome did to the attributes that the run wrote.
#[must_use]
pub fn restoration_of(outcome: Option<&UndoOutcome>) -> Restoration {
    match outcome.map(|outcome| outcome.undone) {
        Some(Undone::Restored) => Restoration::Complete,
        Some(Undone::RestoredInPart) => Restoration::InPart,
        None | Some(Undone::Deleted | Undone::Gone | Undone::Kept(_) | Undone::Failed) => {
            Restoration::None
        }
    }
}

impl ExpectedUser {
    /// Derives the expected state from the results of a row that was created or existed. An
    /// undo may have restored the attributes that the run wrote.
    #[must_use]
    pub(super) fn of(row: &RowResult, restoration: Restoration) -> Self {
        let restored = restoration != Restoration::None;
        let mut expected = Self {
            sub: row.outcome.user_sub.clone(),
            enabled: enabled(row),
            confirmed: row.confirmed() == Some(true),
            changed: restored || row.outcome.outcome == Outcome::Created,
            ..Self::default()
        };
        for (step, state) in steps(row) {
            if *state != StepState::Done {
                continue;
            }
            expected.changed = true;
            match step {
                FollowUpStep::Verify(addresses) => {
                    expected.verified.extend(addresses.contacts());
                }
                FollowUpStep::AddToGroup(name) => expected.groups.push(name.to_string()),
                FollowUpStep::Update | FollowUpStep::Confirm | FollowUpStep::Disable => {}
            }
        }
        if restored {
            let written = written_contacts(row);
            expected
                .verified
                .retain(|contact| !written.contains(contact));
        }
        expected
    }
}

/// Returns the addresses that the run wrote to a user that existed, or whose flags it wrote.
fn written_contacts(row: &RowResult) -> Vec<Contact> {
    let update = row.outcome.update.iter();
    let changes = update.flat_map(UserUpdate::changes);
    let contacts = [Contact::Email, Contact::PhoneNumber];
    changes
        .flat_map(|change| {
            contacts.into_iter().filter(|contact| {
                [contact.attribute(), contact.verified_attribute()].contains(&change.name.as_str())
            })
        })
        .collect()
}

/// A user that signs up is enabled, unless a step disables it.
fn enabled(row: &RowResult) -> Option<bool> {
    let may_be_disabled = steps(row)
        .any(|(step, state)| step.kind() == StepKind::Disable && *state != StepState::Done);
    match row.enabled() {
        _ if may_be_disabled => None,
        None if row.outcome.outcome == Outcome::Created => Some(true),
        enabled => enabled,
    }
}

fn steps(row: &RowResult) -> impl Iterator<Item = (FollowUpStep, &StepState)> {
    let steps = row.follow_up.iter().flat_map(|follow_up| &follow_up.steps);
    steps.filter_map(|step| Some((FollowUpStep::from_word(&step.step)?, &step.state)))
}

/// Adds the groups that the run added the user of this row to.
pub fn add_groups(row: &RowResult, groups: &mut BTreeSet<String>) {
    for (step, state) in steps(row) {
        if let (FollowUpStep::AddToGroup(name), StepState::Done) = (step, state)
            && !groups.contains(&*name)
        {
            groups.insert(name.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Contact, ExpectedUser, Outcome, Presence, Restoration, StepState, presence_after_undo,
    };
    use crate::outcome::{
        AttributeChange, Evidence, FollowUp, KeptReason, RowOutcome, RowResult, StepResult,
        UndoOutcome, Undone, UserUpdate,
    };

    fn expected(row: &RowResult) -> ExpectedUser {
        ExpectedUser::of(row, Restoration::None)
    }

    fn failed() -> StepState {
        StepState::Failed {
            code: "AliasExistsException".to_owned(),
            message: "no".to_owned(),
        }
    }

    fn row(outcome: Outcome, steps: &[(&str, StepState)]) -> RowResult {
        let mut outcome = RowOutcome::of(outcome);
        outcome.evidence = Some(Evidence::Answer);
        outcome.confirmed = Some(false);
        let steps = steps.iter().map(|(step, state)| StepResult {
            step: (*step).to_owned(),
            state: state.clone(),
        });
        RowResult {
            username: Some("ann".to_owned()),
            follow_up: Some(FollowUp {
                steps: steps.collect(),
            }),
            ..RowResult::sample(1, outcome)
        }
    }

    #[test]
    fn only_steps_that_are_done_are_expected() {
        let done = || StepState::Done;
        let verified = expected(&row(
            Outcome::Created,
            &[
                ("confirm", done()),
                ("verify email", done()),
                ("group staff", done()),
                ("group beta", failed()),
                ("group crew", StepState::Pending),
            ],
        ));
        assert_eq!(verified.verified, [Contact::Email]);
        assert_eq!(verified.groups, ["staff"]);
        assert_eq!((verified.confirmed, verified.enabled), (true, Some(true)));
        for state in [failed(), StepState::Pending] {
            let steps = ["confirm", "verify email", "disable"].map(|step| (step, state.clone()));
            let open = expected(&row(Outcome::Created, &steps));
            assert_eq!((open.confirmed, open.enabled), (false, None));
            assert!(open.verified.is_empty());
        }
        let disabled = expected(&row(Outcome::Created, &[("disable", done())]));
        assert_eq!(disabled.enabled, Some(false));
    }

    #[test]
    fn users_that_existed_are_changed_only_by_steps() {
        let untouched = expected(&row(Outcome::Existed, &[]));
        assert_eq!((untouched.enabled, untouched.changed), (None, false));
        let grouped = row(Outcome::Existed, &[("group staff", StepState::Done)]);
        assert!(expected(&grouped).changed);
    }

    #[test]
    fn an_address_that_an_undo_restored_need_not_be_verified() {
        let verify = [("verify email and phone_number", StepState::Done)];
        for written in ["email", "email_verified"] {
            let mut existed = row(Outcome::Existed, &verify);
            existed.outcome.update = Some(UserUpdate::Changes(vec![AttributeChange {
                name: written.to_owned(),
                value: "new".to_owned(),
                previous: None,
            }]));
            let both = [Contact::Email, Contact::PhoneNumber];
            assert_eq!(ExpectedUser::of(&existed, Restoration::None).verified, both);
            let restored = ExpectedUser::of(&existed, Restoration::InPart);
            assert_eq!(restored.verified, [Contact::PhoneNumber], "{written}");
        }
        assert!(ExpectedUser::of(&row(Outcome::Existed, &[]), Restoration::Complete).changed);
    }

    #[test]
    fn an_undo_decides_whether_a_user_must_exist() {
        for (undone, presence) in [
            (Undone::Deleted, Presence::Absent),
            (Undone::Gone, Presence::Absent),
            (Undone::Kept(KeptReason::AnotherUser), Presence::Absent),
            (Undone::Kept(KeptReason::Used), Presence::Present),
            (Undone::Failed, Presence::Undecided),
        ] {
            let outcome = UndoOutcome::of(undone);
            assert_eq!(presence_after_undo(Some(&outcome)), presence, "{undone:?}");
        }
        assert_eq!(presence_after_undo(None), Presence::Undecided);
    }
}
