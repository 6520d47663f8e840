//! What follows a sign-up, and how it stands for one user.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The step that confirms a user, as [`StepResult::step`] names it.
pub(super) const CONFIRM_STEP: &str = "confirm";

/// The step that disables a user.
pub(super) const DISABLE_STEP: &str = "disable";

/// The state of one step after the sign-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepState {
    /// Not done, or unknown. Repeating the step does no harm.
    Pending,
    /// Done, now or earlier.
    Done,
    /// The pool refused it permanently, or all tries failed.
    Failed {
        /// Code of the error.
        code: String,
        /// The error in words.
        message: String,
    },
}

/// One step after a sign-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// Which: `confirm`, `verify email`, `verify phone_number`, `verify email and phone_number`, `group NAME`, `disable`.
    pub step: String,
    /// How it stands.
    #[serde(flatten)]
    pub state: StepState,
}

/// The name of a step in JSON documents, where keys have no spaces: `verify_email`, `group_staff`.
#[must_use]
pub fn step_key(step: &str) -> String {
    step.replace(' ', "_")
}

/// What follows one user's sign-up: its steps, in the order in which they are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The steps, at least one.
    pub steps: Vec<StepResult>,
}

impl FollowUp {
    /// Whether this step was taken.
    #[must_use]
    pub(super) fn has_done(&self, name: &str) -> bool {
        self.steps
            .iter()
            .any(|step| step.step == name && step.state == StepState::Done)
    }

    /// Whether a step is still to be taken.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.state == StepState::Pending)
    }
}

/// As it stands in results: `done`, `pending`, or `failed: STEP CODE`, the first step that failed.
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

/// Users by the state of one step after the sign-up.
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

    fn word(states: &[StepState]) -> String {
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
    fn a_step_that_failed_is_named_once_nothing_is_pending() {
        let failed = |code: &str| StepState::Failed {
            code: code.to_owned(),
            message: "why".to_owned(),
        };
        let (done, pending) = (StepState::Done, StepState::Pending);
        assert_eq!(word(&[done.clone(), done.clone()]), "done");
        assert_eq!(
            word(&[
                done.clone(),
                failed("AliasExistsException"),
                failed("Other")
            ]),
            "failed: verify email AliasExistsException"
        );
        assert_eq!(word(&[done, failed("Other"), pending]), "pending");
    }
}
