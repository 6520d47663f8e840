//! Steps after a sign-up and their state.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The [`StepResult::step`] that confirms a user.
pub(super) const CONFIRM_STEP: &str = "confirm";

/// The [`StepResult::step`] that disables a user.
pub(super) const DISABLE_STEP: &str = "disable";

/// The [`StepResult::step`] that updates attributes of a user that existed.
pub(super) const UPDATE_STEP: &str = "update";

/// The state of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepState {
    /// Not done, or unknown. Repeating the step is harmless.
    Pending,
    /// Done, now or earlier.
    Done,
    /// Refused permanently, or all attempts failed.
    Failed { code: String, message: String },
}

/// One step after a sign-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// `update`, `confirm`, `verify email`, `verify phone_number`, `verify email and phone_number`,
    /// `group NAME` or `disable`.
    pub step: String,
    #[serde(flatten)]
    pub state: StepState,
}

/// Returns the key of a step in JSON, without spaces: `verify_email`, `group_staff`.
#[must_use]
pub fn step_key(step: &str) -> String {
    step.replace(' ', "_")
}

/// The steps after one user's sign-up, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// At least one step.
    pub steps: Vec<StepResult>,
}

impl FollowUp {
    /// Returns whether the user's attributes were updated.
    #[must_use]
    pub fn has_updated(&self) -> bool {
        self.has_done(UPDATE_STEP)
    }

    /// Returns whether this step is done.
    #[must_use]
    pub(super) fn has_done(&self, name: &str) -> bool {
        self.steps
            .iter()
            .any(|step| step.step == name && step.state == StepState::Done)
    }

    /// Returns the error code of the update, if it failed.
    #[must_use]
    pub fn failed_update(&self) -> Option<&str> {
        let update = self.steps.iter().find(|step| step.step == UPDATE_STEP)?;
        match &update.state {
            StepState::Failed { code, .. } => Some(code),
            StepState::Pending | StepState::Done => None,
        }
    }

    /// Returns whether any step is pending.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.state == StepState::Pending)
    }
}

/// Formats the state for results: `done`, `pending`, or `failed: STEP CODE` for the first failed
/// step.
impl fmt::Display for FollowUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_pending() {
            return f.write_str("pending");
        }
        for StepResult { step, state } in &self.steps {
            if let StepState::Failed { code, .. } = state {
                return write!(f, "failed: {step} {code}");
            }
        }
        f.write_str("done")
    }
}

/// Users by the state of one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StepCounts {
    /// The step is done.
    pub done: u64,
    /// The step failed permanently.
    pub failed: u64,
    /// The step is not done yet.
    pub pending: u64,
}

#[cfg(test)]
mod tests {
    use super::{FollowUp, StepResult, StepState};

    fn text(states: &[StepState]) -> String {
        let names = ["confirm", "verify email", "group staff"];
        let steps = names
            .iter()
            .zip(states)
            .map(|(step, state)| StepResult {
                step: (*step).to_owned(),
                state: state.clone(),
            })
            .collect();
        FollowUp { steps }.to_string()
    }

    #[test]
    fn names_the_failed_step_once_no_step_is_pending() {
        let failed = |code: &str| StepState::Failed {
            code: code.to_owned(),
            message: "why".to_owned(),
        };
        let (done, pending) = (StepState::Done, StepState::Pending);
        assert_eq!(text(&[done.clone(), done.clone()]), "done");
        assert_eq!(
            text(&[
                done.clone(),
                failed("AliasExistsException"),
                failed("Other")
            ]),
            "failed: verify email AliasExistsException"
        );
        assert_eq!(text(&[done, failed("Other"), pending]), "pending");
    }
}
