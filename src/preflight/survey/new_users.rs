//! Counts the rows whose users a listed pool does not have.

use super::row_tag::{ContactIndexes, RowTag};
use super::usernames::SurveyedUsernames;
use super::{BATCH_ROWS, StepTotals, Survey, SurveyCounts, SurveyError};
use crate::mapping::{CheckedRow, Mapping};
use crate::part::Part;
use crate::rows::prefetch::Prefetch;
use crate::rows::{OwnedRow, Rows};
use crate::user::StepKind;

/// Rows whose users the pool does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NewUserCounts(SurveyCounts);

#[cfg(test)]
impl From<SurveyCounts> for NewUserCounts {
    fn from(counts: SurveyCounts) -> Self {
        Self(counts)
    }
}

impl Survey {
    /// Reads the list again once the pool was listed. `exists` looks a username up in the listing.
    /// `follow_up_existing` tells whether existing users get steps, too. With a part, only its rows
    /// are counted.
    ///
    /// # Errors
    /// The list cannot be read, `exists` fails, or a temporary file cannot be written.
    pub fn of_new_users(
        rows: Rows,
        mapping: &Mapping,
        case_insensitive: bool,
        part: Option<Part>,
        follow_up_existing: bool,
        mut exists: impl FnMut(&str) -> Result<bool, SurveyError>,
    ) -> Result<NewUserCounts, SurveyError> {
        let updates = mapping.follow_up_kinds().contains(&StepKind::Update);
        let contact_indexes = ContactIndexes::new(mapping);
        let mut usernames =
            SurveyedUsernames::new(case_insensitive).map_err(SurveyError::TempFile)?;
        let mut survey = Self::default();
        let mut list = Prefetch::start(rows, BATCH_ROWS, |row, spare| {
            Ok(Some(OwnedRow::copy(row, spare)))
        })?;
        while let Some(batch) = list.next_blocking()? {
            for row in &batch {
                let raw = row.as_raw();
                if mapping.skips(&raw) {
                    continue;
                }
                let CheckedRow { mapped, findings } = mapping.check_row(&raw);
                let Some(mapped) = mapped.filter(|_| findings.is_empty()) else {
                    continue;
                };
                let username = &mapped.username.text;
                if part.is_some_and(|part| !part.contains(Some(username), raw.number)) {
                    continue;
                }
                if exists(username)? {
                    if updates {
                        // At most: whether the user differs is not compared here.
                        survey.counts.steps.add(StepKind::Update);
                    }
                    if follow_up_existing {
                        survey.counts.add_steps(&mapped.follow_up);
                    }
                    continue;
                }
                let contacts = contact_indexes.contacts(&mapped, mapping);
                let tag = RowTag::new(contacts, &mapped.follow_up);
                usernames.add(raw.number, raw.line, username, tag);
                survey.counts.to_send += 1;
                survey.counts.add_sent(contacts, &mapped.follow_up);
            }
            list.recycle(batch);
        }
        usernames.finish(mapping.username_column(), &mut survey, |_| Ok(()))?;
        survey.counts.to_send -= survey.counts.duplicates;
        Ok(NewUserCounts(survey.counts))
    }
}

impl SurveyCounts {
    /// Restricts the counts of rows to send, and of what follows from them, to new users.
    #[must_use]
    pub fn only_new(self, new: NewUserCounts) -> Self {
        let NewUserCounts(new) = new;
        Self {
            to_send: new.to_send,
            with_email: new.with_email,
            with_phone_number: new.with_phone_number,
            with_both: new.with_both,
            steps: new.steps,
            ..self
        }
    }

    /// Returns whether nothing is sent for any row.
    #[must_use]
    pub fn sends_nothing(&self) -> bool {
        self.to_send == 0 && self.steps == StepTotals::NONE
    }
}
