//! A user with pending steps, and which steps a row needs.

use std::sync::Arc;

use super::Run;
use crate::import::update::UserToUpdate;
use crate::ledger::resume_cursor::ToFollow;
use crate::outcome::{FollowUp, Outcome, RowOutcome, StepResult, StepState, UserUpdate};
use crate::user::pool_rules::Contact;
use crate::user::{Addresses, FollowUpStep, NewUser, Password, StepKind};

/// A user with pending steps.
#[derive(Debug)]
pub(super) struct PendingUser {
    pub(super) username: Arc<str>,
    /// Kept to remove it from responses, and wiped after the last step.
    pub(super) password: Option<Arc<Password>>,
    pub(super) follow_up: FollowUp,
    /// `None` if the user is not updated.
    pub(super) update: Option<UserToUpdate>,
}

impl PendingUser {
    pub(super) fn new(user: &NewUser, follow_up: FollowUp, outcome: &RowOutcome) -> Self {
        let is_updated = outcome.update == Some(UserUpdate::Planned);
        Self {
            username: user.username.as_str().into(),
            password: user.password.clone().map(Arc::new),
            follow_up,
            update: is_updated.then(|| UserToUpdate {
                user: Arc::new(user.clone()),
                sub: outcome.user_sub.clone(),
                recorded: outcome.update.clone(),
                prepared: None,
            }),
        }
    }

    /// Returns a user whose steps an earlier session left pending.
    pub(super) fn resumed(left: ToFollow, user: Option<NewUser>) -> Self {
        let password = user.as_ref().and_then(|user| user.password.clone());
        Self {
            username: left.username.as_str().into(),
            password: password.map(Arc::new),
            follow_up: left.follow_up,
            update: user.map(|user| UserToUpdate {
                user: Arc::new(user),
                sub: left.sub,
                recorded: left.update,
                prepared: None,
            }),
        }
    }

    pub(super) fn is_prepared(&self) -> bool {
        let update = self.update.as_ref();
        update.is_some_and(|update| update.prepared.is_some())
    }

    /// Returns the next step and its index.
    pub(super) fn next(&self) -> Option<(usize, FollowUpStep)> {
        let steps = self.follow_up.steps.iter().enumerate();
        steps
            .filter(|(_, step)| step.state == StepState::Pending)
            .find_map(|(index, step)| Some((index, FollowUpStep::from_word(&step.step)?)))
    }
}

impl Run<'_> {
    /// Returns the steps after a row with this outcome, as they are written to the ledger with the
    /// outcome.
    pub(super) fn steps_after(&self, user: &NewUser, outcome: &RowOutcome) -> Option<FollowUp> {
        let is_updated = outcome.update == Some(UserUpdate::Planned);
        let update = is_updated.then_some(FollowUpStep::Update);
        let follows = match outcome.outcome {
            Outcome::Created => true,
            Outcome::Existed => self.plan.follow_up_existing,
            Outcome::Duplicate
            | Outcome::Invalid
            | Outcome::Skipped
            | Outcome::Rejected
            | Outcome::Failed
            | Outcome::InDoubt
            | Outcome::Unsent => false,
        };
        let others = user.follow_up.iter().filter(|_| follows);
        let others = others.filter_map(|step| applicable(step, outcome));
        let steps = update.into_iter().chain(others);
        let steps = steps.map(|step| StepResult {
            step: step.to_string(),
            // The response shows that the user is already confirmed.
            state: if step.kind() == StepKind::Confirm && outcome.confirmed == Some(true) {
                StepState::Done
            } else {
                StepState::Pending
            },
        });
        let steps: Vec<StepResult> = steps.collect();
        (!steps.is_empty()).then_some(FollowUp { steps })
    }
}

/// Returns the step, or what is left of it after the row's outcome. An address of a user that
/// existed is marked as verified only if it is the row's: an update writes a new address together
/// with its flag.
fn applicable(step: &FollowUpStep, outcome: &RowOutcome) -> Option<FollowUpStep> {
    let FollowUpStep::Verify(addresses) = step else {
        return Some(step.clone());
    };
    if outcome.outcome == Outcome::Created {
        return Some(step.clone());
    }
    let differs = outcome.differs.as_ref()?;
    let is_of_row = |contact: &&Contact| {
        let name = contact.attribute();
        !differs.iter().any(|difference| difference.name == name)
    };
    let contacts = addresses.contacts().iter().filter(is_of_row).copied();
    Addresses::from_contacts(contacts).map(FollowUpStep::Verify)
}
