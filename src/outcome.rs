//! Outcomes of rows, steps and undone users, and the summary of a run.
//!
//! These types only describe results. `import` produces them, `ledger` stores them and `report`
//! shows them.

mod difference;
mod discrepancy;
mod follow_up;
mod live;
mod summary;
mod undone;
mod update;

use serde::Serialize;

use follow_up::{CONFIRM_STEP, DISABLE_STEP, UPDATE_STEP};

pub use difference::{Difference, DifferentValues, ExistingUserCounts, names_of};
pub use discrepancy::{Discrepancy, UserDiscrepancy};
pub use follow_up::{FollowUp, StepCounts, StepResult, StepState, step_key};
pub use live::{BOTTLENECKS, LivePace, LiveStatus, NO_BOTTLENECK, PRESCAN};
pub use summary::{
    CategoryRequests, Pace, PreviousDifferences, PreviousSummary, RateSample, RunState, Summary,
};
pub use undone::{AffectedUser, KeptReason, UndoOutcome, Undone};
pub use update::{AttributeChange, UserUpdate};

/// The error code of a row in doubt whose user was created during the run although the ledger has
/// no request for it.
pub const CREATED_DURING_RUN: &str = "CreatedDuringRun";

/// The error code of a row in doubt whose user exists, although no answer says who created it.
pub const NOT_SETTLED: &str = "NotSettled";

/// The outcome of a row. Every row has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The pool created the user on our request.
    Created,
    /// The user existed before.
    Existed,
    /// An earlier row of the list has the same username.
    Duplicate,
    /// The row breaks a rule; never sent.
    Invalid,
    /// Excluded by `--skip-where`; never sent.
    Skipped,
    /// The pool refused the row permanently.
    Rejected,
    /// All tries failed, with errors that are known not to have created anything.
    Failed,
    /// Sent, and whether we created the user could not be determined.
    InDoubt,
    /// The run ended before the row was sent.
    Unsent,
}

all_variants!(pub Outcome {
    Created,
    Existed,
    Duplicate,
    Invalid,
    Skipped,
    Rejected,
    Failed,
    InDoubt,
    Unsent,
});

impl Outcome {
    /// Returns the name in results and in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Existed => "existed",
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
            Self::Skipped => "skipped",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
            Self::Unsent => "unsent",
        }
    }

    /// Returns the outcome with this [`Outcome::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Returns a short description for summaries.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Created => "created by this run",
            Self::Existed => "already in the pool",
            Self::Duplicate => "same username as an earlier row",
            Self::Invalid => "invalid in the list, never sent",
            Self::Skipped => "skipped by --skip-where",
            Self::Rejected => "rejected by the pool",
            Self::Failed => "retries exhausted, nothing created",
            Self::InDoubt => "possibly created, outcome unknown",
            Self::Unsent => "not sent before the run ended",
        }
    }
}

/// How an outcome is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The pool answered our request.
    Answer,
    /// The response was lost or unclear, and a lookup found the user that we had requested.
    Lookup,
    /// Nothing was sent: the pool's listing already had the user before the first sign-up.
    Listing,
}

all_variants!(pub Evidence {
    Answer,
    Lookup,
    Listing,
});

impl Evidence {
    /// Returns the name in results and in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Lookup => "lookup",
            Self::Listing => "listing",
        }
    }
}

/// The delivery of the message (email or SMS with a code) that a sign-up can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The pool reported that it sent one.
    Sent,
    /// The pool created the user and refused to send the message.
    Refused,
    /// The pool answered and sent none.
    None,
}

all_variants!(pub Delivery {
    Sent,
    Refused,
    None,
});

impl Delivery {
    /// Returns the delivery with this [`Delivery::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|delivery| delivery.name() == name)
    }

    /// Returns the name in results and in the ledger.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::None => "none",
        }
    }
}

/// One row of the results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowResult {
    /// The number of the row; the first row after the header is 1.
    pub row: u64,
    /// The line on which the row starts; the header starts on line 1.
    pub line: u64,
    /// The username as it was (or would have been) sent.
    pub username: Option<String>,
    /// The unchanged cells of the kept columns; `None` for a cell that could not be read.
    pub kept: Vec<Option<String>>,
    pub outcome: RowOutcome,
    /// The steps after the sign-up, if there are any.
    pub follow_up: Option<FollowUp>,
    /// The previous run (`--previous`) has no row with this username.
    pub is_new: bool,
    /// The row is invalid or rejected, and it was so in the previous run for the same reason.
    pub known: bool,
}

impl RowResult {
    /// A row without a username and without steps, to change in tests.
    #[cfg(test)]
    pub(crate) fn sample(row: u64, outcome: RowOutcome) -> Self {
        Self {
            row,
            line: row + 1,
            username: None,
            kept: Vec::new(),
            outcome,
            follow_up: None,
            is_new: false,
            known: false,
        }
    }

    /// Returns whether the user is confirmed at the end of the run, if that is known.
    #[must_use]
    pub fn confirmed(&self) -> Option<bool> {
        if self.has_done(CONFIRM_STEP) {
            Some(true)
        } else {
            self.outcome.confirmed
        }
    }

    /// Returns `UserConfirmed` from the response to `SignUp`, if a response says that the user was
    /// created.
    #[must_use]
    pub fn confirmed_at_sign_up(&self) -> Option<bool> {
        let answered = self.outcome.outcome == Outcome::Created
            && self.outcome.evidence == Some(Evidence::Answer);
        self.outcome.confirmed.filter(|_| answered)
    }

    /// Returns whether the user is enabled at the end of the run, if that is known.
    #[must_use]
    pub fn enabled(&self) -> Option<bool> {
        if self.has_done(DISABLE_STEP) {
            Some(false)
        } else {
            self.outcome.enabled
        }
    }

    /// Returns the attributes of the list that the run wrote to a user that existed.
    pub fn updated(&self) -> impl Iterator<Item = &str> {
        let changes = match &self.outcome.update {
            Some(update) if self.has_done(UPDATE_STEP) => update.changes(),
            Some(_) | None => &[],
        };
        changes
            .iter()
            .filter(|change| !change.is_flag())
            .map(|change| change.name.as_str())
    }

    fn has_done(&self, step: &str) -> bool {
        self.follow_up
            .as_ref()
            .is_some_and(|follow_up| follow_up.has_done(step))
    }
}

/// The outcome of a row with its details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowOutcome {
    pub outcome: Outcome,
    pub evidence: Option<Evidence>,
    /// The user's `sub`.
    pub user_sub: Option<String>,
    /// `UserStatus`, if the user was looked up or listed.
    pub user_status: Option<String>,
    /// Whether the user was confirmed when the row was settled, if the pool reported it. See
    /// [`RowResult::confirmed`].
    pub confirmed: Option<bool>,
    /// Whether the user was enabled when it was looked up or listed. See [`RowResult::enabled`].
    pub enabled: Option<bool>,
    /// `UserCreateDate` in milliseconds since the Unix epoch, on the service's clock, if the user
    /// was looked up or listed.
    pub created_at: Option<i64>,
    /// For a user that existed: the attributes whose value in the pool differs from the list.
    /// `None` if the pool did not return its attributes.
    pub differs: Option<Vec<Difference>>,
    /// What the run does about these attributes, if it updates users.
    pub update: Option<UserUpdate>,
    pub delivery: Option<Delivery>,
    /// `CodeDeliveryDetails.DeliveryMedium`: EMAIL or SMS.
    pub delivery_medium: Option<String>,
    /// `CodeDeliveryDetails.Destination`, masked by Cognito.
    pub delivery_destination: Option<String>,
    /// The code of the error or of the broken rule.
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    /// The number of `SignUp` requests sent for this row.
    pub attempts: u32,
    /// The time from the permit for the first request to the outcome, in milliseconds.
    pub duration_ms: u64,
    /// The earlier row with the same username, for a duplicate.
    pub same_as_row: Option<u64>,
    /// Whether the error of this row stopped the run. The next session retries the row.
    pub stopped_the_run: bool,
}

impl RowOutcome {
    /// Creates an outcome without details.
    #[must_use]
    pub fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            evidence: None,
            user_sub: None,
            user_status: None,
            confirmed: None,
            enabled: None,
            created_at: None,
            differs: None,
            update: None,
            delivery: None,
            delivery_medium: None,
            delivery_destination: None,
            error_code: None,
            error_message: None,
            attempts: 0,
            duration_ms: 0,
            same_as_row: None,
            stopped_the_run: false,
        }
    }

    /// Creates the outcome of a row that has the same username as an earlier one.
    #[must_use]
    pub fn duplicate_of(row: u64) -> Self {
        let mut outcome = Self::of(Outcome::Duplicate);
        outcome.same_as_row = Some(row);
        outcome
    }

    /// Sets the error.
    #[must_use]
    pub fn with_error(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.error_code = Some(code.into());
        self.error_message = Some(message.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Evidence, FollowUp, Outcome, RowOutcome, RowResult, StepResult, StepState};

    fn row(evidence: Evidence, confirmed: bool, step: &str, state: StepState) -> RowResult {
        let mut outcome = RowOutcome::of(Outcome::Created);
        outcome.evidence = Some(evidence);
        outcome.confirmed = Some(confirmed);
        outcome.enabled = (evidence == Evidence::Lookup).then_some(true);
        RowResult {
            follow_up: Some(FollowUp {
                steps: vec![StepResult {
                    step: step.to_owned(),
                    state,
                }],
            }),
            ..RowResult::sample(1, outcome)
        }
    }

    #[test]
    fn steps_change_the_final_state_but_not_the_response_to_sign_up() {
        let failed = || StepState::Failed {
            code: "A".to_owned(),
            message: "b".to_owned(),
        };
        for (state, confirmed) in [
            (StepState::Done, true),
            (StepState::Pending, false),
            (failed(), false),
        ] {
            let row = row(Evidence::Answer, false, "confirm", state);
            assert_eq!(row.confirmed(), Some(confirmed), "{row:?}");
            assert_eq!(row.confirmed_at_sign_up(), Some(false), "{row:?}");
            assert_eq!(row.enabled(), None, "{row:?}");
        }
        let looked_up = row(Evidence::Lookup, true, "disable", StepState::Done);
        assert_eq!(looked_up.confirmed(), Some(true));
        assert_eq!(looked_up.confirmed_at_sign_up(), None);
        assert_eq!(looked_up.enabled(), Some(false));
        let failed = row(Evidence::Lookup, true, "disable", failed());
        assert_eq!(failed.enabled(), Some(true));
    }

    #[test]
    fn from_name_inverts_name() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
        }
        assert_eq!(Outcome::from_name("imported"), None);
    }
}
