//! Writes `verify.csv`, and counts the problems.

use super::attributes::{AttributeCheck, AttributeFindings};
use super::list::VerifyReportError;
use super::open::VerifiableRun;
use crate::command::{CommandError, beside};
use crate::ledger::LedgerReader;
use crate::ledger::verification::VerifyProgress;
use crate::report::{CsvEncoding, VerifyCsv, VerifyTally};
use crate::verify::{RunGroups, each_problem};

/// What the report is written from.
pub(super) struct ReportInputs {
    pub(super) run: VerifiableRun,
    pub(super) ledger: LedgerReader,
    pub(super) progress: VerifyProgress,
    pub(super) groups: RunGroups,
    pub(super) attributes: Option<AttributeCheck>,
    /// Whether users in no row are reported.
    pub(super) extra: bool,
}

/// Writes the report on a separate thread, because a million rows take a while.
pub(super) async fn write_report(
    inputs: ReportInputs,
    encoding: CsvEncoding,
) -> Result<(VerifiableRun, VerifyProgress, VerifyTally), CommandError> {
    let write = move || write(inputs, encoding);
    let written = beside("report", write).await?;
    written.map_err(CommandError::stopped)
}

fn write(
    inputs: ReportInputs,
    encoding: CsvEncoding,
) -> Result<(VerifiableRun, VerifyProgress, VerifyTally), VerifyReportError> {
    let ReportInputs {
        run,
        ledger,
        progress,
        groups,
        mut attributes,
        extra,
    } = inputs;
    let mut csv = VerifyCsv::create(run.stored.location(), encoding)?;
    let mut tally = VerifyTally::default();
    each_problem(&ledger, &progress, &groups, |row, state, mut problems| {
        let findings = match &mut attributes {
            Some(attributes) => attributes.findings(row, state)?,
            None => AttributeFindings::default(),
        };
        problems.extend(findings.problems);
        tally.add(&problems, findings.known_to_differ);
        for problem in &problems {
            csv.problem(row, problem)?;
        }
        Ok::<(), VerifyReportError>(())
    })?;
    if extra {
        progress.each_extra(|username, sub| {
            tally.add_extra();
            csv.extra(username, sub)
        })?;
    }
    csv.finish()?;
    Ok((run, progress, tally))
}
