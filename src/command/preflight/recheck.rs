//! Preflight checks of a run that resumes.

use super::{Preflight, PreflightResult};
use crate::command::CommandError;
use crate::command::findings::{PreflightFindings, survey};
use crate::import::OutcomeCounts;
use crate::outcome::Outcome;
use crate::preflight::queries::PoolAnswers;
use crate::preflight::survey::{Survey, SurveyCounts};

impl Preflight<'_> {
    /// Checks a run that resumes: the pool may have changed since it began, or it began without
    /// checks. `settled` are the rows with an outcome. Its rows are not judged again, and no
    /// confirmation is needed. The list is surveyed only if the run has no recorded survey.
    pub(in crate::command) async fn recheck(
        self,
        found: &mut PoolAnswers,
        case_insensitive: bool,
        settled: &[(Outcome, u64)],
        survey_record: Option<&str>,
    ) -> Result<PreflightResult, CommandError> {
        let Self { settings, list, .. } = self;
        let mut before = OutcomeCounts::default();
        for (outcome, rows) in settled {
            before.add_many(*outcome, *rows);
        }
        if settings.preflight.skipped {
            return self.unchecked(found, before).await;
        }
        // Rows that have begun may be sent even if the pool's rules have changed.
        let mapping = list.mapping.clone().with_api_rules();
        let part = settings.run.part;
        let survey_list = || survey(list, &mapping, case_insensitive, part);
        let recorded = survey_record
            .filter(|_| list.source.is_complete())
            .and_then(|record| Survey::from_record(record, part));
        let is_recorded = recorded.is_some();
        let survey = match recorded {
            Some(recorded) => Some(recorded),
            None => survey_list().await?,
        };
        let counts = survey.as_ref().map(Survey::own_counts);
        let new_record = survey.as_ref().filter(|_| !is_recorded);
        let new_record = new_record.and_then(Survey::record);
        let remaining = counts.map(|counts| rows_to_send(&counts, settled));
        let planned = self.decide_prescan(found, remaining).await;
        let intent = self.intent(found, planned.clone(), true);
        let judge = |intent, found: &PoolAnswers, survey| {
            PreflightFindings::new(intent, &list.mapping, self.rules, found, survey)
        };
        let mut findings = judge(intent.clone(), found, survey);
        let title = "the run does not resume, and nothing was sent";
        if is_recorded && findings.refusal(title).is_some() {
            // The refusal lists the rows' findings, which the record lacks.
            findings = judge(intent, found, survey_list().await?);
        }
        if let Some(refusal) = findings.refusal(title) {
            return Err(refusal);
        }
        let mut result = self.list_pool(found, planned, counts, before).await?;
        self.create_groups(&findings.groups_to_create).await?;
        result.survey_record = new_record;
        Ok(result)
    }
}

/// Rows that earlier sessions left to send.
fn rows_to_send(counts: &SurveyCounts, settled: &[(Outcome, u64)]) -> u64 {
    let was_sent = |outcome: &Outcome| {
        !matches!(
            outcome,
            Outcome::Invalid | Outcome::Skipped | Outcome::Duplicate
        )
    };
    let sent = settled.iter().filter(|(outcome, _)| was_sent(outcome));
    counts
        .to_send
        .saturating_sub(sent.map(|(_, rows)| rows).sum())
}
