//! The list, read to its end before anything is sent: how many rows would be sent, what is wrong with the others, and how many people
//! would get a message. Memory does not grow with the list.

mod counted;
mod duplicates;
mod heaps;
mod reported;
mod totals;

use std::collections::BTreeSet;
use std::io;

use crate::pool::groups::MOST_GROUPS;
use crate::rows::beside::ReadBeside;
use crate::rows::{RawRow, Rows, RowsError};
use crate::user::Step;
use crate::user::finding::{Finding, Rule};
use crate::user::mapping::{Checked, Draft, Mapping};
use crate::user::pool_rules::Contact;
use crate::user::rules::looks_like_digest;
use counted::Counted;
use duplicates::Duplicates;
use totals::{BY_EMAIL, BY_PHONE_NUMBER};

pub use reported::{Broken, Example, Item, NoteCount, Reported};
pub use totals::{Counts, StepTotals};

/// What a list was found to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Rows.
    pub counts: Counts,
    /// Rules that are broken, the one that is broken most first.
    pub broken: Vec<Broken>,
    /// Notes, the most frequent kind first.
    pub notes: Vec<NoteCount>,
    /// The names of the groups that users are put into; of too many, the first ones, and one more than a pool can have.
    pub groups: BTreeSet<String>,
}

/// A list cannot be surveyed.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// It cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// There is no room for the usernames that are compared.
    #[error(
        "usernames cannot be kept in a temporary file while they are compared: {0}; make room there, or name another folder in TMPDIR"
    )]
    Room(io::Error),
    /// What is found cannot be written.
    #[error("what was found cannot be written: {0}; make room where it goes")]
    Write(#[from] io::Error),
}

/// The places of what a message can go to among a list's attributes.
#[derive(Debug, Clone, Copy)]
struct Places {
    email: Option<usize>,
    phone_number: Option<usize>,
}

impl Places {
    fn of(mapping: &Mapping) -> Self {
        let place = |contact: Contact| {
            mapping
                .attributes()
                .position(|name| name == contact.attribute())
        };
        Self {
            email: place(Contact::Email),
            phone_number: place(Contact::PhoneNumber),
        }
    }

    /// How a user can be reached: by an attribute, or by the username where it stands for one.
    fn reach(self, draft: &Draft<'_>, mapping: &Mapping) -> u8 {
        let by = |contact: Contact, place: Option<usize>, bit| {
            let given =
                place.is_some_and(|place| draft.values.iter().any(|value| value.place == place));
            if given || mapping.username_stands_for(contact.attribute(), &draft.username.text) {
                bit
            } else {
                0
            }
        };
        by(Contact::Email, self.email, BY_EMAIL)
            | by(Contact::PhoneNumber, self.phone_number, BY_PHONE_NUMBER)
    }
}

impl Survey {
    /// Reads the list to its end. `folds` says whether usernames are compared without case; `tell` hears of every finding
    /// and note, those of a row one after the other, and of duplicates at the end.
    ///
    /// # Errors
    /// The list cannot be read on, `tell` fails, or there is no room for a temporary file.
    pub fn of(
        rows: Rows,
        mapping: &Mapping,
        folds: bool,
        mut tell: impl FnMut(&Reported<'_>) -> io::Result<()>,
    ) -> Result<Self, SurveyError> {
        let mut survey = Self::default();
        let contacts = Places::of(mapping);
        let mut usernames = Duplicates::new(folds).map_err(SurveyError::Room)?;
        let mut list = ReadBeside::start(rows)?;
        let mut done = None;
        while let Some(batch) = list.next(done.take())? {
            for raw in batch.rows() {
                survey.row(&raw, mapping, contacts, &mut usernames, &mut tell)?;
            }
            done = Some(batch);
        }
        let usernames = usernames.dealt().map_err(SurveyError::Room)?;
        usernames.each(|double| {
            survey.counts.duplicates += 1;
            survey.counts.take_back(double.counted);
            let finding = Finding {
                rule: Rule::Duplicate,
                column: Some(mapping.username_column().to_owned()),
                message: format!(
                    "the username stands in row {} (line {}) already: {}",
                    double.first_row, double.first_line, double.username
                ),
            };
            let reported = Reported {
                row: double.row,
                line: double.line,
                username: Some(double.username),
                item: Item::Finding(&finding),
            };
            survey.count(&reported);
            tell(&reported)
        })?;
        let swallowing = [Rule::OpenQuote, Rule::SwallowedRows];
        survey.counts.swallowing = survey
            .broken
            .iter()
            .filter(|broken| swallowing.contains(&broken.rule))
            .map(|broken| broken.findings)
            .sum();
        let counts = &mut survey.counts;
        counts.to_send = counts.rows - counts.invalid - counts.skipped - counts.duplicates;
        survey
            .broken
            .sort_by_key(|broken| std::cmp::Reverse(broken.findings));
        survey
            .notes
            .sort_by_key(|notes| std::cmp::Reverse(notes.count));
        Ok(survey)
    }

    /// One row: it is counted, and what is wrong with it is told.
    fn row(
        &mut self,
        raw: &RawRow<'_>,
        mapping: &Mapping,
        contacts: Places,
        usernames: &mut Duplicates,
        tell: &mut impl FnMut(&Reported<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.counts.rows += 1;
        if mapping.skips(raw) {
            self.counts.skipped += 1;
            return Ok(());
        }
        let Checked { draft, findings } = mapping.findings(raw);
        if let Some(draft) = &draft {
            self.notes_on(raw, mapping, draft, tell)?;
        }
        if let (Some(draft), []) = (&draft, findings.as_slice()) {
            let reach = contacts.reach(draft, mapping);
            let counted = Counted::of(reach, &draft.follow_up);
            usernames.add(raw.number, raw.line, &draft.username.text, counted);
            if let Some(count) = self.counts.of_reach(reach) {
                *count += 1;
            }
            let escaped = draft.values.iter().any(|value| {
                Some(value.place) == contacts.email && value.value.text.starts_with('\'')
            });
            self.counts.with_apostrophe += u64::from(escaped);
            self.steps(&draft.follow_up);
            self.counts.with_digest += u64::from(draft.password.is_some_and(looks_like_digest));
            return Ok(());
        }
        self.counts.invalid += 1;
        let username = match &draft {
            Some(draft) => Some(draft.username.text.to_string()),
            None => mapping.username_of_unreadable(raw),
        };
        for finding in &findings {
            let reported = Reported {
                row: raw.number,
                line: raw.line,
                username: username.as_deref().filter(|name| !name.is_empty()),
                item: Item::Finding(finding),
            };
            self.count(&reported);
            tell(&reported)?;
        }
        Ok(())
    }

    fn notes_on(
        &mut self,
        raw: &RawRow<'_>,
        mapping: &Mapping,
        draft: &Draft<'_>,
        tell: &mut impl FnMut(&Reported<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut notes = Vec::new();
        mapping.notes(raw, draft, &mut notes);
        for note in &notes {
            let reported = Reported {
                row: raw.number,
                line: raw.line,
                username: Some(&*draft.username.text).filter(|name| !name.is_empty()),
                item: Item::Note(note),
            };
            self.count(&reported);
            tell(&reported)?;
        }
        Ok(())
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.counts.steps.add(step.kind());
            if let Step::AddToGroup(name) = step
                && !self.groups.contains(&**name)
                && self.groups.len() <= MOST_GROUPS
            {
                self.groups.insert(name.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests;
