//! The part of a survey that the ledger keeps, so that later sessions need not survey the list
//! again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{PartCounts, StepTotals, Survey, SurveyCounts};
use crate::part::Part;

#[derive(Serialize, Deserialize)]
struct SurveyRecord {
    /// Another version may judge rows differently.
    version: String,
    all_rows: RecordedCounts,
    rows_of_part: Option<RecordedCounts>,
    groups: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
struct RecordedCounts {
    counts: SurveyCounts,
    steps: StepTotals,
}

impl From<SurveyCounts> for RecordedCounts {
    fn from(counts: SurveyCounts) -> Self {
        Self {
            counts,
            steps: counts.steps,
        }
    }
}

impl From<RecordedCounts> for SurveyCounts {
    fn from(RecordedCounts { counts, steps }: RecordedCounts) -> Self {
        Self { steps, ..counts }
    }
}

impl Survey {
    /// Returns the record of this survey, without its findings.
    #[must_use]
    pub fn record(&self) -> Option<String> {
        let record = SurveyRecord {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            all_rows: self.counts.into(),
            rows_of_part: self.part.map(|part| part.counts.into()),
            groups: self.groups.clone(),
        };
        serde_json::to_string(&record).ok()
    }

    /// Restores a recorded survey, without its findings. `None` if another version of the program
    /// made it, or it does not fit `part`.
    #[must_use]
    pub fn from_record(record: &str, part: Option<Part>) -> Option<Self> {
        let record: SurveyRecord = serde_json::from_str(record).ok()?;
        if record.version != env!("CARGO_PKG_VERSION") {
            return None;
        }
        let part = match (part, record.rows_of_part) {
            (Some(part), Some(counts)) => Some(PartCounts {
                part,
                counts: counts.into(),
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return None,
        };
        Some(Self {
            counts: record.all_rows.into(),
            part,
            groups: record.groups,
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Survey;
    use crate::part::Part;
    use crate::preflight::survey::{PartCounts, SurveyCounts};
    use crate::user::StepKind;

    fn counts(rows: u64) -> SurveyCounts {
        let mut counts = SurveyCounts {
            rows,
            to_send: rows - 3,
            invalid: 2,
            with_email: 7,
            ..SurveyCounts::default()
        };
        // Both are calls of one operation.
        counts.steps.set(StepKind::Verify, 5);
        counts.steps.set(StepKind::Update, 4);
        counts.passwords.with_password = 6;
        counts
    }

    #[test]
    fn a_recorded_survey_has_all_counts_and_groups() {
        let mut survey = Survey {
            counts: counts(20),
            groups: ["staff".to_owned()].into(),
            ..Survey::default()
        };
        let record = survey.record().unwrap();
        assert_eq!(Survey::from_record(&record, None), Some(survey.clone()));
        let part = Part::parse("1/4").unwrap();
        assert_eq!(Survey::from_record(&record, Some(part)), None);
        survey.part = Some(PartCounts {
            part,
            counts: counts(9),
        });
        let record = survey.record().unwrap();
        assert_eq!(Survey::from_record(&record, Some(part)), Some(survey));
    }

    #[test]
    fn the_record_of_another_version_is_not_used() {
        let survey = Survey::default();
        let record = survey.record().unwrap();
        let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
        let other = record.replace(&version, "\"0.0.1\"");
        assert_ne!(other, record);
        assert_eq!(Survey::from_record(&other, None), None);
    }
}
