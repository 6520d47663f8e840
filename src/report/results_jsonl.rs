//! `results.jsonl`: the same rows for programs: one JSON object a line, nothing defused, what is unknown left out.
//! `results.schema.json` says which fields there are; their version is [`super::SCHEMA_VERSION`].

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::RowReport;
use super::whole_file::WholeFile;
use crate::ledger::reader::rfc3339;
use crate::outcome::{Delivery, Evidence, Outcome, RowResult, StepResult, StepState, step_key};
use crate::visible::visible_json;

/// See the module's words.
pub(super) struct ResultsJsonl {
    file: WholeFile,
    kept: Vec<String>,
}

#[derive(Serialize)]
struct ResultLine<'a> {
    row: u64,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at_sign_up: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<Delivery>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_medium: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_destination: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    attempts: u32,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as_row: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follow_up: Option<Vec<ResultStep<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<KeptCells<'a>>,
}

#[derive(Serialize)]
struct ResultStep<'a> {
    step: String,
    #[serde(flatten)]
    state: &'a StepState,
}

impl<'a> ResultStep<'a> {
    fn of(result: &'a StepResult) -> Self {
        Self {
            step: step_key(&result.step),
            state: &result.state,
        }
    }
}

/// Cells of the list under the names of their columns; null for a cell that could not be read.
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

    fn begin(file: WholeFile, kept: &[String]) -> io::Result<Self> {
        Ok(Self {
            file,
            kept: kept.to_vec(),
        })
    }

    fn row(&mut self, row: &RowResult) -> io::Result<()> {
        let came = &row.came;
        let line = ResultLine {
            row: row.row,
            line: row.line,
            username: row.username.as_deref(),
            outcome: came.outcome,
            evidence: came.evidence,
            user_sub: came.user_sub.as_deref(),
            user_status: came.user_status.as_deref(),
            confirmed: row.confirmed(),
            confirmed_at_sign_up: row.confirmed_at_sign_up(),
            enabled: row.enabled(),
            created_at: came.created_at.map(rfc3339),
            delivery: came.delivery,
            delivery_medium: came.delivery_medium.as_deref(),
            delivery_destination: came.delivery_destination.as_deref(),
            error_code: came.error_code.as_deref(),
            error_message: came.error_message.as_deref(),
            attempts: came.attempts,
            duration_ms: came.duration_ms,
            same_as_row: came.same_as_row,
            follow_up: row
                .follow_up
                .as_ref()
                .map(|follow_up| follow_up.steps.iter().map(ResultStep::of).collect()),
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
