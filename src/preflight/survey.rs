//! The list, read to its end before anything is sent: how many rows would be sent, what is wrong with the others, and how many people
//! would get a message. Memory does not grow with the list.

mod duplicates;

use std::io;

use crate::rows::{Rows, RowsError};
use crate::user::NewUser;
use crate::user::finding::{Finding, Rule};
use crate::user::mapping::Mapping;
use crate::user::pool_rules::{Contact, PoolRules};
use duplicates::Duplicates;

/// Examples that are kept of each rule.
const EXAMPLES: usize = 3;

/// Rows, by what would become of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub rows: u64,
    /// Those that would be sent.
    pub to_send: u64,
    /// Those that are broken.
    pub invalid: u64,
    /// Those whose username stands earlier in the list.
    pub duplicates: u64,
    /// Of the sound ones: with an e-mail address, no phone number.
    pub with_email: u64,
    /// Of the sound ones: with a phone number, no e-mail address.
    pub with_phone_number: u64,
    /// Of the sound ones: with both.
    pub with_both: u64,
    /// Of the sound ones: with an e-mail address that begins with an apostrophe, as hardly anybody's does.
    pub with_apostrophe: u64,
}

impl Counts {
    /// Mails and text messages that the sign-ups would send. Where a pool verifies both, Cognito sends the code to the phone number
    /// (developer guide, "Verifying contact information at sign-up").
    #[must_use]
    pub fn messages(&self, rules: &PoolRules) -> (u64, u64) {
        let verifies = |contact| rules.auto_verified_attributes.contains(&contact);
        let (email, phone) = (verifies(Contact::Email), verifies(Contact::PhoneNumber));
        let texts = if phone {
            self.with_phone_number + self.with_both
        } else {
            0
        };
        let mails = match (email, phone) {
            (true, true) => self.with_email,
            (true, false) => self.with_email + self.with_both,
            (false, _) => 0,
        };
        (mails, texts)
    }
}

/// A rule, and how often it is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: Rule,
    /// Findings.
    pub findings: u64,
    /// The first ones.
    pub examples: Vec<Example>,
}

/// One finding, as an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Number of the row.
    pub row: u64,
    /// Line on which it begins.
    pub line: u64,
    /// What was found.
    pub found: String,
}

/// A finding, told while the list is being read.
#[derive(Debug)]
pub struct Told<'a> {
    /// Number of the row.
    pub row: u64,
    /// Line on which it begins.
    pub line: u64,
    /// Its username, where one could be read.
    pub username: Option<&'a str>,
    /// What is wrong.
    pub finding: &'a Finding,
}

/// What a list was found to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Rows.
    pub counts: Counts,
    /// Rules that are broken, the one that is broken most first.
    pub broken: Vec<Broken>,
}

/// A list cannot be surveyed.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// It cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// What is found cannot be written.
    #[error("what was found cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl Survey {
    /// Reads the list to its end. `folds` says whether usernames are compared without case; `tell` hears of every finding, those of
    /// a row one after the other, and of duplicates at the end.
    ///
    /// # Errors
    /// The list cannot be read on, `tell` fails, or there is no room for a temporary file.
    pub fn of(
        mut rows: Rows,
        mapping: &Mapping,
        folds: bool,
        mut tell: impl FnMut(&Told<'_>) -> io::Result<()>,
    ) -> Result<Self, SurveyError> {
        let mut survey = Self::default();
        let mut usernames = Duplicates::new(folds);
        while let Some(raw) = rows.next_row()? {
            let row = mapping.row(&raw);
            survey.counts.rows += 1;
            match &row.user {
                Ok(user) => {
                    usernames.add(row.number, row.line, &user.username)?;
                    survey.count_contacts(user);
                }
                Err(broken) => {
                    survey.counts.invalid += 1;
                    for finding in &broken.findings {
                        let told = Told {
                            row: row.number,
                            line: row.line,
                            username: broken.username.as_deref(),
                            finding,
                        };
                        survey.note(&told);
                        tell(&told)?;
                    }
                }
            }
        }
        usernames.each(|double| {
            survey.counts.duplicates += 1;
            let finding = Finding {
                rule: Rule::Duplicate,
                column: Some(mapping.username_column().to_owned()),
                message: format!(
                    "the username stands in row {} (line {}) already: {}",
                    double.first_row, double.first_line, double.username
                ),
            };
            let told = Told {
                row: double.row,
                line: double.line,
                username: Some(double.username),
                finding: &finding,
            };
            survey.note(&told);
            tell(&told)
        })?;
        let counts = &mut survey.counts;
        counts.to_send = counts.rows - counts.invalid - counts.duplicates;
        survey
            .broken
            .sort_by_key(|broken| std::cmp::Reverse(broken.findings));
        Ok(survey)
    }

    fn count_contacts(&mut self, user: &NewUser) {
        let has = |contact: Contact| {
            user.attributes
                .iter()
                .any(|attribute| &*attribute.name == contact.attribute())
        };
        let escaped = user.attributes.iter().any(|attribute| {
            &*attribute.name == Contact::Email.attribute() && attribute.value.starts_with('\'')
        });
        let counts = &mut self.counts;
        counts.with_apostrophe += u64::from(escaped);
        match (has(Contact::Email), has(Contact::PhoneNumber)) {
            (true, true) => counts.with_both += 1,
            (true, false) => counts.with_email += 1,
            (false, true) => counts.with_phone_number += 1,
            (false, false) => {}
        }
    }

    fn note(&mut self, told: &Told<'_>) {
        let rule = told.finding.rule;
        let place = self.broken.iter().position(|broken| broken.rule == rule);
        let place = place.unwrap_or_else(|| {
            self.broken.push(Broken {
                rule,
                findings: 0,
                examples: Vec::new(),
            });
            self.broken.len() - 1
        });
        if let Some(broken) = self.broken.get_mut(place) {
            broken.findings += 1;
            if broken.examples.len() < EXAMPLES {
                broken.examples.push(Example {
                    row: told.row,
                    line: told.line,
                    found: told.finding.to_string(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
