//! The vocabulary of results: what can come of a row, and how a run is summed up.
//!
//! Owns the words and what each says about the exit code. Does not own how a result is reached (`import`), kept
//! (`ledger`) or shown (`report`).

mod follow_up;
mod summary;
mod undone;

use serde::Serialize;

use follow_up::{CONFIRM_STEP, DISABLE_STEP};

pub use follow_up::{FollowUp, StepCounts, StepResult, StepState, step_key};
pub use summary::{CategoryRequests, Pace, RateSample, RunState, Summary};
pub use undone::{KeptReason, MadeUser, Undoing, Undone};

/// The code of a row in doubt whose user was created during the run, though the ledger knows of no request for it.
pub const CREATED_DURING_RUN: &str = "CreatedDuringRun";

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

impl Outcome {
    /// Every outcome, in the order in which reports list them.
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::Existed,
        Self::Duplicate,
        Self::Invalid,
        Self::Skipped,
        Self::Rejected,
        Self::Failed,
        Self::InDoubt,
        Self::Unsent,
    ];

    /// The word that stands in results and in the ledger.
    #[must_use]
    pub fn word(self) -> &'static str {
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

    /// The outcome that a word of [`Outcome::word`] stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }

    /// What the word means, for people who read a summary.
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

impl Evidence {
    /// Every kind of it.
    pub const ALL: [Self; 3] = [Self::Answer, Self::Lookup, Self::Listing];

    /// The word that stands in results and in the ledger.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Lookup => "lookup",
            Self::Listing => "listing",
        }
    }
}

/// What happened to the message (email or SMS with a code) that a sign-up can send.
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

impl Delivery {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sent, Self::Refused, Self::None];

    /// What a word of [`Delivery::word`] stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|delivery| delivery.word() == word)
    }

    /// The word that stands in results and in the ledger.
    #[must_use]
    pub fn word(self) -> &'static str {
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
    /// Number of the row: 1 is the first one below the header.
    pub row: u64,
    /// Line of the list on which the row begins; the header is line 1.
    pub line: u64,
    /// The username as it was (or would have been) sent.
    pub username: Option<String>,
    /// The cells of the kept columns, as they stand in the list; none for a cell that could not be read.
    pub kept: Vec<Option<String>>,
    /// What came of it.
    pub outcome: RowOutcome,
    /// What follows the sign-up; none where nothing does.
    pub follow_up: Option<FollowUp>,
}

impl RowResult {
    /// Whether the user is confirmed at the end of the run, where that is known.
    #[must_use]
    pub fn confirmed(&self) -> Option<bool> {
        if self.has_done(CONFIRM_STEP) {
            Some(true)
        } else {
            self.outcome.confirmed
        }
    }

    /// `UserConfirmed` as `SignUp` returned it. None where no answer to it says that it created the user.
    #[must_use]
    pub fn confirmed_at_sign_up(&self) -> Option<bool> {
        let answered = self.outcome.outcome == Outcome::Created
            && self.outcome.evidence == Some(Evidence::Answer);
        self.outcome.confirmed.filter(|_| answered)
    }

    /// Whether the user is enabled at the end of the run, where that is known.
    #[must_use]
    pub fn enabled(&self) -> Option<bool> {
        if self.has_done(DISABLE_STEP) {
            Some(false)
        } else {
            self.outcome.enabled
        }
    }

    fn has_done(&self, step: &str) -> bool {
        self.follow_up
            .as_ref()
            .is_some_and(|follow_up| follow_up.has_done(step))
    }
}

/// What came of a row, without the row itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowOutcome {
    /// The outcome.
    pub outcome: Outcome,
    /// How an outcome is known.
    pub evidence: Option<Evidence>,
    /// The user's `sub`.
    pub user_sub: Option<String>,
    /// `UserStatus` as the pool words it, where it was looked up or listed.
    pub user_status: Option<String>,
    /// Whether the user was confirmed when the row was settled, where the pool said so. See [`RowResult::confirmed`].
    pub confirmed: Option<bool>,
    /// Whether the user was enabled when it was looked up or listed. See [`RowResult::enabled`].
    pub enabled: Option<bool>,
    /// `UserCreateDate`, milliseconds since the Unix epoch on the service's clock, where it was looked up or listed.
    pub created_at: Option<i64>,
    /// What became of the message.
    pub delivery: Option<Delivery>,
    /// `CodeDeliveryDetails.DeliveryMedium`: EMAIL or SMS.
    pub delivery_medium: Option<String>,
    /// `CodeDeliveryDetails.Destination`, masked by Cognito.
    pub delivery_destination: Option<String>,
    /// Code of the error or of the broken rule.
    pub error_code: Option<String>,
    /// The error in words.
    pub error_message: Option<String>,
    /// `SignUp` requests sent for this row.
    pub attempts: u32,
    /// From the row's start (its first request's permit) to its outcome, in milliseconds.
    pub duration_ms: u64,
    /// For a `duplicate`: the earlier row with the same username.
    pub same_as_row: Option<u64>,
    /// True where this row met the error that stopped the run: the next run takes it up again.
    pub stopped_the_run: bool,
}

impl RowOutcome {
    /// An outcome about which nothing else is known yet.
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

    /// A row whose username stands in an earlier one.
    #[must_use]
    pub fn same_as(row: u64) -> Self {
        let mut outcome = Self::of(Outcome::Duplicate);
        outcome.same_as_row = Some(row);
        outcome
    }

    /// The same with an error's code and words.
    #[must_use]
    pub fn because(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
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
            row: 1,
            line: 2,
            username: None,
            kept: Vec::new(),
            outcome,
            follow_up: Some(FollowUp {
                steps: vec![StepResult {
                    step: step.to_owned(),
                    state,
                }],
            }),
        }
    }

    #[test]
    fn a_step_that_was_taken_changes_the_state_at_the_end_and_not_what_sign_up_returned() {
        let failed = || StepState::Failed {
            code: "A".to_owned(),
            message: "b".to_owned(),
        };
        for (state, at_the_end) in [
            (StepState::Done, true),
            (StepState::Pending, false),
            (failed(), false),
        ] {
            let row = row(Evidence::Answer, false, "confirm", state);
            assert_eq!(row.confirmed(), Some(at_the_end), "{row:?}");
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
    fn every_outcome_is_found_again_by_its_word() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_word(outcome.word()), Some(outcome));
        }
        assert_eq!(Outcome::from_word("imported"), None);
    }
}
