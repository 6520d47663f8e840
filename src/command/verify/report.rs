//! Writes `verify.csv`, and counts the problems.

use std::collections::{BTreeMap, BTreeSet};

use super::list::{ComparedList, VerifyReportError};
use super::open::VerifiableRun;
use crate::command::{CommandError, beside};
use crate::import::differences::UserComparison;
use crate::ledger::LedgerReader;
use crate::ledger::verification::{Presence, VerifyProgress};
use crate::outcome::{Difference, Discrepancy, UserDiscrepancy};
use crate::report::{CsvEncoding, VerifyCsv};
use crate::verify::{RunGroups, each_problem};

/// Users by problem.
#[derive(Debug, Default)]
pub(super) struct VerifyTally {
    /// Users of the run that were checked.
    pub(super) checked: u64,
    /// How many of them have no problem.
    pub(super) as_reported: u64,
    pub(super) problems: BTreeMap<Discrepancy, u64>,
    /// Users by attribute that differs.
    pub(super) attributes: BTreeMap<String, u64>,
}

impl VerifyTally {
    /// Counts a user with these problems. A user in two missing groups counts once.
    fn add(&mut self, problems: &[UserDiscrepancy]) {
        self.checked += 1;
        self.as_reported += u64::from(problems.is_empty());
        let kinds: BTreeSet<Discrepancy> = problems.iter().map(|problem| problem.kind).collect();
        for kind in kinds {
            *self.problems.entry(kind).or_default() += 1;
        }
        for problem in problems {
            if let (Discrepancy::AttributeDiffers, Some(name)) = (problem.kind, &problem.item) {
                *self.attributes.entry(name.clone()).or_default() += 1;
            }
        }
    }
}

/// What the report is written from.
pub(super) struct ReportInputs {
    pub(super) run: VerifiableRun,
    pub(super) ledger: LedgerReader,
    pub(super) progress: VerifyProgress,
    pub(super) groups: RunGroups,
    pub(super) list: Option<ComparedList>,
    pub(super) comparison: UserComparison,
    /// Whether users in no row are reported.
    pub(super) extra: bool,
}

fn attribute_problem(difference: Difference) -> UserDiscrepancy {
    let problem = UserDiscrepancy::of(Discrepancy::AttributeDiffers).with_item(difference.name);
    match difference.values {
        Some(values) => problem.with_values(Some(&values.list), values.pool.as_deref()),
        None => problem,
    }
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
        mut list,
        comparison,
        extra,
    } = inputs;
    let mut csv = VerifyCsv::create(run.stored.location(), encoding)?;
    let mut tally = VerifyTally::default();
    each_problem(&ledger, &progress, &groups, |row, state, mut problems| {
        if let (Some(list), Some(found), Presence::Present) =
            (&mut list, &state.user, state.presence)
            && let Some(listed) = list.user(row)?
        {
            let value = |name: &str| found.attributes.get(name).map(String::as_str);
            let differences = comparison.differences(&listed, value);
            problems.extend(differences.into_iter().map(attribute_problem));
        }
        tally.add(&problems);
        for problem in &problems {
            csv.problem(row, problem)?;
        }
        Ok::<(), VerifyReportError>(())
    })?;
    if extra {
        progress.each_extra(|username, sub| {
            *tally.problems.entry(Discrepancy::Extra).or_default() += 1;
            csv.extra(username, sub)
        })?;
    }
    csv.finish()?;
    Ok((run, progress, tally))
}
