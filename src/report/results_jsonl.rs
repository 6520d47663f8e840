//! `results.jsonl`: the result of each row as JSON, one object per line. Unlike in `results.csv`,
//! values are unchanged, and unknown values are omitted. The fields are documented in
//! `results.schema.json`; their version is [`super::SCHEMA_VERSION`].

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::atomic_file::AtomicFile;
use super::{ReportOptions, RowReport};
use crate::ledger::reader::rfc3339;
use crate::outcome::{
    Delivery, Difference, DifferentValues, Evidence, Outcome, RowResult, StepResult, StepState,
    UserUpdate, step_key,
};
use crate::sanitize::visible_json;

pub(super) struct ResultsJsonl {
    file: AtomicFile,
    kept: Vec<String>,
}

/// One row of the list and its result. Fields whose value is unknown are omitted.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ResultLine<'a> {
    /// The number of the row; the first one after the header is 1.
    row: u64,
    /// The line on which the row starts; the header is line 1.
    line: u64,
    /// The username as sent, or as it would have been sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    /// The outcome of the row.
    outcome: Outcome,
    /// How the outcome is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    /// The `sub` of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_sub: Option<&'a str>,
    /// The UserStatus that Cognito returned when the user was looked up or listed, before any step
    /// after the sign-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_status: Option<&'a str>,
    /// Whether the user is confirmed at the end of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<bool>,
    /// UserConfirmed in the response to SignUp.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at_sign_up: Option<bool>,
    /// Whether the user is enabled at the end of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    /// UserCreateDate, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    /// For a user that existed: the attributes whose value in the pool is not the list's. Omitted
    /// if the pool did not return the user's attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    differs: Option<Vec<&'a str>>,
    /// With `--differences values`: the values of these attributes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    differences: BTreeMap<&'a str, &'a DifferentValues>,
    /// The attributes that the run updated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    updated: Vec<&'a str>,
    /// Whether `--not-newer-than` left the user alone although attributes differ.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    newer: bool,
    /// The delivery of the message with the confirmation code.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<Delivery>,
    /// `EMAIL` or `SMS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_medium: Option<&'a str>,
    /// The address, masked by Cognito.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_destination: Option<&'a str>,
    /// Cognito's error code, or the rule that the row breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    /// The error message.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    /// SignUp requests sent for the row in the session that settled it.
    attempts: u32,
    /// Milliseconds from the row's first permit to its outcome in that session.
    duration_ms: u64,
    /// For a duplicate: the earlier row with the same username.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as_row: Option<u64>,
    /// The steps after the sign-up, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    follow_up: Option<Vec<ResultStep<'a>>>,
    /// true if the previous run (`--previous`) has no row with this username.
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<bool>,
    /// true if the row is invalid or rejected, as in the previous run and for the same reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
    /// The columns of `--keep` by name, as in the list; null for a cell that cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        test,
        schemars(with = "std::collections::BTreeMap<String, Option<String>>")
    )]
    kept: Option<KeptCells<'a>>,
}

/// One step after the sign-up.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ResultStep<'a> {
    /// The name of the step, as in `follow_up` of summary.json.
    step: String,
    /// The state of the step.
    state: StepStateName,
    /// The error code of a step that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    /// The error message of a step that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum StepStateName {
    Pending,
    Done,
    Failed,
}

impl<'a> ResultStep<'a> {
    fn new(result: &'a StepResult) -> Self {
        let (state, error) = match &result.state {
            StepState::Pending => (StepStateName::Pending, None),
            StepState::Done => (StepStateName::Done, None),
            StepState::Failed { code, message } => (StepStateName::Failed, Some((code, message))),
        };
        Self {
            step: step_key(&result.step),
            state,
            code: error.map(|(code, _)| code.as_str()),
            message: error.map(|(_, message)| message.as_str()),
        }
    }
}

fn different_values(differences: &[Difference]) -> BTreeMap<&str, &DifferentValues> {
    differences
        .iter()
        .filter_map(|difference| Some((difference.name.as_str(), difference.values.as_ref()?)))
        .collect()
}

/// The kept cells by column. A cell that could not be read is null.
struct KeptCells<'a> {
    names: &'a [String],
    cells: &'a [Option<String>],
}

impl Serialize for KeptCells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names.iter().zip(self.cells))
    }
}

impl RowReport for ResultsJsonl {
    const FILE: &'static str = "results.jsonl";

    fn begin(file: AtomicFile, kept: &[String], _options: &ReportOptions) -> io::Result<Self> {
        Ok(Self {
            file,
            kept: kept.to_vec(),
        })
    }

    fn row(&mut self, row: &RowResult) -> io::Result<()> {
        let outcome = &row.outcome;
        let line = ResultLine {
            row: row.row,
            line: row.line,
            username: row.username.as_deref(),
            outcome: outcome.outcome,
            evidence: outcome.evidence,
            user_sub: outcome.user_sub.as_deref(),
            user_status: outcome.user_status.as_deref(),
            confirmed: row.confirmed(),
            confirmed_at_sign_up: row.confirmed_at_sign_up(),
            enabled: row.enabled(),
            created_at: outcome.created_at.map(rfc3339),
            differs: outcome.differs.as_ref().map(|differences| {
                let names = differences.iter();
                names.map(|difference| difference.name.as_str()).collect()
            }),
            differences: different_values(outcome.differs.as_deref().unwrap_or_default()),
            updated: row.updated().collect(),
            newer: outcome.update == Some(UserUpdate::Newer),
            delivery: outcome.delivery,
            delivery_medium: outcome.delivery_medium.as_deref(),
            delivery_destination: outcome.delivery_destination.as_deref(),
            error_code: outcome.error_code.as_deref(),
            error_message: outcome.error_message.as_deref(),
            attempts: outcome.attempts,
            duration_ms: outcome.duration_ms,
            same_as_row: outcome.same_as_row,
            follow_up: row
                .follow_up
                .as_ref()
                .map(|follow_up| follow_up.steps.iter().map(ResultStep::new).collect()),
            new: row.is_new.then_some(true),
            known: row.known.then_some(true),
            kept: (!self.kept.is_empty()).then_some(KeptCells {
                names: &self.kept,
                cells: &row.kept,
            }),
        };
        let json = serde_json::to_string(&line)?;
        self.file.write_all(visible_json(&json).as_bytes())?;
        self.file.write_all(b"\n")
    }

    fn finish(self) -> io::Result<()> {
        self.file.finish()
    }
}
